"""A person answers, by mail, the mail that told them of a conversation: what of it they wrote, why it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from letterlock.domain.checks.automatic import automatic
from letterlock.domain.checks.mailing_list import mailing_list
from letterlock.domain.mail import Attachment, Delivery, Mail, Verdict
from letterlock.domain.threading import ANSWER_TOKEN_CHARACTERS, without_subaddress

SEPARATOR: Final = "-- Reply above this line --"
NOTE: Final = "#note"
LINES_READ: Final = 20_000

_SEPARATOR: Final = re.compile(r"[>|\s]*--[ \t\xa0]{1,3}reply above this line[ \t\xa0]{1,3}--\s*", re.IGNORECASE)
_NOTE: Final = re.compile(rf"\s*{NOTE}\b[\s:]*", re.IGNORECASE)
"""Also with text behind it: what somebody means for the team must not go to the customer for want of a line break."""
_CLOCK: Final = re.compile(r"\d{1,2}[:.]\d{2}")
_RULE: Final = re.compile(r"\s*(?:_{5,}|-{5,}.{0,60}-{3,}|-{5,})\s*")
"""Above its header block, Outlook draws one of these."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TOKEN: Final = re.compile(rf"[a-z2-7]{{{ANSWER_TOKEN_CHARACTERS}}}")
_BLOCK_LINES: Final = 8
_LINE_CHARACTERS: Final = 1_000
_SIGNATURES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)


class Refusal(StrEnum):
    """Why an answer by mail is not taken in."""

    AUTOMATIC = "automatic"
    """A machine sent it, or it is a bounce. Nobody is told, or two machines would write to each other for ever."""
    UNREADABLE = "answer_unreadable"
    NOT_AUTHENTICATED = "not_authenticated"
    """No DMARC pass of the From domain, or a From that is not one address."""
    UNKNOWN_ADDRESS = "unknown_address"
    """The token is nobody's, or everybody has been signed out since it was made."""
    ANOTHER_SENDER = "another_sender"
    """It is not from the address of the person whose token it is."""
    REMOVED = "removed"
    NOT_ALLOWED = "not_allowed"
    NOT_SEEN = "not_seen"
    NOT_NOW = "not_now"
    READ_ONLY = "read_only"
    """A payment of the workspace is overdue for too long."""
    EMPTY = "empty"
    QUOTED = "quoted"
    """What is left still has the address that it was sent to in it: what is quoted could not be cut off."""
    FILES = "files"
    TOO_LONG = "too_long"


WORTH_KNOWING: Final = {
    Refusal.NOT_AUTHENTICATED,
    Refusal.UNKNOWN_ADDRESS,
    Refusal.ANOTHER_SENDER,
    Refusal.REMOVED,
    Refusal.NOT_ALLOWED,
    Refusal.NOT_SEEN,
}
"""Where somebody wanted what they may not. The others are mishaps."""


class Refused(Exception):
    """An answer that is not taken in. `person`: who is told, if anybody. `whose`: the token, or the address."""

    def __init__(self, why: Refusal, person: str = "", conversation: str = "", whose: str = "") -> None:
        super().__init__(why.value)
        self.why, self.person, self.conversation, self.whose = why, person, conversation, whose or person


@dataclass(frozen=True, slots=True)
class AnswerSeen:
    """A token by which a mail answers a notification, not verified yet."""

    token: str
    alone: bool
    """It came to no other address of that mailbox: where it is refused, nobody gets it."""


def answer_seen(mail: Mail, recipients: Iterable[str], mailbox_address: str) -> AnswerSeen | None:
    """In an envelope recipient; or, for a forwarded mailbox, where the mail says what it was meant for."""
    ours = [each for each in recipients if without_subaddress(each).casefold() == mailbox_address.casefold()]
    tokens = [token for each in ours if (token := _token_of(each))]
    if tokens:
        return AnswerSeen(tokens[0], alone=len(tokens) == len(ours))
    meant = [*(each.address for each in (*mail.to, *mail.cc)), *mail.delivered_to]
    named = [each for each in meant if without_subaddress(each).casefold() == mailbox_address.casefold()]
    found = next((token for each in named if (token := _token_of(each))), "")
    return AnswerSeen(found, alone=False) if found else None


def _token_of(address: str) -> str:
    token = address.rpartition("@")[0].partition("+")[2].lower()
    return token if _TOKEN.fullmatch(token) else ""


def vouched_for(mail: Mail, delivery: Delivery) -> bool:
    """The From domain vouches for the mail by its DMARC policy, and From is one address: nothing less will do."""
    return delivery.verdicts.dmarc is Verdict.PASS and mail.sender is not None and mail.one_author


def from_a_machine(mail: Mail, delivery: Delivery) -> bool:
    """Nobody of the team wrote it as it came."""
    return automatic(mail, delivery) is not None or mailing_list(mail) is not None


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    note: bool


def answer_of(mail: Mail, token: str, sender: str, limit: int) -> Answer:
    """What they wrote: `sender` is the address that notifications come from. Raises Refused."""
    if any(map(_is_file, mail.attachments)):
        raise Refused(Refusal.FILES)
    lines = _written(_CONTROL.sub("", mail.text).splitlines()[:LINES_READ], sender)
    asked = _NOTE.match(lines[0]) if lines else None
    if asked:
        lines[0] = lines[0][asked.end() :]
    text = "\n".join(lines).strip("\n")
    if not text.strip():
        raise Refused(Refusal.EMPTY)
    if token in text.casefold() or sender.casefold() in text.casefold() or _has_separator(text):
        raise Refused(Refusal.QUOTED)
    if len(text) > limit:
        raise Refused(Refusal.TOO_LONG)
    return Answer(text, note=asked is not None)


def _is_file(attachment: Attachment) -> bool:
    """Not the pictures of a signature, nor what signs the mail itself."""
    return not attachment.inline and attachment.media_type not in _SIGNATURES


def _has_separator(text: str) -> bool:
    return "reply above this line" in text.casefold()


def _written(lines: list[str], sender: str) -> list[str]:
    """The lines above our separator, without what the mail program put between: quotes, and its own word of whom it
    quotes, which names the address that the quoted mail came from, whatever the language.
    """
    cut = next((n for n, line in enumerate(lines) if _SEPARATOR.fullmatch(line[:_LINE_CHARACTERS])), len(lines))
    above = _trimmed(lines[:cut])
    for back in range(1, min(_BLOCK_LINES, len(above)) + 1):
        if sender.casefold() in above[-back][:_LINE_CHARACTERS].casefold():
            above = _without_attribution(above, len(above) - back)
            break
    above = _trimmed(above)
    while above and not above[0].strip():
        above.pop(0)
    return above


def _without_attribution(lines: list[str], at: int) -> list[str]:
    """`at` names the address. Its first half may stand in the line before it, with the time of day."""
    if at and lines[at - 1].strip() and _CLOCK.search(lines[at - 1]) and not _CLOCK.search(lines[at]):
        at -= 1
    while at and _RULE.fullmatch(lines[at - 1][:_LINE_CHARACTERS]):
        at -= 1
    return lines[:at]


def _trimmed(lines: list[str]) -> list[str]:
    """Without the empty and the quoted lines at the end."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return lines[:end]
