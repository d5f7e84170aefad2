"""The visible part of a mail: what its author wrote now, apart from the mails before it and from the signature.

Lines are looked at one after the other, each a bounded number of times and as far as a bounded length: no input takes
more than time linear in its size. What is hidden is told by offsets, so the whole is never lost. In doubt text is
shown: a quote too many is a nuisance, a sentence too few is a customer who was not heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from letterlock.domain import quote_marks
from letterlock.domain.quote_lines import Kind, Page
from letterlock.domain.quote_marks import Mark
from letterlock.domain.spans import Span, Spans, visible

LONG_QUOTE: Final = 10
"""Lines. A shorter one between two texts is what the second one answers; a longer one is the mail from before."""
SIGNATURE_LINES: Final = 30
BARE_SIGNATURE_LINES: Final = 12
"""Below `--` without the blank that RFC 3676, section 4.3, asks for: people draw lines with it, too."""
SENT_FROM_LINES: Final = 2


def hidden_spans(text: str, subject: str = "") -> Spans:
    """What of a mail's text is history or signature; nothing where that would be all of it."""
    return read(text, subject).hidden


@dataclass(frozen=True, slots=True)
class Reading:
    hidden: Spans
    lines: int
    looks: int
    """How often a line was looked at: the measure of what the reading took."""


def read(text: str, subject: str = "") -> Reading:
    page = Page(text)
    hidden = tuple(_joined(_Author(page, handed_on=quote_marks.hands_on(subject)).hidden()))
    if not visible(text, hidden).strip():
        hidden = ()
    return Reading(hidden, page.count, page.looks)


def _joined(spans: Iterator[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(each for each in spans if each[0] < each[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


@dataclass(slots=True)
class _Run:
    """Quoted lines without text between them, with the attribution above. `last` is the last of the lines."""

    first: int
    last: int
    quoted: int = 0
    attributed: bool = False
    sure: bool = False


@dataclass(slots=True)
class _Author:
    """Finds where the author's own part of a page is."""

    page: Page
    handed_on: bool
    """The subject says that the mail was forwarded: a header block stands above what is to be read."""
    sure: set[int] = field(default_factory=set)
    """Lines of attributions that a program wrote."""

    def hidden(self) -> Iterator[Span]:
        page = self.page
        end, history = self._end()
        if page.unread and not history:
            return  # what was not read is shown, and what it may answer
        runs = self._runs(end)
        start = self._close(runs, end)
        to_the_end = history or end == page.count
        yield self._span(start, end, len(page.text) if to_the_end else page.starts[end])
        for n in range(1, len(runs)):
            if page.says_something(runs[n - 1].last + 1, runs[n].first):
                return  # answers between quoted lines
        if runs and runs[0].sure and all(each.attributed for each in runs):
            stop = runs[-1].last + 1
            long = sum(each.quoted for each in runs) > LONG_QUOTE
            if long or not page.says_something(0, runs[0].first):
                yield page.starts[runs[0].first], page.starts[page.over_blanks(stop, start)]

    def _span(self, start: int, end: int, until: int) -> Span:
        """From line `start` on; at the end of the text without the line break before it."""
        page = self.page
        if start >= end and until == page.starts[end]:
            return until, until
        if until < len(page.text):
            return page.starts[start], until
        start = page.back_over_blanks(start, 0)
        return max(page.starts[start] - 1, 0), until

    # ---- the end of the author's part -----------------------------------------------------------------------------

    def _end(self) -> tuple[int, bool]:
        """The line where it ends, and whether what follows is history: else it is forwarded mail, or nothing."""
        page = self.page
        for n in range(page.count):
            if page.kinds[n] is not Kind.TEXT or not quote_marks.may_begin(page.line(n)):
                continue
            if quote_marks.forwards(page, n):
                return n, False
            if mark := quote_marks.find(page, n):
                if mark.either_way and self.handed_on:
                    return self._above_rules(mark.first), False
                after = page.next_line(mark.last + 1, page.count)
                if after < page.count and page.kinds[after] is Kind.QUOTED:
                    self._attribute(mark)
                elif mark.alone:
                    return self._above_rules(mark.first), True
        return page.count, False

    def _attribute(self, mark: Mark) -> None:
        for n in range(mark.first, mark.last + 1):
            self.page.kinds[n] = Kind.ATTRIBUTION
            if mark.sure:
                self.sure.add(n)

    def _above_rules(self, n: int) -> int:
        """Over the rules and blank lines right before `n`."""
        page = self.page
        above = page.back_over_blanks(n, 0)
        return above - 1 if above and page.is_rule(above - 1) else n

    # ---- quotes ---------------------------------------------------------------------------------------------------

    def _runs(self, end: int) -> list[_Run]:
        page = self.page
        runs: list[_Run] = []
        open_run = False
        for n in range(end):
            kind = page.kinds[n]
            if kind is Kind.BLANK:
                continue
            if kind is Kind.TEXT:
                open_run = open_run and page.is_rule(n)
                continue
            if not open_run:
                attributed = kind is Kind.ATTRIBUTION
                runs.append(_Run(n, n, attributed=attributed, sure=n in self.sure))
                open_run = True
            runs[-1].last = n
            runs[-1].quoted += kind is Kind.QUOTED
        return runs

    def _close(self, runs: list[_Run], end: int) -> int:
        """The line from which on nothing but signature and quotes comes; takes those quotes off `runs`."""
        stop = end
        while True:
            floor = runs[-1].last + 1 if runs else 0
            start = self._signature(floor, stop)
            if not runs or self.page.says_something(floor, start) or not self._is_history(runs[-1]):
                return start
            stop = runs.pop().first

    def _is_history(self, run: _Run) -> bool:
        """Quoted lines without an attribution may be what the author wants to show: "I get this:", or a prompt."""
        page = self.page
        if run.attributed:
            return True
        before = page.back_over_blanks(run.first, 0)
        shown = before > 0 and page.line(before - 1).endswith((":", "\uff1a"))
        return before < run.first and not shown and not page.line(run.first).startswith(">>>")

    # ---- the signature --------------------------------------------------------------------------------------------

    def _signature(self, floor: int, stop: int) -> int:
        """The line from which on, up to `stop`, nothing but signature comes; `stop` itself where there is none."""
        page = self.page
        start = self._delimiter(floor, stop)
        for _ in range(SENT_FROM_LINES):
            last = page.back_over_blanks(start, floor) - 1
            if last < floor or not page.begins_paragraph(last) or not quote_marks.sent_from(page.line(last)):
                break
            start = last
        return start

    def _delimiter(self, floor: int, stop: int) -> int:
        page = self.page
        start, bare = stop, []
        for n in range(stop - 1, max(floor, stop - SIGNATURE_LINES - 1) - 1, -1):
            line = page.line(n)
            if line not in ("--", "\u2014"):
                continue
            if page.as_written(n) == "-- ":
                start = n
            else:
                bare.append(n)
        if start == stop and len(bare) == 1 and stop - bare[0] - 1 <= BARE_SIGNATURE_LINES:
            return bare[0]
        return start
