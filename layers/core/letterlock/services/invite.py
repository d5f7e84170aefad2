"""Invitations: made, listed. Revoking one is `revoke`'s, accepting one is `join`'s."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import OPERATOR, Act
from letterlock.domain.errors import AddressRefused, AlreadyDone, Conflict, PlanLimit, TooManyRequests
from letterlock.domain.facts import PersonInvited
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.people import (
    LIFE,
    Invitation,
    LinkKind,
    Part,
    refuse_more_than_ones_own,
    shown_name,
    sign_in_address,
)
from letterlock.domain.permissions import Action, Role
from letterlock.domain.throttle import Tried
from letterlock.services.billing_ports import SeatCount, SeatTurn
from letterlock.services.deeds import Asked, Deed, Deeds
from letterlock.services.own_addresses import refuse_shared
from letterlock.services.people_ports import Limits, Links, People
from letterlock.services.ports import Clock, Cursors, Ids, Mailboxes, Members

ASKED = "invitations"


@dataclass(frozen=True, slots=True)
class Wanted:
    address: str
    role: Role
    mailboxes: frozenset[str] | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class MakeInvitation:
    """An invitation, and what is told and recorded of it: still to be stored."""

    deeds: Deeds
    ids: Ids
    now: Clock

    def __call__(self, workspace: str, by: str, wanted: Wanted) -> Invitation:
        """Raises Invalid."""
        now = self.now()
        return Invitation(
            id=self.ids.new("inv"),
            workspace=workspace,
            address=sign_in_address(wanted.address),
            role=wanted.role,
            mailboxes=wanted.mailboxes,
            invited_by=by,
            created_at=now,
            until=now + LIFE[LinkKind.INVITATION],
            name=shown_name(wanted.name) if wanted.name else "",
        )

    def owner(self, workspace: str, address: str, name: str, asked: Asked) -> tuple[Invitation, Deed]:
        """By the operator, of a workspace that is being made."""
        made = self(workspace, OPERATOR, Wanted(address, Role.OWNER, name=name))
        return made, self.deed(made, asked)

    def deed(self, made: Invitation, asked: Asked) -> Deed:
        facts = [PersonInvited(made.workspace, made.id)]
        return self.deeds(made.workspace, asked, Act.PERSON_INVITED, made.id, facts, after=made.role)


@dataclass(frozen=True, slots=True)
class InvitePerson:
    """Raises Forbidden, Invalid, NotFound (a mailbox), TooManyRequests, AddressRefused, PlanLimit, Conflict, Stale,
    AlreadyDone, KeyReused.
    """

    links: Links
    people: People
    members: Members
    mailboxes: Mailboxes
    limits: Limits
    make: MakeInvitation
    seats: SeatCount

    def __call__(
        self,
        who: Principal,
        address: str,
        role: Role,
        mailboxes: frozenset[str] | None,
        name: str = "",
        *,
        asked: Asked,
        once: Once | None = None,
    ) -> Invitation:
        """`mailboxes` None: all there are, and will be."""
        wanted = Wanted(address, role, mailboxes, name)
        who.may(Action.INVITE)
        refuse_more_than_ones_own(who, Part(wanted.role, wanted.mailboxes))
        made = self.make(who.workspace, who.id, wanted)
        try:
            self._refuse_who_cannot_come(made)
            turn = self._seat(who)
        except (TooManyRequests, AddressRefused, Conflict, PlanLimit):
            # Sent again, it is the same request, also when somebody has come by its invitation since.
            done = self.links.done(who.workspace, once) if once else None
            if done:
                raise AlreadyDone(done) from None
            raise
        self.links.invite(made, who, self.make.deed(made, asked), once, turn)
        return made

    def _refuse_who_cannot_come(self, made: Invitation) -> None:
        """Counted first, whoever the address is: each invitation is a mail to somebody who asked for none."""
        self.limits.count(Tried.INVITATION, made.address, made.workspace, made.invited_by)
        refuse_shared(self.mailboxes, made.address)
        person = self.people.at(made.workspace, made.address)
        if person and self.members.get(made.workspace, person).active:
            raise Conflict("this address is a person of the workspace already")

    def _seat(self, who: Principal) -> SeatTurn | None:
        """None where seats are not counted. Raises PlanLimit where none is free."""
        if who.allowance.seats is None:
            return None
        turn = self.seats.turn(who.workspace)
        if self.seats.used(who.workspace) >= who.allowance.seats:
            raise PlanLimit(f"all {who.allowance.seats} seats are taken: an owner can buy more, in billing")
        return turn

    def again(self, who: Principal, done: Done) -> Invitation:
        return self.links.invitation(who.workspace, done.made)


@dataclass(frozen=True, slots=True)
class ListInvitations:
    """In the order in which they were made, 90 days after their end at most. Raises Forbidden, Invalid."""

    links: Links
    cursors: Cursors

    def __call__(self, who: Principal, *, limit: int, cursor: str) -> tuple[list[Invitation], str]:
        who.may(Action.INVITE)
        after = self.cursors.open(who.workspace, ASKED, cursor) if cursor else ""
        found = self.links.invitations(who.workspace, after=after, limit=limit + 1)
        page = found[:limit]
        more = self.cursors.seal(who.workspace, ASKED, page[-1].id) if len(found) > limit else ""
        return page, more
