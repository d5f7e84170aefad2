"""The template's policies as MiniStack can judge them, for AUTH=true.

Two things it sees otherwise than AWS does: every call comes without TLS, and SendEmail is asked for on `*`, not on the
identity and the configuration set. Everything else is judged as the template has it.
"""

from collections.abc import Iterator
from typing import Any

_SENDING = {"ses:SendEmail", "ses:SendRawEmail"}


def as_judged_here(template: dict[str, Any]) -> None:
    """Take out what refuses calls without TLS, and widen what grants sending, in the expanded template itself."""
    for document in _policy_documents(template["Resources"]):
        statements = document["Statement"]
        document["Statement"] = [statement for statement in statements if not _refuses_plain_http(statement)]
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow" and set(_listed(statement.get("Action", ""))) <= _SENDING:
                statement["Resource"] = "*"


def _policy_documents(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for each in node:
            yield from _policy_documents(each)
    elif isinstance(node, dict):
        if isinstance(node.get("Statement"), list):
            yield node
        for each in node.values():
            yield from _policy_documents(each)


def _refuses_plain_http(statement: dict[str, Any]) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {})
    return statement["Effect"] == "Deny" and str(condition.get("aws:SecureTransport")).lower() == "false"


def _listed(actions: Any) -> list[str]:
    return [actions] if isinstance(actions, str) else list(actions)
