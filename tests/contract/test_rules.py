"""Every rule of the template against every event there is a sample of, both ways.

Events lie in events/samples as their bus carries them: our facts in `facts/`, SES's in `ses_events/`. What a function
gets of them lies in `<function>.….sqs.json`, which go through it (tests/handlers/test_samples.py). So what a function's
rules hand over of all the events must be exactly what its samples hold: neither a kind that its code does not know, nor
one less than it expects.
"""

import json
from copy import deepcopy

import pytest

from bench.event_rules import Event, consumers, handed_over, matches, rules
from tools.lambda_target import ROOT
from tools.template_model import Template, target, template_under_test

SAMPLES = ROOT / "events" / "samples"
BUS_OF = {"facts": "FactsBus", "ses_events": "default"}


@pytest.fixture(name="template")
def _template() -> Template:
    return template_under_test()


def events(of: str = "*") -> dict[str, Event]:
    """By folder and name."""
    found = [path for folder in BUS_OF for path in (SAMPLES / folder).glob("*.json") if of in ("*", folder)]
    return {f"{path.parent.name}/{path.stem}": json.loads(path.read_text()) for path in sorted(found)}


def expected_by(function: str) -> list[Event]:
    """The bodies of the messages in a function's samples."""
    files = sorted(SAMPLES.glob(f"{function}.*sqs.json"))
    bodies = [json.loads(record["body"]) for path in files for record in json.loads(path.read_text())["Records"]]
    return [body for number, body in enumerate(bodies) if body not in bodies[:number]]


def test_every_rule_fills_the_queue_of_a_function(template: Template) -> None:
    led_to = {name for function in consumers(template) for name in rules(template, function)}
    assert led_to == set(rules(template))
    assert led_to


def test_every_rule_lets_a_sample_through(template: Template) -> None:
    silent = [name for name, rule in rules(template).items() if not any(matches(rule, e) for e in events().values())]
    assert silent == []


def test_a_function_gets_what_its_samples_hold_and_nothing_else(template: Template) -> None:
    assert set(consumers(template)) >= {"account_mail", "delivery_events", "outbound_email"}
    for function in consumers(template):
        gets = [
            handed_over(rule, event)
            for event in events().values()
            for rule in rules(template, function).values()
            if matches(rule, event)
        ]
        expects = expected_by(function)
        assert [each["id"] for each in gets if each not in expects] == [], function
        assert [each["id"] for each in expects if each not in gets] == [], function
        assert len(gets) == len(expects), f"{function} gets an event twice"


def test_an_event_of_another_source_or_another_kind_is_let_through_by_none(template: Template) -> None:
    for name, event in events().items():
        for changed in ({"source": "letterlock.other"}, {"source": "aws.other"}, {"detail-type": "SomethingElse"}):
            assert [rule for rule, one in rules(template).items() if matches(one, event | changed)] == [], name


def test_mail_that_others_send_through_ses_is_let_through_by_none(template: Template) -> None:
    for name, event in events("ses_events").items():
        tags = event["detail"]["mail"]["tags"]
        assert tags["ses:configuration-set"] == ["letterlock-mail"]
        for tag in ("ses:configuration-set", "workspace", "conversation", "message", "attempt"):
            other = deepcopy(event)
            del other["detail"]["mail"]["tags"][tag]
            assert [rule for rule, one in rules(template).items() if matches(one, other)] == [], (name, tag)
        other = deepcopy(event)
        other["detail"]["mail"]["tags"]["ses:configuration-set"] = ["theirs"]
        assert [rule for rule, one in rules(template).items() if matches(one, other)] == [], name


@pytest.mark.parametrize("folder", BUS_OF)
def test_a_rule_stands_on_the_bus_that_its_events_are_put_on(template: Template, folder: str) -> None:
    for name, rule in rules(template).items():
        if any(matches(rule, event) for event in events(folder).values()):
            assert (target(rule.get("EventBusName")) or "default") == BUS_OF[folder], name


def test_every_fact_is_kept_for_ninety_days_in_an_archive_under_the_stacks_key(template: Template) -> None:
    (archive,) = template.resources("AWS::Events::Archive").values()
    assert target(archive["SourceArn"]) == "FactsBus"
    assert archive["RetentionDays"] == 90
    assert target(archive["KmsKeyIdentifier"]) == "StackKey"
    assert "EventPattern" not in archive
