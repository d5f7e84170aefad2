"""Weaknesses written the way SAM has them, in Globals, Events or an API's own properties, are seen once they are expanded."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tools.expand_template import TEMPLATE, load
from tools.policy.files import TemplateUnreadable, expanded
from tools.policy.judge import judged
from tools.policy.rule import RULES
from tools.template_model import Json

MAIL = "Resources.InboundEmailFunction.Properties"
API = "Resources.Api.Properties"
MAPPING = f"{MAIL}.Events.Queue.Properties"
RELAY = "Resources.OutboxRelayFunction.Properties.Events.Outbox.Properties"
HEADERS = f"{API}.GatewayResponses.THROTTLED.ResponseParameters.Headers"
ROUTE = f"{API}.DefinitionBody.paths./v1/mailboxes.get"
GONE = object()
WEAK: list[tuple[str, Any, str]] = [
    ("Globals.Function.Tracing", GONE, "tracing"),
    ("Globals.Function.Tracing", "PassThrough", "tracing"),
    ("Globals.Function.Environment.Variables.DB_PASSWORD", "hunter2", "secret-in-environment"),
    (f"{MAIL}.Tracing", "PassThrough", "tracing"),
    (f"{MAIL}.Timeout", 300, "queue-visibility"),
    (f"{MAIL}.LoggingConfig", GONE, "function-log-group"),
    (f"{MAIL}.ReservedConcurrentExecutions", 2, "bounded-pace"),
    (f"{MAPPING}.FunctionResponseTypes", GONE, "partial-batches"),
    (f"{MAPPING}.ScalingConfig", GONE, "bounded-pace"),
    (f"{RELAY}.DestinationConfig", GONE, "stream-failures"),
    (f"{MAIL}.Events.Nightly", {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}, "target-dead-letters"),
    (f"{MAIL}.Events.Hook", {"Type": "Api", "Properties": {"Path": "/hook", "Method": "post"}}, "route-access"),
    (f"{MAIL}.FunctionUrlConfig", {"AuthType": "NONE"}, "function-url"),
    (f"{API}.TracingEnabled", False, "stage-tracing"),
    (f"{API}.AccessLogSetting", GONE, "stage-access-log"),
    (f"{API}.MethodSettings", GONE, "throttling"),
    (f"{HEADERS}.Strict-Transport-Security", GONE, "gateway-headers"),
    (f"{API}.GatewayResponses", GONE, "gateway-headers"),
    (f"{ROUTE}.x-letterlock-access", GONE, "route-access"),
]


def sam(tmp_path: Path, body: Json) -> Path:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(body, default=str), encoding="utf-8")
    return path


def weakened(place: str, value: Any) -> Json:
    body: Json = deepcopy(json.loads(json.dumps(load(TEMPLATE), default=str)))
    *way, last = place.split(".")
    holder = body
    for step in way:
        holder = holder.setdefault(step, {})
    if value is GONE:
        del holder[last]
    else:
        holder[last] = value
    return body


@pytest.mark.parametrize(("place", "value", "rule"), WEAK, ids=lambda one: str(one)[:60])
def test_a_weakness_in_sams_own_words_is_seen(tmp_path: Path, place: str, value: Any, rule: str) -> None:
    assert judged(expanded(sam(tmp_path, weakened(place, value))), [RULES[rule]])


def test_the_same_template_as_json_or_expanded_beforehand_is_as_sound(tmp_path: Path) -> None:
    as_json = expanded(sam(tmp_path, json.loads(json.dumps(load(TEMPLATE), default=str))))
    beforehand = expanded(sam(tmp_path, expanded(TEMPLATE)))
    for body in (as_json, beforehand):
        assert {(each.rule, each.when) for each in judged(body)} == {("firewall", "Cloud=local")}


def test_our_template_with_every_resource_renamed_is_as_sound(tmp_path: Path) -> None:
    text = json.dumps(expanded(TEMPLATE))
    for name in sorted(expanded(TEMPLATE)["Resources"], key=len, reverse=True):
        text = text.replace(f'"{name}"', f'"X{name}"').replace(f"${{{name}}}", f"${{X{name}}}")
        text = text.replace(f"${{{name}.", f"${{X{name}.")
    assert {(each.rule, each.when) for each in judged(json.loads(text))} == {("firewall", "Cloud=local")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Resources: {A: {Type: AWS::SQS::Queue}", "expected ',' or '}'"),
        ('{"Resources": {', "line 1: Expecting property name"),
        ('{"Resources": {"A": {}, "A": {}}}', "the key A stands there twice"),
        (
            "Resources:\n  A: {Type: AWS::SQS::Queue}\n  A: {Type: AWS::SQS::Queue}\n",
            "line 3: the key A stands there twice",
        ),
        ("hello", "no mapping"),
        ("", "no mapping"),
        ("Description: nothing\n", "no Resources"),
        (
            "Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: AWS::Serverless::Function, Properties: {Foo: 1}}}",
            "SAM refuses it: Resource with id [A]",
        ),
    ],
)
def test_what_is_no_template_is_told_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TemplateUnreadable) as told:
        expanded(path)
    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there_and_one_that_is_no_text_are_told(tmp_path: Path) -> None:
    binary = tmp_path / "template.yaml"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    for path, says in ((tmp_path / "none.yaml", "no such file"), (binary, "neither YAML nor JSON")):
        with pytest.raises(TemplateUnreadable, match=says):
            expanded(path)
