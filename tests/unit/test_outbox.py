"""Facts in the outbox: what goes in comes out, and what they share is there once."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from letterlock.domain.facts import ConversationAssigned, Fact, MessageReceived, NoteAdded, StatusChanged, Told
from letterlock.domain.outbox import fold, unfold

workspaces, conversations = st.just("wsp_1"), st.sampled_from(["cnv_1", "cnv_2"])
messages, mailboxes = st.sampled_from(["msg_1", "msg_2"]), st.sampled_from(["mbx_1", "mbx_2"])
facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(MessageReceived, workspaces, conversations, messages, mailboxes),
    st.builds(NoteAdded, workspaces, conversations, messages),
    st.builds(StatusChanged, workspaces, conversations, st.sampled_from(["open", "closed"])),
    st.builds(ConversationAssigned, workspaces, conversations, st.sampled_from(["usr_1", ""])),
)
words = st.sampled_from(["ses-1", "fct_1", ""])
told = st.builds(
    Told, st.uuids().map(str), facts, st.datetimes(timezones=st.just(UTC)), words, st.sampled_from(["", "ses-1"])
)


@given(st.lists(told, min_size=1, max_size=4))
def test_every_fact_comes_out_of_the_outbox_as_it_would_have_gone_to_the_bus(facts_told: list[Told]) -> None:
    out = unfold(fold(facts_told))

    assert [name for name, _ in out] == [each.fact.name for each in facts_told]
    assert [json.loads(detail) for _, detail in out] == [each.envelope() for each in facts_told]


def test_what_the_facts_of_a_commit_share_is_kept_once() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    both = [
        Told("fct_1", MessageReceived("wsp_1", "cnv_1", "msg_1", "mbx_1"), at, "ses-1", "ses-1"),
        Told("fct_2", StatusChanged("wsp_1", "cnv_1", "open"), at, "ses-1", "ses-1"),
    ]

    assert fold(both).count("cnv_1") == 1
    assert fold(both).count("2026") == 1
