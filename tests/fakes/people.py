"""People, how they sign in, and their links, in memory; held to tests/adapters/test_people_contract.py."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from letterlock.domain.accounts import Mailbox, Member, Principal
from letterlock.domain.audit import Entry
from letterlock.domain.errors import (
    AlreadyDone,
    Conflict,
    Gone,
    KeyReused,
    NotFound,
    SendDelayed,
    Stale,
    TooManyRequests,
)
from letterlock.domain.idempotency import HELD, Done, Once
from letterlock.domain.people import LINK_IDS, Invitation, Link, LinkState, Person, Profile, Reset, SignUp
from letterlock.domain.sign_in import SessionShown, SignIn, sessions_of
from letterlock.domain.throttle import BY_ONE, FOR_ONE, FROM_ONE, Tried
from letterlock.services.billing_ports import SeatTurn
from letterlock.services.deeds import Deed
from letterlock.services.people_ports import AccountMail, Joining, PersonChange, SignInChange
from letterlock.services.ports import Clock
from tests.fakes.accounts import FakeMailboxes, FakeMembers, FakeWorkspaces

Key = tuple[str, str]
FOR_EVER = datetime.max.replace(tzinfo=UTC)


class FakePeople:
    """`People`, `SignIns` and `Links`. Members are in `members`; what was done is in `deeds`."""

    def __init__(self, members: FakeMembers, workspaces: FakeWorkspaces, now: Clock) -> None:
        self.members, self._workspaces, self._now = members, workspaces, now
        self.deeds: list[Deed] = []
        self.before: Callable[[], object] = lambda: None
        """What happens between what was read and what is written."""
        self._profiles: dict[Key, tuple[Profile, datetime]] = {}
        self._sign_ins: dict[Key, SignIn] = {}
        self._routes: dict[str, dict[str, str]] = {}
        self.links: dict[Key, Invitation | Reset | SignUp] = {}
        """By workspace and id."""
        self._seen: dict[str, tuple[str, str]] = {}
        self.turns: dict[str, int] = {}
        self._done: dict[tuple[str, str], tuple[str, Done, datetime]] = {}

    # ---- People ----

    def get(self, workspace: str, person: str) -> Person:
        if (workspace, person) not in self._profiles:
            raise NotFound("no such person")
        profile, joined_at = self._profiles[workspace, person]
        return Person(self.members.get(workspace, person), profile, joined_at)

    def listed(self, workspace: str, *, after: str = "", limit: int = 25) -> list[Person]:
        found = sorted(person for where, person in self._profiles if where == workspace and person > after)
        return [self.get(workspace, each) for each in found[:limit]]

    def at(self, workspace: str, address: str) -> str:
        return self._routes.get(address, {}).get(workspace, "")

    def signs_in(self, address: str) -> bool:
        return bool(self._routes.get(address))

    def join(self, joining: Joining, deed: Deed) -> None:
        self.before()
        self._refuse_used(joining.link)
        signed_out_at = self.members.signed_out.get(joining.member.workspace)
        if signed_out_at and joining.made_at <= signed_out_at:
            raise Gone("no good")
        workspace, person, address = joining.member.workspace, joining.member.id, joining.profile.address
        if self.at(workspace, address) != joining.replaces:
            raise Conflict("somebody has that address")
        if joining.inviter and not self._as_read(joining.inviter):
            raise Stale("changed meanwhile")
        self._use(joining.link)
        self.members.put(joining.member, **{joining.session.credential.id: joining.session.secret})
        self._profiles[workspace, person] = joining.profile, joining.at
        self._sign_ins[workspace, person] = SignIn(workspace, person, joining.password)
        self._routes.setdefault(address, {})[workspace] = person
        self._seen[joining.session.credential.id] = joining.session.user_agent, joining.session.source
        self.deeds.append(deed)

    def change(self, change: "PersonChange | SignInChange", deed: Deed) -> None:
        """Both ports call it so."""
        if isinstance(change, SignInChange):
            self._change_sign_in(change, deed)
            return
        self.before()
        before = change.before
        now = self.members.get(before.workspace, before.id)
        self.members.hold(change.asker)
        if (now.active, now.role, now.version) != (True, before.role, before.version):
            raise Stale("changed meanwhile")
        if change.owners:
            turn = self.members.owners_gone.get(before.workspace, 0)
            if turn != change.owners.turn:
                raise Stale("changed meanwhile")
            self.members.owners_gone[before.workspace] = turn + 1
        after = replace(now, role=change.role, mailboxes=change.mailboxes, version=now.version + 1)
        self.members.members[before.workspace, before.id] = after
        self.deeds.append(deed)

    def name_workspace(self, asker: Principal, name: str, deed: Deed) -> None:
        self.before()
        self.members.hold(asker)
        self._workspaces.names[asker.workspace] = name
        self.deeds.append(deed)

    def rename(self, workspace: str, person: str, profile: Profile) -> None:
        self._profiles[workspace, person] = profile, self.get(workspace, person).joined_at

    # ---- SignIns ----

    def of_address(self, address: str, workspace: str = "") -> SignIn | None:
        routes = self._routes.get(address, {})
        where = workspace or min(routes, default="")
        return self._sign_ins.get((where, routes.get(where, "")))

    def of_person(self, workspace: str, person: str) -> SignIn:
        try:
            return self._sign_ins[workspace, person]
        except KeyError:
            raise NotFound("no such person") from None

    def factor(self, sign_in: SignIn, kept: bytes) -> bytes:
        return kept

    def _change_sign_in(self, change: SignInChange, deed: Deed) -> None:
        self.before()
        read, key = change.sign_in, (change.member.workspace, change.member.id)
        new = {
            name: value
            for name in ("password", "chosen_at", "totp", "proposed", "step", "recovery")
            if (value := getattr(change, name)) is not None
        }
        if change.factor_reset or change.ends_reset:
            new["factor_reset"] = change.factor_reset
        if change.reset:
            self._refuse_used(change.reset.link)
            signed_out_at = self.members.signed_out.get(change.reset.workspace)
            if signed_out_at and change.reset.made_at <= signed_out_at:
                raise Gone("no good")
        if change.asker:
            self.members.hold(change.asker)
        member = self.members.members[key]
        held = {each.id for each in member.credentials}
        if not member.active or len(held) != len(change.member.credentials) or not held.issuperset(change.ended):
            raise Stale("changed meanwhile")
        if self._sign_ins[key].version != read.version:
            raise Stale("changed meanwhile")
        if change.reset:
            self._use(change.reset.link)
        if new:
            self._sign_ins[key] = replace(self._sign_ins[key], version=read.version + 1, **new)
        left = tuple(each for each in member.credentials if each.id not in change.ended)
        secrets = {}
        if change.session:
            left = (*left, change.session.credential)
            secrets = {change.session.credential.id: change.session.secret}
            self._seen[change.session.credential.id] = change.session.user_agent, change.session.source
        self.members.put(replace(member, credentials=left), **secrets)
        self.deeds.append(deed)

    def sessions(self, member: Member) -> list[SessionShown]:
        return [SessionShown(each, *self._seen.get(each.id, ("", ""))) for each in sessions_of(member)]

    # ---- Links ----

    def invite(
        self,
        invitation: Invitation,
        asker: Principal | None,
        deed: Deed,
        once: Once | None = None,
        turn: SeatTurn | None = None,
    ) -> None:
        self.before()
        if once:
            done = self.done(invitation.workspace, once)
            if done:
                raise AlreadyDone(done)
        if asker:
            self.members.hold(asker)
        if turn and turn.made != self.turns.get(invitation.workspace, 0):
            raise Stale("changed meanwhile")
        if turn:
            self.turns[invitation.workspace] = turn.made + 1
        if once:
            self._done[invitation.workspace, once.scope] = once.body, Done(made=invitation.id), self._now() + HELD
        self.take(invitation, deed)

    def take(self, invitation: Invitation, deed: Deed) -> None:
        self.links[invitation.workspace, invitation.id] = invitation
        self.deeds.append(deed)

    def done(self, workspace: str, once: Once) -> Done | None:
        if (workspace, once.scope) not in self._done:
            return None
        body, done, until = self._done[workspace, once.scope]
        if until <= self._now():
            return None
        if body != once.body:
            raise KeyReused(done)
        return done

    def invitation(self, workspace: str, invitation: str) -> Invitation:
        found = self.links.get((workspace, invitation))
        if not isinstance(found, Invitation):
            raise NotFound("no such link")
        return found

    def invitations(self, workspace: str, *, after: str = "", limit: int = 25) -> list[Invitation]:
        ids = sorted(
            key[1] for key in self.links if key[0] == workspace and key[1] > after and key[1].startswith("inv_")
        )
        found = [self.invitation(workspace, each) for each in ids[:limit]]
        gate = self.members.gate(workspace)
        return [each.as_things_stand(self.members.members.get((workspace, each.inviter)), gate) for each in found]

    def ask_reset(self, reset: Reset, deed: Deed) -> None:
        self.links[reset.workspace, reset.id] = reset
        self.deeds.append(deed)

    def reset(self, workspace: str, reset: str) -> Reset:
        found = self.links.get((workspace, reset))
        if not isinstance(found, Reset):
            raise NotFound("no such link")
        return found

    def resets_of(self, workspace: str, person: str, now: datetime) -> list[Reset]:
        found = [each for key, each in sorted(self.links.items()) if key[0] == workspace and isinstance(each, Reset)]
        return [each for each in found if each.person == person and each.good(now, None)]

    def ask_sign_up(self, sign_up: SignUp, deed: Deed) -> None:
        self.links[sign_up.workspace, sign_up.id] = sign_up
        self.deeds.append(deed)

    def sign_up(self, workspace: str, sign_up: str) -> SignUp:
        found = self.links.get((workspace, sign_up))
        if not isinstance(found, SignUp):
            raise NotFound("no such link")
        return found

    # ---- what they share ----

    def _refuse_used(self, link: Link) -> None:
        found = self.links.get((link.workspace, link.id))
        if (
            found is None
            or not link.id.startswith(LINK_IDS[link.kind])
            or found.state is not LinkState.PENDING
            or found.until <= self._now()
        ):
            raise Gone("no good")

    def _use(self, link: Link) -> None:
        found = self.links[link.workspace, link.id]
        self.links[link.workspace, link.id] = replace(found, state=LinkState.USED)

    def _as_read(self, member: Member) -> bool:
        now = self.members.members.get((member.workspace, member.id))
        return now is not None and now.active and now.version == member.version


class FakeLimits:
    """`Limits`."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._counted = Counter[tuple[Tried, str, str, datetime]]()

    def count(self, tried: Tried, who: str, source: str, by: str = "") -> None:
        waits = []
        rules = {("for", who): FOR_ONE[tried], ("from", source): FROM_ONE[tried]}
        rules |= {("by", f"{source}|{by}"): BY_ONE[tried]} if by else {}
        for (counted, value), rule in rules.items():
            key = (tried, counted, value, rule.began(self._now()))
            self._counted[key] += 1
            if self._counted[key] > rule.times:
                waits.append(rule.seconds_left(self._now()))
        if waits:
            raise TooManyRequests(max(waits))


class FakePasswords:
    """`Passwords`, in the clear. `checked` counts; `parameters` may be changed."""

    def __init__(self, parameters: str = "cheap") -> None:
        self.checked, self.parameters = 0, parameters

    def hash(self, password: str) -> str:
        return f"{self.parameters}|{password}"

    def matches(self, password: str, kept: str) -> bool:
        self.checked += 1
        return bool(kept) and kept.partition("|")[2] == password

    def outdated(self, kept: str) -> bool:
        return kept.partition("|")[0] != self.parameters


class FakeOpenings:
    """`Openings`."""

    def __init__(self, mailboxes: FakeMailboxes, people: FakePeople) -> None:
        self._mailboxes, self._people = mailboxes, people

    def open(self, mailbox: Mailbox, entry: Entry, invitation: Invitation, deed: Deed) -> None:
        self._mailboxes.add(mailbox, entry)
        self._people.take(invitation, deed)


class FakeMailClaims:
    """`MailClaims`."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self.until: dict[Key, datetime] = {}

    def claim(self, workspace: str, fact: str, lease: timedelta) -> bool:
        until = self.until.get((workspace, fact), self._now())
        if until > self._now() and until != FOR_EVER:
            raise SendDelayed("another sender holds the lease")
        if until == FOR_EVER:
            return False
        self.until[workspace, fact] = self._now() + lease
        return True

    def settle(self, workspace: str, fact: str) -> None:
        self.until[workspace, fact] = FOR_EVER

    def release(self, workspace: str, fact: str) -> None:
        self.until[workspace, fact] = self._now()


class FakeQuietClaims:
    """`MailClaims` of addresses, free again some time after they were settled."""

    def __init__(self, now: Clock, quiet: timedelta) -> None:
        self._now, self._quiet_for = now, quiet
        self._leased: dict[Key, datetime] = {}
        self._quiet: dict[Key, datetime] = {}

    def claim(self, workspace: str, fact: str, lease: timedelta) -> bool:
        now, place = self._now(), (workspace, fact)
        if self._quiet.get(place, now) > now:
            return False
        if self._leased.get(place, now) > now:
            raise SendDelayed("another sender holds the lease")
        self._leased[place] = now + lease
        return True

    def settle(self, workspace: str, fact: str) -> None:
        self._quiet[workspace, fact] = self._now() + self._quiet_for

    def release(self, workspace: str, fact: str) -> None:
        self._leased[workspace, fact] = self._now()


class FakeAccountMailer:
    """`AccountMailer`. Raises `failure` where one is set."""

    def __init__(self) -> None:
        self.sent: list[AccountMail] = []
        self.failure: Exception | None = None

    def send(self, mail: AccountMail, tags: Mapping[str, str]) -> None:
        if self.failure:
            raise self.failure
        self.sent.append(mail)
