"""What SES says of our mails comes to one queue: all of it that concerns us, and nothing of what a mail says."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from local.ses_events import events_of
from tools.lambda_target import ROOT
from tools.template_model import Template, target, template_under_test

FOUR_DAYS = 4 * 86_400
TYPES = {"send", "delivery", "bounce", "complaint", "deliveryDelay", "reject", "renderingFailure"}
DETAIL_TYPES = {
    "Email Sent",
    "Email Delivered",
    "Email Bounced",
    "Email Complaint Received",
    "Email Delivery Delayed",
    "Email Rejected",
    "Email Rendering Failed",
}
TAGS = {"workspace": "wsp_1", "conversation": "cnv_1", "message": "msg_1", "attempt": "1"}
SAMPLES = sorted((ROOT / "events" / "samples").glob("delivery_events.*.sqs.json"))
HEADER = b"From: support@demo.test\r\nTo: ana@client.example\r\nSubject: marker-subject\r\n\r\nmarker-text\r\n"


@pytest.fixture(name="template")
def _template() -> Template:
    return template_under_test()


def rules(template: Template) -> dict[str, dict[str, Any]]:
    found = template.resources("AWS::Events::Rule").items()
    return {name: rule for name, rule in found if rule["EventPattern"]["source"] == ["aws.ses"]}


def transformed(rule: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """What EventBridge makes of an event for the rule's target ("Amazon EventBridge input transformation")."""
    (where,) = rule["Targets"]
    transformer = where["InputTransformer"]
    values = {name: _at(event, path) for name, path in transformer["InputPathsMap"].items()}
    text = re.sub(r"<(\w+)>", lambda found: json.dumps(values[found[1]]), transformer["InputTemplate"])
    made: dict[str, Any] = json.loads(text)
    return made


def _at(event: Any, path: str) -> Any:
    for part in path.removeprefix("$.").split("."):
        event = event[part]
    return event


def test_ses_publishes_every_kind_of_event_that_concerns_a_mail_of_ours(template: Template) -> None:
    (destination,) = template.resources("AWS::SES::ConfigurationSetEventDestination").values()
    assert target(destination["ConfigurationSetName"]) == "MailConfigurationSet"
    what = destination["EventDestination"]
    assert what["Enabled"] is True
    assert set(what["MatchingEventTypes"]) == TYPES
    # SES puts events on the default bus and on no other.
    assert what["EventBridgeDestination"]["EventBusArn"]["Fn::Sub"].endswith(":event-bus/default")


def test_each_kind_has_one_rule_on_the_default_bus_for_mails_of_this_stack(template: Template) -> None:
    kinds = [kind for rule in rules(template).values() for kind in rule["EventPattern"]["detail-type"]]
    assert sorted(kinds) == sorted(DETAIL_TYPES)
    for name, rule in rules(template).items():
        assert "EventBusName" not in rule, name
        tags = dict(rule["EventPattern"]["detail"]["mail"]["tags"])
        assert tags.pop("ses:configuration-set") == [{"Ref": "MailConfigurationSet"}], name
        # Only then is there a value for each variable of the transformation.
        assert tags == {tag: [{"exists": True}] for tag in TAGS}, name
        (where,) = rule["Targets"]
        assert target(where["Arn"]) == "DeliveryEventsQueue", name
        assert target(where["DeadLetterConfig"]["Arn"]) == "DeliveryEventsRulesDlq", name


def test_the_key_lets_the_rules_of_the_default_bus_fill_the_queue(template: Template) -> None:
    (statement,) = [one for one in template.statements("AWS::KMS::Key") if one.sid == "BusKeepsAndDeliversFacts"]
    patterns = [one["Fn::Sub"] for one in statement.body["Condition"]["ArnLike"]["aws:SourceArn"]]
    for name, rule in rules(template).items():
        arn = f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{rule['Name']['Fn::Sub']}"
        assert any(fnmatchcase(arn, pattern.replace("[", "[[]")) for pattern in patterns), name


def test_events_that_name_recipients_are_kept_for_four_days_at_most(template: Template) -> None:
    queues = template.resources("AWS::SQS::Queue")
    for name in ("DeliveryEventsQueue", "DeliveryEventsDlq", "DeliveryEventsRulesDlq"):
        assert queues[name]["MessageRetentionPeriod"] <= FOUR_DAYS, name


@pytest.mark.parametrize("local_part", ["ana", "bounce", "softbounce", "complaint", "slow", "reject"])
def test_no_header_of_a_mail_enters_the_queue(template: Template, local_part: str) -> None:
    by_kind = {kind: rule for rule in rules(template).values() for kind in rule["EventPattern"]["detail-type"]}
    events = events_of(HEADER, ses_message_id="ses-1", destination=[f"{local_part}@client.example"], tags=TAGS)
    assert events
    for event in events:
        assert "marker-subject" in json.dumps(event.detail)
        whole = {"id": "1", "time": "2026-11-02T09:45:03Z", "region": "eu-west-1", "detail": event.detail}
        kept = json.dumps(transformed(by_kind[event.detail_type], whole))
        assert "marker" not in kept
        assert "header" not in kept.lower()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_sample_is_what_its_rule_would_hand_over(template: Template, sample: Path) -> None:
    (record,) = json.loads(sample.read_text())["Records"]
    body = json.loads(record["body"])
    kinds = {"Send", "Reject", "Rendering Failure"}
    said = {"Delivery": "delivery", "Bounce": "bounce", "Complaint": "complaint", "DeliveryDelay": "deliveryDelay"}
    kind = body["detail"]["eventType"]
    assert kind in kinds | set(said)
    by_said = {
        one["Targets"][0]["InputTransformer"]["InputPathsMap"].get("said"): one for one in rules(template).values()
    }
    rule = by_said[f"$.detail.{said[kind]}" if kind in said else None]
    assert transformed(rule, body) == body
