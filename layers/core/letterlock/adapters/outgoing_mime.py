"""An outgoing mail as MIME: plain text and HTML (RFC 2046, section 5.1.4), and files, every line of it ASCII.

The header is written here, octet by octet: a name or a subject is either plain ASCII or base64, so that nothing a
customer wrote can begin a field of its own.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from letterlock.adapters.mime_addresses import usable
from letterlock.adapters.mime_charsets import clean
from letterlock.adapters.mime_headers import one_line
from letterlock.adapters.outgoing_files import with_files
from letterlock.domain.checks.loop import MARK, Purpose, mark
from letterlock.domain.files import Octets
from letterlock.domain.mail import Address
from letterlock.domain.replies import OutgoingMail

WORD_OCTETS: Final = 42
"""Octets of UTF-8 in one encoded word, which has 75 characters at most (RFC 2047, section 2)."""
PLAIN_CHARACTERS: Final = 60
"""A longer subject or name is encoded, for only encoded words can be folded anywhere."""

_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.I)
_MESSAGE_ID: Final = re.compile(r"[!-;=?-~]{1,900}")
_DOT_ATOM: Final = re.compile(r"[^.]+(?:\.[^.]+)*")
_PLAIN: Final = re.compile(r"[ -~]*")
_SUBMITTED: Final = {Purpose.ACKNOWLEDGEMENT: "auto-replied"}
"""RFC 3834, section 5: what answers a mail, apart from what a program has to say."""


def compose(mail: OutgoingMail, at: datetime) -> Octets:
    """The mail, with CRLF line ends, without Message-ID (SES sets it, and Date anew).

    Addresses that cannot be written to by SMTP are left out: see `deliverable`.
    """
    body = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    body.set_content(clean(mail.text))
    if mail.html:
        body.add_alternative(clean(mail.html), subtype="html")
    header = "".join(f"{line}\r\n" for line in _header(mail, at)).encode("ascii")
    if not mail.files:
        return header + body.as_bytes()
    del body["MIME-Version"]  # the whole has one
    return with_files(header, body.as_bytes(), mail.files)


def _header(mail: OutgoingMail, at: datetime) -> Iterator[str]:
    yield from _address_field("From", [mail.sender])
    yield from _address_field("Reply-To", [mail.reply_to])
    yield from _address_field("To", mail.to)
    yield from _address_field("Cc", mail.cc)
    yield f"Subject: {_phrase(mail.subject)}"
    yield f"Date: {format_datetime(at)}"
    yield from _message_id_field("In-Reply-To", [mail.in_reply_to])
    yield from _message_id_field("References", mail.references)
    for sender in deliverable([mail.sender]):
        yield f"{MARK}: {mark(sender.address, mail.purpose)}"
    if mail.purpose is not Purpose.REPLY:
        yield f"Auto-Submitted: {_SUBMITTED.get(mail.purpose, 'auto-generated')}"
        yield "X-Auto-Response-Suppress: All"  # Exchange heeds that one (MS-OXCMAIL, section 2.2.3.2.14)


def deliverable(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """The addresses that SES delivers to, each once: ASCII before the @, a domain name after it, in its ASCII form.

    A stored address may be anything that a mail once claimed; what cannot be written to is left out, not guessed at.
    """
    found: dict[str, Address] = {}
    for each in addresses:
        local, _, domain = usable(each.address).rpartition("@")
        ascii_domain = _ascii_domain(domain)
        if ascii_domain and _LOCAL_PART.fullmatch(local):
            # Consecutive dots, which some Japanese carriers once allowed, are only valid between quotes.
            written = local if _DOT_ATOM.fullmatch(local) else f'"{local}"'
            found.setdefault(each.key, Address(f"{written}@{ascii_domain}", each.name))
    return tuple(found.values())


def _ascii_domain(domain: str) -> str:
    try:
        ascii_domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        return ""
    return ascii_domain if _DOMAIN.fullmatch(ascii_domain) else ""


def _address_field(name: str, addresses: Iterable[Address]) -> Iterator[str]:
    written = [f"{_display_name(each.name)}<{each.address}>" for each in deliverable(addresses)]
    if written:
        yield f"{name}: " + ",\r\n ".join(written)


def _display_name(name: str) -> str:
    name = one_line(name)
    if not name:
        return ""
    if _PLAIN.fullmatch(name) and len(name) <= PLAIN_CHARACTERS and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" '
    return f"{_encoded(name)}\r\n "


def _phrase(text: str) -> str:
    text = one_line(text)
    if _PLAIN.fullmatch(text) and len(text) <= PLAIN_CHARACTERS and "=?" not in text:
        return text
    return _encoded(text)


def _encoded(text: str) -> str:
    """RFC 2047's encoded words, folded one to a line, cut between characters."""
    words: list[str] = []
    octets = b""
    for character in text:
        more = character.encode()
        if len(octets) + len(more) > WORD_OCTETS:
            words.append(_word(octets))
            octets = b""
        octets += more
    return "\r\n ".join([*words, _word(octets)])


def _word(octets: bytes) -> str:
    return f"=?utf-8?b?{b64encode(octets).decode('ascii')}?="


def _message_id_field(name: str, message_ids: Iterable[str]) -> Iterator[str]:
    """One id a line; what is no msg-id (RFC 5322, section 3.6.4) in ASCII is left out."""
    written = [f"<{each}>" for each in message_ids if _MESSAGE_ID.fullmatch(each)]
    if written:
        yield f"{name}: " + "\r\n ".join(written)
