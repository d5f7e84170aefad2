"""What Stripe did not sign, for us, now, has no effect; what it tells has one, whatever it tells twice."""

import json
import time
from base64 import b64encode
from datetime import timedelta
from typing import Any

import boto3
import pytest

from bench.recorder import refusal
from bench.stack import SIGNING_SECRET
from local.stripe.signing import signature, spelt
from tests.handlers.stack import Stack, rest_event
from tests.handlers.test_api_refusals import assert_problem

PATH = "/v1/stripe/webhooks"
OTHER = "whsec_the_next_one"


def an_event(stack: Stack, kind: str = "invoice.paid", **more: Any) -> dict[str, Any]:
    event = stack.stripe.tell(kind, {"id": "in_1", "object": "invoice", "customer": "cus_1"}) | more
    stack.stripe.events.clear()
    return event


def kept(stack: Stack) -> list[dict[str, Any]]:
    return [item for item in stack.items("BillingTable") if item["sk"]["S"] == "EVENT"]


def refused(stack: Stack, answer: tuple[int, Any]) -> None:
    assert answer[0] == 400, answer
    assert answer[1]["type"] == "urn:letterlock:problem:invalid"
    assert kept(stack) == []


def signed(text: str, *secrets: str, at: int | None = None) -> str:
    return signature(text, secrets or [SIGNING_SECRET], int(time.time()) if at is None else at)


def change_secret(stack: Stack, value: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="stripe-signing-secrets", SecretString=value)


def test_an_event_is_kept_once_and_told_once_however_often_it_comes(stack: Stack) -> None:
    event = an_event(stack)
    assert stack.stripe_says(event) == (200, {"received": True, "new": True})
    assert stack.stripe_says(event) == (200, {"received": True, "new": False})
    assert len(kept(stack)) == 1
    told = [each["detail"]["data"] for each in stack.relay("BillingTable")]
    assert [each["event"] for each in told] == [event["id"]]


def test_nothing_of_an_event_is_kept_but_ids_its_type_and_its_time(stack: Stack) -> None:
    stack.stripe_says(
        an_event(stack)
        | {
            "data": {
                "object": {
                    "id": "in_1",
                    "object": "invoice",
                    "customer": {"id": "cus_7", "email": "zebra@customer.example"},
                }
            }
        }
    )
    [item] = kept(stack)
    assert set(item) == {
        "pk",
        "sk",
        "kind",
        "subject",
        "customer",
        "created_at",
        "outbox",
        "waits",
        "due_at",
        "expires_at",
    }
    assert item["customer"] == {"S": "cus_7"}
    assert "zebra" not in json.dumps(stack.items("BillingTable"), default=str)


def test_an_event_of_a_type_that_nobody_applies_is_kept_and_told_to_nobody(stack: Stack) -> None:
    assert stack.stripe_says(an_event(stack, "radar.early_fraud_warning.created"))[0] == 200
    assert stack.stripe_says(an_event(stack, "a.type_of.tomorrow"))[0] == 200
    assert len(kept(stack)) == 2
    assert stack.relay("BillingTable") == []


def test_an_event_may_come_in_base64(stack: Stack) -> None:
    text = spelt(an_event(stack))
    event = rest_event(
        "POST", PATH, b64encode(text.encode()).decode(), token="", headers={"Stripe-Signature": signed(text)}
    )
    assert stack.call("stripe_webhooks", event | {"isBase64Encoded": True})["statusCode"] == 200
    assert len(kept(stack)) == 1


@pytest.mark.parametrize("name", ["Stripe-Signature", "stripe-signature"])
def test_the_headers_name_is_read_in_any_case(stack: Stack, name: str) -> None:
    text = spelt(an_event(stack))
    assert stack.api("POST", PATH, text, token="", headers={name: signed(text)})[0] == 200


def test_while_the_secret_is_changed_one_signature_of_several_is_enough(stack: Stack) -> None:
    text = spelt(an_event(stack))
    header = signed(text, OTHER, SIGNING_SECRET)
    assert header.count("v1=") == 2
    assert stack.api("POST", PATH, text, token="", headers={"Stripe-Signature": header})[0] == 200


def test_both_secrets_are_good_while_we_have_two(stack: Stack) -> None:
    change_secret(stack, f"{OTHER}\n{SIGNING_SECRET}")
    for secret in (SIGNING_SECRET, OTHER):
        event = an_event(stack)
        assert stack.stripe_says(event, signed=signed(spelt(event), secret))[0] == 200
    assert len(kept(stack)) == 2


def test_a_secret_that_was_changed_is_read_anew_when_the_old_one_does_not_fit(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stack.stripe_says(an_event(stack))[0] == 200
    change_secret(stack, OTHER)
    monkeypatch.setattr("letterlock.adapters.secret_values.AT_MOST_EVERY", timedelta(0))
    event = an_event(stack)
    assert stack.stripe_says(event, signed=signed(spelt(event), OTHER))[0] == 200


def test_whoever_sends_rubbish_does_not_have_the_secret_read_each_time(stack: Stack) -> None:
    event = an_event(stack)
    for _ in range(5):
        stack.stripe_says(event, signed="t=1,v1=0")
        stack.stripe_says(event, signed=signed(spelt(event), "whsec_wrong"))
    reads = [call for call in stack.recorder.calls if call.operation == "GetSecretValue"]
    assert len(reads) == 1


@pytest.mark.parametrize(
    "header",
    [
        "",
        "rubbish",
        "t=",
        "t=now,v1=0",
        "v1=0",
        "t={now}",
        "t={now},v1=",
        "t={now},v0={good}",
        "t={now},v1=ü",
        "t={now},v1=" + "0" * 64,
    ],
)
def test_a_signature_that_is_none_is_refused(stack: Stack, header: str) -> None:
    event = an_event(stack)
    now = int(time.time())
    good = signed(spelt(event), at=now).partition("v1=")[2]
    refused(stack, stack.stripe_says(event, signed=header.format(now=now, good=good) or " "))


def test_no_signature_at_all_is_refused(stack: Stack) -> None:
    status, answer, headers = stack.api("POST", PATH, spelt(an_event(stack)), token="")
    assert_problem((status, answer, headers), 400, "invalid")


@pytest.mark.parametrize("seconds", [-3600, -301, 310, 3600, 10**12])
def test_an_old_signature_and_one_from_the_future_are_refused(stack: Stack, seconds: int) -> None:
    event = an_event(stack)
    refused(stack, stack.stripe_says(event, signed=signed(spelt(event), at=int(time.time()) + seconds)))


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_clock_that_goes_a_little_wrong_is_borne_with(stack: Stack, seconds: int) -> None:
    event = an_event(stack)
    assert stack.stripe_says(event, signed=signed(spelt(event), at=int(time.time()) + seconds))[0] == 200


def test_a_body_that_was_spelt_anew_is_refused(stack: Stack) -> None:
    event = an_event(stack)
    other = json.dumps(event, separators=(",", ":"))
    refused(stack, stack.stripe_says(event, body=other, signed=signed(spelt(event))))


def test_the_signature_of_another_event_is_refused(stack: Stack) -> None:
    first, second = an_event(stack), an_event(stack)
    refused(stack, stack.stripe_says(first, signed=signed(spelt(second))))


def test_an_event_of_stripes_other_mode_is_refused(stack: Stack) -> None:
    for mode in (True, None, "false", 0):
        refused(stack, stack.stripe_says(an_event(stack, livemode=mode)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "evt_1' OR 1"},
        {"id": 7},
        {"id": None},
        {"type": "no type <b>"},
        {"type": None},
        {"created": "today"},
        {"created": 10**20},
        {"data": {}},
        {"data": {"object": "in_1"}},
        {"data": {"object": {"id": "in 1", "object": "invoice"}}},
        {"data": None},
    ],
    ids=str,
)
def test_what_is_signed_but_is_no_event_is_refused(stack: Stack, wrong: dict[str, Any]) -> None:
    refused(stack, stack.stripe_says(an_event(stack) | wrong))


@pytest.mark.parametrize("body", ["[]", "7", '"evt_1"', "null", "{}"])
def test_what_is_signed_but_is_no_object_is_refused(stack: Stack, body: str) -> None:
    refused(stack, stack.stripe_says({}, body=body))


def test_an_event_that_is_far_too_large_is_refused_before_it_is_looked_into(stack: Stack) -> None:
    assert stack.stripe_says(an_event(stack) | {"more": "x" * 300_000})[0] == 413
    assert kept(stack) == []


def test_what_is_refused_is_counted_where_an_alarm_watches(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    event = an_event(stack)
    stack.stripe_says(event, signed="t=1,v1=0")
    stack.stripe_says({}, body="no JSON")
    stack.stripe_says(event)
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"StripeEventsRefused"' in line]
    assert [each["StripeEventsRefused"] for each in counted] == [[1.0], [1.0], [0.0]]


def test_where_the_table_does_not_answer_stripe_is_told_so_and_tells_again(stack: Stack) -> None:
    stack.recorder.faults["dynamodb", "PutItem"] = refusal(400, "ThrottlingException")
    event = an_event(stack)
    assert stack.stripe_says(event)[0] >= 500
    stack.recorder.faults.clear()
    assert stack.stripe_says(event) == (200, {"received": True, "new": True})
