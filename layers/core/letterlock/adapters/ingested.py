"""The ledger's entries of a day, as the index `by_mailbox` lists them.

Nothing is counted beside the ledger: a counter would be written by every mail to a mailbox at once, inside its
transaction (two write units, and a conflict for whoever comes second), where an entry in an index costs one unit and
meets nobody. So the counts are the ledger's own, and cannot differ from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from letterlock.adapters import table_conversations as table
from letterlock.adapters.dynamo import pages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def ingested(client: DynamoDBClient, table_name: str, hashed: str) -> Iterator[tuple[str, str]]:
    """Outcome and reason (which may be empty) of each entry."""
    request = {
        "TableName": table_name,
        "IndexName": table.BY_MAILBOX,
        "KeyConditionExpression": "inbox = :hashed",
        "ExpressionAttributeValues": {":hashed": {"S": hashed}},
        "ProjectionExpression": "activity",
    }
    for item in pages(client, request):
        outcome, reason, _ = item["activity"]["S"].split("#", 2)
        yield outcome, reason
