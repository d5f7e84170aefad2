"""What SES tells of a received mail, in the shapes it sends (events/samples) and in those it must not trip over."""

import json
import re
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from letterlock.adapters.ses_notification import delivery_of
from letterlock.domain.errors import Invalid
from letterlock.domain.mail import Delivery, Verdict, Verdicts

SAMPLES = Path(__file__).parents[2] / "events" / "samples"
PASSED = Verdicts(Verdict.PASS, Verdict.PASS, Verdict.PASS, Verdict.PASS, Verdict.PASS)


def notification(sample: str = "inbound_email") -> dict[str, Any]:
    event = json.loads((SAMPLES / f"{sample}.sqs.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = json.loads(event["Records"][0]["body"])
    return found


def read(told: dict[str, Any]) -> Delivery:
    found = delivery_of(told)
    assert found is not None
    return found


def test_what_ses_says_of_itself_when_a_rule_is_made_is_no_mail() -> None:
    assert delivery_of(notification("inbound_email.setup")) is None


def test_a_notification_says_where_the_mail_lies_and_for_whom_it_came() -> None:
    delivery = read(notification())

    assert delivery.object_key == f"inbound/{delivery.ses_message_id}"
    assert delivery.recipients == ("support@acme.example",)
    assert delivery.verdicts == PASSED
    assert delivery.received_at == datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def test_the_time_is_kept_in_utc_whatever_zone_it_is_told_in() -> None:
    for said in ("2026-11-02T09:30:00.000Z", "2026-11-02T11:30:00+02:00", "2026-11-02T09:30:00"):
        told = notification()
        told["receipt"]["timestamp"] = said
        assert read(told).received_at.isoformat() == "2026-11-02T09:30:00+00:00"


def test_every_recipient_of_the_envelope_is_named_once() -> None:
    told = notification("inbound_email.two_recipients")
    told["receipt"]["recipients"].append("support@acme.example")

    assert read(told).recipients == ("support@acme.example", "sales@acme.example")


def test_a_header_that_ses_cut_short_does_not_matter() -> None:
    assert read(notification("inbound_email.headers_truncated")).recipients == ("support@acme.example",)


def test_failed_checks_are_told() -> None:
    verdicts = read(notification("inbound_email.spam")).verdicts

    assert (verdicts.spam, verdicts.spf, verdicts.dkim, verdicts.dmarc, verdicts.virus) == (
        Verdict.FAIL,
        Verdict.FAIL,
        Verdict.GRAY,
        Verdict.FAIL,
        Verdict.PASS,
    )


def test_a_redelivery_is_the_same_delivery() -> None:
    assert read(notification("inbound_email.redelivery")) == read(notification())


@pytest.mark.parametrize("verdict", [None, {}, {"status": None}, {"status": "MAYBE"}, {"status": ["PASS"]}, "PASS"])
def test_a_check_without_a_known_word_assures_nothing(verdict: object) -> None:
    told = notification()
    told["receipt"]["dmarcVerdict"] = verdict
    del told["receipt"]["spamVerdict"]

    verdicts = read(told).verdicts
    assert (verdicts.dmarc, verdicts.spam) == (Verdict.DISABLED, Verdict.DISABLED)


FIELDS = (
    *("notificationType", "mail", "mail.messageId", "receipt", "receipt.recipients", "receipt.timestamp"),
    *("receipt.action", "receipt.action.type", "receipt.action.objectKey"),
)
ANY_TEXT = {"mail.messageId", "receipt.action.objectKey"}


@pytest.mark.parametrize("path", FIELDS)
@pytest.mark.parametrize("value", [None, "", 7, [], {}, [7], "secret words"])
def test_a_field_that_is_missing_or_of_another_type_is_named_without_its_content(path: str, value: object) -> None:
    told = deepcopy(notification())
    *way, last = path.split(".")
    container = told
    for key in way:
        container = container[key]
    container[last] = None if path in ANY_TEXT and isinstance(value, str) else value
    with pytest.raises(Invalid) as refused:
        read(told)

    assert re.fullmatch(rf"{path}(\.[a-zA-Z]+)?", str(refused.value))
    del container[last]
    with pytest.raises(Invalid, match=path):
        read(told)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "letterlock"},
        {"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe"},
        {"notificationType": "Bounce", "bounce": {}, "mail": {}},
    ],
)
def test_other_messages_on_the_queue_are_no_deliveries(told: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="notificationType"):
        read(told)
