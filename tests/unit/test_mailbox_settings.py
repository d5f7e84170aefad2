"""What a team chooses for a mailbox, and what holds where it chose nothing."""

import pytest

from letterlock.domain.errors import Invalid
from letterlock.domain.mailbox_settings import Chosen, MailboxSettings, ThreadingSettings


def test_what_is_not_named_stays() -> None:
    chosen = MailboxSettings().with_chosen({"threading": {"by_subject": True}})
    assert chosen.threading == ThreadingSettings(by_subject=True, window_days=7)
    assert chosen.with_chosen({"threading": {"window_days": 3}}).threading == ThreadingSettings(
        by_subject=True, window_days=3
    )
    assert chosen.with_chosen({}) == chosen


def test_only_what_was_chosen_is_kept_so_that_the_rest_follows_the_defaults() -> None:
    assert MailboxSettings().chosen == {}
    chosen = MailboxSettings(ThreadingSettings(by_subject=True))
    assert chosen.chosen == {"threading": {"by_subject": True}}
    assert MailboxSettings.of(chosen.chosen) == chosen


def test_settings_of_another_release_can_be_read() -> None:
    kept: Chosen = {"threading": {"by_subject": True, "by_mood": 3}, "weather": {"sunny": True}}
    assert MailboxSettings.of(kept) == MailboxSettings(ThreadingSettings(by_subject=True))


def test_a_number_out_of_bounds_is_refused_but_one_that_was_kept_is_read() -> None:
    for days in (0, 91):
        with pytest.raises(Invalid):
            MailboxSettings().with_chosen({"threading": {"window_days": days}})
    assert MailboxSettings.of({"threading": {"window_days": 400}}).threading.window_days == 400


def test_the_audit_log_can_name_what_was_changed() -> None:
    after = MailboxSettings(ThreadingSettings(by_subject=True, window_days=9))
    assert after.differing(MailboxSettings()) == ["threading.by_subject", "threading.window_days"]
    assert MailboxSettings().differing(after) == ["threading.by_subject", "threading.window_days"]
