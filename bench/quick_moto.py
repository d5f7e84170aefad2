"""Moto as it is, but for work that it does over and over: half of a test's time goes there otherwise.

Nothing of what it answers changes (`tests/adapters/test_quick_moto.py`).
"""

from __future__ import annotations

import copy
from base64 import b64encode
from functools import cache
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
    _copy_each_table_once(patch)


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


def _copy_each_table_once(patch: pytest.MonkeyPatch) -> None:
    """It keeps a copy of the whole table for each step of a transaction, and there may be twenty of one table."""
    copies: dict[int, Table] = {}
    transact = DynamoDBBackend.transact_write_items

    def anew(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        copies.clear()
        transact(self, transact_items)

    def deepcopy(held: Any) -> Any:
        if not isinstance(held, Table):
            return copy.deepcopy(held)
        if id(held) not in copies:
            copies[id(held)] = copy.deepcopy(held)
        return copies[id(held)]

    patch.setattr(DynamoDBBackend, "transact_write_items", anew)
    patch.setattr(dynamodb, "copy", SimpleNamespace(deepcopy=deepcopy))
