"""What SES itself wrote at the top of a mail that it stored: for whom, from whom, and how its checks went.

SES puts its own header fields above the first one of the mail (AWS: "Amazon SES email receiving authentication and
malware scanning", and as stored mails show): Return-Path, Received, verdicts, Authentication-Results, X-SES-RECEIPT.
Only these are read. A sender can write fields of the same names, but below them, and can put text of their choosing
into some of them (MAIL FROM, HELO), but no line break: so each is taken by its place, and each result by its line.

What is not there: `Received` names the recipient when the envelope had one; with several it names none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from letterlock.domain.mail import Envelope, Verdict, Verdicts

TOP_BYTES: Final = 32 * 1024
"""SES's own fields take about 3 kB."""
_END: Final = "X-SES-RECEIPT"
_WANTED: Final = (
    "Return-Path",
    "Received",
    "X-SES-Spam-Verdict",
    "X-SES-Virus-Verdict",
    "Authentication-Results",
    _END,
)
_RECEIVED: Final = re.compile(
    r".*\bby inbound-smtp\.[a-z0-9-]+\.amazonaws\.com with SMTP id (?P<id>[a-z0-9]+) for (?P<recipient>\S+@\S+);[^;]*"
)
"""The last such words: what the other side called itself (HELO) comes before them."""
_RETURN_PATH: Final = re.compile(r"<(\S*)>")
_RESULT: Final = re.compile(r"^(spf|dkim|dmarc)=([a-z]+)", re.MULTILINE)
_VERDICT_OF: Final = {
    "pass": Verdict.PASS,
    "fail": Verdict.FAIL,
    "permerror": Verdict.FAIL,
    "policy": Verdict.FAIL,
    "softfail": Verdict.GRAY,
    "neutral": Verdict.GRAY,
    "none": Verdict.GRAY,
}
"""RFC 8601, section 2.7, in SES's words."""


@dataclass(frozen=True, slots=True)
class Receipt:
    recipient: str
    mail_from: str
    verdicts: Verdicts


def receipt_of(top: bytes, ses_message_id: str) -> Receipt | None:
    """From the first bytes of a stored mail; None where they are not what SES writes, or do not name the recipient."""
    found = _receipt(top)
    return found[1] if found and found[0] == ses_message_id else None


def envelope_of(raw: bytes) -> Envelope | None:
    """Of a mail that was stored under whatever id."""
    found = _receipt(raw[:TOP_BYTES])
    return Envelope(found[1].recipient, found[1].mail_from) if found else None


def _receipt(top: bytes) -> tuple[str, Receipt] | None:
    """With SES's message id."""
    fields = _fields(top)
    if [name for name, _ in fields[:2]] != ["Return-Path", "Received"]:
        return None
    said = dict(reversed(fields))
    if not all(name in said for name in _WANTED):
        return None
    received = _RECEIVED.fullmatch(" ".join(said["Received"].split()))
    sender = _RETURN_PATH.fullmatch(said["Return-Path"].strip())
    if received is None or sender is None:
        return None
    return received["id"], Receipt(received["recipient"], sender[1], _verdicts(said))


def _fields(top: bytes) -> list[tuple[str, str]]:
    """SES's fields in their order, each line of a value stripped; none when the last of them is not there."""
    fields: list[tuple[str, str]] = []
    for line in top.decode("ascii", "replace").split("\r\n"):
        if line.startswith((" ", "\t")) and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value}\n{line.strip()}")
            continue
        if fields and fields[-1][0] == _END:
            return fields
        name, colon, value = line.partition(":")
        if not colon:
            return []
        fields.append((name, value.strip()))
    return []


def _verdicts(said: dict[str, str]) -> Verdicts:
    """The first result of each kind: SES states one. A check of which nothing is said gives no assurance."""
    authority, _, results = said["Authentication-Results"].partition("\n")
    words: dict[str, str] = {}
    if authority == "amazonses.com;":
        for match in _RESULT.finditer(results):
            words.setdefault(match[1], match[2])
    checked = {
        check: _VERDICT_OF.get(words.get(check, ""), Verdict.PROCESSING_FAILED) for check in ("spf", "dkim", "dmarc")
    }
    return Verdicts(**checked, spam=_verdict(said["X-SES-Spam-Verdict"]), virus=_verdict(said["X-SES-Virus-Verdict"]))


def _verdict(word: str) -> Verdict:
    return Verdict(word) if word in set(Verdict) else Verdict.PROCESSING_FAILED
