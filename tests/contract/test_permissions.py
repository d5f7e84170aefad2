"""Every function may do on AWS what it does, and nothing else: the template's roles against the recorder's notes."""

import pytest

from bench.permissions import BY_AWS, Comparison, allowed, by_aws, compare, recorded, used
from bench.recorder import Call
from tools.template_model import Template, template_under_test

MAY_SCAN = {"backup_verification", "export", "erasure"}
"""The functions that read a table whole."""


@pytest.fixture(name="calls", scope="module")
def _calls() -> list[Call]:
    return recorded()


@pytest.fixture(name="template", scope="module")
def _template() -> Template:
    return template_under_test()


@pytest.fixture(name="both_ways", scope="module")
def _both_ways(template: Template, calls: list[Call]) -> Comparison:
    return compare(template, calls)


def test_a_function_may_do_exactly_what_it_does(both_ways: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{both_ways}")
    assert both_ways.missing == []
    assert both_ways.unused == []


def test_every_function_that_is_allowed_anything_of_ours_was_seen_at_work(
    template: Template, calls: list[Call]
) -> None:
    idle = {function for function, action, _ in allowed(template) if action.split(":")[0] not in ("logs", "xray")}
    assert idle - {call.function for call in calls} == set()


def test_every_reason_for_a_permission_that_no_code_uses_holds_for_some_function(
    template: Template, calls: list[Call]
) -> None:
    assert set(by_aws(template, used(calls)).values()) == {rule.reason for rule in BY_AWS}


def test_no_function_reads_a_table_whole(template: Template, calls: list[Call]) -> None:
    assert {call.function for call in calls if call.operation == "Scan" and call.function} <= MAY_SCAN
    assert {function for function, action, _ in allowed(template) if action == "dynamodb:Scan"} <= MAY_SCAN


def test_a_key_is_asked_for_in_a_workspaces_name_only(calls: list[Call]) -> None:
    asked = [call.context for call in calls if call.service == "kms"]
    assert asked
    assert [each for each in asked if not each.get("workspace") or each.get("app") != "letterlock"] == []


# ---- the comparison can fail ----------------------------------------------------------------------------------------


@pytest.fixture(name="without")
def _without(template: Template, calls: list[Call]) -> Comparison:
    """As if the code of outbound_email never sent, and the relay wrote an item."""
    changed = [call for call in calls if call.operation != "SendEmail"]
    changed.append(Call("outbox_relay", "dynamodb", "PutItem", {("dynamodb:PutItem", "ConversationsTable")}, {}))
    return compare(template, changed)


def test_a_permission_that_nothing_uses_and_one_that_is_missing_are_named(without: Comparison) -> None:
    assert ("outbound_email", "ses:SendEmail", "MailConfigurationSet") in without.unused
    assert without.missing == [("outbox_relay", "dynamodb:PutItem", "ConversationsTable")]
    assert "1 missing" in str(without)
