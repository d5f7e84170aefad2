"""The marks that mail programs leave at a quoted mail: which lines are one, and how sure that is.

A person may write such words too, so a mark alone is not enough for hiding what comes after it: it must be quoted with
`>`, or the line must carry what people do not type (an address in brackets, a time, a whole header block).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from letterlock.domain.quote_lines import EMPHASIS, LABEL_CHARACTERS, LINE_CHARACTERS, Kind, Page, normal
from letterlock.domain.quote_words import DEVICES, FORWARD_SUBJECTS, words

ATTRIBUTION_LINES: Final = 3
HEADER_LINES: Final = 14
STRAY_LINES: Final = 4
"""Of a header block: where a long To runs over the line."""
SHORT_WORDS: Final = 6
"""An attribution without date or address has no more: "Ana Maria de Souza wrote:"."""
SENT_FROM_WORDS: Final = 5
WHOLE_WORD: Final = 4
"""Names of devices as short as this stand inside other words; longer ones take endings."""
RULE_CHARACTERS: Final = 20
"""Outlook draws 32 underscores."""
FOREIGN_LABELS: Final = 3


class Label(Enum):
    SENDER = auto()
    DATE = auto()
    RECIPIENT = auto()
    SUBJECT = auto()


@dataclass(frozen=True, slots=True)
class Mark:
    """Lines `first` to `last` introduce a mail from before.

    `sure`: a program wrote them, so quoted lines after it are that mail. `alone`: so they are without `>`.
    `either_way`: the same stands above a mail that is answered and one that is handed on.
    """

    first: int
    last: int
    sure: bool
    alone: bool
    either_way: bool = False


_Template = tuple[str, ...]


def _templates(field: str) -> tuple[_Template, ...]:
    return tuple(tuple(normal(each).split("\N{HORIZONTAL ELLIPSIS}")) for each in words(field))


def _matches(template: _Template, said: str) -> bool:
    """Its pieces stand in `said` in order, from the beginning to the end."""
    head, *between, tail = template
    if not (said.startswith(head) and said.endswith(tail)):
        return False
    position, stop = len(head), len(said) - len(tail)
    for piece in between:
        found = said.find(piece, position, stop)
        if found < 0:
            return False
        position = found + len(piece)
    return position <= stop


class _Attributions:
    """Templates by the word that they begin or end with: a line is held against those few that it may be."""

    def __init__(self) -> None:
        self._by_first: dict[str, list[_Template]] = {}
        self._by_last: dict[str, list[_Template]] = {}
        self._others: list[_Template] = []
        for template in _templates("attributions"):
            head, tail = template[0].rpartition(" ")[0], template[-1].partition(" ")[2]
            if head:
                self._by_first.setdefault(head.partition(" ")[0], []).append(template)
            elif tail:
                self._by_last.setdefault(tail.rpartition(" ")[2], []).append(template)
            else:
                self._others.append(template)

    def anchored(self, said: str) -> bool:
        """It begins as one does."""
        return any(_matches(each, said) for each in self._by_first.get(said.partition(" ")[0], ()))

    def floating(self, said: str) -> bool:
        """It is one that begins with a name or a date."""
        by_last = self._by_last.get(said.rpartition(" ")[2], ())
        return any(_matches(each, said) for each in (*by_last, *self._others))


_ATTRIBUTIONS: Final = _Attributions()
_SENT_FROM: Final = _templates("sent_from")
_ORIGINALS: Final = frozenset(map(normal, words("originals")))
_FORWARDS: Final = frozenset(map(normal, words("forwards")))
_LABELS: Final = {
    normal(word): label
    for label, field in (
        (Label.RECIPIENT, "recipients"),
        (Label.SUBJECT, "subjects"),
        (Label.DATE, "dates"),
        (Label.SENDER, "senders"),
    )
    for word in words(field)
}
_FORWARD_SUBJECTS: Final = frozenset(FORWARD_SUBJECTS)
_DEVICE: Final = re.compile("|".join(rf"\b{re.escape(each)}" + r"\b" * (len(each) <= WHOLE_WORD) for each in DEVICES))
_CLOCK: Final = re.compile(r"\d{1,2}[:.h]\d{2}")
_DATE: Final = re.compile(r"(?:19|20)\d\d|\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2,4}")
_ADDRESS: Final = re.compile(r"[<(\[][^<>()\[\]\s]{0,100}@[^<>()\[\]\s]{1,255}[>)\]]")


def hands_on(subject: str) -> bool:
    """The subject says that the mail is forwarded."""
    before, colon, _ = subject[:40].partition(":")
    return bool(colon) and before.strip().casefold().partition("[")[0] in _FORWARD_SUBJECTS


def may_begin(line: str) -> bool:
    """Worth a closer look: whatever has no colon where one counts, and does not end with a dash, is no mark."""
    return line[-1] in ":\uff1a-=_*" or ":" in line[: LABEL_CHARACTERS + 5] or "\uff1a" in line[: LABEL_CHARACTERS + 5]


def forwards(page: Page, n: int) -> bool:
    """`---------- Forwarded message ---------`, `Begin forwarded message:`."""
    line = page.line(n).strip(EMPHASIS)
    if line.endswith((":", "\uff1a")):
        return normal(line).strip("-: ") in _FORWARDS
    return (core := _between_dashes(line)) in _FORWARDS or core.startswith("forwarded by ")


def find(page: Page, n: int) -> Mark | None:
    """The mark that begins with line `n`, or, of an attribution that is wrapped, ends with it."""
    return _original(page, n) or _header_block(page, n) or _below_rule(page, n) or _attribution(page, n)


def _between_dashes(line: str) -> str:
    if line[:2] not in ("--", "==", "__") or line[-2:] != line[:2]:
        return ""
    return normal(line.strip("-=_ "))


def _original(page: Page, n: int) -> Mark | None:
    """`-----Original Message-----`."""
    core = _between_dashes(page.line(n).strip("* "))
    return Mark(n, n, sure=True, alone=True, either_way=True) if core in _ORIGINALS else None


# ---- header blocks ----------------------------------------------------------------------------------------------


def _header_block(page: Page, n: int) -> Mark | None:
    """`From:`, `Sent:`, `To:`, `Subject:`. A journey has From, To and Date, too, but neither subject nor address."""
    if _LABELS.get(page.label(n)[0]) not in (Label.SENDER, Label.DATE):
        return None
    found: dict[Label, str] = {}
    last, stray = n, 0
    for m in range(n, min(n + HEADER_LINES, page.count)):
        name, value = page.label(m)
        label = _LABELS.get(name)
        if page.kinds[m] is Kind.BLANK:
            continue
        if page.kinds[m] is Kind.QUOTED or (
            label is None and (page.kinds[m - 1] is Kind.BLANK or stray == STRAY_LINES)
        ):
            break
        if label is None:
            stray += 1
            continue
        if label is not Label.RECIPIENT and label in found:
            break
        found[label] = found.get(label, "") + value
        last = m
    people = found.get(Label.SENDER, "") + found.get(Label.RECIPIENT, "")
    dated = Label.SENDER in found and any(map(str.isdigit, found.get(Label.DATE, "")))
    if not dated or not (Label.SUBJECT in found or (Label.RECIPIENT in found and "@" in people)):
        return None
    return Mark(n, last, sure=True, alone=True, either_way=True)


def header_fields(page: Page, n: int) -> tuple[dict[Label, str], int]:
    """The fields of a header block that begins with line `n`, in whatever order, and its last line: the labels that we
    know, up to a blank line. A long value runs on over a few lines.
    """
    found: dict[Label, str] = {}
    latest, last, stray = None, n, 0
    for m in range(n, min(n + HEADER_LINES, page.count)):
        if page.kinds[m] is not Kind.TEXT:
            break
        name, value = page.label(m)
        label = _LABELS.get(name)
        if label is None and (latest is None or (stray := stray + 1) > STRAY_LINES):
            break
        if label is None and latest is not None:
            found[latest] += f" {page.line(m)}"
        elif label is not None and label not in found:
            found[label], latest = value, label
        last = m
    return found, last


def _below_rule(page: Page, n: int) -> Mark | None:
    """A header block or an attribution of a language that we do not know, below the rule that Outlook draws."""
    line = page.line(n)
    if len(line) < RULE_CHARACTERS or line.strip("_"):
        return None
    first = page.next_line(n + 1, page.count)
    labels, dated, addressed, said = 0, False, False, ""
    for m in range(first, min(first + HEADER_LINES, page.count)):
        if page.kinds[m] is not Kind.TEXT:
            break
        below = page.line(m)
        labels += bool(page.label(m)[0])
        dated = dated or bool(_CLOCK.search(below))
        addressed = addressed or "@" in below
        if labels >= FOREIGN_LABELS and dated and addressed:
            return Mark(n, m, sure=True, alone=True, either_way=True)
        if not page.label(m)[0] and m >= first + ATTRIBUTION_LINES:
            break
        if m < first + ATTRIBUTION_LINES:
            said = f"{said} {below}"
            if normal(below).endswith(":") and _ADDRESS.search(said) and _CLOCK.search(said):
                return Mark(n, m, sure=True, alone=True)
    return None


# ---- attributions -----------------------------------------------------------------------------------------------


def _attribution(page: Page, n: int) -> Mark | None:
    """`On … wrote:`, on one line, two or three."""
    end = page.line(n)
    dashed = _between_dashes(end)  # `---- On … wrote ----`
    said = f"{dashed}:" if dashed else ""
    if not said and end[-1] not in ":\uff1a*_":
        return None
    windows: list[tuple[int, str]] = []
    for first in range(n, max(n - ATTRIBUTION_LINES, -1), -1):
        if page.kinds[first] is not Kind.TEXT:
            break
        said = said or normal(end.strip(EMPHASIS).lstrip("- "))
        if first < n:
            said = f"{normal(page.line(first).lstrip('-* '))} {said}"
        if not said.endswith(":") or len(said) > LINE_CHARACTERS:
            break
        windows.append((first, said))
    for first, said in windows:
        if _ATTRIBUTIONS.anchored(said) and (mark := _said_by(page, first, n, said)):
            return mark
    for first, said in windows:
        if page.begins_paragraph(first) and _ATTRIBUTIONS.floating(said) and (mark := _said_by(page, first, n, said)):
            return mark
    return _of_any_language(page, n, windows)


def _said_by(page: Page, first: int, last: int, said: str) -> Mark | None:
    address, clock, date = _ADDRESS.search(said), _CLOCK.search(said), _DATE.search(said)
    sure = bool(address or (clock and date))
    begins = page.begins_paragraph(first)
    if not sure and (first < last or not begins or (len(said.split()) > SHORT_WORDS and not clock and not date)):
        return None
    return Mark(first, last, sure=sure, alone=bool(address and (clock or date)) and begins)


def _of_any_language(page: Page, last: int, windows: list[tuple[int, str]]) -> Mark | None:
    """An address in brackets, a time and a colon: only above quoted lines."""
    for first, said in windows:
        if page.begins_paragraph(first):
            if _ADDRESS.search(said) and _CLOCK.search(said):
                return Mark(first, last, sure=True, alone=False)
            break
    return None


# ---- below the text ---------------------------------------------------------------------------------------------


def sent_from(line: str) -> bool:
    """`Sent from my iPhone`."""
    said = normal(line.partition("<")[0].strip(EMPHASIS)).rstrip(" .!")
    for head, *_, tail in _SENT_FROM:
        if said.startswith(head) and said.endswith(tail):
            gap = said[len(head) : len(said) - len(tail)]
            if len(gap.split()) <= SENT_FROM_WORDS and _DEVICE.search(gap):
                return True
    return False
