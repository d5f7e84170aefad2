"""What the API of people and invitations takes and gives, as pydantic models: the edge, and nothing behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from letterlock.domain.people import Invitation, LinkState, Person
from letterlock.domain.permissions import Role

Name = Annotated[str, Field(min_length=1, max_length=100)]
MailboxIds = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(max_length=100, description="Those that they work in, by id"),
]
ALL: Literal["all"] = "all"


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NameIn(_In):
    name: Name


class PersonChangeIn(_In):
    """What is left out stays. `mailboxes`: ids, or `all` for all there are, and will be."""

    role: Role | None = None
    mailboxes: MailboxIds | Literal["all"] | None = None


class InvitationIn(_In):
    """`mailboxes` left out: all there are, and will be."""

    email: Annotated[str, Field(min_length=3, max_length=254, examples=["ben@acme.example"])]
    role: Role
    mailboxes: MailboxIds | Literal["all"] = ALL
    name: Name | None = None


class PersonOut(BaseModel):
    """`mailboxes` null: all there are, and will be."""

    id: str
    email: str
    name: str
    role: Role
    mailboxes: list[str] | None
    state: Literal["active", "removed"]
    joined_at: datetime
    removed_at: datetime | None
    finished: bool | None = Field(description="Of a removed person: whether all that hung on them has been ended")
    version: int

    @classmethod
    def of(cls, person: Person) -> PersonOut:
        member = person.member
        return cls(
            id=member.id,
            email=person.profile.address,
            name=person.profile.name,
            role=member.role,
            mailboxes=sorted(member.mailboxes) if member.mailboxes is not None else None,
            state="active" if member.active else "removed",
            joined_at=person.joined_at,
            removed_at=member.removed_at,
            finished=None if member.active else member.finished_at is not None,
            version=member.version,
        )


class PeopleOut(BaseModel):
    people: list[PersonOut]
    cursor: str | None


class InvitationOut(BaseModel):
    """Without its link, which only the mail has."""

    id: str
    email: str
    role: Role
    mailboxes: list[str] | None
    invited_by: str
    created_at: datetime
    expires_at: datetime
    state: LinkState

    @classmethod
    def of(cls, invitation: Invitation, now: datetime) -> InvitationOut:
        mailboxes = invitation.mailboxes
        return cls(
            id=invitation.id,
            email=invitation.address,
            role=invitation.role,
            mailboxes=sorted(mailboxes) if mailboxes is not None else None,
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            expires_at=invitation.until,
            state=invitation.standing(now),
        )


class InvitationsOut(BaseModel):
    invitations: list[InvitationOut]
    cursor: str | None


def limits(mailboxes: list[str] | Literal["all"] | None) -> frozenset[str] | None:
    """None: all there are, and will be."""
    return None if mailboxes is None or mailboxes == ALL else frozenset(mailboxes)
