"""DynamoDB's own ways, once for all stores: unfinished batches, transactions and why they were refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from letterlock.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from pynamodb.models import Model

Item = dict[str, Any]
"""An item or a key in DynamoDB's notation: `{"pk": {"S": "…"}}`."""
Key = tuple[str, str]
"""pk, sk."""

BATCH_KEYS: Final = 100
"""DynamoDB API reference, BatchGetItem: at most 100 keys a request."""
BATCH_TRIES: Final = 3

ABSENT: Final = "attribute_not_exists(pk)"
CONDITION_FAILED: Final = "ConditionalCheckFailed"
CONFLICT: Final = "TransactionConflict"


def key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def raw(model: Model) -> Item:
    """A model as the item to store."""
    return dict(model.serialize())


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def batch_get(
    client: DynamoDBClient, table: str, keys: Iterable[Key], *, consistent: bool, tries: int = BATCH_TRIES
) -> dict[Key, Item]:
    """The items that exist, by key. Raises Unavailable when DynamoDB does not get through with them."""
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, Item] = {}
    for start in range(0, len(wanted), BATCH_KEYS):
        open_keys: list[Any] = [key(*each) for each in wanted[start : start + BATCH_KEYS]]
        for _ in range(tries):
            answer = client.batch_get_item(RequestItems={table: {"Keys": open_keys, "ConsistentRead": consistent}})
            items: list[Item] = [dict(each) for each in answer["Responses"].get(table, [])]
            found |= {(each["pk"]["S"], each["sk"]["S"]): each for each in items}
            open_keys = list(answer["UnprocessedKeys"][table]["Keys"]) if answer["UnprocessedKeys"] else []
            if not open_keys:
                break
        if open_keys:
            raise Unavailable("the store is too busy to answer")
    return found


def pages(client: DynamoDBClient, request: Item) -> Iterator[Item]:
    """The items of a Query, asking for the next page (a megabyte, or `Limit`) only when it is wanted."""
    while True:
        answer = client.query(**request)
        yield from (dict(item) for item in answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        request = request | {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def put_once(client: DynamoDBClient, table: str, model: Model) -> bool:
    """Whether the item was not there before. One that is there stays as it is."""
    try:
        client.put_item(TableName=table, Item=raw(model), ConditionExpression=ABSENT)
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """One write of a transaction, and what its refusal would mean to the caller."""

    role: str
    operation: Any
    """As TransactWriteItems takes it: `{"Put": …}` or `{"Update": …}`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    role: str
    code: str
    item: Item
    """What stands in its place, where the step asked for that."""


def put(table: str, role: str, model: Model, condition: str = "", values: Item | None = None) -> Step:
    """A put; with a condition, its refusal brings what stands in its place."""
    operation: Item = {"TableName": table, "Item": raw(model)}
    if condition:
        operation |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if values:
        operation["ExpressionAttributeValues"] = values
    return Step(role, {"Put": operation})


def transact(client: DynamoDBClient, steps: Sequence[Step]) -> list[Refusal]:
    """All of it or nothing: no refusals, or those that DynamoDB names. What is no condition and no conflict is raised.

    boto3 gives each call an idempotency token, so its own retry of an answer that got lost applies nothing twice.
    """
    try:
        client.transact_write_items(TransactItems=[each.operation for each in steps])
    except client.exceptions.TransactionCanceledException as error:
        refusals = list(_refusals(steps, error.response.get("CancellationReasons", [])))
        if not any(each.code in (CONDITION_FAILED, CONFLICT) for each in refusals):
            raise
        return refusals
    return []


def _refusals(steps: Sequence[Step], reasons: Iterable[Any]) -> Iterator[Refusal]:
    for step, reason in zip(steps, reasons, strict=True):
        if reason.get("Code", "None") != "None":
            yield Refusal(step.role, reason["Code"], reason.get("Item") or {})
