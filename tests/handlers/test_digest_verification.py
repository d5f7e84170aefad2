"""The operator's check of a workspace: what it names, and how it goes on."""

from typing import Any

import boto3
import pytest

from tests.handlers.stack import Context, Stack

MAIL = "From: ana@customer.example\r\nTo: support@acme.example\r\nSubject: Order {0}\r\nMessage-ID: <{0}@customer.example>\r\n\r\nWhere is it?\r\n"


@pytest.fixture
def conversations(stack: Stack) -> list[str]:
    for number in range(3):
        stack.mail(MAIL.format(number).encode(), ses_message_id=f"ses{number}")
    listed = stack.api("GET", "/v1/conversations")[1]["conversations"]
    return [each["id"] for each in listed]


def verify(stack: Stack, cursor: str = "") -> Any:
    return stack.call("digest_verification", {"workspace": stack.workspace, "cursor": cursor})


def damage(stack: Stack, conversation: str) -> None:
    boto3.client("dynamodb").update_item(
        TableName="ConversationsTable",
        Key={"pk": {"S": f"{stack.workspace}#{conversation}"}, "sk": {"S": "HEAD"}},
        UpdateExpression="SET digest = :other",
        ExpressionAttributeValues={":other": {"B": bytes(32)}},
    )


def test_after_use_every_digest_is_true(stack: Stack, conversations: list[str]) -> None:
    path = f"/v1/conversations/{conversations[0]}"
    stack.api("POST", f"{path}/replies", {"text": "On its way."})
    stack.api("POST", f"{path}/notes", {"text": "x" * 9000})
    stack.api("PUT", f"{path}/status", {"status": "closed"})
    for fact in stack.relay():
        if fact["detail-type"] == "ReplyQueued":
            stack.deliver(fact)
    assert verify(stack) == {"checked": 3, "differing": [], "cursor": ""}


def test_the_one_that_was_changed_is_named(stack: Stack, conversations: list[str]) -> None:
    damage(stack, conversations[1])
    assert verify(stack) == {
        "checked": 3,
        "differing": [{"conversation": conversations[1], "difference": "digest"}],
        "cursor": "",
    }


def test_it_stops_before_its_time_is_up_and_goes_on_where_it_was(
    stack: Stack, conversations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 19_000)
    damage(stack, conversations[0])
    answers, cursor = list[Any](), ""
    for _ in range(3):
        answers.append(verify(stack, cursor))
        cursor = answers[-1]["cursor"]
    assert cursor == ""
    assert [each["checked"] for each in answers] == [1, 1, 1]
    assert [each["conversation"] for answer in answers for each in answer["differing"]] == [conversations[0]]


@pytest.mark.parametrize(
    "asked",
    [{}, {"workspace": "acme"}, {"workspace": "wsp_" + "0" * 26, "cursor": "x" * 513}, {"workspace": 7}],
)
def test_what_does_not_fit_is_refused(stack: Stack, asked: dict[str, Any]) -> None:
    assert stack.call("digest_verification", asked)["error"]["type"] == "invalid"


def test_a_cursor_of_another_workspace_is_refused(stack: Stack, conversations: list[str]) -> None:
    assert verify(stack, "bm9uc2Vuc2U")["error"]["type"] == "invalid"
