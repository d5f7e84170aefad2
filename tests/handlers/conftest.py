"""The stack on moto, one a test."""

from collections.abc import Iterator

import pytest

from tests.handlers.stack import Stack, stack_on_moto


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, no_account: None) -> Iterator[Stack]:
    with stack_on_moto(monkeypatch) as made:
        yield made
