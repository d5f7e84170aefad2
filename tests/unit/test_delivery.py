"""What the mail service says of a mail becomes one state, in whatever order and however often it says it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letterlock.domain.conversations import Sending, SendState
from letterlock.domain.delivery import DeliveryEvent, facts_of, merged, retried, still_to_reach
from letterlock.domain.errors import RuleBroken
from letterlock.domain.facts import MessageBounced, MessageComplained, MessageDelivered, MessageSent
from letterlock.domain.mail import Address
from letterlock.domain.outcomes import RecipientOutcome, RecipientState

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
ANA, BEN, EVE = "ana@customer.example", "ben@customer.example", "eve@customer.example"
SENT = Sending(SendState.SENT, 1, message_id="one@amazonses.com")


def event(*outcomes: RecipientOutcome, to: tuple[str, ...] = (ANA,), attempt: int = 1) -> DeliveryEvent:
    return DeliveryEvent(
        "evt", NOON, "wsp_a", "cnv_a", "msg_a", attempt, "one@amazonses.com", destination=to, outcomes=outcomes
    )


def said(address: str, state: RecipientState, reason: str = "") -> RecipientOutcome:
    return RecipientOutcome(address, state, reason)


def after(*events: DeliveryEvent, sending: Sending = SENT) -> Sending:
    for each in events:
        sending = merged(sending, each)
    return sending


DELIVERED = event(said(ANA, RecipientState.DELIVERED))
DELAYED = event(said(ANA, RecipientState.DELAYED, "MailboxFull"))
SOFT = event(said(ANA, RecipientState.SOFT_BOUNCE, "MailboxFull"))
HARD = event(said(ANA, RecipientState.HARD_BOUNCE, "NoEmail"))
COMPLAINED = event(said(ANA, RecipientState.COMPLAINED, "abuse"))
REJECTED = event(said(ANA, RecipientState.REJECTED, "BadContent"))


@pytest.mark.parametrize(
    ("events", "state", "reason", "bounce"),
    [
        ([event()], SendState.SENT, "", ""),
        ([event(), DELIVERED], SendState.DELIVERED, "", ""),
        ([event(), DELAYED], SendState.DELAYED, "MailboxFull", ""),
        ([event(), DELAYED, DELIVERED], SendState.DELIVERED, "", ""),
        ([event(), DELAYED, SOFT], SendState.BOUNCED, "MailboxFull", "soft"),
        ([event(), HARD], SendState.BOUNCED, "NoEmail", "hard"),
        ([event(), DELIVERED, COMPLAINED], SendState.COMPLAINED, "abuse", ""),
        ([event(), REJECTED], SendState.REJECTED, "BadContent", ""),
        ([event(), DELIVERED, HARD], SendState.BOUNCED, "NoEmail", "hard"),
    ],
)
def test_the_message_shows_the_last_that_happened(
    events: list[DeliveryEvent], state: SendState, reason: str, bounce: str
) -> None:
    shown = after(*events)
    assert (shown.state, shown.reason, shown.bounce) == (state, reason, bounce)


def test_a_hard_bounce_of_one_recipient_stays_visible_though_the_others_have_it() -> None:
    to = (ANA, BEN, EVE)
    shown = after(
        event(said(BEN, RecipientState.HARD_BOUNCE, "NoEmail"), to=to),
        event(said(ANA, RecipientState.DELIVERED), to=to),
        event(said(EVE, RecipientState.DELIVERED), to=to),
    )
    assert (shown.state, shown.bounce) == (SendState.BOUNCED, "hard")
    assert {each.address: each.state for each in shown.outcomes} == {
        ANA: RecipientState.DELIVERED,
        BEN: RecipientState.HARD_BOUNCE,
        EVE: RecipientState.DELIVERED,
    }


def test_a_message_is_delivered_when_everybody_has_it_and_not_before() -> None:
    to = (ANA, BEN)
    first = after(event(said(ANA, RecipientState.DELIVERED), to=to))
    assert first.state is SendState.SENT
    assert after(event(said(BEN, RecipientState.DELIVERED), to=to), sending=first).state is SendState.DELIVERED


RECIPIENTS = (ANA, BEN, EVE)
EVENTS = st.lists(
    st.builds(
        lambda address, state, reason: event(said(address, state, reason), to=RECIPIENTS),
        st.sampled_from(RECIPIENTS),
        st.sampled_from(RecipientState),
        st.sampled_from(["", "General", "MailboxFull"]),
    ),
    min_size=1,
    max_size=6,
)


@given(EVENTS, st.data())
def test_any_order_of_events_and_any_repetition_ends_in_one_state(
    events: list[DeliveryEvent], data: st.DataObject
) -> None:
    events = [event(to=RECIPIENTS), *events]
    again = data.draw(st.lists(st.sampled_from(events), max_size=4))
    shuffled = data.draw(st.permutations([*events, *again]))
    before = data.draw(
        st.sampled_from(
            [
                SENT,
                Sending(SendState.SENDING, 1, lease_until=NOON),
                Sending(SendState.UNCONFIRMED, 1, "ReadTimeoutError", lease_until=NOON),
                Sending(SendState.QUEUED, 1, "Throttling"),
            ]
        )
    )
    assert after(*shuffled, sending=before) == after(*events)


def test_what_is_said_of_an_earlier_try_does_not_move_a_later_one() -> None:
    second = Sending(SendState.SENT, 2, message_id="two@amazonses.com")
    assert after(HARD, sending=second) == second


def test_an_unconfirmed_message_is_settled_by_the_mail_services_own_word() -> None:
    unconfirmed = Sending(SendState.UNCONFIRMED, 1, "ReadTimeoutError", lease_until=NOON)
    settled = after(event(), sending=unconfirmed)
    assert settled == Sending(SendState.SENT, 1, message_id="one@amazonses.com")
    assert facts_of("wsp_a", "cnv_a", "msg_a", unconfirmed, settled) == [MessageSent("wsp_a", "cnv_a", "msg_a")]


def test_a_state_is_told_once() -> None:
    where = ("wsp_a", "cnv_a", "msg_a")
    bounced = after(SOFT)
    assert facts_of(*where, SENT, bounced) == [MessageBounced(*where, "soft")]
    assert facts_of(*where, bounced, after(SOFT, sending=bounced)) == []
    assert facts_of(*where, bounced, after(HARD, sending=bounced)) == [MessageBounced(*where, "hard")]
    delivered = after(DELIVERED)
    assert facts_of(*where, SENT, delivered) == [MessageDelivered(*where)]
    assert facts_of(*where, delivered, after(COMPLAINED, sending=delivered)) == [MessageComplained(*where)]


# ---- once more, on purpose -------------------------------------------------------------------------------------------


def test_a_soft_bounce_may_be_sent_again_to_those_it_did_not_reach() -> None:
    to = (ANA, BEN)
    bounced = after(
        event(said(ANA, RecipientState.DELIVERED), to=to), event(said(BEN, RecipientState.SOFT_BOUNCE), to=to)
    )
    again = retried(bounced, NOON)
    assert (again.state, again.message_id) == (SendState.QUEUED, "")
    assert still_to_reach((Address("Ana@customer.example"), Address(BEN)), again) == (Address(BEN),)


def test_a_late_word_of_the_bounced_try_does_not_undo_the_second() -> None:
    again = retried(after(SOFT), NOON)
    assert after(event(), SOFT, DELAYED, sending=again) == again


def test_the_second_try_ends_in_a_state_of_its_own() -> None:
    again = replace(retried(after(SOFT), NOON), state=SendState.SENDING, attempts=2)
    assert after(event(said(ANA, RecipientState.DELIVERED), attempt=2), sending=again).state is SendState.DELIVERED


def test_an_unconfirmed_message_waits_fifteen_minutes_for_the_mail_services_word() -> None:
    unconfirmed = Sending(SendState.UNCONFIRMED, 1, "ReadTimeoutError", lease_until=NOON + timedelta(minutes=15))
    with pytest.raises(RuleBroken):
        retried(unconfirmed, NOON + timedelta(minutes=14))
    again = retried(unconfirmed, NOON + timedelta(minutes=15))
    assert again.state is SendState.QUEUED
    # Its word may come after all, and then spares the second try.
    assert after(event(), sending=again).state is SendState.SENT


@pytest.mark.parametrize(
    "sending",
    [
        SENT,
        after(DELIVERED),
        after(DELAYED),
        after(HARD),
        after(COMPLAINED),
        after(REJECTED),
        Sending(SendState.QUEUED),
        Sending(SendState.SENDING, 1, lease_until=NOON),
    ],
    ids=lambda sending: f"{sending.state}{sending.bounce}",
)
def test_what_arrived_or_never_will_is_not_sent_again(sending: Sending) -> None:
    with pytest.raises(RuleBroken):
        retried(sending, NOON + timedelta(days=1))


def test_a_failed_message_may_be_sent_again() -> None:
    assert retried(Sending(SendState.FAILED, 8, "Throttling"), NOON) == Sending(SendState.QUEUED, 8)


def test_addresses_in_the_mail_services_spelling_are_the_messages_own() -> None:
    strange = event(
        said("Dana@xn--mller-kva.example", RecipientState.HARD_BOUNCE),
        to=("Dana@xn--mller-kva.example", '"a..b"@carrier.example'),
    )
    spelt = strange.spelt_as([Address("dana@müller.example"), Address("a..b@carrier.example")])
    assert spelt.destination == ("dana@müller.example", "a..b@carrier.example")
    assert spelt.undeliverable == [("dana@müller.example", "hard_bounce")]
