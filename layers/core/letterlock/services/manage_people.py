"""Who there is in a workspace, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from letterlock.domain.accounts import Member, Principal
from letterlock.domain.audit import Act
from letterlock.domain.errors import Forbidden, Invalid, RuleBroken, Stale, VersionPassed
from letterlock.domain.people import Part, Person, Profile, refuse_more_than_ones_own, shown_name
from letterlock.domain.permissions import Action, Role
from letterlock.services.deeds import Asked, Deed, Deeds
from letterlock.services.people_ports import People, PersonChange
from letterlock.services.ports import Cursors
from letterlock.services.start_session import FRESH_READS
from letterlock.services.token_ports import Owners, Revocations

ASKED = "people"


@dataclass(frozen=True, slots=True)
class ListPeople:
    """In the order in which they joined, also those who were removed. Raises Forbidden, Invalid."""

    people: People
    cursors: Cursors

    def __call__(self, who: Principal, *, limit: int, cursor: str) -> tuple[list[Person], str]:
        who.may(Action.LIST_PEOPLE)
        after = self.cursors.open(who.workspace, ASKED, cursor) if cursor else ""
        found = self.people.listed(who.workspace, after=after, limit=limit + 1)
        page = found[:limit]
        more = self.cursors.seal(who.workspace, ASKED, page[-1].member.id) if len(found) > limit else ""
        return page, more


@dataclass(frozen=True, slots=True)
class ReadPerson:
    """Raises Forbidden, NotFound."""

    people: People

    def __call__(self, who: Principal, person: str) -> Person:
        who.may(Action.LIST_PEOPLE)
        return self.people.get(who.workspace, person)


@dataclass(frozen=True, slots=True)
class NewStanding:
    """What is left out stays. `all_mailboxes`: all there are, and will be."""

    role: Role | None = None
    mailboxes: frozenset[str] | None = None
    all_mailboxes: bool = False


@dataclass(frozen=True, slots=True)
class ChangePerson:
    """Effective at their next request. Raises Forbidden, NotFound, Invalid, RuleBroken, VersionPassed, Stale."""

    people: People
    revocations: Revocations
    deeds: Deeds

    def __call__(
        self,
        who: Principal,
        person: str,
        asked: Asked,
        *,
        role: Role | None = None,
        mailboxes: frozenset[str] | None = None,
        all_mailboxes: bool = False,
        versions: frozenset[int] | None = None,
    ) -> Person:
        """What is None stays. `all_mailboxes`: all there are, and will be."""
        wanted = NewStanding(role, mailboxes, all_mailboxes)
        who.may(Action.CHANGE_PERSON)
        if wanted == NewStanding():
            raise Invalid("say what is to change: role, or mailboxes")
        for attempt in range(1 + FRESH_READS):
            try:
                return self._changed(who, person, wanted, asked, versions)
            except Stale:
                if attempt == FRESH_READS:
                    raise
        raise AssertionError("unreachable")

    def _changed(
        self, who: Principal, person: str, wanted: NewStanding, asked: Asked, versions: frozenset[int] | None
    ) -> Person:
        found = self.people.get(who.workspace, person)
        before = found.member
        if not before.active:
            raise RuleBroken("this person was removed")
        after = _standing(before, wanted)
        refuse_more_than_ones_own(who, Part.of(after), Part.of(before))
        if after == before:
            return found
        if versions is not None and before.version not in versions:
            raise VersionPassed("the person has changed since: read them again, then decide again")
        self.people.change(self._change(who, before, after), self._deed(before, after, asked))
        return replace(found, member=replace(after, version=before.version + 1))

    def _change(self, who: Principal, before: Member, after: Member) -> PersonChange:
        owners: Owners | None = None
        if before.role is Role.OWNER and after.role is not Role.OWNER:
            owners = self.revocations.owners(before.workspace)
            if set(owners.people) <= {before.id}:
                raise RuleBroken("a workspace keeps an owner: make somebody else one first")
        return PersonChange(before, after.role, after.mailboxes, who, owners)

    def _deed(self, before: Member, after: Member, asked: Asked) -> Deed:
        if after.role is before.role:
            return self.deeds(before.workspace, asked, Act.MAILBOX_ACCESS_CHANGED, before.id)
        also = "mailboxes too" if after.mailboxes != before.mailboxes else ""
        return self.deeds(
            before.workspace, asked, Act.ROLE_CHANGED, before.id, reason=also, before=before.role, after=after.role
        )


def _standing(before: Member, wanted: NewStanding) -> Member:
    mailboxes = wanted.mailboxes if wanted.mailboxes is not None else before.mailboxes
    return replace(before, role=wanted.role or before.role, mailboxes=None if wanted.all_mailboxes else mailboxes)


@dataclass(frozen=True, slots=True)
class ReadMe:
    """None for who is no person."""

    people: People

    def __call__(self, who: Principal) -> Profile | None:
        who.may(Action.READ_ME)
        return self.people.get(who.workspace, who.id).profile if who.id.startswith("per_") else None


@dataclass(frozen=True, slots=True)
class RenameMe:
    """Raises Forbidden, Invalid."""

    people: People

    def __call__(self, who: Principal, name: str) -> Profile:
        who.may(Action.CHANGE_ME)
        if not who.id.startswith("per_"):
            raise Forbidden("a token has no name to be changed here")
        profile = replace(self.people.get(who.workspace, who.id).profile, name=shown_name(name))
        self.people.rename(who.workspace, who.id, profile)
        return profile


@dataclass(frozen=True, slots=True)
class RenameWorkspace:
    """Raises Forbidden, Invalid, Stale."""

    people: People
    deeds: Deeds

    def __call__(self, who: Principal, name: str, asked: Asked) -> str:
        who.may(Action.CHANGE_WORKSPACE)
        name = shown_name(name)
        self.people.name_workspace(who, name, self.deeds(who.workspace, asked, Act.WORKSPACE_CHANGED, ""))
        return name
