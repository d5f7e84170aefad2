"""Tables as they lie there: items, bytes, sizes, capacity units."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]


def everything(client: "DynamoDBClient", table: str) -> list[Item]:
    pages = client.get_paginator("scan").paginate(TableName=table)
    return [dict(item) for page in pages for item in page["Items"]]


def texts(items: Iterable[Item]) -> Iterator[bytes]:
    """Every attribute's name and value, as bytes."""
    for item in items:
        for name, typed in item.items():
            [value] = typed.values()
            yield name.encode() + b"=" + (value if isinstance(value, bytes) else str(value).encode())


def size(item: Item) -> int:
    """DynamoDB developer guide, "DynamoDB item sizes and formats"."""
    total = 0
    for name, typed in item.items():
        [(kind, value)] = typed.items()
        total += len(name.encode())
        match kind:
            case "S":
                total += len(value.encode())
            case "B":
                total += len(value)
            case "N":
                total += (len(value) + 1) // 2 + 1
            case _:
                total += 1
    return total


def write_units(items: Iterable[Item]) -> int:
    """Of one transaction: two for each started kilobyte of each item (guide, "DynamoDB read and write operations")."""
    return sum(2 * -(-size(item) // 1024) for item in items)
