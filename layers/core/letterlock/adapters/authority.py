"""Who asks for a change still has what they were let in with when it is written: conditions of its own transaction.

A request is admitted by one read, and what it asks for is written a moment later. In between whoever asks may be
removed, signed out or given less, and then nothing of it is to be written. So the transaction of whatever decides who
may do what holds two items as they were read: the member's (active, the credential is there, role and mailboxes are
the same) and the gate (open, and nobody was signed out since that credential was made). That is four write units. What
only takes away (a token, a session, a link, everybody's credentials) holds nothing: nobody gets anything by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from letterlock.adapters import table_accounts as table
from letterlock.adapters.codec import instant
from letterlock.adapters.dynamo import CONDITION_FAILED, Item, Key, Refusal, Step, key
from letterlock.adapters.member_items import gate_of, member_of
from letterlock.domain.accounts import Principal, refuse_no_longer

ASKER: Final = "asker"
"""Of a step that is there for the condition alone."""


def held(table_name: str, asker: Principal, steps: Sequence[Step]) -> list[Step]:
    """These steps, and the conditions. An item takes one step of a transaction (API reference, TransactWriteItems):
    where the change writes one of the two itself, that step takes the condition too.
    """
    left = {(table_name, *at): condition for at, condition in _conditions(asker).items()}
    found = [_with(step, left.pop(_place(step), {})) for step in steps]
    return [*found, *(_with(_check(*at), condition) for at, condition in left.items())]


def judge(asker: Principal, refusals: Sequence[Refusal]) -> None:
    """Raises Unauthenticated, Forbidden, Stale where it is one of these conditions that does not hold."""
    for each in refusals:
        if each.code != CONDITION_FAILED:
            continue
        at = (each.item["pk"]["S"], each.item["sk"]["S"]) if each.item else None
        if at == _member(asker):
            refuse_no_longer(asker, member_of(each.item))
        elif at == _gate(asker):
            refuse_no_longer(asker, gate_of(each.item))
        elif each.role == ASKER:
            refuse_no_longer(asker, None)


def at_version(version: int, name: str = "#version", read: str = ":read") -> str:
    """A condition on the version of a member's role and mailboxes: the first one need not be written down."""
    return f"(attribute_not_exists({name}) OR {name} = {read})" if version == 1 else f"{name} = {read}"


def _conditions(asker: Principal) -> dict[Key, Item]:
    """Each with names and values that no change's own ones are called by."""
    as_read = at_version(asker.version, "#by_version", ":by_version")
    member = {
        "ConditionExpression": f"#by_state = :by_state AND attribute_exists(credentials.#by) AND {as_read}",
        "ExpressionAttributeNames": {"#by_state": "state", "#by_version": "version", "#by": asker.credential},
        "ExpressionAttributeValues": {":by_state": {"S": table.ACTIVE}, ":by_version": {"N": str(asker.version)}},
    }
    gate = {
        "ConditionExpression": (
            "#by_gate = :by_gate AND (attribute_not_exists(signed_out_at) OR signed_out_at < :by_since)"
        ),
        "ExpressionAttributeNames": {"#by_gate": "state"},
        "ExpressionAttributeValues": {":by_gate": {"S": table.ACTIVE}, ":by_since": {"S": instant(asker.since)}},
    }
    return {_member(asker): member, _gate(asker): gate}


def _check(table_name: str, pk: str, sk: str) -> Step:
    return Step(ASKER, {"ConditionCheck": {"TableName": table_name, "Key": key(pk, sk)}})


def _with(step: Step, more: Item) -> Step:
    if not more:
        return step
    [(kind, operation)] = step.operation.items()
    both: dict[str, Any] = dict(operation)
    own = operation.get("ConditionExpression")
    both["ConditionExpression"] = f"({own}) AND {more['ConditionExpression']}" if own else more["ConditionExpression"]
    for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        both[name] = operation.get(name, {}) | more[name]
    # What stands there says which of the two conditions it was.
    return Step(step.role, {kind: both | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}})


def _place(step: Step) -> tuple[str, str, str]:
    """Table, pk, sk."""
    [operation] = step.operation.values()
    at = operation.get("Key") or operation["Item"]
    return operation["TableName"], at["pk"]["S"], at["sk"]["S"]


def _member(asker: Principal) -> Key:
    return asker.workspace, table.member_key(asker.id)


def _gate(asker: Principal) -> Key:
    return asker.workspace, table.GATE
