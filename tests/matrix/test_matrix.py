"""Every route by every kind of caller: the answer is the table's, and who is refused has written nothing but the entry
of it that the audit log is to have.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from letterlock.domain.audit import Act, Detail, Entry
from letterlock.services.deeds import Asked
from letterlock.services.record_refusal import RecordRefusal
from tests.matrix.asking import CALLERS, EXPECTED, ROUTES, answered, written
from tests.matrix.world import World, a_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as made:
        yield made


def test_the_table_has_every_route_and_no_other() -> None:
    assert sorted(EXPECTED) == ROUTES


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[" ".join(each) for each in ROUTES])
def test_every_kind_of_caller_is_answered_as_the_table_says(world: World, method: str, path: str) -> None:
    world.fresh()
    found = {caller: answered(world, method, path, caller) for caller in CALLERS}
    assert found == EXPECTED[method, path]


def test_a_refusal_that_leaves_no_entry_or_another_one_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fresh()
    monkeypatch.setattr(RecordRefusal, "__call__", lambda *_, **__: None)
    with pytest.raises(AssertionError, match="the audit log has"):
        answered(world, "PATCH", "/v1/workspace", "viewer")
    monkeypatch.setattr(RecordRefusal, "__call__", _as_somebody_else)
    with pytest.raises(AssertionError, match="the audit log has"):
        answered(world, "PATCH", "/v1/workspace", "agent")


def _as_somebody_else(self: RecordRefusal, workspace: str, act: Act, asked: Asked, reason: str, **_: Any) -> None:
    entry = Entry(self.ids.new("aud"), workspace, "per_x", act, "", self.now(), asked.request, Detail(reason=reason))
    self.audit.record(entry)


def test_what_a_granted_request_writes_is_seen_as_written(world: World) -> None:
    start = len(world.stack.recorder.calls)
    assert world.ask("owner", "PATCH", "/v1/workspace", {"name": "Renamed"})[0] == 200
    assert "dynamodb:TransactWriteItems" in written(world.stack.recorder.calls[start:], set())
