"""What was stored of each sample against its expectation: `make compare DIR=folder`.

The samples go through `bench.ingest`. A mismatch is a class of `CLASSES`, which says how the expectation reads the mail
and holds only where that reading explains the whole difference; one that is in none is a fault of ours. The last lines
of stdout are the match rates; exit 0 when nothing is unclassified and what is unambiguous matches to 99 % or more.

HTML-only mail has no text to expect: its HTML is compared. Line ends and the blank at the end of a body do not count.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bench.expectations import Expectation, ExpectedPart, read_expectation
from bench.ingest import Tally, run
from bench.read_back import Line

AIM: Final = 0.99
FIELDS: Final = ("subject", "addresses", "date", "body text", "attachment count")

_BOUNDARY: Final = re.compile(rb"boundary\s*=\s*(?:\"([^\"\r\n]*)\"|([^\s;\"]+))", re.IGNORECASE)
_BLANK_END: Final = re.compile(r"[ \t]+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """One sample: its octets, what is expected of it, and the line that ingest has of it."""

    name: str
    raw: bytes
    expected: Expectation
    line: Line

    @property
    def delimiters(self) -> set[str]:
        """The lines of all boundaries that the mail declares, wherever it does."""
        declared = {(quoted or plain).decode("latin-1").rstrip() for quoted, plain in _BOUNDARY.findall(self.raw)}
        return {f"--{each}{end}" for each in declared - {""} for end in ("", "--")}

    def mismatches(self) -> Iterator[str]:
        expected, line = self.expected, self.line
        ours: dict[str, tuple[Any, Any]] = {
            "subject": (_one_space(expected.subject), _one_space(line["subject"])),
            "addresses": (
                expected.addresses,
                {each: tuple((who["name"], who["address"]) for who in line[each]) for each in expected.addresses},
            ),
            "date": (expected.date, datetime.fromisoformat(line["date"]) if line["date"] else None),
            "body text": self.bodies(),
            "attachment count": (len(expected.files), len(line["attachments"])),
        }
        yield from (name for name in FIELDS if ours[name][0] != ours[name][1])

    def bodies(self) -> tuple[str, str]:
        """Expected and ours: of HTML-only mail the HTML."""
        shown = [each for each in self.expected.text if each.kind in ("Text", "Html")]
        html_only = bool(shown) and all(each.kind == "Html" for each in shown)
        return joined(shown), normal(self.line["html"] if html_only else self.line["text"])


def normal(text: str) -> str:
    return _BLANK_END.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def joined(parts: list[ExpectedPart]) -> str:
    return "\n".join(said for each in parts if (said := normal(each.text)))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def _one_space(text: str) -> str:
    return " ".join(text.split())


# ---- classes of mismatches: how the expectation reads what can be read otherwise ------------------------------------

Rule = Callable[[Case, str], bool]
CLASSES: Final[list[tuple[str, Rule]]] = []


def mismatch(name: str) -> Callable[[Rule], Rule]:
    def add(rule: Rule) -> Rule:
        CLASSES.append((name, rule))
        return rule

    return add


@mismatch("octets without a charset: the expectation gives them up (U+FFFD)")
def undeclared_octets(case: Case, name: str) -> bool:
    """Ours is the same text, with a letter at each place that the expectation could not read (RFC 6532 has UTF-8
    there; what is no UTF-8 is windows-1252 in practice).
    """
    pairs = {
        "subject": [(case.expected.subject, case.line["subject"])],
        "addresses": [
            (" ".join(map(" ".join, said)), " ".join(f"{who['name']} {who['address']}" for who in case.line[each]))
            for each, said in case.expected.addresses.items()
        ],
        "body text": [case.bodies()],
    }.get(name, [])
    return bool(pairs) and all(_fits(*each) for each in pairs)


def _fits(expected: str, ours: str) -> bool:
    gaps = "".join("." if each == "\ufffd" else re.escape(each) for each in expected)
    return re.fullmatch(gaps, ours, re.DOTALL) is not None


@mismatch("a part that never ends, or a multipart without delimiters: the expectation makes a file of its text")
def text_made_a_file(case: Case, name: str) -> bool:
    """RFC 2046, section 5.1.2, lets the end of the mail end it: a text that was cut off is still what is to be read."""
    return _explained(case, name, *_without_text_files(case))


@mismatch("delimiters of one multipart in a part of another: the expectation does not end it there, or by a prefix")
def delimiters_of_others(case: Case, name: str) -> bool:
    """RFC 2046, section 5.1.2: a part ends at the delimiters of all that it lies in, and at no others. Without those
    lines, and the headers after them, both say the same.
    """
    lines = case.delimiters
    texts, files = _without_text_files(case)
    if name == "attachment count":
        inside = sum(each.text.count(line) for each in files for line in _spelt(lines))
        return bool(inside) and len(files) + inside == len(case.line["attachments"])
    held = any(line in lines for each in (*texts, *files) for line in each.text.splitlines()) or any(
        line in lines for line in case.line["text"].splitlines()
    )
    return held and name == "body text" and _stripped(joined(texts), lines) == _stripped(case.line["text"], lines)


def _spelt(lines: set[str]) -> set[str]:
    """As they stand in JSON."""
    return {f"\\n{line}\\n" for line in lines}


def _stripped(text: str, lines: set[str]) -> str:
    kept: list[str] = []
    in_header = False
    for line in normal(text).split("\n"):
        if line in lines:
            in_header = True
        elif in_header:
            in_header = bool(line)
        elif line:
            kept.append(line)
    return "\n".join(kept)


@mismatch("two Content-Types in one header: the expectation takes the last, we the first")
def two_content_types(case: Case, name: str) -> bool:
    """RFC 5322, section 3.6, allows one. The first makes it a multipart, whose HTML part says the text."""
    doubled = [each for each in case.expected.text if each.content_types > 1]
    return name == "body text" and bool(doubled) and _words(case.line["text"]) <= _words(joined(doubled))


@mismatch("format=flowed: the expectation leaves the lines as they were broken")
def flowed(case: Case, name: str) -> bool:
    """RFC 3676: a line that ends in a space goes on in the next. But for white space both say the same."""
    expected, ours = case.bodies()
    said_so = re.search(rb"format\s*=\s*\"?flowed", case.raw, re.IGNORECASE) is not None
    return said_so and name == "body text" and "".join(expected.split()) == "".join(ours.split())


@mismatch("text right below a header, without an empty line: the expectation drops it")
def text_in_a_header(case: Case, name: str) -> bool:
    """Many senders forget that line, so it is text for us."""
    if name != "body text" or joined([each for each in case.expected.text if each.kind == "Text"]):
        return False
    first = normal(case.line["text"]).split("\n")[0].encode()
    return re.search(rb"\nContent-[\w-]+:[^\r\n]*\r?\n" + re.escape(first), case.raw) is not None


def _without_text_files(case: Case) -> tuple[list[ExpectedPart], list[ExpectedPart]]:
    """What is text and what is a file, if a text that was cut off is one."""
    texts = [each for each in case.expected.text if each.kind in ("Text", "Html")]
    files = list(case.expected.files)
    for each in case.expected.files:
        cut_off = each.damaged or each.media_type.startswith("multipart/")
        if each.kind in ("Text", "Html") and cut_off and each not in texts:
            texts.append(each)
            files.remove(each)
    return texts, files


def _explained(case: Case, name: str, texts: list[ExpectedPart], files: list[ExpectedPart]) -> bool:
    if len(files) == len(case.expected.files):
        return False
    if name == "attachment count":
        made_files = [each for each in case.expected.files if each not in files]
        shown = _words(case.line["text"]) | _words(case.line["html"])
        return (
            len(files) == len(case.line["attachments"])
            and _words(_stripped(joined(made_files), case.delimiters)) <= shown
        )
    return name == "body text" and joined(texts) == normal(case.line["text"])


# ---- the command ----------------------------------------------------------------------------------------------------


@dataclass
class Result:
    """What of each field matched, and of what class each mismatch is."""

    compared: int
    matched: Counter[str]
    classes: Counter[str]
    by_field: Counter[str]
    """Mismatches of a class, by field."""
    unclassified: list[tuple[str, str]]

    @property
    def holds(self) -> bool:
        return bool(self.compared) and not self.unclassified and all(self.rate(each) >= AIM for each in FIELDS)

    def rate(self, name: str) -> float:
        """Of those whose expectation is unambiguous."""
        clear = self.compared - self.by_field[name]
        return self.matched[name] / clear if clear else 1.0

    def report(self) -> str:
        lines = [f"{count:5} {name}" for name, count in self.classes.most_common()]
        lines += [f"unclassified: {file}, {name}" for file, name in self.unclassified]
        lines += [
            f"{name:18}{self.matched[name]:5} of {self.compared} match ({self.matched[name] / self.compared:7.2%});"
            f" {self.rate(name):7.2%} of the {self.compared - self.by_field[name]} that are unambiguous"
            for name in FIELDS
        ]
        return "\n".join(
            [*lines, f"{sum(self.classes.values())} mismatches classified, {len(self.unclassified)} unclassified"]
        )


def compare(cases: Iterator[Case]) -> Result:
    result = Result(0, Counter(), Counter(), Counter(), [])
    for case in cases:
        result.compared += 1
        wrong = set(case.mismatches())
        result.matched.update(set(FIELDS) - wrong)
        for name in sorted(wrong):
            found = next((title for title, rule in CLASSES if rule(case, name)), None)
            if found is None:
                result.unclassified.append((case.name, name))
            else:
                result.classes[found] += 1
                result.by_field[name] += 1
    return result


def cases_of(folder: Path) -> list[Case]:
    """Every mail of the folder that has an expectation beside it, as it was stored."""
    found: list[Case] = []

    def keep(line: Line) -> None:
        path = folder / line["file"]
        expectation = path.with_suffix(".json")
        if path.is_file() and expectation.is_file():
            found.append(Case(line["file"], path.read_bytes(), read_expectation(expectation), line))

    run(folder, keep, Tally(sys.stderr))
    return found


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("say which folder: make compare DIR=/path/to/samples", file=sys.stderr)
        return 2
    cases = cases_of(Path(arguments[0]))
    if not cases:
        print("no mail in that folder has an expectation beside it", file=sys.stderr)
        return 2
    result = compare(iter(cases))
    print(result.report())
    return 0 if result.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
