"""Moto as it is, but for work that it does over and over: half of a test's time goes there otherwise.

Nothing of what it answers changes (`tests/adapters/test_quick_moto.py`).
"""

from __future__ import annotations

import copy
from base64 import b64encode
from collections import defaultdict
from functools import cache
from inspect import signature
from types import SimpleNamespace
from typing import Any

import moto.core.responses
import moto.dynamodb.models as dynamodb
import pytest
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


def quicken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(moto.core.responses, "method_names_from_class", cache(method_names_from_class))
    _spell_values_at_once(patch)
    _copy_what_a_transaction_touches(patch)
    _look_at_one_partition(patch)


def _spell_values_at_once(patch: pytest.MonkeyPatch) -> None:
    """It looks for each of the ten kinds that a value of DynamoDB can be, under three names, in every value."""
    slowly = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001

    def structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and isinstance(value, (DynamoType, dict)):
            serialized[shape.serialization.get("name", key)] = spelt(value)
        else:
            slowly(self, serialized, value, shape, key)

    patch.setattr(BaseJSONSerializer, "_serialize_type_structure", structure)


def spelt(value: DynamoType | dict[str, Any]) -> dict[str, Any]:
    """A value of DynamoDB as it goes over the wire."""
    [(kind, held)] = [(value.type, value.value)] if isinstance(value, DynamoType) else value.items()
    if kind == "M":
        return {kind: {name: spelt(each) for name, each in held.items()}}
    if kind == "L":
        return {kind: [spelt(each) for each in held]}
    if kind == "B":
        return {kind: _base64(held)}
    if kind == "BS":
        return {kind: [_base64(each) for each in held]}
    return {kind: held}


def _base64(held: str | bytes) -> str:
    return b64encode(held.encode() if isinstance(held, str) else held).decode()


def _copy_what_a_transaction_touches(patch: pytest.MonkeyPatch) -> None:
    """It keeps a copy of the whole table for each step of a transaction, in case the transaction fails."""
    touched: dict[str, set[tuple[DynamoType, DynamoType]]] = {}
    copies: dict[int, Table] = {}
    transact = DynamoDBBackend.transact_write_items

    def anew(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        copies.clear()
        touched.clear()
        for step in transact_items:
            (asked,) = step.values()
            named = asked.get("Key") or asked["Item"]
            places = touched.setdefault(asked["TableName"], set())
            places.add((DynamoType(named["pk"]), DynamoType(named["sk"])))
        transact(self, transact_items)

    def deepcopy(held: Any) -> Any:
        if not isinstance(held, Table):
            return copy.deepcopy(held)
        if id(held) not in copies:
            copies[id(held)] = _as_it_is(held, touched[held.name])
        return copies[id(held)]

    patch.setattr(DynamoDBBackend, "transact_write_items", anew)
    patch.setattr(dynamodb, "copy", SimpleNamespace(deepcopy=deepcopy))


def _as_it_is(table: Table, touched: set[tuple[DynamoType, DynamoType]]) -> Table:
    """The table as it stands, whatever becomes of these places in the original: items are changed where they lie."""
    kept = copy.copy(table)
    kept.items = defaultdict(dict, table.items)
    for pk, sk in touched:
        if pk in table.items:
            rows = kept.items[pk] = dict(kept.items[pk])
            if sk in rows:
                rows[sk] = copy.deepcopy(rows[sk])
    return kept


def _look_at_one_partition(patch: pytest.MonkeyPatch) -> None:
    """It sorts all items of a table for each Query of it."""
    query = Table.query
    arguments = signature(query)

    def narrowly(self: Table, *args: Any, **more: Any) -> Any:
        asked = arguments.bind(self, *args, **more).arguments
        view = self
        if not asked.get("index_name") and asked.get("hash_key") is not None:
            view = copy.copy(self)
            view.items = defaultdict(dict, {asked["hash_key"]: self.items.get(asked["hash_key"], {})})
        return query(view, *args, **more)

    patch.setattr(Table, "query", narrowly)
