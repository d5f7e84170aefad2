"""SES's events as AWS documents them, read."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from letterlock.adapters.ses_events import delivery_event_of
from letterlock.domain.errors import Invalid
from letterlock.domain.outcomes import RecipientOutcome, RecipientState

SAMPLES = Path(__file__).resolve().parents[2] / "events" / "samples"
ANA, BEN = "ana@customer.example", "ben@customer.example"


def sample(name: str) -> dict[str, Any]:
    (record,) = json.loads((SAMPLES / f"delivery_events.{name}.sqs.json").read_text())["Records"]
    body: dict[str, Any] = json.loads(record["body"])
    return body


def said(state: RecipientState, reason: str = "") -> tuple[RecipientOutcome, ...]:
    return (RecipientOutcome(ANA, state, reason),)


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("sent", ()),
        ("delivered", said(RecipientState.DELIVERED)),
        ("bounced_hard", said(RecipientState.HARD_BOUNCE, "NoEmail")),
        ("bounced_soft", said(RecipientState.SOFT_BOUNCE, "MailboxFull")),
        ("suppressed", said(RecipientState.HARD_BOUNCE, "OnAccountSuppressionList")),
        ("complained", said(RecipientState.COMPLAINED, "abuse")),
        ("delayed", said(RecipientState.DELAYED, "TransientCommunicationFailure")),
        ("rejected", said(RecipientState.REJECTED, "BadContent")),
        ("rendering_failed", said(RecipientState.REJECTED, "RenderingFailure")),
    ],
)
def test_each_kind_of_event_is_understood(name: str, outcomes: tuple[RecipientOutcome, ...]) -> None:
    event = delivery_event_of(sample(name))
    assert event is not None
    assert event.outcomes == outcomes
    assert (event.workspace[:4], event.conversation[:4], event.message[:4], event.attempt) == (
        "wsp_",
        "cnv_",
        "msg_",
        1,
    )
    assert event.message_id.endswith("-000000@eu-west-1.amazonses.com")
    assert event.destination == ((ANA, BEN) if name == "bounced_hard" else (ANA,))


def test_a_bounce_that_ses_cannot_explain_may_pass() -> None:
    body = sample("bounced_hard")
    body["detail"]["bounce"]["bounceType"] = "Undetermined"
    event = delivery_event_of(body)
    assert event is not None
    assert [each.state for each in event.outcomes] == [RecipientState.SOFT_BOUNCE]


def test_a_recipient_who_says_it_is_no_spam_has_not_complained() -> None:
    body = sample("complained")
    body["detail"]["complaint"]["complaintFeedbackType"] = "not-spam"
    event = delivery_event_of(body)
    assert event is not None
    assert event.outcomes == ()


def test_a_complaint_that_ses_answers_from_its_list_says_so() -> None:
    body = sample("complained")
    body["detail"]["complaint"]["complaintSubType"] = "OnAccountSuppressionList"
    event = delivery_event_of(body)
    assert event is not None
    assert event.outcomes == said(RecipientState.COMPLAINED, "OnAccountSuppressionList")


def test_a_servers_free_text_never_becomes_a_reason() -> None:
    body = sample("complained")
    body["detail"]["complaint"]["complaintFeedbackType"] = "ana@customer.example said: no more"
    event = delivery_event_of(body)
    assert event is not None
    assert event.outcomes == said(RecipientState.COMPLAINED, "other")


@pytest.mark.parametrize(
    "tags", [{}, None, {"workspace": ["stack"]}, {"message": ["msg_1#x"]}, {"message": []}, {"message": "msg_1"}]
)
def test_a_mail_without_our_tags_is_not_ours(tags: dict[str, Any] | None) -> None:
    body = sample("sent")
    whole = body["detail"]["mail"]["tags"] if tags else {}
    body["detail"]["mail"]["tags"] = whole | tags if tags is not None else None
    assert delivery_event_of(body) is None


def test_a_mail_that_was_sent_without_a_try_on_it_counts_for_the_last() -> None:
    body = sample("sent")
    del body["detail"]["mail"]["tags"]["attempt"]
    event = delivery_event_of(body)
    assert event is not None
    assert event.attempt == 0


@pytest.mark.parametrize("name", ["delivered", "bounced_hard", "complained", "delayed"])
def test_what_is_no_such_event_is_refused_by_the_name_of_the_field_only(name: str) -> None:
    for path in (("detail",), ("detail", "eventType"), ("detail", "mail"), ("time",), ("region",), ("id",)):
        for wrong in (None, 7, "marker"):
            body = deepcopy(sample(name))
            place = body
            for part in path[:-1]:
                place = place[part]
            if isinstance(place[path[-1]], str) and wrong == "marker" and path[-1] in ("region", "id"):
                continue
            place[path[-1]] = wrong
            with pytest.raises(Invalid) as error:
                delivery_event_of(body)
            assert "marker" not in str(error.value)
