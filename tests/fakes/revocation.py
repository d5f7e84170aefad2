"""API tokens, and whatever lets somebody in, in memory over the members (tests/adapters/test_tokens_contract.py)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from letterlock.domain.accounts import Credential, CredentialKind, Member, Principal
from letterlock.domain.api_tokens import ApiToken, Roll
from letterlock.domain.audit import Entry
from letterlock.domain.errors import AlreadyDone, KeyReused, NotFound, RuleBroken, Stale
from letterlock.domain.facts import Fact
from letterlock.domain.idempotency import HELD, Done, Once
from letterlock.domain.people import Invitation, LinkState, Reset, SignUp
from letterlock.domain.permissions import Role
from letterlock.services.deeds import Deed
from letterlock.services.ports import Clock
from letterlock.services.token_ports import Issue, Owners
from tests.fakes.accounts import FakeMembers


class FakeTokens:
    """`Tokens`, `Revocations` and `Remains`, for they are three sides of the same items."""

    def __init__(self, members: FakeMembers, now: Clock) -> None:
        self.members, self._now = members, now
        self.tokens: dict[tuple[str, str], ApiToken] = {}
        self.sessions: dict[tuple[str, str], str] = {}
        """The person of each session that the lists know."""
        self.links: dict[tuple[str, str], str] = {}
        """The state of each invitation and reset link."""
        self.links_of: dict[tuple[str, str], str] = {}
        """Whose each is: made by, or for, whom."""
        self.links_to: dict[tuple[str, str], tuple[str, datetime]] = {}
        """To whom else each invitation was sent, and when."""
        self.connections: dict[tuple[str, str], tuple[str, str]] = {}
        """Whose each connected account is, and its state."""
        self.mailed: dict[tuple[str, str], Invitation | Reset | SignUp] = {}
        """Or the links themselves, where there is a store of people."""
        self.sign_ins: dict[tuple[str, str], str] = {}
        """Whose there are, and the route that leads to each."""
        self.routes: dict[str, str] = {}
        """To whom addresses lead."""
        self.entries: list[Entry] = []
        self.announced: list[Fact] = []
        self.before: Callable[[], object] = lambda: None
        """What happens between what was read and what is written."""
        self._turns: dict[tuple[str, str], int] = {}
        self._keyed: dict[tuple[str, str], tuple[str, Done, datetime]] = {}

    # ---- Tokens ----

    def roll(self, workspace: str, person: str) -> Roll:
        member = self.members.get(workspace, person)
        live = sum(self._counts(each, CredentialKind.PERSONAL) for each in member.credentials)
        return Roll(member, self.members.gate(workspace), live, self._turns.get((workspace, person), 0))

    def roll_of_services(self, workspace: str, person: str) -> Roll:
        gate = self.members.gate(workspace)
        live = sum(
            self._counts(credential, CredentialKind.SERVICE) and not gate.signed_out(credential)
            for (owner, _), member in self.members.members.items()
            if owner == workspace and member.active
            for credential in member.credentials
        )
        return Roll(self.members.get(workspace, person), gate, live, self._turns.get((workspace, ""), 0))

    def _counts(self, credential: Credential, kind: CredentialKind) -> bool:
        return credential.kind is kind and credential.live(self._now())

    def issue(self, issue: Issue) -> None:
        self.before()
        token, workspace = issue.token, issue.token.workspace
        self._refuse_done(workspace, issue.once)
        self.members.hold(issue.asker)
        asker = self.members.get(workspace, issue.roll.member.id)
        counted = (workspace, asker.id if token.kind is CredentialKind.PERSONAL else "")
        if self._turns.get(counted, 0) != issue.roll.turn:
            raise Stale("how many tokens there are has changed since it was read")
        self._turns[counted] = issue.roll.turn + 1
        credential = Credential(token.id, token.kind, token.scopes, token.created_at, token.expires_at)
        if token.kind is CredentialKind.PERSONAL:
            kept = tuple(each for each in asker.credentials if each.live(self._now()))
            member = replace(asker, credentials=tuple(sorted((*kept, credential), key=lambda each: each.id)))
        else:
            role = token.role or asker.role
            member = Member(token.id, workspace, role, token.mailboxes, credentials=(credential,))
        self.members.put(member, **{token.id: issue.secret})
        self.tokens[workspace, token.id] = token
        self._do(issue.deed)
        if issue.once:
            self._keyed[workspace, issue.once.scope] = (issue.once.body, Done(made=token.id), self._now() + HELD)

    def _refuse_done(self, workspace: str, once: Once | None) -> None:
        if once is None or (workspace, once.scope) not in self._keyed:
            return
        body, done, until = self._keyed[workspace, once.scope]
        if until > self._now():
            raise AlreadyDone(done) if body == once.body else KeyReused(done)

    def get(self, workspace: str, token: str) -> ApiToken:
        if (workspace, token) not in self.tokens:
            raise NotFound("no such token")
        found = self.tokens[workspace, token]
        member = self.members.members.get((workspace, found.holder))
        credential = next((each for each in member.credentials if each.id == token), None) if member else None
        dead = self.members.gate(workspace).signed_out(credential) if credential else True
        return replace(
            found,
            held=bool(credential and member and member.active and not dead),
            used_on=credential.used_on if credential else None,
        )

    def listed(self, workspace: str, *, holder: str = "", after: str = "", limit: int = 25) -> Sequence[ApiToken]:
        found = [
            self.get(workspace, each)
            for owner, each in sorted(self.tokens)
            if owner == workspace and each > after and (not holder or self.tokens[owner, each].holder == holder)
        ]
        return found[:limit]

    # ---- Revocations ----

    def credential(self, workspace: str, holder: str, credential: str, deed: Deed) -> bool:
        self.before()
        member = self.members.members.get((workspace, holder))
        if member and any(each.id == credential for each in member.credentials):
            self._take(member, [credential], deed.entry.at)
            self._do(deed)
            return True
        if self._holder(workspace, credential) != holder:
            raise NotFound("no such token or session")
        return False

    def _holder(self, workspace: str, credential: str) -> str:
        token = self.tokens.get((workspace, credential))
        return token.holder if token else self.sessions.get((workspace, credential), "")

    def _take(self, member: Member, credentials: Sequence[str], at: datetime) -> None:
        kept = tuple(each for each in member.credentials if each.id not in credentials)
        gone = member.id in credentials
        self.members.members[member.workspace, member.id] = replace(
            member,
            credentials=kept,
            active=member.active and not gone,
            removed_at=member.removed_at or (at if gone else None),
        )

    def invitation(self, workspace: str, invitation: str, deed: Deed) -> bool:
        return self._link(workspace, invitation, deed)

    def reset_link(self, workspace: str, reset: str, deed: Deed) -> bool:
        return self._link(workspace, reset, deed)

    def _link(self, workspace: str, link: str, deed: Deed) -> bool:
        found = self.mailed.get((workspace, link))
        match found.state.value if found else self.links.get((workspace, link)):
            case "pending":
                if found:
                    self.mailed[workspace, link] = replace(found, state=LinkState.REVOKED)
                else:
                    self.links[workspace, link] = "revoked"
                self._do(deed)
                return True
            case "revoked":
                return False
            case None:
                raise NotFound("no such link")
        raise RuleBroken("this link has been used: there is nothing to revoke")

    def owners(self, workspace: str) -> Owners:
        people = sorted(
            each.id
            for (owner, _), each in self.members.members.items()
            if owner == workspace and each.active and each.role is Role.OWNER and each.id.startswith("per_")
        )
        return Owners(tuple(people), self.members.owners_gone.get(workspace, 0))

    def person(
        self, member: Member, at: datetime, owners: Owners | None, deed: Deed, asker: Principal | None = None
    ) -> bool:
        self.before()
        if asker:
            self.members.hold(asker)
        standing = self.members.get(member.workspace, member.id)
        turn = self.members.owners_gone.get(member.workspace, 0)
        if not standing.active or standing.role is not member.role or (owners and owners.turn != turn):
            raise Stale("the person has changed since they were read")
        if owners:
            self.members.owners_gone[member.workspace] = turn + 1
        self.members.members[member.workspace, member.id] = replace(standing, active=False, removed_at=at)
        self._do(deed)
        return True

    def everybody(self, workspace: str, at: datetime, deed: Deed) -> bool:
        if not self.members.gate(workspace).open:
            raise NotFound("no such workspace")
        before = self.members.signed_out.get(workspace)
        if before and before >= at:
            return False
        self.members.signed_out[workspace] = at
        self._do(deed)
        return True

    def connection(self, workspace: str, connection: str, deed: Deed) -> bool:
        self.before()
        if (workspace, connection) not in self.connections:
            raise NotFound("no such connection")
        person, state = self.connections[workspace, connection]
        if state != "active":
            return False
        self.connections[workspace, connection] = (person, "revoking")
        self._do(deed)
        return True

    def _do(self, deed: Deed) -> None:
        self.entries.append(deed.entry)
        self.announced += [each.fact for each in deed.told]

    # ---- Remains ----

    def note_revoked(self, workspace: str, credential: str, at: datetime, *, finished: bool) -> None:
        token = self.tokens.get((workspace, credential))
        if token:
            self.tokens[workspace, credential] = replace(
                token,
                revoked_at=token.revoked_at or at,
                finished_at=token.finished_at or (self._now() if finished else None),
            )

    def end_connections(self, workspace: str, person: str, at: datetime, limit: int) -> int:
        mine = [place for place, (whose, state) in self.connections.items() if whose == person and state == "active"]
        theirs = [each for each in mine if each[0] == workspace][:limit]
        for each in theirs:
            self.connections[each] = (person, "revoking")
        return len(theirs)

    def end_links(self, workspace: str, person: str, at: datetime, limit: int) -> int:
        def is_theirs(link: tuple[str, str]) -> bool:
            to, made_at = self.links_to.get(link, ("", at))
            sent_to_them = bool(to) and to == self.sign_ins.get((workspace, person)) and made_at <= at
            return link[0] == workspace and (self.links_of.get(link) == person or sent_to_them)

        pending = [each for each, state in self.links.items() if state == "pending" and is_theirs(each)][:limit]
        self.links |= dict.fromkeys(pending, "revoked")
        return len(pending)

    def forget_sign_in(self, workspace: str, person: str) -> None:
        self.sign_ins.pop((workspace, person), None)
        self.routes = {route: to for route, to in self.routes.items() if to != person}

    def outlived(self, workspace: str, *, after: str, limit: int) -> Sequence[tuple[str, str]]:
        at = self.members.signed_out.get(workspace)
        found = [
            (each.id, each.holder)
            for (owner, _), each in sorted(self.tokens.items())
            if owner == workspace and at and each.created_at <= at and not each.revoked_at and each.id > after
        ]
        return found[:limit]

    def take_out(self, workspace: str, holder: str, credentials: Sequence[str]) -> None:
        member = self.members.members.get((workspace, holder))
        if member:
            self._take(member, credentials, self._now())

    def finish(self, workspace: str, member: str, at: datetime) -> None:
        self.note_revoked(workspace, member, at, finished=True)
        found = self.members.members[workspace, member]
        if not found.active:
            self.members.members[workspace, member] = replace(
                found, credentials=(), finished_at=found.finished_at or at
            )
