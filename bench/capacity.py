"""What DynamoDB bills, from the sizes of items.

Source: DynamoDB developer guide, "DynamoDB item sizes and formats", "DynamoDB read and write operations", "Using Global
Secondary Indexes: write capacity". The local stand-ins' own ConsumedCapacity is not asked: it is not true to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]
"""In DynamoDB's notation: `{"pk": {"S": "…"}}`."""

WRITE_BYTES = 1024
READ_BYTES = 4096
NESTED_BYTES = 3
"""What a list or a map takes beside its members, each of which takes one more."""


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index and what it projects of an item: `projected`, or all with `whole`."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str]
    whole: bool = False

    def entry(self, item: Item | None) -> dict[str, Any] | None:
        """What the index holds of an item: nothing when one of the index's keys is missing (it is sparse)."""
        if item is None or not all(key in item for key in self.keys):
            return None
        return {name: value for name, value in item.items() if self.whole or name in self.projected}

    def place(self, entry: Item) -> tuple[Any, ...]:
        return tuple(tuple(entry[key].items()) for key in self.keys)


def indexes_of(definition: Mapping[str, Any]) -> list[Index]:
    """From a table's properties, as CreateTable or CloudFormation have them."""
    own = [each["AttributeName"] for each in definition["KeySchema"]]
    found = []
    for each in definition.get("GlobalSecondaryIndexes", []):
        keys = tuple(key["AttributeName"] for key in each["KeySchema"])
        projection = each["Projection"]
        projected = frozenset([*own, *keys, *projection.get("NonKeyAttributes", [])])
        found.append(Index(each["IndexName"], keys, projected, whole=projection["ProjectionType"] == "ALL"))
    return found


def size(item: Item) -> int:
    """Bytes: names in UTF-8 and values."""
    return sum(_text(name) + _value(typed) for name, typed in item.items())


def _value(typed: Mapping[str, Any]) -> int:
    [(kind, value)] = typed.items()
    return _KINDS[kind](value)


def _number(text: str) -> int:
    """One byte for two significant digits, and one more; another one for a sign."""
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def _text(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


_KINDS: dict[str, Callable[[Any], int]] = {
    "S": _text,
    "B": len,
    "N": _number,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "SS": lambda texts: sum(map(_text, texts)),
    "BS": lambda blobs: sum(map(len, blobs)),
    "NS": lambda numbers: sum(map(_number, numbers)),
    "L": lambda members: NESTED_BYTES + sum(1 + _value(each) for each in members),
    "M": lambda members: NESTED_BYTES + sum(1 + _text(name) + _value(each) for name, each in members.items()),
}


def write_units(
    before: Item | None, after: Item | None, indexes: Sequence[Index] = (), *, transaction: bool = False
) -> int:
    """One write: a unit for each started kilobyte of the larger image, twice that in a transaction, and its indexes.

    An index is brought up to date after the transaction, so its writes are not doubled.
    """
    once = _write(before, after)
    return once * (2 if transaction else 1) + sum(_index_writes(index, before, after) for index in indexes)


def _write(*images: Item | None) -> int:
    largest = max((size(image) for image in images if image is not None), default=0)
    return max(1, -(-largest // WRITE_BYTES))


def _index_writes(index: Index, before: Item | None, after: Item | None) -> int:
    """One write when an entry comes, goes or changes; two, a delete and a put, when its key changes."""
    old, new = index.entry(before), index.entry(after)
    if old == new:
        return 0
    if old is None or new is None or index.place(old) == index.place(new):
        return _write(old, new)
    return _write(old) + _write(new)


def read_units(sizes: Iterable[int], *, consistent: bool, together: bool = False, transaction: bool = False) -> float:
    """A unit for each started 4 kB of each item, or `together`, as Query adds them up; half if eventually consistent.

    An item that is not there costs what a small one does, and so does a Query that finds nothing.
    """
    counted = [sum(sizes)] if together else list(sizes)
    units = sum(max(1, -(-each // READ_BYTES)) for each in counted)
    if transaction:
        return units * 2.0
    return float(units) if consistent else units / 2
