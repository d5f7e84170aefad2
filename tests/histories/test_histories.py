"""2,000 histories come out right; and a product with one thing wrong is found out, by a short history."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letterlock.domain.conversations import Sending, SendState
from letterlock.services import store_mail
from tests.fakes.conversations import FakeConversations
from tests.fakes.mail import FakeArchive, FakeOriginal
from tests.histories.__main__ import HISTORIES
from tests.histories.history import history_of, played, shrunk

SEARCHED = 300
"""Histories within which every fault below must show."""


def test_whatever_happens_in_whatever_order_nothing_is_lost_and_nothing_is_there_twice() -> None:
    failing = [seed for seed in range(1, HISTORIES + 1) if played(history_of(seed))]
    assert not failing, f"make histories SEED={failing[0]}"


def test_a_seed_is_the_same_history_every_time() -> None:
    assert history_of(7) == history_of(7) != history_of(8)


def claimed_over_and_over(
    store: FakeConversations, workspace: str, conversation: str, message: str, _: timedelta
) -> Sending:
    """A lease that stops nobody."""
    found = store._messages[workspace, conversation][message]
    before = found.sending or Sending(SendState.QUEUED)
    if before.state in (SendState.QUEUED, SendState.SENDING):
        taken = replace(before, state=SendState.SENDING)
        store._messages[workspace, conversation][message] = replace(found, sending=taken)
        return replace(before, state=SendState.QUEUED)
    return before


def mail_read_and_gone(original: FakeOriginal) -> bytes:
    original.discard()
    return original._raw


@pytest.mark.parametrize(
    ("of", "name", "instead", "found"),
    [
        (FakeConversations, "claim", claimed_over_and_over, "was sent 2 times"),
        (FakeConversations, "_remember", lambda *_: None, "doubled: written"),
        (FakeConversations, "_lookup_of", lambda *_: ({}, "x"), "doubled: mail"),
        (FakeConversations, "_announce", lambda *_: None, "lost: the fact of the message"),
        (FakeConversations, "record", lambda *_: None, "is not in the ledger"),
        (FakeOriginal, "read", mail_read_and_gone, "lost: mail"),
        (FakeOriginal, "discard", lambda _: None, "in the inbound bucket"),
        (FakeArchive, "keep_raw", lambda *_: None, "lost: the raw mail"),
        (store_mail, "FRESH_READS", -1, "untrue: AssertionError"),
    ],
)
def test_one_thing_wrong_is_found_out_by_a_short_history(
    monkeypatch: pytest.MonkeyPatch, of: Any, name: str, instead: Callable[..., Any], found: str
) -> None:
    monkeypatch.setattr(of, name, instead)
    seed = next(seed for seed in range(1, SEARCHED) if any(found in each for each in played(history_of(seed))))
    short = shrunk(history_of(seed))
    assert played(short)
    assert len(short) <= 8, "\n".join(map(str, short))


def test_what_came_in_between_is_left_out_of_the_short_form_where_it_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FakeArchive, "keep_raw", lambda *_: None)
    seed = next(seed for seed in range(1, SEARCHED) if played(history_of(seed)))
    short = shrunk(history_of(seed))
    assert [replace(each, between=0, after=False, other=None) for each in short] == short
