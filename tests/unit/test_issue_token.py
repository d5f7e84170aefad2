"""Who may make which API token, how long it lasts, and how many there are."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from letterlock.domain.accounts import Credential, CredentialKind, Mailbox, Member, Principal
from letterlock.domain.api_tokens import AT_MOST, DEFAULT_LIFE
from letterlock.domain.audit import Act
from letterlock.domain.errors import AlreadyDone, Forbidden, Invalid, RuleBroken, Stale, Unauthenticated
from letterlock.domain.idempotency import Once
from letterlock.domain.permissions import Role, Scope
from letterlock.domain.tokens import PREFIXES, read
from letterlock.services.authenticate import Authenticate
from letterlock.services.deeds import Asked
from letterlock.services.issue_token import Issued, IssueToken, Wanted
from tests.fakes import START, FakeClock, FakeIds, FakeMailboxes, FakeMembers, FakeTokens, FakeWorkspaces

WORKSPACE = "wsp_01JAB3C4D5E6F7G8H9J0KMNPQR"
ANA = "per_01JAB3C4D5E6F7G8H9J0KMNPQS"
SUPPORT, SALES = "mbx_support", "mbx_sales"
SESSION = Credential("ses_ana", CredentialKind.SESSION, frozenset(), START)
ASKED = Asked(ANA, "request-1", "192.0.2.1", "Firefox")
WANTED = Wanted("My laptop", frozenset({Scope.READ}))


@dataclass
class Desk:
    clock: FakeClock
    members: FakeMembers
    tokens: FakeTokens
    issue: IssueToken

    def signed_in(self, role: Role = Role.ADMIN, mailboxes: frozenset[str] | None = None) -> Principal:
        member = Member(ANA, WORKSPACE, role, mailboxes, credentials=(SESSION,))
        self.members.put(member, ses_ana="lls_ana")
        seen = tuple(sorted(mailboxes or {SUPPORT, SALES}))
        return Principal(
            WORKSPACE, ANA, role, mailboxes=seen, limited=mailboxes is not None, credential="ses_ana", signed_in=True
        )

    def personal(self, who: Principal, wanted: Wanted = WANTED) -> Issued:
        return self.issue.personal(who, wanted, ASKED)

    def service(self, who: Principal, wanted: Wanted = WANTED) -> Issued:
        return self.issue.service(who, wanted, ASKED)

    def comes_in(self, issued: Issued) -> Principal:
        return Authenticate(self.members, self.clock)(f"Bearer {issued.secret}")


@pytest.fixture
def desk() -> Desk:
    clock, workspaces = FakeClock(), FakeWorkspaces()
    workspaces.create(WORKSPACE, "Acme")
    mailboxes = FakeMailboxes(Mailbox(SUPPORT, WORKSPACE, "a@acme.test"), Mailbox(SALES, WORKSPACE, "b@acme.test"))
    members = FakeMembers(workspaces, mailboxes)
    tokens = FakeTokens(members, clock)
    random = iter(range(1, 200))
    issue = IssueToken(tokens, FakeIds(clock), clock, lambda count: next(random).to_bytes(count))
    return Desk(clock, members, tokens, issue)


def test_a_personal_token_comes_in_as_its_person_with_its_scopes(desk: Desk) -> None:
    issued = desk.personal(desk.signed_in(Role.AGENT))

    assert issued.secret.startswith(PREFIXES[CredentialKind.PERSONAL])
    assert read(issued.secret).holder == ANA
    who = desk.comes_in(issued)
    assert (who.id, who.role, who.scopes, who.signed_in) == (ANA, Role.AGENT, frozenset({Scope.READ}), False)
    [entry] = desk.tokens.entries
    assert (entry.act, entry.actor, entry.subject, entry.detail.source) == (
        Act.TOKEN_ISSUED,
        ANA,
        issued.token.id,
        "192.0.2.1",
    )


def test_a_service_token_has_its_own_role_and_mailboxes(desk: Desk) -> None:
    wanted = replace(WANTED, role=Role.VIEWER, mailboxes=frozenset({SUPPORT}))
    who = desk.comes_in(desk.service(desk.signed_in(), wanted))

    assert (who.id[:4], who.role, who.mailboxes, who.limited) == ("tok_", Role.VIEWER, (SUPPORT,), True)
    assert desk.service(desk.signed_in()).token.role is Role.ADMIN


def test_no_token_does_or_sees_more_than_its_maker(desk: Desk) -> None:
    limited = desk.signed_in(Role.ADMIN, frozenset({SUPPORT}))
    for wanted, refusal in (
        (replace(WANTED, role=Role.OWNER, mailboxes=frozenset({SUPPORT})), Forbidden),
        (WANTED, Forbidden),
        (replace(WANTED, mailboxes=frozenset({SUPPORT, SALES})), Invalid),
        (replace(WANTED, mailboxes=frozenset({"mbx_none"})), Invalid),
        (replace(WANTED, mailboxes=frozenset()), Invalid),
    ):
        with pytest.raises(refusal):
            desk.service(limited, wanted)
    assert desk.tokens.tokens == {}
    assert desk.service(limited, replace(WANTED, mailboxes=frozenset({SUPPORT}))).token.role is Role.ADMIN


def test_only_somebody_who_is_signed_in_makes_tokens_and_only_an_admin_those_of_the_workspace(desk: Desk) -> None:
    token = replace(desk.signed_in(Role.OWNER), signed_in=False, scopes=frozenset(Scope))
    for make in (desk.personal, desk.service):
        with pytest.raises(Forbidden):
            make(token)
    with pytest.raises(Forbidden):
        desk.service(desk.signed_in(Role.AGENT))
    with pytest.raises(Invalid):
        desk.personal(desk.signed_in(), replace(WANTED, role=Role.VIEWER))


def ending(at: datetime | None) -> Wanted:
    return replace(WANTED, expires_at=at, usual_life=False)


def test_a_token_lasts_90_days_unless_more_or_less_is_asked_for(desk: Desk) -> None:
    who = desk.signed_in()
    year = START + timedelta(days=365)
    assert desk.personal(who).token.expires_at == START + DEFAULT_LIFE == desk.service(who).token.expires_at
    assert desk.personal(who, ending(year)).token.expires_at == year
    assert desk.service(who, ending(year + timedelta(days=3650))).token.expires_at == year + timedelta(days=3650)
    assert desk.service(who, ending(None)).token.expires_at is None


@pytest.mark.parametrize(
    "at",
    [None, START, START - timedelta(days=1), START + timedelta(days=367), datetime(2027, 1, 1)],  # noqa: DTZ001
)
def test_a_personal_token_ends_within_a_year_and_not_in_the_past(desk: Desk, at: datetime | None) -> None:
    with pytest.raises(Invalid):
        desk.personal(desk.signed_in(), ending(at))


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "a\nb", "a\x00"])
def test_a_token_has_a_name_that_people_can_read(desk: Desk, name: str) -> None:
    with pytest.raises(Invalid):
        desk.personal(desk.signed_in(), replace(WANTED, name=name))


def test_a_token_is_for_something(desk: Desk) -> None:
    with pytest.raises(Invalid):
        desk.personal(desk.signed_in(), replace(WANTED, scopes=frozenset()))


def test_there_are_so_many_live_tokens_and_no_more(desk: Desk) -> None:
    who = desk.signed_in()
    for make, kind in ((desk.personal, CredentialKind.PERSONAL), (desk.service, CredentialKind.SERVICE)):
        for _ in range(AT_MOST[kind]):
            make(who)
        with pytest.raises(RuleBroken):
            make(who)
    desk.clock.passes(days=91)
    desk.personal(who)


def test_two_at_once_do_not_pass_the_limit_together(desk: Desk) -> None:
    who = desk.signed_in()
    for _ in range(AT_MOST[CredentialKind.PERSONAL] - 1):
        desk.personal(who)

    def another() -> None:
        desk.tokens.before = lambda: None
        desk.personal(who)

    desk.tokens.before = another
    with pytest.raises(RuleBroken):
        desk.personal(who)
    assert len(desk.tokens.tokens) == AT_MOST[CredentialKind.PERSONAL]


@pytest.mark.parametrize("kind", ["personal", "service"])
def test_whoever_is_revoked_while_they_ask_gets_no_token(desk: Desk, kind: str) -> None:
    who = desk.signed_in()
    make = desk.personal if kind == "personal" else desk.service

    def removed() -> None:
        found = desk.members.get(WORKSPACE, ANA)
        desk.members.members[WORKSPACE, ANA] = replace(found, credentials=())

    desk.tokens.before = removed
    with pytest.raises(Unauthenticated):
        make(who)
    assert desk.tokens.tokens == {}


def test_a_roll_that_never_holds_still_is_busy(desk: Desk) -> None:
    who = desk.signed_in()
    calls = []

    def moved() -> None:
        calls.append(1)
        raise Stale("moved")

    desk.tokens.before = moved
    with pytest.raises(Stale):
        desk.personal(who)
    assert len(calls) == 4


def test_a_request_sent_twice_makes_one_token(desk: Desk) -> None:
    who, once = desk.signed_in(), Once(ANA, "POST /v1/me/tokens", "k", "{}")
    issued = desk.issue.personal(who, WANTED, ASKED, once)
    with pytest.raises(AlreadyDone) as done:
        desk.issue.personal(who, WANTED, ASKED, once)
    assert done.value.done.made == issued.token.id
    assert len(desk.tokens.tokens) == 1
