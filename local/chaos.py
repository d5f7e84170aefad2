"""`make chaos`: mail comes in and replies go out while the processes of the functions are killed at random.

A cloud of its own. The queues' visibility timeouts are cut to seconds for the length of it, so that what a killed
process had in hand comes again soon; and what ends in a dead-letter queue is put back, as an operator would. Then the
ledger, the conversations and the outbox are held against what was sent and what was answered.
"""

from __future__ import annotations

import argparse
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from local.aws import resource
from local.client import Api
from local.cloud import LocalCloud
from local.connection import Connection
from local.correspondent import first_mail
from local.demo import temporary_cloud
from local.inbox import mailbox_id
from local.killer import Killer
from local.ledger import Ledger, sum_line
from local.main import run
from local.post import send
from local.progress import Progress
from local.settings import LocalCloudError
from local.verify_digests import differing

VISIBILITY_SECONDS = 20
TWICE = 10
"""One mail in so many is sent a second time, as by a server that lost our answer."""
QUIET_SECONDS = 600.0
REDRIVE_SECONDS = 10.0
TRIES = 120
_REPLY = re.compile(r"chaos reply (\d+) of")
OPEN = ("queued", "sending")


@dataclass
class Sent:
    """What went in, and what was answered with a promise."""

    mails: int = 0
    deliveries: list[str] = field(default_factory=list)
    replies: dict[int, tuple[str, str]] = field(default_factory=dict)
    """By its number: the conversation and the message that the API answered with."""
    refused: list[int] = field(default_factory=list)
    """Replies that the API never answered well: no promise was made."""


@dataclass
class Found:
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    window: list[str] = field(default_factory=list)
    """Replies that SES has, or may have, and whose state says so: unconfirmed."""


def main(progress: Progress) -> int:
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--replies", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with temporary_cloud(progress) as (cloud, connection):
        _hurry(cloud)
        sent = Sent()
        with progress.step("API answers, from a cold start"):
            began = time.monotonic()
            _mailbox(Api(connection), connection)
            cold_start = time.monotonic() - began
        chance = Random(asked.seed)  # noqa: S311 - a seed, not a secret
        with Killer(cloud.ministack, chance, cold_start) as killer, _redriven(cloud):
            _mail_and_replies(connection, sent, asked, progress)
        with progress.step("All of it has ended"):
            outcomes = _quiet(cloud, connection, sent)
        found = _compared(connection, sent, outcomes)
        lines = list[str]()
        untrue = differing(cloud.aws, connection.workspace, lines.append)
    return _told(progress, sent, killer.killed, outcomes, found, lines, untrue)


def _told(
    progress: Progress,
    sent: Sent,
    killed: Counter[str],
    outcomes: dict[str, str],
    found: Found,
    digests: list[str],
    untrue: int,
) -> int:
    for what, which in (("lost", found.lost), ("doubled", found.doubled)):
        for each in which:
            progress.say(f"{what}: {each}")
    for line in digests:
        progress.say(line)
    kinds = ", ".join(f"{times} {function}" for function, times in sorted(killed.items()))
    progress.say(f"killed: {killed.total()} processes ({kinds})")
    line, holds = sum_line(outcomes, len(sent.deliveries))
    progress.say(line)
    progress.say(f"{len(sent.replies)} replies promised, {len(sent.refused)} never promised")
    progress.say(f"lost: {len(found.lost)}, doubled: {len(found.doubled)}, in SES's window: {len(found.window)}")
    return 0 if holds and killed and not (found.lost or found.doubled or untrue) else 1


# ---- what happens ---------------------------------------------------------------------------------------------------


def _hurry(cloud: LocalCloud) -> None:
    """What a killed process had in hand comes again after seconds, not after minutes."""
    for url in _queues(cloud, "Queue"):
        cloud.aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)})


def _queues(cloud: LocalCloud, ending: str) -> list[str]:
    return [
        found for name, found in sorted(cloud.resources.items()) if name.endswith(ending) and found.startswith("http")
    ]


@contextmanager
def _redriven(cloud: LocalCloud) -> Iterator[None]:
    """Beside everything else, dead letters are put back: what was killed too often waits for an operator."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(REDRIVE_SECONDS):
            _redrive(cloud)

    operator = threading.Thread(target=run, daemon=True)
    operator.start()
    try:
        yield
    finally:
        over.set()
        operator.join()


def _mail_and_replies(connection: Connection, sent: Sent, asked: Any, progress: Progress) -> None:
    errors: list[BaseException] = []

    def guarded(act: Any, *arguments: Any) -> None:
        try:
            act(*arguments)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            errors.append(error)

    with progress.step(f"{asked.mails} mails in and {asked.replies} replies out, under fire"):
        threads = [
            threading.Thread(target=guarded, args=(_mails, connection, sent, asked.mails)),
            threading.Thread(target=guarded, args=(_replies, connection, sent, asked.replies)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]


def _mails(connection: Connection, sent: Sent, count: int) -> None:
    for number in range(count):
        mail = first_mail(connection.mailbox, f"Chaos {number}", f"Customer {number} <c{number}@client.example>")
        for _ in range(2 if number % TWICE == 0 else 1):
            answer = send(connection, mail.as_bytes())
            if answer.message_id:
                sent.deliveries.append(answer.message_id)
        sent.mails += 1


def _replies(connection: Connection, sent: Sent, count: int) -> None:
    """Each under an Idempotency-Key, sent until it is answered: what a client does that must not answer twice."""
    api = Api(connection)
    seen: list[str] = []
    for number in range(count):
        conversation = _unanswered(api, seen)
        text = f"This is chaos reply {number} of many."
        for attempt in range(TRIES):
            path = f"/v1/conversations/{conversation}/replies"
            status, body = api.post(path, {"text": text}, key=f"chaos-{number}")
            if status == 202:
                sent.replies[number] = (conversation, str(body["id"]))
                break
            time.sleep(min(0.2 * (attempt + 1), 2.0))
        else:
            sent.refused.append(number)


def _unanswered(api: Api, seen: list[str]) -> str:
    """A conversation that had no reply yet, as soon as there is one; else any."""
    for _ in range(TRIES):
        status, body = api.get("/v1/conversations?limit=100")
        if status == 200 and body["conversations"]:
            ids = [str(each["id"]) for each in body["conversations"]]
            fresh = [each for each in ids if each not in seen]
            chosen = (fresh or ids)[-1]
            seen.append(chosen)
            return chosen
        time.sleep(0.5)
    raise LocalCloudError("No conversation was seen through the API.")


# ---- the end --------------------------------------------------------------------------------------------------------


def _quiet(cloud: LocalCloud, connection: Connection, sent: Sent) -> dict[str, str]:
    """Outcomes of all deliveries, once each has one and no reply waits; dead letters are put back meanwhile."""
    api, outcomes = Api(connection), dict[str, str]()
    ledger = Ledger(
        cloud.aws.dynamodb,
        table=resource(cloud.resources, "ConversationsTable"),
        workspace=connection.workspace,
        mailbox=_mailbox(api, connection),
    )
    waiting, until = set(sent.replies), time.monotonic() + QUIET_SECONDS
    while time.monotonic() < until:
        open_ids = [each for each in sent.deliveries if each not in outcomes]
        outcomes |= ledger.outcomes(open_ids)
        waiting = {each for each in waiting if _state(api, *sent.replies[each]) in (*OPEN, "")}
        if len(outcomes) == len(set(sent.deliveries)) and not waiting:
            return outcomes
        _redrive(cloud)
        time.sleep(REDRIVE_SECONDS)
    return outcomes


def _mailbox(api: Api, connection: Connection) -> str:
    return mailbox_id(api, connection.mailbox)


def _state(api: Api, conversation: str, message: str) -> str:
    """How a reply stands; empty when the API does not say."""
    status, body = api.get(f"/v1/conversations/{conversation}/messages/{message}")
    return str(body["sending"]["state"]) if status == 200 else ""


def _redrive(cloud: LocalCloud) -> None:
    """What was given up on goes back to where it came from, as the console's "DLQ redrive" does."""
    for url in _queues(cloud, "Dlq"):
        source = next((each for each in _queues(cloud, "Queue") if _stem(each) == _stem(url)), None)
        if source is None:
            continue
        while messages := cloud.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for each in messages:
                cloud.aws.sqs.send_message(QueueUrl=source, MessageBody=each["Body"])
                cloud.aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])


def _stem(url: str) -> str:
    """`letterlock-InboundEmail` of the addresses of a queue and of its dead-letter queue."""
    return re.split(r"Queue|Dlq", url.rpartition("/")[2])[0]


def _compared(connection: Connection, sent: Sent, outcomes: dict[str, str]) -> Found:
    found = Found([f"{each} has no outcome" for each in sent.deliveries if each not in outcomes])
    stored = sum(outcome == "stored" for outcome in outcomes.values())
    if stored < sent.mails:
        found.lost.append(f"{sent.mails - stored} mails that the door took")
    if stored > sent.mails:
        found.doubled.append(f"{stored - sent.mails} mails")
    api, delivered = Api(connection), _delivered(Path(connection.outbox))
    for number, (conversation, message) in sent.replies.items():
        state, times = _state(api, conversation, message), delivered[number]
        if times > 1:
            found.doubled.append(f"reply {number} went out {times} times, {state}")
        elif state == "unconfirmed":
            found.window.append(f"reply {number}, {times} times in the outbox")
        elif not times or state in OPEN:
            found.lost.append(f"reply {number} is {state or 'nowhere'}, {times} times in the outbox")
    promised = Counter(message for _, message in sent.replies.values())
    found.doubled += [f"{message} answered {times} requests" for message, times in promised.items() if times > 1]
    return found


def _delivered(outbox: Path) -> Counter[int]:
    """How often each reply lies in the outbox: its own text, not where it is quoted."""
    found: Counter[int] = Counter()
    for path in outbox.glob("*.eml"):
        text = path.read_text("utf-8", "replace").replace("=\r\n", "").replace("=\n", "")
        own = [line for line in text.splitlines() if not line.startswith(">")]
        numbers = {int(match[1]) for line in own for match in _REPLY.finditer(line)}
        found.update(numbers)
    return found


if __name__ == "__main__":
    sys.exit(run(main))
