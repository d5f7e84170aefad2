"""`make run`: the local cloud in a terminal, until Ctrl-C."""

import shlex
import sys
import time
from pathlib import Path

from local.client import Api
from local.cloud import LocalCloud, running
from local.connection import Connection
from local.inbox import conversations, mailbox_id, wait_for
from local.main import run
from local.post import send
from local.progress import Progress
from local.settings import from_environment

SAMPLES = Path(__file__).with_name("samples")
_ARRIVAL_SECONDS = 60.0


def main(progress: Progress) -> int:
    """Start, show, stay. Ends by Stopped (Ctrl-C, SIGTERM) or by LocalCloudError."""
    progress.say("Letterlock, local cloud")
    with running(from_environment(), progress) as (cloud, connection):
        first = _shown_conversation(cloud, connection, progress)
        _print_use(connection, first, progress)
        while True:
            cloud.check()
            time.sleep(0.5)


def _shown_conversation(cloud: LocalCloud, connection: Connection, progress: Progress) -> str:
    """A conversation for the commands that are printed; on the first start the samples are sent for it."""
    api = Api(connection)
    with progress.step("API answers"):
        mailbox = mailbox_id(api, connection.mailbox)
    if cloud.is_new:
        send_samples(connection, api, mailbox, progress)
    listed = conversations(api, mailbox)
    return str(listed[0]["id"]) if listed else "<conversation>"


def send_samples(connection: Connection, api: Api, mailbox: str, progress: Progress) -> None:
    """Through the SMTP door; returns when each is a conversation. Raises LocalCloudError."""
    samples = sorted(SAMPLES.glob("*.eml"))
    with progress.step(f"{len(samples)} sample mails sent through SMTP"):
        for sample in samples:
            send(connection, sample.read_bytes())
    with progress.step("They are conversations now") as step:
        listed = wait_for(
            "The sample mails as conversations",
            lambda: found if len(found := conversations(api, mailbox)) >= len(samples) else None,
            _ARRIVAL_SECONDS,
        )
        step.found(str(len(listed)))
    for each in reversed(listed):
        progress.say(f"            {each['id']}  {each.get('subject', '')}")


def _print_use(connection: Connection, conversation: str, progress: Progress) -> None:
    token = f"Authorization: Bearer {connection.token}"
    progress.say(f"\nReady after {progress.seconds:.1f} s.\n")
    progress.say(f"  API      {connection.api}  (documentation: {connection.api}/docs)")
    progress.say(f"  Token    {connection.token}")
    progress.say(f"  SMTP     {connection.smtp}, mail to {connection.mailbox}")
    progress.say(f"  Outbox   {connection.outbox}\n")
    for title, command in (
        ("List", [f"{connection.api}/v1/conversations"]),
        ("Read", [f"{connection.api}/v1/conversations/{conversation}"]),
        (
            "Reply",
            [
                f"{connection.api}/v1/conversations/{conversation}/replies",
                "-H",
                "Content-Type: application/json",
                "-d",
                '{"text": "Thank you for writing. We are on it."}',
            ],
        ),
    ):
        progress.say(f"  {title}:\n    {shlex.join(['curl', '-sS', '-H', token, *command])}\n")
    progress.say("Ctrl-C stops it. What it holds stays for the next start; `make clean` drops it.")


if __name__ == "__main__":
    sys.exit(run(main, when_stopped=0))
