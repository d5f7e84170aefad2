"""Refusals go on record once in a while, and never for who names nobody."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from letterlock.domain.audit import Act, Entry
from letterlock.domain.errors import Gone, Invalid
from letterlock.domain.people import LinkKind, LinkState
from letterlock.domain.permissions import Role
from letterlock.services.deeds import Asked
from letterlock.services.record_refusal import REMEMBERED, RecordRefusal
from tests.fakes.people_desk import ANA, ASKED, BEN, NEW, PASSWORD, WORKSPACE, PeopleDesk

CLEO = "cleo@team.example"


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


def on_record(desk: PeopleDesk, workspace: str = WORKSPACE) -> list[Entry]:
    return list(desk.audit.written.get(workspace, {}).values())


def said(desk: PeopleDesk) -> list[tuple[Act, str, str, str]]:
    return [(each.act, each.actor, each.subject, each.detail.reason) for each in on_record(desk)]


# ---- how often ------------------------------------------------------------------------------------------------------


def test_a_loop_leaves_one_entry_in_ten_minutes_with_where_it_came_from_first(desk: PeopleDesk) -> None:
    by = Asked("per_ben", "request-1", "192.0.2.7", "Firefox")
    for number in range(100):
        desk.clock.passes(seconds=5)
        desk.refusal(WORKSPACE, Act.ACCESS_REFUSED, replace(by, source=f"192.0.2.{number}"), "invite: no")
    [entry] = on_record(desk)
    assert (entry.actor, entry.request, entry.detail.source) == ("per_ben", "request-1", "192.0.2.0")

    desk.clock.passes(minutes=2)
    desk.refusal(WORKSPACE, Act.ACCESS_REFUSED, by, "invite: no")
    assert [each.at for each in on_record(desk)] == [entry.at, desk.clock()]


@pytest.mark.parametrize("other", ["who", "act", "reason", "subject", "workspace"])
def test_what_is_another_refusal_is_on_record_beside_it(desk: PeopleDesk, other: str) -> None:
    def refused(what: str) -> None:
        desk.refusal(
            "wsp_other" if what == "workspace" else WORKSPACE,
            Act.LINK_REFUSED if what == "act" else Act.ACCESS_REFUSED,
            replace(ASKED, by="per_ana" if what == "who" else "per_ben"),
            "reply: no" if what == "reason" else "invite: no",
            subject="inv_1" if what == "subject" else "",
        )

    for _ in range(2):
        refused("")
        refused(other)
    assert len(on_record(desk)) + len(on_record(desk, "wsp_other")) == 2


def test_what_a_delivery_was_refused_for_is_on_record_once_however_late_it_comes_again(desk: PeopleDesk) -> None:
    """As of when it was refused, or the log would look as if somebody had backdated it."""
    delivered_at = desk.clock()
    desk.clock.passes(hours=80)
    at = desk.clock()
    for _ in range(3):
        another_process(desk)(
            WORKSPACE,
            Act.ANSWER_REFUSED,
            Asked("", "ses-1"),
            "another_sender",
            subject="per_ben",
            delivered_at=delivered_at,
        )
        desk.clock.passes(hours=1)
    assert [each.at for each in on_record(desk)] == [at]


def another_process(desk: PeopleDesk) -> RecordRefusal:
    """It remembers nothing."""
    return RecordRefusal(desk.audit, desk.refusal.ids, desk.clock, desk.unrecorded.append)


def test_a_loop_asks_the_store_once_and_once_more_after_a_thousand_others(
    desk: PeopleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(desk.audit, "record", lambda entry, *_: asked.append(entry.detail.reason))
    for _ in range(100):
        desk.refusal(WORKSPACE, Act.ACCESS_REFUSED, ASKED, "invite: no")
    assert asked == ["invite: no"]

    for number in range(REMEMBERED):
        desk.refusal(WORKSPACE, Act.ACCESS_REFUSED, ASKED, f"{number}: no")
    desk.refusal(WORKSPACE, Act.ACCESS_REFUSED, ASKED, "invite: no")
    assert asked.count("invite: no") == 2


def test_two_processes_leave_one_entry(desk: PeopleDesk) -> None:
    for each in (desk.refusal, another_process(desk)):
        each(WORKSPACE, Act.ACCESS_REFUSED, ASKED, "invite: no")
    assert len(on_record(desk)) == 1


def test_who_is_refused_hears_the_same_when_the_log_cannot_be_written_and_the_next_time_it_is(
    desk: PeopleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = desk.invited(BEN, Role.AGENT)
    used(desk, token)
    broken = OSError("no store")
    with monkeypatch.context() as out_of_order:
        out_of_order.setattr(desk.audit, "record", lambda *_: (_ for _ in ()).throw(broken))
        with pytest.raises(Gone):
            desk.accept(token, "Eve", NEW, ASKED)
    assert (said(desk), desk.unrecorded) == ([], [broken])

    with pytest.raises(Gone):
        desk.accept(token, "Eve", NEW, ASKED)
    assert [act for act, *_ in said(desk)] == [Act.LINK_REFUSED]


# ---- links ----------------------------------------------------------------------------------------------------------


def used(desk: PeopleDesk, token: str) -> None:
    desk.accept(token, "Ben", PASSWORD, ASKED)


def too_old(desk: PeopleDesk, _: str) -> None:
    desk.clock.passes(hours=73)


def revoked(desk: PeopleDesk, token: str) -> None:
    link = desk.links.read(token, LinkKind.INVITATION)
    desk.people.links[WORKSPACE, link.id] = replace(desk.people.links[WORKSPACE, link.id], state=LinkState.REVOKED)


def overtaken(desk: PeopleDesk, token: str) -> None:
    """Its inviter may give it no more."""
    link = desk.links.read(token, LinkKind.INVITATION)
    made = desk.people.invitation(WORKSPACE, link.id)
    desk.people.links[WORKSPACE, link.id] = replace(made, invited_by="per_x")


@pytest.mark.parametrize(
    ("happens", "reason"),
    [(used, "used"), (too_old, "expired"), (revoked, "revoked"), (overtaken, "overtaken")],
)
def test_an_invitation_that_is_no_good_any_more_is_on_record(
    desk: PeopleDesk, happens: Callable[[PeopleDesk, str], None], reason: str
) -> None:
    token = desk.invited(BEN, Role.AGENT)
    happens(desk, token)
    for _ in range(3):
        with pytest.raises(Gone):
            desk.accept(token, "Eve", NEW, ASKED)

    link = desk.links.read(token, LinkKind.INVITATION)
    assert said(desk) == [(Act.LINK_REFUSED, "", link.id, f"invitation: {reason}")]
    assert on_record(desk)[0].detail.source == ASKED.source


def test_a_reset_link_that_is_no_good_any_more_is_on_record(desk: PeopleDesk) -> None:
    desk.joined()
    first, second = desk.reset_link(), desk.reset_link()
    desk.clock.passes(minutes=1)
    desk.reset(first, NEW, ASKED)
    for token in (first, second):
        with pytest.raises(Gone):
            desk.reset(token, NEW, ASKED)
    desk.clock.passes(hours=1)
    with pytest.raises(Gone):
        desk.reset(second, NEW, ASKED)

    reasons = [each.detail.reason for each in on_record(desk)]
    assert reasons == ["reset: used", "reset: overtaken", "reset: expired"]


def test_a_sign_up_is_on_record_once_there_is_a_workspace(desk: PeopleDesk) -> None:
    link, late = desk.sign_up_link(), desk.sign_up_link()
    token = desk.links.secret(link)
    desk.complete_sign_up(token, "Ana", PASSWORD, ASKED)
    with pytest.raises(Gone):
        desk.complete_sign_up(token, "Eve", NEW, ASKED)
    [entry] = on_record(desk, link.workspace)
    assert (entry.act, entry.subject, entry.detail.reason) == (Act.LINK_REFUSED, link.id, "sign_up: used")

    desk.clock.passes(hours=1)
    with pytest.raises(Gone):
        desk.complete_sign_up(desk.links.secret(late), "Ana", PASSWORD, ASKED)
    assert on_record(desk, late.workspace) == []


def test_what_nobody_made_is_nobodys_and_a_mistake_is_no_refusal(desk: PeopleDesk) -> None:
    token = desk.invited(BEN, Role.AGENT)
    link = desk.links.read(token, LinkKind.INVITATION)
    never = desk.links.secret(replace(link, id=link.id[:-1] + "9"))
    for forged in ("lli_" + "0" * 101, token[:-1] + ("a" if token[-1] != "a" else "b"), never, ""):
        with pytest.raises(Gone):
            desk.accept(forged, "Eve", NEW, ASKED)
    with pytest.raises(Invalid):
        desk.accept(token, "Ben", "short", ASKED)
    desk.accept(token, "Ben", PASSWORD, ASKED)
    assert said(desk) == []
    assert desk.people.at(WORKSPACE, ANA) == ""
