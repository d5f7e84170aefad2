"""Did a machine send it? RFC 3834, and what responders write beside it or instead.

Feedback-ID is no evidence: SES and others write it on what people send as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from letterlock.domain.mail import Delivery, Mail


class Automatic(StrEnum):
    REPLIED = "auto_replied"
    """It answers a mail: somebody is away, something was received."""
    GENERATED = "auto_generated"
    """A program's own: a notification, a report, or what went to many."""


@dataclass(frozen=True, slots=True)
class Automation:
    kind: Automatic
    evidence: str
    """The header field, or part of the envelope, that decided."""


_RESPONDERS: Final = {
    "x-autoreply": "X-Autoreply",
    "x-autoreply-from": "X-Autoreply-From",
    "x-auto-reply": "X-Auto-Reply",
    "x-autorespond": "X-Autorespond",
    "x-autoresponder": "X-Autoresponder",
    "x-mail-autoreply": "X-Mail-Autoreply",
    "x-mail-autoresponder": "X-Mail-Autoresponder",
}
"""What responders write that are older than RFC 3834."""
_RULES_LOOP: Final = "x-ms-exchange-inbox-rules-loop"
"""Exchange's guard on what an inbox rule sends. A rule that redirects a person's mail leaves it as well, so it says
that somebody is away only on a mail that calls itself automatic.
"""
FIELDS: Final = frozenset(
    {"auto-submitted", "precedence", "x-auto-response-suppress", "x-loop", "content-type", _RULES_LOOP, *_RESPONDERS}
)

EVIDENCE: Final = frozenset(
    {
        *("Auto-Submitted", "Content-Type", "From", "Precedence", "Return-Path", "Subject", "X-Auto-Response-Suppress"),
        *("X-Loop", *_RESPONDERS.values()),
    }
)
"""Whatever may be named as such."""

_SAYS_NO: Final = frozenset({"no", "none", "false", "0"})
_UNANSWERABLE: Final = frozenset({"all", "oof", "autoreply"})
"""MS-OXCMAIL, section 2.2.3.2.14: what the sender wants no answer of. The other words are about receipts."""
_DAEMON: Final = "mailer-daemon"
_SUBJECT: Final = re.compile(
    r"(?:auto(?:matic)?[ -]?reply|out of (?:the )?office(?: auto[ -]?reply)?|autosvar|automatische antwort|"
    r"abwesenheits(?:notiz|nachricht)|r[ée]ponse automatique|respuesta autom[áa]tica|resposta autom[áa]tica|"
    r"risposta automatica|automatisch antwoord)\s?:",
    re.IGNORECASE,
)
"""What Exchange and others put before the subject that they answer."""


def automatic(mail: Mail, delivery: Delivery) -> Automation | None:
    replied = _replied(mail)
    if replied:
        return Automation(Automatic.REPLIED, replied)
    generated = _generated(mail, delivery)
    return Automation(Automatic.GENERATED, generated) if generated else None


def _replied(mail: Mail) -> str:
    submitted = _word(mail, "auto-submitted")
    if submitted in ("auto-replied", "auto_replied") or (submitted not in ("", "no") and mail.says(_RULES_LOOP)):
        return "Auto-Submitted"
    responder = next((name for name in _RESPONDERS if _word(mail, name) and _word(mail, name) not in _SAYS_NO), "")
    if responder:
        return _RESPONDERS[responder]
    if _word(mail, "precedence") == "auto_reply":
        return "Precedence"
    return "Subject" if _SUBJECT.match(mail.subject.strip()) else ""


def _generated(mail: Mail, delivery: Delivery) -> str:
    found = {
        "Auto-Submitted": _word(mail, "auto-submitted") not in ("", "no"),
        "Precedence": _word(mail, "precedence") in ("bulk", "junk"),
        "X-Auto-Response-Suppress": not _UNANSWERABLE.isdisjoint(_words(mail.says("x-auto-response-suppress"))),
        "Content-Type": _word(mail, "content-type") == "multipart/report",
        "X-Loop": mail.says("x-loop") != "",
        "From": mail.sender is not None and mail.sender.key.partition("@")[0] == _DAEMON,
        "Return-Path": without_return_path(delivery),
    }
    return next((evidence for evidence, it_does in found.items() if it_does), "")


def without_return_path(delivery: Delivery) -> bool:
    """Whoever sent it wants to hear nothing of it: a bounce, or another machine's word (RFC 5321, section 4.5.5)."""
    return delivery.mail_from.strip("<> ") == ""


def _word(mail: Mail, field: str) -> str:
    """The first word of a field, without parameters and comments (RFC 3834, section 5.1)."""
    return mail.says(field).partition(";")[0].partition("(")[0].strip().casefold()


def _words(value: str) -> set[str]:
    return {each.strip().casefold() for each in value.split(",")}
