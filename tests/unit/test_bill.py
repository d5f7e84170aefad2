"""When the bill fails: above a bound always, and on any other change until it is accepted."""

from bench.bill import above, differences, figures
from bench.dynamodb_bill import Units
from bench.recorder import Call
from bench.scenarios import Bound, Scenario

FIGURES = {"wru": 2.0, "rru": 1.5, "requests": 2.0, "kb_out": 1.0, "kb_in": 0.0}


def scenario(bound: Bound | None) -> Scenario:
    return Scenario("reply", lambda _desk: lambda: None, bound)


def call(units: Units, *, requests: int) -> Call:
    return Call("conversations_api", "dynamodb", "PutItem", set(), {}, requests=requests, units=units, bytes_out=1)


def test_an_operation_costs_what_its_calls_cost_and_a_retry_is_a_request_more() -> None:
    assert figures([call(Units(write=2), requests=1), call(Units(read=0.5), requests=2)]) == {
        "wru": 2,
        "rru": 0.5,
        "requests": 3,
        "kb_out": 1,
        "kb_in": 0,
    }


def test_a_figure_at_its_bound_is_fine_and_one_above_it_is_named() -> None:
    assert above(scenario(Bound(2, 1.5, 2)), FIGURES) == []
    assert above(scenario(Bound(1, 1.5, 2)), FIGURES) == ["reply: 2 wru, at most 1"]
    assert above(scenario(None), FIGURES) == []


def test_a_rise_and_a_fall_and_a_row_that_came_or_went_are_all_told() -> None:
    assert differences({"reply": FIGURES}, {"reply": FIGURES}) == []
    assert differences({"reply": FIGURES}, {"reply": FIGURES | {"wru": 3.0}}) == ["reply: wru rose from 2 to 3"]
    assert differences({"reply": FIGURES}, {"reply": FIGURES | {"rru": 1.0}}) == ["reply: rru fell from 1.5 to 1"]
    assert differences({"note": FIGURES}, {"reply": FIGURES}) == [
        "note: no longer measured",
        "reply: not in bill.json yet",
    ]
