"""What AWS does between the functions, for as long as anything waits: queues and streams bring what failed again, dead
letters are redriven, rules hand facts on, SES tells what became of each mail, schedules come round, clients ask again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType
from typing import Any, Final

from bench.event_rules import Topology
from bench.fault_browsers import begun_again, in_vain
from bench.fault_clients import CRASHED, answered, keyed, told_to_wait
from bench.fault_kinds import Killed
from bench.fault_wire import Armed, Asked, Wire
from bench.scenarios import CONVERSATIONS
from bench.stack import Stack, forget_wiring, rest_event, sqs_event, stream_event
from bench.steady import SteadyClock
from letterlock.adapters.codec import instant
from letterlock.adapters.table_audit import ENTRIES, LINKED
from letterlock.adapters.table_due import HEAR, UPLOAD
from letterlock.domain.permissions import Scope

Event = dict[str, Any]
CLIENT_TRIES: Final = 6
PAUSES: Final = (timedelta(minutes=6), timedelta(minutes=26), timedelta(minutes=61))
"""Past what is due after five minutes, an orphan's fifteen, an unconfirmed mail's fifteen, and a second try of each."""


@dataclass
class Cloud:
    """`spare`: the handlers as another process has them. `handed`: consumers, with the facts that they got while the
    scenario still ran by itself.
    """

    stack: Stack
    wire: Wire
    clock: SteadyClock
    spare: dict[str, ModuleType]
    topology: Topology
    home: tuple[str, str] = ("", "")
    """The first workspace, and a token of it."""
    handed: set[tuple[str, str]] = field(default_factory=set)
    stuck: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    """What the last attempt asked of AWS."""
    dead: int = 0
    """How many messages a dead-letter queue had to be redriven for."""
    left: Callable[[Any], None] = lambda _answer: None
    """Is told of the answer of the attempt that met the fault, when it has ended."""
    audited: list[Any] = field(default_factory=list)
    """The audit log as it was when somebody last looked whether it is right: it was."""
    resent: dict[str, str] = field(default_factory=dict)
    """Replies that somebody of the team sent again, and how they stood."""
    _tokens: dict[str, str] = field(default_factory=dict)
    _routed: int = 0
    _told: int = 0
    _queued: int = 0

    # ---- one event, until it is taken -------------------------------------------------------------------------------

    def deliver(self, function: str, event: Event, armed: Armed | None = None) -> Any:
        """The last answer. The fault strikes at the first attempt."""
        first = event.get("Records", [{}])[0].get("eventSource", "")
        if first == "aws:sqs":
            return self._from_queue(function, event, armed)
        if first == "aws:dynamodb":
            return self._from_stream(function, event, armed)
        if "httpMethod" in event:
            return self._from_client(function, event, armed)
        return self._until(function, event, armed, lambda answer: answer is not CRASHED)

    def attempt(self, function: str, event: Event, armed: Armed | None = None) -> Any:
        answer = self._attempt(function, event, armed)
        if armed:
            self.left(answer)
        return answer

    def _attempt(self, function: str, event: Event, armed: Armed | None) -> Any:
        try:
            with self.wire.invocation(armed) as self.asked:
                return self.stack.invoke(function, event)
        except Killed:
            forget_wiring("session", "client")  # the SDK's own, which know nothing of ours
            self.stack.handlers = self.stack.handlers | {function: self.spare[function]}
            return CRASHED
        except Exception:  # noqa: BLE001 - whatever it is, Lambda says "Unhandled" and the caller comes again
            return CRASHED
        finally:
            self.stack.recorder.faults.clear()  # what the scenario had put out of order works again the next time
            self.stack.instance.down = False

    def meanwhile(self, function: str, event: Event) -> Any:
        """The same to another process, while the first is in the middle of it: the answer of one attempt."""
        first = self.stack.handlers
        self.stack.handlers = first | {function: self.spare[function]}
        try:
            return self.attempt(function, event)
        finally:
            self.stack.handlers = first

    def _from_queue(self, function: str, event: Event, armed: Armed | None) -> Any:
        queue, redriven, answer = self.topology.queue_of(function), False, None
        records = event["Records"]
        while records:
            answer = self.attempt(function, {"Records": records}, armed)
            armed = None
            failed = _failed(records, answer)
            self.clock.skip(timedelta(seconds=queue.hidden if failed else 0))
            dead = [each for each in failed if _receives(each) >= queue.receives]
            records = [_received_again(each) for each in failed if each not in dead]
            if dead and redriven:
                self.stuck.append(f"{function}: a message that its dead-letter queue gets back again")
            elif dead:
                self.dead, redriven = self.dead + len(dead), True
                records += [_received_again(each, 0) for each in dead]
        return answer

    def _from_stream(self, function: str, event: Event, armed: Armed | None) -> Any:
        stream = next(each for each in self.topology.streams if each.function == function)
        records = event["Records"]
        for _ in range(1 + stream.retries):
            answer = self.attempt(function, {"Records": records}, armed)
            armed = None
            if answer is not CRASHED:
                failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
                if not failed:
                    return answer
                # Everything from the first that failed (Lambda: "Partial batch responses" of streams).
                at = min(n for n, each in enumerate(records) if each["dynamodb"]["SequenceNumber"] in failed)
                records = records[at:]
        return answer  # given up: from here on it is for the sweep

    def _from_client(self, function: str, event: Event, armed: Armed | None) -> Any:
        answer = self._until(function, keyed(event), armed, answered)
        return begun_again(self.stack, event, answer) if in_vain(event, answer) else answer

    def _until(self, function: str, event: Event, armed: Armed | None, done: Callable[[Any], bool]) -> Any:
        for _ in range(CLIENT_TRIES):
            answer = self.attempt(function, event, armed)
            armed = None
            if done(answer):
                return answer
            self.clock.skip(timedelta(seconds=told_to_wait(answer)))
        self.stuck.append(f"{function}: fails again and again")
        return answer

    # ---- everything, until it is quiet ------------------------------------------------------------------------------

    def until_quiet(self) -> None:
        self.pump()
        for number, pause in enumerate(PAUSES):
            # A connected account is asked each minute for ever; by the first pause it was, whoever died with its turn.
            if not self._waits({UPLOAD} if number == 0 else {UPLOAD, HEAR}):
                break
            self.clock.skip(pause)
            for function in self.topology.scheduled:
                self.deliver(function, {})
            self.pump()
            self._send_again()

    def pump(self) -> None:
        """Whatever comes by itself, without delay."""
        while self._stream() | self._bus() | self._ses() | self._queues():
            pass

    def _stream(self) -> bool:
        moved = False
        for stream in self.topology.streams:
            fresh = self.stack.streamed(stream.table, stream.holding)
            for start in range(0, len(fresh), stream.batch):
                self.deliver(stream.function, stream_event(fresh[start : start + stream.batch]))
            moved = moved or len(fresh) > 0
        return moved

    def _bus(self) -> bool:
        """Each publication of a fact, the second one of the same fact too."""
        start, self._routed = self._routed, len(self.wire.facts)
        for event in self.wire.facts[start : self._routed]:
            self._route(event, event["detail"]["metadata"]["id"])
        return start < self._routed

    def _ses(self) -> bool:
        start, self._told = self._told, len(self.wire.mails)
        for mail in self.wire.mails[start : self._told]:
            for event in mail.said:
                self._route(event)
        return start < self._told

    def _queues(self) -> bool:
        start, self._queued = self._queued, len(self.wire.messages)
        for queue, body in self.wire.messages[start : self._queued]:
            self.deliver(self.topology.queues[queue].function, sqs_event(body))
        return start < self._queued

    def _route(self, event: Event, fact: str = "") -> None:
        for queue, handed in self.topology.targets(event):
            if (queue.function, fact) not in self.handed:
                self.deliver(queue.function, sqs_event(json.dumps(handed)))

    def token_of(self, workspace: str) -> str:
        """One for whoever looks, or sends again: the same one each time."""
        home, token = self.home
        if workspace != home and workspace not in self._tokens:
            self._tokens[workspace] = self.stack.token_with(frozenset(Scope), workspace=workspace)
        return token if workspace == home else self._tokens[workspace]

    def _waits(self, but: set[str]) -> bool:
        """Whether anything is due at some time: a fact, a raw mail, a reply of which nobody knows. `but`: not these.

        An upload that nobody attaches waits for a day, whatever happens.
        """
        due = any("due_shard" in item and item["due_shard"]["S"] not in but for item in self.items())
        return due or bool(self.stack.versions("inbound")) or bool(self._unsent()) or self._unlinked()

    def _unlinked(self) -> bool:
        """Whether an entry of the audit log is in no chain."""
        names = [each["sk"]["S"] for each in self.stack.items("AuditTable")]
        entries, linked = ([name for name in names if name.startswith(kind)] for kind in (ENTRIES, LINKED))
        return len(linked) < len(entries)

    def items(self) -> list[Event]:
        return self.stack.items("ConversationsTable")

    def _unsent(self) -> list[Event]:
        """Replies that somebody of the team would send again, once."""
        ended = [each for each in self.items() if each.get("sending", {}).get("S") in ("unconfirmed", "failed")]
        return [each for each in ended if each["sk"]["S"] not in self.resent]

    def _send_again(self) -> None:
        now = instant(self.clock())
        for item in (each for each in self._unsent() if each.get("lease_until", {"S": ""})["S"] <= now):
            self.resent[item["sk"]["S"]] = item["sending"]["S"]
            workspace, _, conversation = item["pk"]["S"].partition("#")
            message = item["sk"]["S"].removeprefix("MSG#")
            path = f"{CONVERSATIONS}/{conversation}/messages/{message}/retry"
            self.deliver("conversations_api", rest_event("POST", path, None, token=self.token_of(workspace)))
        self.pump()


def _failed(records: list[Event], answer: Any) -> list[Event]:
    if answer is CRASHED:
        return records
    failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
    return [each for each in records if each["messageId"] in failed]


def _receives(record: Event) -> int:
    return int(record["attributes"]["ApproximateReceiveCount"])


def _received_again(record: Event, before: int | None = None) -> Event:
    times = (_receives(record) if before is None else before) + 1
    return record | {"attributes": record["attributes"] | {"ApproximateReceiveCount": str(times)}}
