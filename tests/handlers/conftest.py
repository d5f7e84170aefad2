"""The stack on moto, one a test."""

from collections.abc import Iterator

import pytest

from tests.canary import CANARY
from tests.handlers.stack import Stack, stack_on_moto

_SEALED: set[str] = set()
"""What was sealed when the stack was made of which every test gets a copy: each one's canary has to know it."""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, no_account: None) -> Iterator[Stack]:
    known, CANARY.words = CANARY.words, set()
    with stack_on_moto(monkeypatch, kept=True) as made:
        _SEALED.update(CANARY.words)
        CANARY.words = known | _SEALED
        yield made
