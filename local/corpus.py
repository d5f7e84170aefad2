"""`make e2e-corpus DIR=...`: every mail in a folder through the SMTP door, and the ledger of how each ended."""

import re
import smtplib
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import parseaddr
from pathlib import Path

from bench.mail_files import begins_as_mail
from local.aws import connect, resource
from local.client import Api
from local.connection import Connection, read_connection
from local.demo import temporary_cloud
from local.inbox import mailbox_id
from local.ledger import Ledger, sum_line
from local.lock import running_endpoint
from local.main import run
from local.post import Answer, open_session, send_in
from local.progress import Progress
from local.receipt import header_fields
from local.settings import LocalCloudError, from_environment

# The ledger is quiet when nothing was added to it for so long: longer than a first retry takes.
_QUIET_SECONDS = 90.0
_SENDER = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z")
_NO_SENDER = "corpus@client.example"


def main(progress: Progress) -> int:
    """Send, wait, count. Exit 0 when the sum holds."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise LocalCloudError("Name a folder of mails: make e2e-corpus DIR=<folder>")
    mails = sorted(mail_files(Path(sys.argv[1])))
    if not mails:
        raise LocalCloudError("No file in that folder is a mail.")
    with _a_cloud(progress) as (endpoint, connection):
        with progress.step(f"{len(mails)} mails sent through SMTP at {connection.smtp}") as step:
            answers = _send_all(connection, mails)
            taken = [answer.message_id for answer in answers if answer.message_id]
            step.found(f"{len(taken)} received, {len(mails) - len(taken)} refused by the door")
        ledger = _ledger(endpoint, connection)
        with progress.step("The ledger is quiet"):
            outcomes = _settled(ledger, taken)
    return report(outcomes, taken, progress)


def mail_files(folder: Path) -> Iterator[Path]:
    """Every .eml under the folder, and every other file that begins as a mail does."""
    for path in folder.rglob("*"):
        if path.is_file() and (path.suffix.lower() == ".eml" or begins_as_mail(path)):
            yield path


@contextmanager
def _a_cloud(progress: Progress) -> Iterator[tuple[str, Connection]]:
    """The local cloud that runs in this checkout, or one of our own."""
    settings = from_environment()
    endpoint = running_endpoint(settings.state)
    connection = read_connection(settings.connection)
    if endpoint is not None and connection is not None:
        yield endpoint, connection
        return
    progress.say("No local cloud runs in this checkout: starting one on free ports for this run.")
    with temporary_cloud(progress) as (cloud, connection):
        yield cloud.settings.endpoint, connection


def _send_all(connection: Connection, mails: Sequence[Path]) -> list[Answer]:
    answers = []
    session = open_session(connection)
    for path in mails:
        raw = path.read_bytes()
        try:
            answers.append(send_in(session, raw, sender=sender_of(raw), recipient=connection.mailbox))
        except smtplib.SMTPServerDisconnected:
            answers.append(Answer(421, "the door closed the connection"))
            session = open_session(connection)
    session.close()
    return answers


def _ledger(endpoint: str, connection: Connection) -> Ledger:
    aws = connect(endpoint)
    return Ledger(
        aws.dynamodb,
        table=resource(aws.stack_resources(), "ConversationsTable"),
        workspace=connection.workspace,
        mailbox=mailbox_id(Api(connection), connection.mailbox),
    )


def _settled(ledger: Ledger, message_ids: Sequence[str]) -> dict[str, str]:
    """Outcomes of all deliveries, or of those that have one when nothing comes any more."""
    outcomes: dict[str, str] = {}
    last_change = time.monotonic()
    while len(outcomes) < len(message_ids) and time.monotonic() - last_change < _QUIET_SECONDS:
        open_ids = [each for each in message_ids if each not in outcomes]
        found = ledger.outcomes(open_ids)
        if found:
            last_change = time.monotonic()
        outcomes |= found
        time.sleep(0.25)
    for each in message_ids:
        if each not in outcomes and (outcome := ledger.outcome_of_the_stack(each)) is not None:
            outcomes[each] = outcome
    return outcomes


def report(outcomes: dict[str, str], taken: Sequence[str], progress: Progress) -> int:
    line, holds = sum_line(outcomes, len(taken))
    progress.say(f"\n{line}")
    if not holds:
        missing = [each for each in taken if each not in outcomes]
        progress.say(f"{len(missing)} without an outcome: {', '.join(missing[:10])}")
    return 0 if holds else 1


def sender_of(raw: bytes) -> str:
    """The From address where SMTP can carry it; else a stand-in, for the envelope must name somebody."""
    value = next((value for name, value in header_fields(raw) if name.lower() == "from"), "")
    address = parseaddr(value)[1]
    return address if _SENDER.match(address) else _NO_SENDER


if __name__ == "__main__":
    sys.exit(run(main))
