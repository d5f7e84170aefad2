"""The mails about accounts: each goes out, once as far as SES lets us, and none says what is no longer so."""

import re
from dataclasses import replace

import pytest

from letterlock.domain import account_mails
from letterlock.domain.accounts import Mailbox
from letterlock.domain.audit import Act
from letterlock.domain.errors import NotFound, SendDelayed, SendRefused, SendUncertain
from letterlock.domain.facts import Fact
from letterlock.domain.people import LinkKind
from letterlock.domain.permissions import Role
from letterlock.services.send_once import LEASE, NOT_WANTED, REFUSED, SENT, SHARED
from tests.fakes.people_desk import ANA, ASKED, BEN, NEW, PASSWORD, WORKSPACE, PeopleDesk

LINK = re.compile(r"ll[iru]_[0-9A-Za-z]{101}")
DATA = {"workspace": WORKSPACE}


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


def mailed(desk: PeopleDesk, fact: Fact, id: str = "fct_1") -> str:  # noqa: A002 - the fact's
    data = {name: str(getattr(fact, name)) for name in type(fact).__dataclass_fields__}
    return sent(desk, id, type(fact).__name__, data)


def sent(desk: PeopleDesk, id: str, name: str, data: dict[str, str]) -> str:  # noqa: A002 - the fact's
    """How the one mail of it ended."""
    [ended] = desk.send_mail(id, name, data).elements()
    return ended


def invited(desk: PeopleDesk) -> Fact:
    desk.invite(desk.joined(), BEN, Role.AGENT, None, asked=ASKED)
    return desk.told()[-1]


def asked_for_a_reset(desk: PeopleDesk, address: str = ANA) -> Fact:
    desk.ask_reset(address, ASKED)
    return desk.told()[-1]


# ---- what it says ---------------------------------------------------------------------------------------------------


def test_an_invitation_names_the_workspace_and_its_link_works(desk: PeopleDesk) -> None:
    desk.workspaces.names[WORKSPACE] = "Acme https://evil.example/x <b>"
    assert mailed(desk, invited(desk)) == SENT
    [mail] = desk.mailer.sent
    assert mail.to == BEN
    assert '"Acme https evil example x b"' in mail.text
    token = LINK.findall(mail.text)[0]
    assert f"https://app.example/invitation#{token}" in mail.text
    assert desk.accept(token, "Ben", PASSWORD, ASKED).member.role is Role.AGENT


def test_a_sign_up_and_a_reset_go_to_who_asked_and_their_links_work(desk: PeopleDesk) -> None:
    desk.joined()
    assert mailed(desk, asked_for_a_reset(desk)) == SENT
    desk.ask_sign_up(BEN, "Ben's", ASKED)
    assert mailed(desk, desk.told()[-1], "fct_2") == SENT

    reset, sign_up = desk.mailer.sent
    assert (reset.to, sign_up.to) == (ANA, BEN)
    desk.reset(LINK.findall(reset.text)[0], NEW, ASKED)
    assert desk.complete_sign_up(LINK.findall(sign_up.text)[0], "Ben", PASSWORD, ASKED)


def test_every_mail_says_which_workspace_it_is_about_by_name_and_by_id(desk: PeopleDesk) -> None:
    who, ben = desk.joined(), desk.joined(BEN, Role.AGENT)
    ended = {"credential": "tok_1", "holder": who.id}
    facts = {"CredentialRevoked": ended | {"by": ben.id}, "TokenLeaked": ended, "EverybodySignedOut": {}}
    facts |= {name: {"person": who.id} for name in account_mails.OWN_SIGN_IN}
    for name, data in facts.items():
        assert sent(desk, name, name, DATA | data) == SENT
    desk.invite(who, "cleo@team.example", Role.AGENT, None, asked=ASKED)
    assert mailed(desk, desk.told()[-1], "invited") == SENT
    assert mailed(desk, asked_for_a_reset(desk), "reset") == SENT
    desk.remove(who, ben.id, ASKED)
    assert sent(desk, "removed", "PersonRemoved", DATA | {"person": ben.id}) == SENT

    assert len(desk.mailer.sent) == len(facts) + 3
    for mail in desk.mailer.sent:
        assert 'the workspace "Acme" on Letterlock' in mail.text, mail.subject
        assert f'\n-- \nWorkspace "Acme" ({WORKSPACE}). ' in mail.text, mail.subject


def test_whoever_signs_up_mails_none_of_their_words_to_others(desk: PeopleDesk) -> None:
    desk.ask_sign_up(BEN, "Call me now", ASKED)
    fact = desk.told()[-1]
    assert mailed(desk, fact) == SENT
    [mail] = desk.mailer.sent
    assert "Call me now" not in mail.text
    assert f"\n-- \nWorkspace {fact.workspace}. " in mail.text


def test_where_there_is_no_page_the_mail_says_what_to_send_where(desk: PeopleDesk) -> None:
    desk.send_mail = replace(desk.send_mail, app="")
    mailed(desk, invited(desk))
    [mail] = desk.mailer.sent
    assert "://" not in mail.text
    assert "POST /v1/invitations/accept" in mail.text


def test_word_of_a_change_goes_to_whose_it_is_and_carries_no_link(desk: PeopleDesk) -> None:
    who = desk.joined()
    for number, name in enumerate(("PasswordChanged", "SecondFactorRemoved")):
        assert sent(desk, f"fct_{number}", name, DATA | {"person": who.id}) == SENT
    assert {mail.to for mail in desk.mailer.sent} == {ANA}
    assert not any(LINK.search(mail.text) or "{" in mail.text for mail in desk.mailer.sent)


def test_of_a_reset_of_a_second_factor_all_owners_are_told_and_how_to_stop_it(desk: PeopleDesk) -> None:
    who, _, _ = desk.enrolled(desk.joined())
    desk.joined(BEN)
    desk.joined("cleo@team.example", Role.ADMIN)
    reset = desk.ask_factor_reset(WORKSPACE, ANA, "r").reset
    asked = DATA | {"person": who.id}
    assert desk.send_mail("fct_1", "SecondFactorResetAsked", asked) == {SENT: 2}
    desk.stop_factor_reset(who, who.id, ASKED)
    assert desk.send_mail("fct_2", "SecondFactorResetStopped", asked) == {SENT: 2}
    assert desk.send_mail("fct_3", "SecondFactorResetAsked", asked) == {NOT_WANTED: 1}, "it is no news by now"

    first = {mail.to: mail for mail in desk.mailer.sent[:2]}
    assert first.keys() == {ANA, BEN}
    for mail in first.values():
        assert f"DELETE /v1/people/{who.id}/factor-reset" in mail.text
        assert f"not before {reset.ready_at:%Y-%m-%dT%H:%M:%SZ}" in mail.text
        assert "{" not in mail.text
    assert (first[ANA].subject, first[BEN].subject) == (
        "Your second factor is about to be removed",
        "An owner's second factor is about to be removed",
    )
    assert {mail.to for mail in desk.mailer.sent[2:]} == {ANA, BEN}


# ---- what is not to be sent -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LinkKind)
def test_no_link_is_sent_that_is_too_old_by_then(desk: PeopleDesk, kind: LinkKind) -> None:
    fact = invited(desk)
    if kind is LinkKind.RESET:
        fact = asked_for_a_reset(desk)
    if kind is LinkKind.SIGN_UP:
        desk.ask_sign_up(BEN, "Ben's", ASKED)
        fact = desk.told()[-1]
    hours = 72 if kind is LinkKind.INVITATION else 1

    desk.clock.passes(hours=hours, seconds=-1)
    assert mailed(desk, fact) == SENT
    desk.clock.passes(seconds=1)
    assert mailed(desk, fact, "fct_2") == NOT_WANTED
    assert len(desk.mailer.sent) == 1


def test_no_link_is_sent_that_was_used(desk: PeopleDesk) -> None:
    fact = invited(desk)
    desk.accept(desk.links.secret(desk.invitation_link()), "Ben", PASSWORD, ASKED)
    assert mailed(desk, fact) == NOT_WANTED


def test_nobody_who_was_removed_gets_a_mail(desk: PeopleDesk) -> None:
    owner, ben = desk.joined(), desk.joined(BEN, Role.AGENT)
    fact = asked_for_a_reset(desk, BEN)
    desk.remove(owner, ben.id, ASKED)
    assert mailed(desk, fact) == NOT_WANTED
    assert sent(desk, "fct_2", "PasswordChanged", DATA | {"person": ben.id}) == NOT_WANTED
    assert not desk.claims.until


def test_who_is_unknown_gets_none_and_what_never_was_is_not_tried_again(desk: PeopleDesk) -> None:
    assert mailed(desk, asked_for_a_reset(desk, "nobody@team.example")) == NOT_WANTED
    assert sent(desk, "fct_2", "PersonInvited", DATA | {"invitation": "inv_x"}) == NOT_WANTED
    assert sent(desk, "fct_3", "PasswordChanged", DATA | {"person": "per_x"}) == NOT_WANTED
    assert desk.mailer.sent == []


@pytest.mark.parametrize("made", ["before", "meanwhile"])
@pytest.mark.parametrize("kind", LinkKind)
def test_no_link_is_sent_to_where_a_team_reads_it_and_whoever_asks_is_told_nothing(
    desk: PeopleDesk, kind: LinkKind, made: str
) -> None:
    """Also where somebody signs in with such an address: from before a mailbox was made there."""
    shared, address = Mailbox("mbx_1", WORKSPACE, "team@team.example"), "team+ana@team.example"
    who = desk.joined(address)
    if made == "before" and kind is not LinkKind.INVITATION:
        desk.mailboxes.add(shared)
    if kind is LinkKind.RESET:
        desk.ask_reset(address, ASKED)
    elif kind is LinkKind.SIGN_UP:
        desk.ask_sign_up(address, "Theirs", ASKED)
    else:
        desk.invite(who, "team@team.example", Role.AGENT, None, asked=ASKED)
    if not desk.mailboxes.all(WORKSPACE):
        desk.mailboxes.add(shared)
    assert mailed(desk, desk.told()[-1]) == SHARED
    assert (desk.mailer.sent, desk.claims.until) == ([], {})


def test_no_word_of_an_account_is_sent_to_where_a_team_reads_it(desk: PeopleDesk) -> None:
    who, ben = desk.joined("team@team.example"), desk.joined(BEN)
    desk.mailboxes.add(Mailbox("mbx_1", WORKSPACE, "team@team.example"))
    for number, name in enumerate(account_mails.OWN_SIGN_IN):
        assert sent(desk, f"fct_{number}", name, DATA | {"person": who.id}) == SHARED
    ended = desk.send_mail("fct_x", "EverybodySignedOut", DATA)
    assert ended == {SENT: 1, SHARED: 1}
    assert [mail.to for mail in desk.mailer.sent] == [BEN]
    assert ben.id


# ---- once -----------------------------------------------------------------------------------------------------------


def test_a_fact_that_comes_twice_is_mailed_once_and_another_fact_again(desk: PeopleDesk) -> None:
    fact = invited(desk)
    assert [mailed(desk, fact), mailed(desk, fact), mailed(desk, fact, "fct_2")] == [SENT, NOT_WANTED, SENT]


@pytest.mark.parametrize("failure", [SendDelayed("Throttling"), SendUncertain("ReadTimeoutError")])
def test_what_ses_did_not_take_or_may_not_have_is_tried_again_and_goes_out(
    desk: PeopleDesk, failure: SendDelayed | SendUncertain
) -> None:
    fact = invited(desk)
    desk.mailer.failure = failure
    for _ in range(2):
        with pytest.raises(type(failure)):
            mailed(desk, fact)
    desk.mailer.failure = None
    assert [mailed(desk, fact), mailed(desk, fact)] == [SENT, NOT_WANTED]


def test_what_ses_refused_is_not_sent_again(desk: PeopleDesk) -> None:
    fact = invited(desk)
    desk.mailer.failure = SendRefused("MessageRejected")
    assert mailed(desk, fact) == REFUSED
    desk.mailer.failure = None
    assert mailed(desk, fact) == NOT_WANTED
    assert desk.mailer.sent == []


def test_a_sender_that_died_is_followed_by_another_once_its_lease_has_ended(desk: PeopleDesk) -> None:
    fact = invited(desk)
    desk.mailer.failure = RuntimeError()
    with pytest.raises(RuntimeError):
        mailed(desk, fact)
    desk.mailer.failure = None
    with pytest.raises(SendDelayed):
        mailed(desk, fact)
    desk.clock.passes(seconds=LEASE.seconds)
    assert mailed(desk, fact) == SENT


def test_a_mail_that_could_not_be_written_this_time_is_not_claimed(desk: PeopleDesk) -> None:
    fact, name = invited(desk), desk.workspaces.name

    def fails(workspace: str) -> str:
        raise RuntimeError

    desk.workspaces.name = fails  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        mailed(desk, fact)
    desk.workspaces.name = name  # type: ignore[method-assign]
    assert mailed(desk, fact) == SENT


def test_a_kind_of_fact_that_has_no_mail_is_no_mail_lost_in_silence(desk: PeopleDesk) -> None:
    with pytest.raises(KeyError):
        sent(desk, "fct_1", "PersonJoined", DATA)


def test_links_of_nobody_are_nobodys(desk: PeopleDesk) -> None:
    """The reset that is written for an unknown address: its link, were it known, would open nothing."""
    asked_for_a_reset(desk, "nobody@team.example")
    assert desk.acts() == [Act.PASSWORD_RESET_REQUESTED]
    with pytest.raises(NotFound):
        desk.people.reset(WORKSPACE, next(iter(desk.people.links))[1])
