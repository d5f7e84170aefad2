"""Every route by every kind of caller: the answer is the table's, and who is refused has written nothing."""

from collections.abc import Iterator

import pytest

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


def test_what_a_granted_request_writes_is_seen_as_written(world: World) -> None:
    start = len(world.stack.recorder.calls)
    assert world.ask("owner", "PATCH", "/v1/workspace", {"name": "Renamed"})[0] == 200
    assert "dynamodb:TransactWriteItems" in written(world.stack.recorder.calls[start:], set())
