"""The local cloud comes up, and mail through its SMTP door is where SES would have left it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from local.aws import local_session
from local.client import Api
from local.inbox import wait_for
from local.post import send
from tests.e2e.conftest import Running

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

pytestmark = pytest.mark.e2e

MAIL = b"From: Ana <ana@client.example>\r\nTo: someone@else.example\r\nSubject: Hello\r\n\r\nHello there\r\n"


@pytest.fixture
def notifications(local_cloud: Running) -> Iterator[tuple["SQSClient", str]]:
    """A queue of our own beside the product's, subscribed to what the receipt rule tells."""
    aws = local_cloud.cloud.aws
    sqs = local_session().client("sqs", endpoint_url=local_cloud.cloud.settings.endpoint)
    queue = sqs.create_queue(QueueName="test-notifications")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": _policy(arn)})
    subscription = aws.sns.subscribe(
        TopicArn=local_cloud.cloud.resources["InboundTopic"],
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    yield sqs, queue
    aws.sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=queue)


@pytest.fixture
def ingest_paused(local_cloud: Running) -> Iterator[None]:
    """The product takes no mail meanwhile: it drops the object once it is sealed."""
    functions = local_cloud.cloud.aws.functions
    name = local_cloud.cloud.resources["InboundEmailFunction"]
    mappings = [each["UUID"] for each in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]]
    for each in mappings:
        functions.update_event_source_mapping(UUID=each, Enabled=False)
    yield
    for each in mappings:
        functions.update_event_source_mapping(UUID=each, Enabled=True)


@pytest.mark.usefixtures("ingest_paused")
def test_a_mail_is_in_the_inbound_bucket_and_its_receipt_at_the_topic(
    local_cloud: Running, notifications: tuple["SQSClient", str]
) -> None:
    answer = send(local_cloud.connection, MAIL)
    message = wait_for("The notification", lambda: _received(*notifications), 15)
    action = message["receipt"]["action"]
    stored = local_cloud.cloud.aws.s3.get_object(Bucket=action["bucketName"], Key=action["objectKey"])["Body"].read()
    assert message["mail"]["messageId"] == answer.message_id
    assert message["receipt"]["recipients"] == [local_cloud.connection.mailbox]
    assert action["objectKey"] == f"inbound/{answer.message_id}"
    assert stored.endswith(MAIL)


def test_the_demo_token_opens_the_api_and_another_does_not(local_cloud: Running) -> None:
    other = replace(local_cloud.connection, token=f"{local_cloud.connection.token[:-1]}~")
    assert local_cloud.api.get("/v1/conversations")[0] == 200
    assert Api(other).get("/v1/conversations")[0] == 401


def test_only_its_owner_may_read_the_connection(local_cloud: Running) -> None:
    path = local_cloud.cloud.settings.connection
    assert path.stat().st_mode & 0o777 == 0o600


def _policy(queue: str) -> str:
    """Lets SNS send to the queue; without it AUTH=true refuses, as AWS does."""
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": queue}]})


def _received(sqs: "SQSClient", queue: str) -> Any:
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
    return json.loads(messages[0]["Body"]) if messages else None
