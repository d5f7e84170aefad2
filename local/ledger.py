"""The product's own account of each delivery, read from the conversations table: one record per delivery, no scan."""

from collections import Counter
from collections.abc import Iterator, Sequence

from mypy_boto3_dynamodb import DynamoDBClient

OUTCOMES = ("stored", "duplicate", "quarantined", "rejected")
_BATCH = 100  # BatchGetItem's most


def sum_line(outcomes: dict[str, str], received: int) -> tuple[str, bool]:
    """`9 received = 7 stored + 1 duplicate + …`, and whether it holds."""
    counts = Counter(outcomes.values())
    holds = sum(counts[outcome] for outcome in OUTCOMES) == received
    terms = " + ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
    return f"{received} received {'=' if holds else '≠'} {terms}", holds


class Ledger:
    """Outcomes by SES message id, for one mailbox and for the stack's own records (mail to nobody)."""

    def __init__(self, dynamodb: DynamoDBClient, *, table: str, workspace: str, mailbox: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._workspace = workspace
        self._mailbox = mailbox

    def outcomes(self, message_ids: Sequence[str]) -> dict[str, str]:
        """The outcome of each delivery that has one by now."""
        return dict(self._of_the_mailbox(message_ids))

    def outcome_of_the_stack(self, message_id: str) -> str | None:
        """The outcome of a delivery that reached no mailbox; None when there is no record of it."""
        answer = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"stack#ingest#{message_id}"}},
            ConsistentRead=True,
            Limit=1,
        )
        return next((item["outcome"]["S"] for item in answer["Items"]), None)

    def _of_the_mailbox(self, message_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        prefix = f"{self._workspace}#ingest#"
        for start in range(0, len(message_ids), _BATCH):
            group = message_ids[start : start + _BATCH]
            answer = self._dynamodb.batch_get_item(
                RequestItems={
                    self._table: {
                        "Keys": [{"pk": {"S": f"{prefix}{each}"}, "sk": {"S": self._mailbox}} for each in group],
                        "ProjectionExpression": "pk, outcome",
                        "ConsistentRead": True,
                    }
                }
            )
            for item in answer["Responses"][self._table]:
                yield item["pk"]["S"].removeprefix(prefix), item["outcome"]["S"]
