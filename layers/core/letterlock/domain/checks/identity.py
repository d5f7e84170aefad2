"""Does the sender look like somebody else? What is found is shown as a warning beside the mail, and decides nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from letterlock.domain.authentication import Authenticity, related
from letterlock.domain.mail import Address, Mail


class IdentityWarning(StrEnum):
    REPLY_TO_ELSEWHERE = "reply_to_elsewhere"
    """An answer goes to another domain than the mail says it is from."""
    SEVERAL_AUTHORS = "several_authors"
    """From is not one address, whoever reads it: another program may show another sender."""
    ADDRESS_IN_NAME = "address_in_name"
    """The name that is shown is, or holds, another address than the sender's."""
    POSES_AS_TEAM = "poses_as_team"
    """It has the name, or the address, of somebody of the team, and nobody vouches that it is theirs."""
    POSES_AS_MAILBOX = "poses_as_mailbox"
    """The same with the mailbox's."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Whom a sender may pose as: the mailbox that the mail came to, and the people of the team."""

    mailbox: Address
    team: Collection[Address] = ()


NAME_CHARACTERS: Final = 200
_WORDS_AT_LEAST: Final = 2
"""In a name that is guarded: half the world's customers are called Ana, or Support."""
_ADDRESS: Final = re.compile(r"[^\s<>()\",;:@]{1,64}@[^\s<>()\",;:@]{1,255}")


def warnings(mail: Mail, sender: Authenticity, ours: Ours) -> tuple[IdentityWarning, ...]:
    """In the order of their names above."""
    if mail.sender is None:
        return ()
    named = {each.casefold() for each in _ADDRESS.findall(mail.sender.name[:NAME_CHARACTERS])} - {mail.sender.key}
    found = {
        IdentityWarning.REPLY_TO_ELSEWHERE: any(not _same_domain(mail.sender, each) for each in mail.reply_to),
        IdentityWarning.SEVERAL_AUTHORS: not mail.one_author and not named,
        IdentityWarning.ADDRESS_IN_NAME: bool(named),
        IdentityWarning.POSES_AS_TEAM: _poses_as(ours.team, mail.sender, named, sender),
        IdentityWarning.POSES_AS_MAILBOX: _poses_as([ours.mailbox], mail.sender, named, sender),
    }
    return tuple(warning for warning, holds in found.items() if holds)


def _poses_as(guarded: Collection[Address], sender: Address, named: set[str], vouched: Authenticity) -> bool:
    theirs = {each.key for each in guarded}
    if sender.key in theirs:
        return vouched is not Authenticity.AUTHENTICATED
    name = _plain(sender.name)
    return not named.isdisjoint(theirs) or (_is_guarded(name) and name in {_plain(each.name) for each in guarded})


def _is_guarded(name: str) -> bool:
    return len(name.split()) >= _WORDS_AT_LEAST


def _plain(name: str) -> str:
    """What two names look like that are shown alike: width, case and space aside (Unicode's NFKC)."""
    return " ".join(unicodedata.normalize("NFKC", name[:NAME_CHARACTERS]).casefold().strip("\"' ").split())


def _same_domain(one: Address, other: Address) -> bool:
    return related(one.domain, other.domain)
