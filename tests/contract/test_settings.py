"""Every function gets from the template what its code reads of its environment.

In a test's process all functions share what was wired once, and all variables. Here each has what it wired itself, and
its own variables.
"""

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bench.permissions import all_ways
from bench.scenarios import Desk
from bench.stack import WIRINGS, Stack, stack_on_moto
from bench.tables import resources
from letterlock.entry import settings
from tools.build_lambda import folder_of
from tools.expand_template import load

OF_ALL = load()["Globals"]["Function"]["Environment"]["Variables"].keys()
GIVEN = {
    folder_of(name): {*OF_ALL, *one["Properties"]["Environment"]["Variables"]}
    for name, one in resources().items()
    if one["Type"] == "AWS::Serverless::Function"
}
"""The names of each function's variables."""


SHARED = {"session", "client", "signer"}
"""They read no variable of ours, and the stack in process hangs its hooks on them."""


class OfEach:
    """In place of `functools.cache`: what was wired is kept for each function by itself."""

    def __init__(self, make: Callable[..., Any], running: list[str]) -> None:
        self._make, self._running, self._made = make, running, dict[Any, Any]()

    def __call__(self, *given: Any) -> Any:
        of = (self._running[-1], *given)
        if of not in self._made:
            self._made[of] = self._make(*given)
        return self._made[of]

    def cache_clear(self) -> None:
        self._made.clear()


@pytest.fixture(name="missing")
def _missing(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Function and variable, of whatever is asked for from now on and is not there."""
    return set()


@contextlib.contextmanager
def apart(stack: Stack, monkeypatch: pytest.MonkeyPatch, missing: set[tuple[str, str]]) -> Iterator[None]:
    """Each function by itself; what it misses is noted, whoever catches that."""
    running = [""]
    names = set().union(*GIVEN.values())
    for module in WIRINGS:
        for name, made in list(vars(module).items()):
            if hasattr(made, "cache_clear") and name not in SHARED:
                monkeypatch.setattr(module, name, OfEach(made.__wrapped__, running))

    def call(function: str, event: dict[str, Any]) -> Any:
        running.append(function)
        hidden = {name: os.environ.pop(name) for name in names - GIVEN[function] if name in os.environ}
        try:
            return stack.invoke(function, event)
        finally:
            os.environ.update(hidden)

    def note(_self: Exception, name: str) -> None:
        missing.add((running[-1], name))

    monkeypatch.setattr(settings.SettingMissing, "__init__", note)
    stack.through = call
    yield
    stack.through = None


def test_no_function_misses_a_variable(monkeypatch: pytest.MonkeyPatch, missing: set[tuple[str, str]]) -> None:
    seen = set()
    with contextlib.redirect_stdout(io.StringIO()), stack_on_moto(monkeypatch) as stack:
        desk = Desk(stack)
        with apart(stack, monkeypatch, missing):
            for way in all_ways():
                with contextlib.suppress(Exception):  # what a missing variable leads to is not the question
                    way(desk)
        seen = {call.function for call in stack.recorder.calls}
    assert missing == set()
    assert set(GIVEN) - seen == {"api_docs"}, "each was seen at work, but for the one that needs nothing"


def test_one_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: set[tuple[str, str]]) -> None:
    monkeypatch.setitem(GIVEN, "inbound_email", GIVEN["inbound_email"] - {"ARCHIVE_BUCKET"})
    with contextlib.redirect_stdout(io.StringIO()), stack_on_moto(monkeypatch) as stack:
        desk = Desk(stack)
        with apart(stack, monkeypatch, missing), contextlib.suppress(Exception):
            desk.opened()
    assert missing == {("inbound_email", "ARCHIVE_BUCKET")}
