"""One call's capacity units: what stood in the tables before it, what stands there after it, what it asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bench import capacity
from bench.capacity import Index, Item
from bench.tables import definition

_WRITES = {"PutItem": "Item", "UpdateItem": "Key", "DeleteItem": "Key"}
_STEP = {"Put": "Item", "Update": "Key", "Delete": "Key", "ConditionCheck": "Key"}
_NAMES = "ExpressionAttributeNames"
_NARROWING = ("ProjectionExpression", "FilterExpression", "Select", _NAMES)
Place = tuple[str, str, str]
"""Table, pk, sk."""


@dataclass(frozen=True, slots=True)
class Units:
    write: int = 0
    read: float = 0.0


@dataclass
class Watch:
    """The images that a write found. `client` is not recorded."""

    client: Any
    operation: str
    asked: Mapping[str, Any]
    before: dict[Place, Item | None] = field(default_factory=dict)

    @classmethod
    def of(cls, client: Any, operation: str, asked: Mapping[str, Any]) -> Watch:
        watch = cls(client, operation, dict(asked))
        watch.before = {place: watch.image(place) for place in watch.written()}
        return watch

    def written(self) -> list[Place]:
        if self.operation in _WRITES:
            return [_place(self.asked["TableName"], self.asked[_WRITES[self.operation]])]
        if self.operation == "TransactWriteItems":
            steps = [next(iter(step.items())) for step in self.asked["TransactItems"]]
            return [_place(one["TableName"], one[_STEP[kind]]) for kind, one in steps]
        if self.operation == "BatchWriteItem":
            return [
                _place(table, one["PutRequest"]["Item"] if "PutRequest" in one else one["DeleteRequest"]["Key"])
                for table, requests in self.asked["RequestItems"].items()
                for one in requests
            ]
        return []

    def image(self, place: Place) -> Item | None:
        table, pk, sk = place
        found = self.client.get_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True)
        item: Item | None = found.get("Item")
        return item

    def bill(self, answer: Mapping[str, Any]) -> Units:
        """A write that a condition refused is billed by what stood in its place; what failed otherwise is not."""
        refused = answer.get("Error", {}).get("Code", "")
        if refused not in ("", "ConditionalCheckFailedException", "TransactionCanceledException"):
            return Units()
        if self.before:
            transaction = self.operation == "TransactWriteItems"
            return Units(write=sum(self._write(place, transaction=transaction) for place in self.before))
        return Units(read=self._read(answer))

    def _write(self, place: Place, *, transaction: bool) -> int:
        return capacity.write_units(self.before[place], self.image(place), indexes(place[0]), transaction=transaction)

    def _read(self, answer: Mapping[str, Any]) -> float:
        consistent = bool(self.asked.get("ConsistentRead"))
        match self.operation:
            case "GetItem":
                images = [self.image(_place(self.asked["TableName"], self.asked["Key"]))]
                return capacity.read_units(_sizes(images), consistent=consistent)
            case "BatchGetItem":
                return sum(self._batch(table, one) for table, one in self.asked["RequestItems"].items())
            case "TransactGetItems":
                gets = [step["Get"] for step in self.asked["TransactItems"]]
                images = [self.image(_place(get["TableName"], get["Key"])) for get in gets]
                return capacity.read_units(_sizes(images), consistent=True, transaction=True)
            case "Query" | "Scan":
                return capacity.read_units(_sizes(self._examined(answer)), consistent=consistent, together=True)
            case other:
                raise NotImplementedError(f"say what DynamoDB bills for {other}")

    def _batch(self, table: str, asked: Mapping[str, Any]) -> float:
        images = [self.image(_place(table, key)) for key in asked["Keys"]]
        return capacity.read_units(_sizes(images), consistent=bool(asked.get("ConsistentRead")))

    def _examined(self, answer: Mapping[str, Any]) -> list[Item]:
        """What was read, which is more than what a filter or a projection let through."""
        if not any(name in self.asked for name in _NARROWING):
            items: list[Item] = answer["Items"]
            return items
        wide = {name: value for name, value in self.asked.items() if name not in _NARROWING}
        condition = str(self.asked.get("KeyConditionExpression", ""))
        named = {short: name for short, name in self.asked.get(_NAMES, {}).items() if short in condition}
        if named:
            wide[_NAMES] = named
        read: list[Item] = (self.client.query if self.operation == "Query" else self.client.scan)(**wide)["Items"]
        return read


@cache
def indexes(table: str) -> tuple[Index, ...]:
    """Of a table named by its logical id."""
    return tuple(capacity.indexes_of(definition(table)))


def _place(table: str, item: Item) -> Place:
    return table, item["pk"]["S"], item["sk"]["S"]


def _sizes(items: Iterable[Item | None]) -> list[int]:
    return [capacity.size(item) if item is not None else 0 for item in items]
