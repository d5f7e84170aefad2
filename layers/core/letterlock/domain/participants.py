"""Who outside the team takes part in a conversation: whom its mails bring in, whom the team lets in or sends off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from letterlock.domain.checks.mailing_list import mailing_list
from letterlock.domain.mail import Address, Mail
from letterlock.domain.threading import without_subaddress

COPIED_AT_MOST: Final = 10
"""Recipients of a mail beside whom everybody it addressed takes part, and an answer still goes to everybody."""
PARTICIPANTS_AT_MOST: Final = 30
"""Of a conversation: SES takes 50 recipients a mail (SES: "Service quotas")."""
REMOVED_KEPT: Final = 30


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody outside the team who takes part."""

    address: Address
    requester: bool = False
    """Answers go to them, and to the others as a copy."""
    added_by: str = ""
    """Who of the team let them in, by id; empty: a mail did."""
    contact: str = field(default="", compare=False)
    """Kept by the store: the id of the contact who has this address."""


def participants_of(mail: Mail, ours: Collection[str], *, imported: bool = False) -> list[Participant]:
    """Who takes part in a conversation that `mail` opens: its sender, and whom it addressed besides mailboxes of ours.

    The requester is where answers go: Reply-To before From (RFC 5322, section 3.6.2). An archive has what the mailbox
    itself sent as well (`imported`): of such a mail it is the first that it went to.
    """
    answers_to = next((each for each in mail.reply_to if _outside(each, ours)), mail.sender)
    if imported and mail.sender and not _outside(mail.sender, ours):
        answers_to = next((each for each in addressed(mail) if _outside(each, ours)), None)
    found = [Participant(answers_to, requester=True)] if answers_to else []
    for address in (mail.sender, *addressed(mail)):
        if address and _outside(address, ours) and not _among(found, address):
            found.append(Participant(address))
    return found


def addressed(mail: Mail) -> tuple[Address, ...]:
    """Whom a mail addresses, in To and Cc. Of a mail to a crowd, or through a mailing list, nobody: nobody means to
    write to all of them, and the crowd is the sender's choice, not the team's.
    """
    found = (*mail.to, *mail.cc)
    return found if len(found) <= COPIED_AT_MOST and mailing_list(mail) is None else ()


def strangers_addressed(
    mail: Mail, ours: Collection[str], known: Sequence[Participant], removed: Iterable[Address]
) -> list[Address]:
    """Whom a further mail addresses who does not take part yet. Whom the team sent off does not come back by a mail;
    and no more than a conversation may have.
    """
    gone = {each.key for each in removed}
    found: list[Address] = []
    for address in addressed(mail):
        new = not _among(known, address) and address.key not in gone | {each.key for each in found}
        if new and _outside(address, ours) and len(known) + len(found) < PARTICIPANTS_AT_MOST:
            found.append(address)
    return found


def _among(people: Iterable[Participant], address: Address) -> bool:
    return any(each.address.key == address.key for each in people)


def _outside(address: Address, ours: Collection[str]) -> bool:
    return without_subaddress(address.address).casefold() not in ours
