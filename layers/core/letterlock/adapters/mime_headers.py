"""What header fields say: text (RFC 2047), parameters (RFC 2045, RFC 2231), message ids and dates (RFC 5322).

Everything here is linear in the length of its input and never raises: a broken field gives what can be read of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Final
from urllib.parse import unquote_to_bytes

from letterlock.adapters.mime_charsets import clean, codec_of, decode
from letterlock.adapters.mime_transfer import decode_base64, decode_quoted_printable

MESSAGE_IDS_KEPT: Final = 100
PARAMETERS_READ: Final = 100
"""Of one field. A name cut into pieces (RFC 2231) may have a dozen; ten thousand are an attack."""
LINE_CHARACTERS: Final = 998
"""RFC 5322, section 2.1.1."""
DATE_CHARACTERS: Final = 200
"""RFC 5322's longest date has 40; the rest is comment."""

DATE_FIELDS_READ: Final = 5

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPACE: Final = re.compile(r"\s+")
_WORD_START: Final = re.compile(r"=\?([^?\s=]{1,64})\?([bBqQ])\?")
_PARAMETER_NAME: Final = re.compile(r"([^\s=;\"]{1,64})\s*=\s*")
_QUOTED: Final = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"?', re.DOTALL)
_SINGLE_QUOTED: Final = re.compile(r"\A'([^']*)'\Z")
"""No quotation marks of RFC 2045, and still written as such."""
_ESCAPED: Final = re.compile(r'\\(["\\])')
"""Only what must be escaped: Windows mailers send paths with single backslashes."""
_MESSAGE_ID: Final = re.compile(r"<([^<>]{1,998})>")
_COMMENT: Final = re.compile(r"\([^()]*\)")
_AROUND_COLON: Final = re.compile(r"\s*:\s*")
"""RFC 5322, section 4.3: comments and white space may stand within the time of day."""
_LEAP_SECOND: Final = re.compile(r"(?<=\d\d:\d\d):60\b")
"""Allowed by RFC 5322, section 3.3; Python's clock has none."""
_CHARSET_PREFIX: Final = re.compile(r"([^']{0,64})'[^']{0,64}'")
_FIRST_WORD: Final = re.compile(r"\s*[^\s;/]*(?:\s{0,9}/\s{0,9}[^\s;]*)?")
"""A type, or a disposition: some senders forget the semicolon after it."""
_MEDIA_TYPE: Final = re.compile(r"\s*([\w!#$&^.+-]{1,127})\s*/\s*([\w!#$&^.+-]{1,127})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Value:
    """A structured field: Content-Type `text/plain; charset=utf-8` is ("text/plain", {"charset": "utf-8"})."""

    word: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def text_of(value: bytes, charset: str = "") -> str:
    """An unstructured field such as Subject, on one line."""
    return one_line(decode_words(raw_text(value, charset)))


def raw_text(value: bytes, charset: str = "") -> str:
    """A field's octets as text: RFC 6532's UTF-8, or whatever else stands there undeclared, as in `charset` perhaps."""
    try:
        return clean(value.decode("utf-8")) if charset else decode(value)
    except UnicodeDecodeError:
        return decode(value, charset)


def one_line(text: str) -> str:
    """Control characters and line breaks, which could forge something wherever this is shown, become one space."""
    return _CONTROL.sub(" ", clean(text)).strip()


def decode_words(text: str) -> str:
    """RFC 2047's encoded words, also those cut inside a character, unpadded, too long or with spaces in them."""
    if "=?" not in text:
        return text
    out: list[str] = []
    run = _Run()
    position = 0
    for start, end, charset, octets in _encoded_words(text):
        between = text[position:start]
        if between.strip() or not run.octets:
            out += [run.flush(), between]
        # White space between two encoded words is none (section 6.2).
        if run.charset and codec_of(run.charset) != codec_of(charset):
            out.append(run.flush())
        run.add(charset, octets)
        position = end
    out += [run.flush(), text[position:]]
    return "".join(out)


class _Run:
    """Adjacent encoded words of one charset, decoded together: senders cut multi-octet characters in two."""

    def __init__(self) -> None:
        self.charset = ""
        self.octets: list[bytes] = []

    def add(self, charset: str, octets: bytes) -> None:
        self.charset = charset
        self.octets.append(octets)

    def flush(self) -> str:
        text = decode(b"".join(self.octets), self.charset) if self.octets else ""
        self.charset, self.octets = "", []
        return text


def _encoded_words(text: str) -> Iterator[tuple[int, int, str, bytes]]:
    """(start, end, charset, octets) of each. `close` only moves forward, so that the whole is linear."""
    close = -1
    position = text.find("=?")
    while position >= 0:
        begin = _WORD_START.match(text, position)
        if begin is None:
            position = text.find("=?", position + 1)
            continue
        if close < begin.end():
            close = text.find("?=", begin.end())
            if close < 0:
                # The last one was cut off before its end; a text that only begins like one has spaces in it.
                rest = text[begin.end() :].removesuffix("?")
                if rest and not _SPACE.search(rest) and "=?" not in rest:
                    yield position, len(text), *_word(begin[1], begin[2], rest)
                return
        another = text.find("=?", begin.end(), close)
        if another >= 0 and _WORD_START.match(text, another):
            position = another
            continue
        yield position, close + 2, *_word(begin[1], begin[2], text[begin.end() : close])
        position = text.find("=?", close + 2)


def _word(charset: str, encoding: str, body: str) -> tuple[str, bytes]:
    """(charset, octets). RFC 2231, section 5, lets a language follow the charset: `=?us-ascii*en?Q?…?=`."""
    charset = charset.partition("*")[0]
    # Characters beyond ASCII have no place here. They go back to the charset's octets, to be read with the rest.
    octets = body.encode("ascii" if body.isascii() else codec_of(charset) or "utf-8", "replace")
    if encoding in "bB":
        return charset, decode_base64(octets)
    return charset, decode_quoted_printable(octets.replace(b"_", b" "))


def structured(value: bytes) -> Value:
    """RFC 2045, section 5.1, with RFC 2231's long and encoded parameters; names in lower case."""
    text = raw_text(value)
    word = _FIRST_WORD.match(text)
    end = word.end() if word else 0
    return Value(text[:end].strip().lower(), _decoded_parameters(list(_parameters(text, end))))


def media_type(value: Value) -> str:
    """`text/plain`; empty where the field says nothing that is a type and a subtype."""
    match = _MEDIA_TYPE.match(value.word)
    return f"{match[1]}/{match[2]}" if match else ""


def _parameters(text: str, start: int) -> Iterator[tuple[str, str]]:
    position = start
    read = 0
    while 0 <= position < len(text) and read < PARAMETERS_READ:
        while position < len(text) and (text[position] == ";" or text[position].isspace()):
            position += 1
        name = _PARAMETER_NAME.match(text, position)
        if name is None:
            position = text.find(";", position)
            continue
        read += 1
        quoted = _QUOTED.match(text, name.end())
        if quoted:
            yield name[1].lower(), _ESCAPED.sub(r"\1", quoted[1])
            position = text.find(";", quoted.end())
        else:
            position = text.find(";", name.end())
            said = text[name.end() : position if position >= 0 else len(text)].strip()
            yield name[1].lower(), _SINGLE_QUOTED.sub(r"\1", said)


def _decoded_parameters(raw: list[tuple[str, str]]) -> dict[str, str]:
    """The first of each name counts; one in RFC 2231's form goes before a plain one of the same name."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in raw:
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(name, clean(decode_words(value)))
            continue
        number, encoded = rest.rstrip("*"), name.endswith("*")
        if not number or (number.isascii() and number.isdigit() and len(number) <= len(str(PARAMETERS_READ))):
            pieces.setdefault(base, {}).setdefault(int(number or 0), (value, encoded))
    return plain | {base: _assembled(found) for base, found in pieces.items()}


def _assembled(pieces: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231, sections 3 and 4: pieces by their number, percent-decoded, in the charset that the first one names."""
    charset = ""
    octets: list[bytes] = []
    for place, (_, (value, encoded)) in enumerate(sorted(pieces.items())):
        piece = value
        if encoded and place == 0 and (prefix := _CHARSET_PREFIX.match(piece)):
            charset, piece = prefix[1], piece[prefix.end() :]
        octets.append(unquote_to_bytes(piece) if encoded else piece.encode("utf-8", "replace"))
    text = decode(b"".join(octets), charset)
    # Without RFC 2231's encoding some senders cut an encoded word in pieces.
    return text if any(encoded for _, encoded in pieces.values()) else clean(decode_words(text))


def message_ids(values: Iterable[bytes]) -> tuple[str, ...]:
    """The msg-ids (RFC 5322, section 3.6.4) of these fields, without brackets, each once, in their order.

    Of more than `MESSAGE_IDS_KEPT`, the first (where the thread began) and the newest are kept.
    """
    found: dict[str, None] = {}
    for value in values:
        text = clean(decode_words(raw_text(value)))
        ids = _MESSAGE_ID.findall(text) or _bare_ids(text)
        found.update(dict.fromkeys(stripped for each in ids if (stripped := _SPACE.sub("", each))))
    kept = tuple(found)
    return kept if len(kept) <= MESSAGE_IDS_KEPT else (kept[0], *kept[1 - MESSAGE_IDS_KEPT :])


def _bare_ids(text: str) -> list[str]:
    """Ids without brackets, as some senders write them: every word with an @, or the one word there is."""
    words = [
        word for each in text.replace(",", " ").split() if 0 < len(word := each.strip("<>;\"'")) <= LINE_CHARACTERS
    ]
    return [word for word in words if "@" in word] or (words if len(words) == 1 else [])


def date_of(values: Iterable[bytes]) -> datetime | None:
    """The first of these fields that is a date (RFC 5322, section 3.3), in UTC. No zone is taken as UTC."""
    dates = (_date(value) for value in islice(values, DATE_FIELDS_READ))
    return next((date for date in dates if date), None)


def _date(value: bytes) -> datetime | None:
    text = raw_text(value[:DATE_CHARACTERS])
    plain = _AROUND_COLON.sub(":", _COMMENT.sub(" ", text)).strip()
    found = _parsed(parsedate_to_datetime, text) or _parsed(parsedate_to_datetime, _LEAP_SECOND.sub(":59", plain))
    return found or _parsed(datetime.fromisoformat, plain)


def _parsed(read: Callable[[str], datetime], text: str) -> datetime | None:
    try:
        date = read(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
