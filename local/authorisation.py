"""The template's policies as MiniStack can judge them, for AUTH=true.

It sees some things otherwise than AWS does: every call comes without TLS, a role's ARN lacks its path, a KMS call has
no encryption context and a DynamoDB call no leading keys, and SendEmail is asked for on `*`, not on the identity and
the configuration set. Conditions on these are left out, and so are denials that rest on them. A `Ref` to a secret is
its name there, and on AWS its ARN (CloudFormation, `AWS::SecretsManager::Secret`, return values), which is put in its
place. All else is judged as the template has it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_UNSEEN = ("aws:securetransport", "aws:principalarn", "kms:encryptioncontext:", "dynamodb:")
_SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type of resource
_SECRETS = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret"
_SENDING = {"ses:SendEmail", "ses:SendRawEmail"}


def as_judged_here(template: dict[str, Any]) -> None:
    """Adapt every policy of the expanded template, in place."""
    secrets = {name: one for name, one in template["Resources"].items() if one.get("Type") == _SECRET}
    for document in _policy_documents(template["Resources"]):
        statements = document["Statement"]
        document["Statement"] = [
            _without_unseen(statement)
            for statement in statements
            if statement["Effect"] == "Allow" or not _rests_on_unseen(statement)
        ]
        for statement in document["Statement"]:
            named = statement.get("Resource")
            if isinstance(named, dict) and named.get("Ref") in secrets:
                name = secrets[named["Ref"]]["Properties"]["Name"]["Fn::Sub"]
                statement["Resource"] = {"Fn::Sub": f"{_SECRETS}:{name}-*"}


def _policy_documents(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for each in node:
            yield from _policy_documents(each)
    elif isinstance(node, dict):
        if isinstance(node.get("Statement"), list):
            yield node
        for each in node.values():
            yield from _policy_documents(each)


def _rests_on_unseen(statement: Mapping[str, Any]) -> bool:
    return any(_is_unseen(key) for keys in statement.get("Condition", {}).values() for key in keys)


def _without_unseen(statement: dict[str, Any]) -> dict[str, Any]:
    adapted = dict(statement)
    if "Condition" in statement:
        seen = {
            operator: {key: value for key, value in keys.items() if not _is_unseen(key)}
            for operator, keys in statement["Condition"].items()
        }
        adapted["Condition"] = {operator: keys for operator, keys in seen.items() if keys}
        if not adapted["Condition"]:
            del adapted["Condition"]
    actions = statement.get("Action", [])
    if actions and set([actions] if isinstance(actions, str) else actions) <= _SENDING:
        adapted["Resource"] = "*"
    return adapted


def _is_unseen(key: str) -> bool:
    return key.lower().startswith(_UNSEEN)
