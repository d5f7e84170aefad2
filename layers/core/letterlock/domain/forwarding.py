"""Mailboxes that another provider forwards to us, and the mail in which that provider asks whether it may.

A provider sends that mail to the address that it is to forward to. It is known by who vouches for it (DMARC), and what
is taken from it is a code and one link to that provider's own host. Nobody follows the link but who set it up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from letterlock.domain.mail import Delivery, Mail, Verdict
from letterlock.domain.threading import without_subaddress

READ_CHARACTERS: Final = 20_000
"""Of the mail's text: such mails take two thousand."""
LINK_CHARACTERS: Final = 500


class Provider(StrEnum):
    GOOGLE = "google"
    MICROSOFT = "microsoft"


class ForwardingState(StrEnum):
    WAITING = "waiting"
    """No provider has asked yet."""
    TO_CONFIRM = "to_confirm"
    """One has: its code or link is to be used there."""
    CONFIRMED = "confirmed"
    """Somebody of the team said that they have used it."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a provider wants to be told, or opened, before it forwards. Either may be empty, not both."""

    provider: Provider
    code: str
    link: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Asks:
    """How a provider asks: from which address, by links that begin how."""

    sender: str
    links: tuple[str, ...]


ASKS: Final = {
    # Of the two links in it `vf-` confirms and `uf-` refuses: only the first is ever shown.
    Provider.GOOGLE: Asks(
        "forwarding-noreply@google.com",
        (
            "https://mail-settings.google.com/mail/vf-",
            "https://mail.google.com/mail/vf-",
            "https://isolated.mail.google.com/mail/vf-",
        ),
    ),
    # Asks nobody where Exchange forwards. Outlook.com proves addresses, with a code.
    Provider.MICROSOFT: Asks(
        "account-security-noreply@accountprotection.microsoft.com",
        ("https://account.live.com/", "https://account.microsoft.com/"),
    ),
}
_LINK: Final = re.compile(r"https://[!-~]+")
_SUBJECTS_CODE: Final = re.compile(r"\(#([0-9]{6,12})\)")
_TEXTS_CODE: Final = re.compile(r"[:\uff1a] {0,3}([0-9]{4,12})[ \r]*$", re.MULTILINE)
"""At the end of a line, after a colon: the words before it are in the reader's language."""


def confirmation_in(mail: Mail, delivery: Delivery, forwarding: str) -> Confirmation | None:
    """What a provider's mail asks; None for any other mail, and for one that its domain does not vouch for.

    `forwarding`: the mailbox's own address to forward to. Mail to any other of its addresses asks nothing of us:
    anybody may set up a forwarding to a public one.
    """
    if not forwarding or mail.sender is None or delivery.verdicts.dmarc is not Verdict.PASS:
        return None
    provider = next((each for each, asks in ASKS.items() if asks.sender == mail.sender.key), None)
    if provider is None or forwarding not in map(_plain, delivery.recipients):
        return None
    text = mail.text[:READ_CHARACTERS]
    code = _SUBJECTS_CODE.search(mail.subject) or _TEXTS_CODE.search(text)
    link = _link_of(text, ASKS[provider].links)
    if not code and not link:
        return None
    return Confirmation(provider, code[1] if code else "", link, delivery.received_at)


def _plain(address: str) -> str:
    return without_subaddress(address.strip().casefold())


def _link_of(text: str, beginnings: Iterable[str]) -> str:
    """The first link that begins so; the whole of it is visible ASCII, and no longer than such links are."""
    begins = tuple(beginnings)
    found = (each.group().rstrip(".,;)>\"'") for each in _LINK.finditer(text))
    return next((each for each in found if each.startswith(begins) and len(each) <= LINK_CHARACTERS), "")
