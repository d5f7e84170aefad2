"""The tables that template.yaml defines, made on moto, in process."""

from functools import cache
from typing import TYPE_CHECKING, Any

from tools.expand_template import load

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OURS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
"""What of a table decides how it answers."""


@cache
def resources() -> dict[str, Any]:
    """The template's resources as they are written there."""
    written: dict[str, Any] = load()["Resources"]
    return written


def definition(logical_id: str) -> dict[str, Any]:
    """A table's properties, as the template has them."""
    properties: dict[str, Any] = resources()[logical_id]["Properties"]
    return properties


def make_table(client: "DynamoDBClient", logical_id: str) -> str:
    """The table's name: its logical id."""
    properties = definition(logical_id)
    request: dict[str, Any] = {name: properties[name] for name in OURS if name in properties}
    client.create_table(TableName=logical_id, **request)
    return logical_id
