"""What came for nobody we know: `python -m tools.stack_ledger ENV [--day YYYY-MM-DD] [--region …]`, for the operator.

Reads the stack's own ledger of one day (UTC, by default today's) with the operator's credentials, in one Query.
ENV is one of samconfig.toml's (dev, prod) and names the stack. Addresses are not in it: they are kept as keyed hashes.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from letterlock.adapters import table_conversations as table
from letterlock.adapters.dynamo import pages
from letterlock.adapters.keyring import STACK
from tools.finish_deploy import DeployUnfinished, outputs, stack_of


@dataclass(frozen=True, slots=True)
class Entry:
    at: str
    reason: str
    ses_message_id: str


def entries(dynamodb: Any, table_name: str, day: date) -> Iterator[Entry]:
    """Of one day, by reason and then by time."""
    request = {
        "TableName": table_name,
        "IndexName": table.BY_MAILBOX,
        "KeyConditionExpression": "inbox = :hashed",
        "ExpressionAttributeValues": {":hashed": {"S": table.ingested_key(STACK, "", day.isoformat())}},
    }
    for item in pages(dynamodb, request):
        _, reason, at = item["activity"]["S"].split("#", 2)
        yield Entry(at, reason, item["pk"]["S"].removeprefix(table.stack_ingest_key("")))


def lines(found: Iterable[Entry], day: date) -> list[str]:
    listed = list(found)
    reasons = Counter(each.reason for each in listed)
    sums = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return [
        f"{day}: {len(listed)} rejected" + (f" ({sums})" if sums else ""),
        *(f"{each.at}  {each.reason:<18}  {each.ses_message_id}" for each in listed),
    ]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools.stack_ledger")
    parser.add_argument("environment")
    parser.add_argument("--day", type=date.fromisoformat, default=None)
    parser.add_argument("--region", default=None)
    asked = parser.parse_args(arguments)
    session = boto3.session.Session(region_name=asked.region)
    day = asked.day or datetime.now(UTC).date()
    try:
        name = outputs(session, stack_of(asked.environment))["ConversationsTableName"]
        shown = lines(entries(session.client("dynamodb"), name, day), day)
    except (BotoCoreError, ClientError, DeployUnfinished) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(shown))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
