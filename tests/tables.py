"""The tables that template.yaml defines, made where a test wants them: moto, here, in process."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE = Path(__file__).parent.parent / "template.yaml"
OURS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
"""What of a table decides how it answers."""


class _Template(yaml.SafeLoader):
    """CloudFormation's YAML; what its functions (`!Ref` and the like) would give does not matter here."""


_Template.add_multi_constructor("!", lambda _loader, suffix, _node: f"!{suffix}")


@cache
def definition(logical_id: str) -> dict[str, Any]:
    """A table's properties, as the template has them."""
    template = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Template)  # noqa: S506 - a safe loader, see above
    properties: dict[str, Any] = template["Resources"][logical_id]["Properties"]
    return properties


def make_table(client: "DynamoDBClient", logical_id: str) -> str:
    """The table's name: its logical id."""
    properties = definition(logical_id)
    request: dict[str, Any] = {name: properties[name] for name in OURS if name in properties}
    client.create_table(TableName=logical_id, **request)
    return logical_id
