"""`make demo`: the round trip on a local cloud of its own, checked step by step."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from local.aws import resource
from local.client import Api
from local.cloud import LocalCloud, running
from local.connection import Connection
from local.correspondent import GONE, answer_to, delivered_answer, first_mail, text_of
from local.files import each_way
from local.inbox import conversation, conversations, mailbox_id, wait_for
from local.ledger import Ledger, sum_line
from local.main import run
from local.newcomers import come_in
from local.ports import free_ports
from local.post import send
from local.progress import Progress
from local.settings import LocalCloudError, Settings, from_environment
from local.subscriber import subscribe

_SUBJECT = "The second lamp of order 1047 is missing"
_GONE_SUBJECT = "A lamp that flickers"
_REPLY = "Sorry about that! The second lamp leaves our store today."
_SECONDS = 60.0


def main(progress: Progress) -> int:
    """Mail, answers, a bounce, files each way, people, what they pay: exit 0 when each is as it should be."""
    progress.say("Letterlock, the round trip on a local cloud of its own")
    with temporary_cloud(progress, bills=True) as (cloud, connection):
        deliveries: list[str] = []
        round_trip(connection, progress, deliveries)
        bounce(connection, progress, deliveries)
        each_way(connection, progress, deliveries)
        account(cloud, connection, progress, deliveries)
        owner = come_in(connection, progress)
        subscribe(owner, cloud.settings, progress)
    progress.say(f"\nThe round trip works. {progress.seconds:.1f} s in all.")
    return 0


def temporary_settings(*, bills: bool = False) -> Settings:
    """A cloud on free ports, with its state in a new temporary folder; AUTH=true holds for it too.

    `bills`: workspaces pay, through Stripe's stand-in.
    """
    cloud_port, api_port, smtp_port, stripe_port = free_ports(4)
    state = Path(tempfile.mkdtemp(prefix="letterlock-"))
    return Settings(
        state=state,
        cloud_port=cloud_port,
        api_port=api_port,
        smtp_port=smtp_port,
        auth=from_environment().auth,
        stripe_port=stripe_port if bills else 0,
    )


@contextmanager
def temporary_cloud(progress: Progress, *, bills: bool = False) -> Iterator[tuple[LocalCloud, Connection]]:
    """A cloud of one's own for the length of a block. Its state goes with it, unless it failed."""
    settings = temporary_settings(bills=bills)
    try:
        with running(settings, progress) as (cloud, connection):
            yield cloud, connection
    except LocalCloudError:
        progress.say(f"\nIts state stays in {settings.state}.")
        raise
    except BaseException:
        shutil.rmtree(settings.state, ignore_errors=True)
        raise
    shutil.rmtree(settings.state, ignore_errors=True)


def round_trip(connection: Connection, progress: Progress, deliveries: list[str]) -> str:
    """Run it and answer the conversation's id; `deliveries` grows by the SES ids of the mails that went in.

    Raises LocalCloudError at the first step that fails.
    """
    api = Api(connection)
    with progress.step("API answers") as step:
        mailbox = mailbox_id(api, connection.mailbox)
        step.found(mailbox)
    mail = first_mail(connection.mailbox, _SUBJECT)
    with progress.step("Mail sent in") as step:
        step.found(_sent(connection, mail, deliveries))
    with progress.step("Conversation seen through the API") as step:
        conversation_id = wait_for("The conversation", lambda: _with_subject(api, mailbox, _SUBJECT), _SECONDS)
        step.found(conversation_id)
    with progress.step("Reply accepted by the API") as step:
        step.found(_replied(api, conversation_id))
    with progress.step("Reply delivered") as step:
        outbox = Path(connection.outbox)
        delivered = wait_for("The reply in the outbox", lambda: delivered_answer(outbox, mail), _SECONDS)
        _check_delivered(delivered)
        step.found(str(delivered["Message-ID"]))
    with progress.step("Customer's answer sent in") as step:
        step.found(_sent(connection, answer_to(delivered), deliveries))
    with progress.step("Answer in the same conversation") as step:
        messages = wait_for("The third message", lambda: _messages(api, conversation_id, 3), _SECONDS)
        step.found(f"{conversation_id}, {len(messages)} messages")
    with progress.step("SES says what became of the reply") as step:
        sending = wait_for("SES's word on the reply", lambda: _settled(api, conversation_id, "delivered"), _SECONDS)
        step.found(sending["state"])
    return conversation_id


def bounce(connection: Connection, progress: Progress, deliveries: list[str]) -> str:
    """A reply to somebody whose mailbox is gone shows that on its message. Answers the conversation's id."""
    api = Api(connection)
    mailbox = mailbox_id(api, connection.mailbox)
    with progress.step("Reply to a mailbox that is no more") as step:
        _sent(connection, first_mail(connection.mailbox, _GONE_SUBJECT, GONE), deliveries)
        conversation_id = wait_for("The conversation", lambda: _with_subject(api, mailbox, _GONE_SUBJECT), _SECONDS)
        step.found(_replied(api, conversation_id))
    with progress.step("The bounce is on its message") as step:
        sending = wait_for("The bounce", lambda: _settled(api, conversation_id, "bounced"), _SECONDS)
        step.found(f"{sending['state']}, {sending['bounce']}, {sending['reason']}")
    return conversation_id


def account(cloud: LocalCloud, connection: Connection, progress: Progress, deliveries: list[str]) -> None:
    """Every delivery has ended as one of four, and their sum is what came in. Raises LocalCloudError when not."""
    ledger = Ledger(
        cloud.aws.dynamodb,
        table=resource(cloud.resources, "ConversationsTable"),
        workspace=connection.workspace,
        mailbox=mailbox_id(Api(connection), connection.mailbox),
    )
    with progress.step("The ledger's sum") as step:
        line, holds = sum_line(ledger.outcomes(deliveries), len(deliveries))
        step.found(line)
        if not holds:
            raise LocalCloudError(f"The ledger's sum does not hold: {line}")


def _settled(api: Api, conversation_id: str, state: str) -> dict[str, Any] | None:
    """How the reply stands, once it stands so."""
    for message in conversation(api, conversation_id)["messages"]:
        sending: dict[str, Any] | None = message["sending"]
        if sending and sending["state"] == state:
            return sending
    return None


def _sent(connection: Connection, mail: EmailMessage, deliveries: list[str]) -> str:
    answer = send(connection, mail.as_bytes())
    if not answer.message_id:
        raise LocalCloudError(f"The SMTP door answered {answer.code} {answer.text}")
    deliveries.append(answer.message_id)
    return answer.message_id


def _with_subject(api: Api, mailbox: str, subject: str) -> str | None:
    return next((str(each["id"]) for each in conversations(api, mailbox) if each.get("subject") == subject), None)


def _replied(api: Api, conversation_id: str) -> str:
    status, body = api.post(f"/v1/conversations/{conversation_id}/replies", {"text": _REPLY})
    if status not in {201, 202}:
        raise LocalCloudError(f"The API answered {status} to the reply: {body}")
    return str(body["id"])


def _check_delivered(delivered: EmailMessage) -> None:
    if _REPLY not in text_of(delivered):
        raise LocalCloudError("The delivered mail does not hold the reply's text.")
    if not delivered["Reply-To"]:
        raise LocalCloudError("The delivered mail has no Reply-To that an answer could go to.")


def _messages(api: Api, conversation_id: str, count: int) -> list[Any] | None:
    messages: list[Any] = conversation(api, conversation_id)["messages"]
    return messages if len(messages) >= count else None


if __name__ == "__main__":
    sys.exit(run(main))
