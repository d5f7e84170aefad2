"""The team as notifications need it, the tokens by which people answer, and the mailer, in memory."""

import hashlib
from base64 import b32encode
from collections import Counter
from collections.abc import Mapping
from datetime import UTC

from letterlock.domain.accounts import Gate, Member
from letterlock.domain.automatic_mail import CAPS, Counted, windows
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.errors import NotFound
from letterlock.domain.mail import Address
from letterlock.domain.notifications import Notification, NotificationSettings
from letterlock.domain.people import Profile
from letterlock.domain.threading import ANSWER_TOKEN_CHARACTERS
from letterlock.services.notify_ports import AnswerPlace, Colleague
from letterlock.services.ports import Clock
from tests.fakes.accounts import FakeMembers

Key = tuple[str, str]


class FakeTeam:
    """`Team`, `TeamAddresses` and `NotificationChoices`, over `members`."""

    def __init__(self, members: FakeMembers) -> None:
        self.members = members
        self._profiles: dict[Key, Profile] = {}
        self._wants: dict[Key, NotificationSettings] = {}

    def join(self, member: Member, address: str, name: str = "") -> None:
        self.members.put(member)
        self._profiles[member.workspace, member.id] = Profile(address, name)

    def colleague(self, workspace: str, person: str) -> Colleague:
        if (workspace, person) not in self._profiles:
            raise NotFound("no such person")
        member = self.members.get(workspace, person)
        profile, wants = self._profiles[workspace, person], self.get(workspace, person)
        return Colleague(member, profile, wants, self.gate(workspace))

    def gate(self, workspace: str) -> Gate:
        return self.members.gate(workspace)

    def at(self, workspace: str, address: str) -> str:
        found = (key[1] for key, each in self._profiles.items() if (key[0], each.address) == (workspace, address))
        return next(found, "")

    def everybody(self, workspace: str) -> list[str]:
        return sorted(person for owner, person in self._profiles if owner == workspace)

    def addresses(self, workspace: str) -> list[Address]:
        return [Address(each.address, each.name) for key, each in self._profiles.items() if key[0] == workspace]

    def watching(self, workspace: str) -> list[str]:
        return [each for each in self.everybody(workspace) if self.get(workspace, each).unassigned]

    def get(self, workspace: str, person: str) -> NotificationSettings:
        if (workspace, person) not in self._profiles:
            raise NotFound("no such person")
        return self._wants.get((workspace, person), NotificationSettings())

    def put(self, workspace: str, person: str, wants: NotificationSettings) -> None:
        if (workspace, person) not in self._profiles:
            raise NotFound("no such person")
        self._wants[workspace, person] = wants


class FakeAnswerTokens:
    """`AnswerTokens`: 39 characters of base32. Knows those that it minted."""

    def __init__(self) -> None:
        self._minted: dict[tuple[AnswerPlace, str], str] = {}

    def mint(self, place: AnswerPlace, conversation: str) -> str:
        digest = hashlib.sha256(f"{place}|{conversation}".encode()).digest()
        token = b32encode(digest).decode().lower()[:ANSWER_TOKEN_CHARACTERS]
        self._minted[place, token] = conversation
        return token

    def verify(self, place: AnswerPlace, token: str) -> str:
        return self._minted.get((place, token), "")


class FakeMailCaps:
    """`MailCaps`."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self.counted = Counter[tuple[str, ...]]()

    def take(self, purpose: Purpose, workspace: str, causes: Mapping[Counted, str]) -> bool:
        day = self._now().astimezone(UTC).date().isoformat()
        for counted, value in causes.items():
            most = windows(CAPS[purpose][counted], self._now())
            places = {(workspace, purpose, counted, value, day, window): times for window, times in most.items()}
            if any(self.counted[place] >= times for place, times in places.items()):
                return False
            self.counted.update(places.keys())
        return True


class FakeNotificationMailer:
    """`NotificationMailer`. Raises what `failures` has for an address."""

    def __init__(self) -> None:
        self.sent: list[Notification] = []
        self.failures: dict[str, Exception] = {}

    def send(self, mail: Notification, tags: Mapping[str, str]) -> None:
        if mail.to.address in self.failures:
            raise self.failures[mail.to.address]
        self.sent.append(mail)
