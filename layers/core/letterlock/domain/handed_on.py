"""A mail that somebody handed on, as their program wrote it into their own: who wrote it first, about what, and what.

Lines are looked at as for the visible part (`domain.visible`): each a bounded number of times, to a bounded length.
Whatever is said there is the word of whoever handed it on: nothing of it is proven.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from letterlock.domain import quote_marks
from letterlock.domain.errors import Invalid
from letterlock.domain.mail import Address, Attachment, Mail
from letterlock.domain.people import sign_in_address
from letterlock.domain.quote_lines import Kind, Page
from letterlock.domain.quote_marks import Label
from letterlock.domain.subjects import bare

MAILS: Final = frozenset({"message/rfc822", "message/global"})
NAME_CHARACTERS: Final = 100

_ADDRESS: Final = re.compile(r"[^\s<>()\[\]\"',:;]{1,64}@[^\s<>()\[\]\"',:;]{1,255}")
_BEFORE_ADDRESS: Final = re.compile(r"^[^<\[(]*")


@dataclass(frozen=True, slots=True)
class HandedOn:
    """`original`: as far as it could be read. `comment`: what stands above it."""

    original: Mail
    comment: str
    evidence: str
    """`text` or `attachment`."""


def in_text(mail: Mail) -> HandedOn | None:
    """Below the line or the header block by which programs begin a mail that is handed on; files stay with it. None
    where there is none, or where it does not name one sender by address.
    """
    page = Page(mail.text)
    begins = _begins(page, handed_on=quote_marks.hands_on(mail.subject))
    if begins is None:
        return None
    above, below = begins
    quoted = Page(_unquoted(mail.text[page.starts[below] :]))
    first = quoted.next_line(0, quoted.count)
    fields, last = quote_marks.header_fields(quoted, first) if first < quoted.count else ({}, 0)
    sender = _sender(fields.get(Label.SENDER, ""))
    if sender is None or not fields.keys() - {Label.SENDER}:
        return None
    body = quoted.text[quoted.starts[last + 1] :].lstrip("\n")
    original = Mail(
        subject=fields.get(Label.SUBJECT, "").strip() or mail.subject,
        sender=sender,
        text=body,
        html=mail.html,
        attachments=mail.attachments,
    )
    return HandedOn(original, mail.text[: page.starts[above]].rstrip(), "text")


def attached(mail: Mail) -> Attachment | None:
    """The mail that is its only attached mail."""
    found = [each for each in mail.attachments if each.media_type in MAILS]
    return found[0] if len(found) == 1 else None


def in_attachment(mail: Mail, original: Mail) -> HandedOn | None:
    """`original`: the attached mail, parsed; its files are its own. None where the subject tells of no handing on."""
    told = quote_marks.hands_on(mail.subject) or (mail.subject and bare(mail.subject) == bare(original.subject))
    if not told or original.sender is None or not original.one_author:
        return None
    return HandedOn(original, mail.text.rstrip(), "attachment")


def _begins(page: Page, *, handed_on: bool) -> tuple[int, int] | None:
    """The line above which the comment ends, and the one with which the header block, or a quote of it, begins."""
    for n in range(page.count):
        if page.kinds[n] is not Kind.TEXT or not quote_marks.may_begin(page.line(n)):
            continue
        if quote_marks.forwards(page, n):
            return n, min(n + 1, page.count - 1)
        mark = quote_marks.find(page, n) if handed_on else None
        if mark and mark.either_way:
            block = n if quote_marks.header_fields(page, n)[0] else page.next_line(n + 1, page.count)
            return mark.first, min(block, page.count - 1)
    return None


def _unquoted(text: str) -> str:
    """One `>` off each line, where the first that says something has one."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if not first.startswith(">"):
        return text
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)


def _sender(said: str) -> Address | None:
    """`Ana <ana@x>`, `Ana [mailto:ana@x]`, `ana@x`; None for none, or several."""
    found = {each.casefold() for each in _ADDRESS.findall(said.replace("mailto:", " "))}
    if len(found) != 1:
        return None
    try:
        address = sign_in_address(found.pop())
    except Invalid:
        return None
    before = _BEFORE_ADDRESS.match(said)
    name = " ".join(before[0].split()).strip("\"'* ") if before else ""
    named = name if "@" not in name and name.isprintable() else ""
    return Address(address, named[:NAME_CHARACTERS])
