"""What the services need to tell people of the team by mail, and to take their answers; of all else see `ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from letterlock.domain.accounts import Gate, Member
from letterlock.domain.automatic_mail import Counted
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.mail import Address
from letterlock.domain.notifications import Notification, NotificationSettings
from letterlock.domain.people import Profile
from letterlock.domain.replies import OutgoingMail


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person, the gate of their workspace, and what they want to be told of: as they stand."""

    member: Member
    profile: Profile
    wants: NotificationSettings
    gate: Gate

    def hears_of(self, mailbox: str) -> bool:
        """Whether what happens in that mailbox is any of theirs."""
        return self.member.active and self.gate.open and mailbox in self.gate.seen_by(self.member)


class Team(Protocol):
    def colleague(self, workspace: str, person: str) -> Colleague:
        """One consistent read, also of one who was removed. Raises NotFound."""
        ...

    def gate(self, workspace: str) -> Gate:
        """Raises NotFound."""
        ...

    def at(self, workspace: str, address: str) -> str:
        """Who signs in there with that address, in lower case; empty when nobody does."""
        ...

    def everybody(self, workspace: str) -> Sequence[str]:
        """Ids of all people there are, and were."""
        ...

    def watching(self, workspace: str) -> Sequence[str]:
        """Ids of those who want to hear of mail that is nobody's."""
        ...


class TeamAddresses(Protocol):
    def addresses(self, workspace: str) -> Sequence[Address]:
        """Of all people that there are, and were: with which they sign in, with their names. It may be minutes old."""
        ...


class NotificationChoices(Protocol):
    def get(self, workspace: str, person: str) -> NotificationSettings:
        """Raises NotFound."""
        ...

    def put(self, workspace: str, person: str, wants: NotificationSettings) -> None:
        """Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """What an answer's token is bound to. `since`: when everybody was signed out last, for what was made until then is
    dead; empty when they never were.
    """

    workspace: str
    mailbox: str
    person: str
    since: str


class AnswerTokens(Protocol):
    """The keyed tokens by which people answer notifications."""

    def mint(self, place: AnswerPlace, conversation: str) -> str: ...

    def verify(self, place: AnswerPlace, token: str) -> str:
        """The conversation that it was made for; empty when it was not made for that place."""
        ...


class MailCaps(Protocol):
    def take(self, purpose: Purpose, workspace: str, causes: Mapping[Counted, str]) -> bool:
        """Count one mail that is about to go out by itself, for each of what causes it; whether that is within all
        caps (`domain.automatic_mail`). From the first that it is beyond, it is not counted: a flood uses no more up.
        """
        ...


class TaggedMailer(Protocol):
    def hand_over(self, mail: OutgoingMail, tags: Mapping[str, str]) -> str:
        """The Message-ID that the recipient will see. Raises SendRefused, SendDelayed, SendUncertain."""
        ...


class NotificationMailer(Protocol):
    def send(self, mail: Notification, tags: Mapping[str, str]) -> None:
        """Raises SendRefused, SendDelayed, SendUncertain."""
        ...
