"""Facts on their way out: each gets an id, a time, and the thread back to what began it."""

from __future__ import annotations

from collections.abc import Iterable

from letterlock.domain.facts import Fact, Told
from letterlock.services.ports import Clock, Ids


def announce(facts: Iterable[Fact], ids: Ids, now: Clock, *, correlation: str, causation: str = "") -> list[Told]:
    """`correlation`: the delivery's or the request's id; `causation`: the fact or delivery that led to these."""
    at = now()
    return [Told(ids.new("fct"), fact, at, correlation, causation or correlation) for fact in facts]
