"""Which conversation a mail belongs to. The rules in order, the evidence for each, and how far it is trusted.

A reply address or a reference that carries our keyed token proves that its bearer was shown it; a bare Message-ID
proves nothing, for it travels to everyone on the mail. A number in a subject is never evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from letterlock.domain.mail import Mail

TOKEN_CHARACTERS = 40
"""25 bytes in base32: a conversation's ULID (16) and a truncated HMAC (9, so 2^72 guesses at a mail each)."""
ANSWER_TOKEN_CHARACTERS = 39
"""Of the address at which a person answers a notification: one less, so that it is taken for no other. 24 bytes in
base32: a conversation's ULID and 64 bits of an HMAC that binds it to the person as well.
"""
LOCAL_PART_OCTETS = 64
"""RFC 5321, section 4.5.3.1.1."""
MAILBOX_LOCAL_PART_OCTETS = LOCAL_PART_OCTETS - TOKEN_CHARACTERS - len("+")
"""What a mailbox's own name may take, so that a reply address of it still fits."""

_TOKEN = re.compile(rf"[a-z2-7]{{{TOKEN_CHARACTERS}}}")


class Rule(StrEnum):
    REPLY_ADDRESS = "reply_address"
    KEYED_REFERENCE = "keyed_reference"
    MESSAGE_ID = "message_id"
    SUBJECT = "subject"
    """Where the mailbox's settings want it."""
    BOUNCE = "bounce"
    """It tells of a mail of ours, which proves where it belongs: see `services.thread_bounce`."""
    FORWARDED = "forwarded"
    """Somebody of the team handed it on: it opens a conversation of its first sender's."""
    NEW = "new"


class Trust(StrEnum):
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    """The sender is no participant, or the domain it claims disowns the mail (DMARC)."""
    CONFIRMED = "confirmed"
    """On the word of somebody of the team: `by` says whose."""
    IMPORTED = "imported"
    """Where the archive that it was brought in with says that it stands: nobody checked who wrote it."""


@dataclass(frozen=True, slots=True)
class Threading:
    """Why a message stands where it stands. `evidence` names the header field or envelope part that decided."""

    rule: Rule
    evidence: str
    trust: Trust
    by: str = ""
    """Who of the team vouches for its sender, by id."""


@dataclass(frozen=True, slots=True)
class TokenSeen:
    """A token found on a mail, not verified yet."""

    rule: Rule
    evidence: str
    token: str


def reply_address(mailbox_address: str, token: str) -> str:
    """`support@acme.example` and a token -> `support+<token>@acme.example` (RFC 5233, subaddressing)."""
    local, _, domain = mailbox_address.rpartition("@")
    return f"{local}+{token}@{domain}"


def keyed_reference(mailbox_address: str, token: str) -> str:
    """The msg-id, without brackets, that our mails carry in References: SES overwrites Message-ID, not References."""
    return f"{token}@{mailbox_address.rpartition('@')[2]}"


def without_subaddress(address: str) -> str:
    """`support+anything@acme.example` -> `support@acme.example`."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def tokens_seen(mail: Mail, recipients: Iterable[str], mailbox_address: str) -> Iterator[TokenSeen]:
    """Every token a mail carries for this mailbox, best evidence first: rules 1 and 2 of the design."""
    for evidence, addresses in (
        ("envelope", recipients),
        ("To", [each.address for each in (*mail.to, *mail.cc)]),
        ("Delivered-To", mail.delivered_to),
    ):
        for address in addresses:
            if token := _token_of(address, mailbox_address):
                yield TokenSeen(Rule.REPLY_ADDRESS, evidence, token)
    for evidence, msg_ids in (
        ("References", reversed(mail.references)),
        ("In-Reply-To", reversed(mail.in_reply_to)),
    ):
        for msg_id in msg_ids:
            token = msg_id.partition("@")[0].lower()
            if _TOKEN.fullmatch(token):
                yield TokenSeen(Rule.KEYED_REFERENCE, evidence, token)


def message_ids_seen(mail: Mail) -> list[str]:
    """The Message-IDs a mail answers to, best evidence first (rule 3): In-Reply-To, then References from the newest."""
    return list(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references))))


def _token_of(address: str, mailbox_address: str) -> str:
    if without_subaddress(address).casefold() != mailbox_address.casefold():
        return ""
    token = address.rpartition("@")[0].partition("+")[2].lower()
    return token if _TOKEN.fullmatch(token) else ""
