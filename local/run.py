"""`make run`: the local cloud in a terminal, until Ctrl-C."""

import shlex
import sys
import time
from pathlib import Path

from local.client import Api
from local.cloud import LocalCloud, running
from local.connection import Connection
from local.files import ACCEPTED, Files, expect
from local.inbox import conversation, conversations, mailbox_id, wait_for
from local.main import run
from local.post import send
from local.progress import Progress
from local.settings import Settings, from_environment

SAMPLES = Path(__file__).with_name("samples")
_ARRIVAL_SECONDS = 60.0


def main(progress: Progress) -> int:
    """Start, show, stay. Ends by Stopped (Ctrl-C, SIGTERM) or by LocalCloudError."""
    progress.say("Letterlock, local cloud")
    with running(from_environment(), progress) as (cloud, connection):
        first, file = _shown(cloud, connection, progress)
        _print_use(cloud.settings, connection, first, file, progress)
        while True:
            cloud.check()
            time.sleep(0.5)


def _shown(cloud: LocalCloud, connection: Connection, progress: Progress) -> tuple[str, str]:
    """A conversation and a file for the commands that are printed; on the first start the samples are sent for it."""
    api = Api(connection)
    with progress.step("API answers"):
        mailbox = mailbox_id(api, connection.mailbox)
    if cloud.is_new:
        send_samples(connection, api, mailbox, progress)
    listed = [str(each["id"]) for each in conversations(api, mailbox)]
    file = next((found for each in listed if (found := _file_of(api, each))), "")
    if cloud.is_new and file:
        _send_file(api, file.partition("/messages/")[0], progress)
    return listed[0] if listed else "<conversation>", file


def _file_of(api: Api, conversation_id: str) -> str:
    """The path of a file that came in with the conversation; empty where there is none."""
    message = conversation(api, conversation_id)["messages"][0]
    ids = [each["id"] for each in message["attachments"]]
    return f"/v1/conversations/{conversation_id}/messages/{message['id']}/attachments/{ids[0]}" if ids else ""


def _send_file(api: Api, place: str, progress: Progress) -> None:
    """The other way: uploaded by a form, looked into, and sent in a reply."""
    with progress.step("A reply with a file sent, see the outbox"):
        files = Files(api)
        upload = files.uploaded("Return label.txt", "text/plain", b"Lamps, 14 Quay Street\n")
        files.looked_into(upload)
        expect(
            "The reply", api.post(f"{place}/replies", {"text": "See the label.", "attachments": [upload]})[0], ACCEPTED
        )


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


def _print_use(settings: Settings, connection: Connection, conversation: str, file: str, progress: Progress) -> None:
    token = f"Authorization: Bearer {connection.token}"
    progress.say(f"\nReady after {progress.seconds:.1f} s.\n")
    progress.say(f"  API      {connection.api}  (documentation: {connection.api}/docs)")
    progress.say(f"  Token    {connection.token}")
    progress.say(f"  SMTP     {connection.smtp}, mail to {connection.mailbox}")
    progress.say(f"  Outbox   {connection.outbox}")
    if settings.bills:
        progress.say(f"  Stripe   {settings.stripe}, a stand-in: what is bought, and what becomes of it")
    progress.say()
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
        *([("Fetch a file", ["-LOJ", f"{connection.api}{file}"])] if file else []),
    ):
        progress.say(f"  {title}:\n    {shlex.join(['curl', '-sS', '-H', token, *command])}\n")
    progress.say("Ctrl-C stops it. What it holds stays for the next start; `make clean` drops it.")


if __name__ == "__main__":
    sys.exit(run(main, when_stopped=0))
