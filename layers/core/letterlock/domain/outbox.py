"""Facts as they lie in the outbox: metadata and ids, nothing else.

Facts of one commit share most of what they carry (workspace, conversation, time, correlation), and an item pays for
every started kilobyte, so what all of them share is written once:

    {"shared": {"metadata": {…}, "data": {…}}, "facts": [{"name": …, "metadata": {…}, "data": {…}}, …]}
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from letterlock.domain.facts import Told

_PARTS = ("metadata", "data")


def fold(told: Sequence[Told]) -> str:
    """The value of an item's `outbox` attribute."""
    envelopes: list[dict[str, Any]] = [each.envelope() for each in told]
    shared = {part: _common([envelope[part] for envelope in envelopes]) for part in _PARTS}
    facts = [
        {"name": each.fact.name}
        | {part: {key: value for key, value in envelope[part].items() if key not in shared[part]} for part in _PARTS}
        for each, envelope in zip(told, envelopes, strict=True)
    ]
    return _compact({"shared": shared, "facts": facts})


def unfold(outbox: str) -> list[tuple[str, str]]:
    """The facts of an `outbox` attribute as the bus takes them: each one's detail-type, and its detail as JSON."""
    folded = json.loads(outbox)
    shared = folded["shared"]
    return [(fact["name"], _compact({part: shared[part] | fact[part] for part in _PARTS})) for fact in folded["facts"]]


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _common(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The entries that every one of these has, with the same value."""
    first, *others = parts or [{}]
    return {key: value for key, value in first.items() if all(key in o and o[key] == value for o in others)}
