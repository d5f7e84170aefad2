"""What a sample's expectation says: the `.json` beside an `.eml`, as mail-parser of Stalwart writes it.

It lists the parts of a mail with their decoded headers and bodies, and by their numbers which of them are the text, the
HTML and the attachments (RFC 8621, section 4.1.4).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

Named = tuple[str, str]
"""A display name and an address."""


@dataclass(frozen=True, slots=True)
class ExpectedPart:
    kind: str
    """`Text`, `Html`, `Binary`, `InlineBinary`, `Message` or `Multipart`."""
    text: str
    media_type: str
    content_types: int
    """How many Content-Type fields its header has."""
    damaged: bool
    """The expectation's own word: `is_encoding_problem`, as of a part that never ends."""


@dataclass(frozen=True, slots=True)
class Expectation:
    subject: str
    addresses: dict[str, tuple[Named, ...]]
    """Of `from`, `to` and `cc`."""
    date: datetime | None
    text: tuple[ExpectedPart, ...]
    files: tuple[ExpectedPart, ...]
    parts: tuple[ExpectedPart, ...] = field(default=())


def read_expectation(path: Path) -> Expectation:
    said = json.loads(path.read_text(encoding="utf-8"))
    parts = tuple(map(_part, said["parts"]))
    root = said["parts"][0] if said["parts"] else {"headers": []}
    return Expectation(
        subject=_text(_last(root, "subject")),
        addresses={name: tuple(_addresses(_all(root, name))) for name in ("from", "to", "cc")},
        date=_date(_last(root, "date")),
        text=tuple(parts[each] for each in said["text_body"]),
        files=tuple(parts[each] for each in said["attachments"]),
        parts=parts,
    )


def _part(said: dict[str, Any]) -> ExpectedPart:
    body = said["body"]
    kind, content = next(iter(body.items())) if isinstance(body, dict) else (body, "")
    types = [each["ContentType"] for each in _all(said, "content_type") if isinstance(each, dict)]
    last = types[-1] if types else {"c_type": "", "c_subtype": ""}
    return ExpectedPart(
        kind=kind,
        text=content if isinstance(content, str) else json.dumps(content),
        media_type=f"{last['c_type']}/{last['c_subtype']}".lower(),
        content_types=len(types),
        damaged=said["is_encoding_problem"],
    )


def _all(part: dict[str, Any], name: str) -> list[Any]:
    return [each["value"] for each in part["headers"] if each["name"] == name]


def _last(part: dict[str, Any], name: str) -> Any:
    return next(reversed(_all(part, name)), "Empty")


def _text(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    said = next(iter(value.values()))
    return said if isinstance(said, str) else ", ".join(map(str, said))


def _addresses(values: list[Any]) -> Iterator[Named]:
    for value in values:
        said = value.get("Address", {}) if isinstance(value, dict) else {}
        members = list(said.get("List") or [])
        for group in said.get("Group") or []:
            members += group["addresses"]
        yield from ((each.get("name") or "", each.get("address") or "") for each in members)


def _date(value: Any) -> datetime | None:
    said = value.get("DateTime") if isinstance(value, dict) else None
    if not said:
        return None
    zone = timedelta(hours=said["tz_hour"], minutes=said["tz_minute"]) * (-1 if said["tz_before_gmt"] else 1)
    year, month, day, hour, minute, second = (
        int(said[each]) for each in ("year", "month", "day", "hour", "minute", "second")
    )
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
