"""What DynamoDB bills for an item, a write, a read (DynamoDB developer guide)."""

from typing import Any

import pytest

from bench.capacity import Index, read_units, size, write_units

INDEX = Index("by_place", ("place",), frozenset({"pk", "sk", "place", "card"}))


def item(kilobytes: float = 0.1, **more: str) -> dict[str, Any]:
    """About that large, never larger."""
    rest = {name: {"S": value} for name, value in more.items()}
    base = {"pk": {"S": "p"}, "sk": {"S": "s"}, **rest}
    return base | {"b": {"B": bytes(int(kilobytes * 1024) - size(base) - 1)}}


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        ({"S": "abc"}, 3),
        ({"S": "中"}, 3),
        ({"B": b"1234"}, 4),
        ({"N": "7"}, 2),
        ({"N": "1200"}, 2),
        ({"N": "12345"}, 4),
        ({"N": "-5"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": [{"S": "ab"}]}, 3 + 1 + 2),
        ({"M": {"k": {"S": "ab"}}}, 3 + 1 + 1 + 2),
    ],
)
def test_an_attribute_takes_its_name_and_its_value(value: dict[str, Any], octets: int) -> None:
    assert size({"name": value}) == 4 + octets


def test_a_write_costs_a_unit_for_each_started_kilobyte_and_twice_that_in_a_transaction() -> None:
    assert write_units(None, item(1)) == 1
    assert write_units(None, item(1.1)) == 2
    assert write_units(None, item(1.1), transaction=True) == 4


def test_a_write_is_billed_by_the_larger_of_what_was_there_and_what_is_there_now() -> None:
    assert write_units(item(3), item(1)) == 3
    assert write_units(item(3), None) == 3
    assert write_units(None, None) == 1


def test_a_sparse_index_costs_nothing_for_an_item_that_is_not_in_it() -> None:
    assert write_units(None, item(), [INDEX]) == 1


def test_an_index_is_written_when_an_entry_comes_goes_or_changes() -> None:
    shown, changed = item(place="a", card="x"), item(place="a", card="y")
    assert write_units(None, shown, [INDEX]) == 2
    assert write_units(shown, None, [INDEX]) == 2
    assert write_units(shown, changed, [INDEX]) == 2


def test_an_index_is_not_written_when_only_what_it_does_not_project_changes() -> None:
    assert write_units(item(0.1, place="a"), item(0.5, place="a"), [INDEX]) == 1


def test_moving_in_an_index_is_a_delete_and_a_put_that_no_transaction_doubles() -> None:
    assert write_units(item(place="a"), item(place="b"), [INDEX]) == 1 + 2
    assert write_units(item(place="a"), item(place="b"), [INDEX], transaction=True) == 2 + 2


def test_items_read_one_by_one_round_up_each_and_those_of_a_query_together() -> None:
    assert read_units([100, 100, 4097], consistent=True) == 1 + 1 + 2
    assert read_units([100, 100, 4097], consistent=True, together=True) == 2
    assert read_units([100, 100, 4097], consistent=False, together=True) == 1


def test_what_is_not_there_costs_what_a_small_item_does() -> None:
    assert read_units([0], consistent=True) == 1
    assert read_units([], consistent=False, together=True) == 0.5


def test_a_transactional_read_costs_twice() -> None:
    assert read_units([100], consistent=True, transaction=True) == 2
