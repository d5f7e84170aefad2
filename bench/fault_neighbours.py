"""For a function that takes batches, a record that nothing is wrong with and that stands beside the one that fails.

What else could come in the same batch; for a function that is not here, the same record a second time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bench.letters import CUSTOMER, letter
from bench.scenarios import CONVERSATIONS, Desk
from bench.stack import MAILBOX, notification_of, sqs_event, stream_event
from letterlock.domain.audit import OPERATOR, Act, Entry
from letterlock.entry import wiring

Record = dict[str, Any]
OTHER = 990
"""The number of the mail that the neighbour is about."""


def _mail(desk: Desk) -> Record:
    name = "neighbour"
    desk.stack.store(name, letter(OTHER, to=MAILBOX, subject="Something else"))
    return _queued(notification_of(name, (MAILBOX,)))


def _conversation(desk: Desk) -> str:
    name = "before-neighbour"
    desk.stack.store(name, letter(OTHER + 1, to=MAILBOX, subject="Another matter"))
    desk.accepted(desk.stack.notify_of(name))
    (found,) = [each["id"] for each in desk.listed() if each["subject"] == "Another matter"]
    desk.conversation = found
    return desk.conversation


def _reply(desk: Desk) -> Record:
    _conversation(desk)
    return _queued(desk.replied("An answer to another matter"))


def _event(desk: Desk) -> Record:
    _conversation(desk)
    fact = desk.replied("An answer to another matter")
    desk.accepted(desk.stack.deliver(fact))
    return _queued(desk.event(fact, "Delivery", delivery={"recipients": [CUSTOMER]}))


def _outbox(desk: Desk) -> Record:
    conversation = _conversation(desk)
    desk.stack.relay()
    desk.asked("POST", f"{CONVERSATIONS}/{conversation}/notes", {"text": "A note on another matter"})
    (record,) = stream_event(desk.stack.streamed())["Records"]
    return _beside(record)


def _entry(desk: Desk) -> Record:
    desk.stack.streamed("AuditTable", "act")
    own, at = wiring.ids().new("aud"), wiring.now()
    wiring.audit().record(Entry(own, desk.stack.workspace, OPERATOR, Act.WORKSPACE_CHANGED, "", at, "req-2"))
    (record,) = stream_event(desk.stack.streamed("AuditTable", "act"))["Records"]
    return _beside(record)


def _revocation(desk: Desk) -> Record:
    who = desk.stack.person()
    wanted = {"name": "The neighbour's", "scopes": ["conversations:read"]}
    made = desk.asked("POST", "/v1/me/tokens", wanted, token="", headers=who.headers)["id"]
    desk.stack.relay()
    desk.asked("DELETE", f"/v1/me/tokens/{made}", token="", headers=who.headers)
    (told,) = [each for each in desk.stack.relay() if each["detail-type"] == "CredentialRevoked"]
    return _queued(told)


def _queued(body: Any) -> Record:
    (record,) = sqs_event(json.dumps(body))["Records"]
    return _beside(record)


def _beside(record: Record) -> Record:
    """Under a number of its own in the batch."""
    if "dynamodb" in record:
        return record | {"dynamodb": record["dynamodb"] | {"SequenceNumber": "999"}}
    return record | {"messageId": "5b1f7a0c-0000-4000-8000-00000000beef"}


_OTHERS: dict[str, Callable[[Desk], Record]] = {
    "inbound_email": _mail,
    "outbound_email": _reply,
    "delivery_events": _event,
    "outbox_relay": _outbox,
    "audit_chainer": _entry,
    "token_revocation": _revocation,
}


def with_neighbour(function: str, event: dict[str, Any], desk: Desk) -> dict[str, Any]:
    records = event["Records"]
    other = _OTHERS[function](desk) if function in _OTHERS else _beside(records[0])
    return {"Records": [*records, other]}
