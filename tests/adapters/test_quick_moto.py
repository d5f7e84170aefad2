"""Moto answers the same, only sooner: byte for byte what it answers by itself."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bench.quick_moto import quicken

ITEM: dict[str, Any] = {
    "pk": {"S": "a"},
    "sk": {"S": "1"},
    "number": {"N": "17"},
    "bytes": {"B": b"\x00\xff"},
    "flag": {"BOOL": False},
    "nothing": {"NULL": True},
    "words": {"SS": ["x", "y"]},
    "parts": {"BS": [b"\x01"]},
    "many": {"L": [{"S": ""}, {"M": {"deep": {"B": b"\x02"}}}]},
    "map": {"M": {"entries": {"M": {"one": {"N": "1"}}}, "empty": {"L": []}}},
}
OTHER = {"pk": {"S": "a"}, "sk": {"S": "2"}}
ELSEWHERE = {"pk": {"S": "b"}, "sk": {"S": "1"}, "list": {"S": "a"}}


@pytest.fixture(name="dynamodb")
def _dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="t",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "list")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "lists",
                    "KeySchema": [{"AttributeName": "list", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def heard(client: Any) -> list[bytes]:
    """The bodies of all answers to questions of every kind."""
    bodies: list[bytes] = []
    client.meta.events.register("after-call.dynamodb", lambda http_response, **_: bodies.append(http_response.content))
    client.put_item(TableName="t", Item=ITEM)
    client.put_item(TableName="t", Item=OTHER)
    client.put_item(TableName="t", Item=ELSEWHERE)
    client.get_item(TableName="t", Key=OTHER)
    a = {":a": {"S": "a"}}
    client.query(TableName="t", KeyConditionExpression="pk = :a", ExpressionAttributeValues=a, Limit=1)
    client.query(TableName="t", KeyConditionExpression="pk = :a", ExpressionAttributeValues=a, ScanIndexForward=False)
    client.query(TableName="t", KeyConditionExpression="pk = :n", ExpressionAttributeValues={":n": {"S": "never"}})
    client.query(
        TableName="t",
        IndexName="lists",
        KeyConditionExpression="#l = :a",
        ExpressionAttributeNames={"#l": "list"},
        ExpressionAttributeValues=a,
    )
    client.batch_get_item(RequestItems={"t": {"Keys": [OTHER], "ProjectionExpression": "sk"}})
    client.update_item(
        TableName="t",
        Key=OTHER,
        UpdateExpression="SET b = :b",
        ExpressionAttributeValues={":b": {"B": b"\x03"}},
        ReturnValues="ALL_NEW",
    )
    client.delete_item(TableName="t", Key=OTHER, ReturnValues="ALL_OLD")
    return bodies


def test_values_are_spelt_as_moto_spells_them(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = heard(dynamodb)
    quicken(monkeypatch)
    assert heard(boto3.client("dynamodb")) == slow


def test_a_transaction_that_fails_leaves_nothing(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    quicken(monkeypatch)
    dynamodb.put_item(TableName="t", Item=ITEM)
    for _ in range(2):
        with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
            dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": "t", "Item": OTHER}},
                    {
                        "Update": {
                            "TableName": "t",
                            "Key": {"pk": ITEM["pk"], "sk": ITEM["sk"]},
                            "UpdateExpression": "SET flag = :yes",
                            "ExpressionAttributeValues": {":yes": {"BOOL": True}},
                        }
                    },
                    {
                        "Put": {
                            "TableName": "t",
                            "Item": {"pk": {"S": "b"}, "sk": {"S": "3"}},
                            "ConditionExpression": "attribute_exists(pk)",
                        }
                    },
                ]
            )
    (kept,) = dynamodb.scan(TableName="t")["Items"]
    assert kept["flag"] == {"BOOL": False}
