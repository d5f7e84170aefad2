"""Every conversation is checked once, however often the time runs out, and those that differ are named."""

from collections.abc import Callable
from itertools import count

import pytest

from letterlock.domain.accounts import Mailbox
from letterlock.domain.conversations import Status
from letterlock.domain.digests import Difference
from letterlock.domain.errors import Invalid, NotFound
from letterlock.services import every_conversation, verify_digests
from letterlock.services.every_conversation import EveryConversation
from letterlock.services.verify_digests import Differing, VerifyDigests
from tests.fakes import FakeCursors, FakeDigests, FakeMailboxes

ACME = "wsp_acme"
MAILBOXES = [Mailbox("mbx_1", ACME, "a@acme.test"), Mailbox("mbx_2", ACME, "b@acme.test")]


def given(each: int = 3) -> tuple[VerifyDigests, FakeDigests]:
    """Some conversations in every list of both mailboxes."""
    digests, numbers = FakeDigests(), count()
    for mailbox in MAILBOXES:
        for status in Status:
            ids = [f"cnv_{next(numbers):03}" for _ in range(each)]
            digests.lists[ACME, mailbox.id, status] = [(f"2026-11-02T09:00:00.000Z#{id_}", id_) for id_ in ids]
    return verifying(digests, *MAILBOXES), digests


def verifying(digests: FakeDigests, *mailboxes: Mailbox) -> VerifyDigests:
    return VerifyDigests(digests, EveryConversation(digests, FakeMailboxes(*mailboxes), FakeCursors(), "digests"))


def everybody(digests: FakeDigests) -> list[str]:
    return sorted(id_ for listed in digests.lists.values() for _, id_ in listed)


def after(calls: int) -> Callable[[], bool]:
    """Time for so many conversations."""
    left = iter([True] * calls)
    return lambda: next(left, False)


def always() -> bool:
    return True


def test_every_conversation_is_checked_whatever_its_status() -> None:
    verify, digests = given()
    verified = verify(ACME, cursor="", time_left=always)
    assert sorted(digests.asked) == everybody(digests)
    assert (verified.checked, verified.differing, verified.cursor) == (len(everybody(digests)), (), "")


@pytest.mark.parametrize("time_for", [0, 1, 2, 3, 7, 100])
def test_what_the_time_did_not_suffice_for_is_checked_by_the_next_calls(
    time_for: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(every_conversation, "PAGE", 2)
    verify, digests = given()
    cursor, checked = "", 0
    for _ in range(100):
        verified = verify(ACME, cursor=cursor, time_left=after(time_for))
        checked, cursor = checked + verified.checked, verified.cursor
        if not cursor:
            break
        assert verified.checked == max(1, time_for + 1)
    assert cursor == ""
    assert sorted(digests.asked) == everybody(digests)
    assert checked == len(digests.asked)


def test_those_that_differ_are_named_with_what_differs() -> None:
    verify, digests = given()
    digests.differing[ACME, "cnv_004"] = Difference.DIGEST
    digests.differing[ACME, "cnv_017"] = Difference.SEAL
    verified = verify(ACME, cursor="", time_left=always)
    assert verified.differing == (
        Differing("cnv_004", Difference.DIGEST),
        Differing("cnv_017", Difference.SEAL),
    )
    assert verified.checked == len(everybody(digests))


def test_an_answer_stays_small_when_everything_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_digests, "NAMED_AT_MOST", 4)
    verify, digests = given()
    digests.differing = {(ACME, each): Difference.DIGEST for each in everybody(digests)}
    cursor, named = "", list[str]()
    for _ in range(100):
        verified = verify(ACME, cursor=cursor, time_left=always)
        assert len(verified.differing) <= 4
        named += [each.conversation for each in verified.differing]
        cursor = verified.cursor
        if not cursor:
            break
    assert sorted(named) == everybody(digests)


def test_a_workspace_that_is_not_there_has_not_been_verified() -> None:
    verify, _ = given()
    with pytest.raises(NotFound):
        verify("wsp_none", cursor="", time_left=always)


def test_a_cursor_of_another_workspace_or_of_none_is_refused() -> None:
    verify, _ = given()
    cursor = verify(ACME, cursor="", time_left=after(1)).cursor
    other = verifying(FakeDigests(), Mailbox("mbx_1", "wsp_b", "b@b.test"))
    with pytest.raises(Invalid):
        other("wsp_b", cursor=cursor, time_left=always)
    with pytest.raises(Invalid):
        verify(ACME, cursor="nonsense", time_left=always)
