"""`make bench-ingest` measures the handler on AWS's own answers, given again: that it is the same work is shown here."""

import pytest

from bench.ingest_speed import Mails, desk, plain
from bench.newsletters import newsletters, texts, with_files, with_images
from bench.stack import Stack, forget_wiring


def test_the_handler_takes_in_again_what_it_took_in_once(stack: Stack) -> None:
    made = desk(stack)
    mails = made.noted([*texts(1), *newsletters(1), *with_images(1), *with_files(1)])
    stored = stack.fingerprint()

    made.inbound.below_the_sdk(mails)
    made.inbound.instead_of_the_sdk(mails)
    plain(mails)

    assert stack.fingerprint() == stored, "what is measured writes nothing anywhere"
    assert [len(each.sent) for each in mails.answers] == [len(each.parsed) for each in mails.answers]
    forget_wiring()


def test_a_run_that_asks_for_less_than_it_did_is_no_measure(stack: Stack) -> None:
    made = desk(stack)
    mails = made.noted(texts(1))
    mails.answers[0].sent.append(mails.answers[0].sent[-1])

    with pytest.raises(AssertionError, match="not asked for"):
        made.inbound.below_the_sdk(Mails(mails.raw, mails.events, mails.answers))
    forget_wiring()
