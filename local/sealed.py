"""`make prove-sealed`: markers in every field of a mail and of an answer; then every byte that was stored is searched.

A cloud of its own takes mail in and sends an answer out, and is stopped, so that everything it holds lies on disk. Each
file is then searched for each marker, behind every wrapping that `local.markers` undoes; only the archives of deployed
code, known by their digest, are not unpacked. Two controls, one in a table and one in a bucket, are planted unsealed
and must be found: a search that finds nothing proves nothing. The outbox may show markers: it is the recipient's.
"""

import base64
import gzip
import secrets
import shutil
import sys
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from local.aws import local_session, resource
from local.client import Api
from local.cloud import LocalCloud, running
from local.connection import Connection
from local.demo import temporary_settings
from local.files import Files
from local.inbox import conversation, conversations, mailbox_id, wait_for
from local.main import run
from local.markers import found_in
from local.packaging import BUCKET
from local.post import send
from local.progress import Progress
from local.settings import MAIL_DOMAIN, LocalCloudError, Settings

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_SECONDS = 60.0
_FIELDS = (
    "subject", "text", "longtext", "html", "fromname", "fromaddress", "toname", "ccname", "ccaddress", "filename",
    "filebytes", "messageid", "nobodysubject", "nobodytext", "nobodyaddress", "brokentext", "replytext", "notetext",
    "uploadname", "uploadbytes",
)  # fmt: skip
_CONTROLS = ("controltable", "controlbucket")


@dataclass(slots=True)
class Markers:
    """One word for each field, unlike any other word there is."""

    words: dict[str, str] = field(
        default_factory=lambda: {name: f"qx{secrets.token_hex(8)}{name}" for name in (*_FIELDS, *_CONTROLS)}
    )

    def __getitem__(self, name: str) -> str:
        return self.words[name]


def main(progress: Progress) -> int:
    """Exit 0 when the controls were found and nothing else was."""
    progress.say("Letterlock, what lies at rest: a local cloud of its own, filled, stopped and searched")
    settings, markers = temporary_settings(), Markers()
    with running(settings, progress) as (cloud, connection):
        _fill(cloud, connection, markers, progress)
    with progress.step("Every stored byte searched") as step:
        hits, files, octets = _search(settings, markers)
        step.found(f"{files} files, {octets:,} bytes")
    shutil.rmtree(settings.state, ignore_errors=True)
    return _verdict(progress, hits)


def _fill(cloud: LocalCloud, connection: Connection, markers: Markers, progress: Progress) -> None:
    api = Api(connection)
    mailbox = mailbox_id(api, connection.mailbox)
    with progress.step("Marked mail sent in: to the mailbox, to nobody, and one that cannot be read"):
        for raw, recipient in (
            (_mail(connection.mailbox, markers).as_bytes(), connection.mailbox),
            (_mail_to_nobody(markers).as_bytes(), f"{markers['nobodyaddress']}@{MAIL_DOMAIN}"),
            (_unreadable(markers), connection.mailbox),
        ):
            sender = f"{markers['fromaddress']}@client.example"
            if not send(connection, raw, sender=sender, recipient=recipient).message_id:
                raise LocalCloudError("The SMTP door refused a marked mail.")
    with progress.step("Conversation seen through the API, with every field as it was sent"):
        found = wait_for("The conversation", lambda: _listed(api, mailbox, markers), _SECONDS)
        _check_readable(api, found, markers)
        wait_for("The unreadable mail", lambda: _quarantined(api, mailbox), _SECONDS)
    with progress.step("Marked reply and note written, with a marked file each; reply delivered"):
        files = Files(api)
        for kind, text in (("replies", "replytext"), ("notes", "notetext")):
            upload = files.uploaded(f"{markers['uploadname']}.txt", "text/plain", markers["uploadbytes"].encode())
            files.looked_into(upload)
            _post(api, f"/v1/conversations/{found}/{kind}", markers[text], upload)
        wait_for("The reply's delivery", lambda: _delivered(api, found), _SECONDS)
    with progress.step("Queues drained"):
        wait_for("The last message of a queue", lambda: _drained(cloud), _SECONDS)
    with progress.step("Two unsealed controls planted"):
        _plant(cloud, markers)


def _mail(mailbox: str, markers: Markers) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = f"{markers['fromname']} <{markers['fromaddress']}@client.example>"
    mail["To"] = f"{markers['toname']} <{mailbox}>"
    mail["Cc"] = f"{markers['ccname']} <{markers['ccaddress']}@client.example>"
    mail["Subject"] = f"{markers['subject']} \u00e9"
    mail["Message-ID"] = f"<{markers['messageid']}@client.example>"
    # Long enough that the visible text is cut and the whole of it lies in the archive.
    mail.set_content(f"{markers['text']}\n" + "All quiet on this line.\n" * 400 + f"{markers['longtext']}\n")
    mail.add_alternative(f"<p>{markers['html']}</p>", subtype="html")
    mail.add_attachment(
        markers["filebytes"].encode(), maintype="application", subtype="pdf", filename=f"{markers['filename']}.pdf"
    )
    return mail


def _mail_to_nobody(markers: Markers) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = f"{markers['fromaddress']}@client.example"
    mail["To"] = f"{markers['nobodyaddress']}@{MAIL_DOMAIN}"
    mail["Subject"] = markers["nobodysubject"]
    mail.set_content(markers["nobodytext"])
    return mail


def _unreadable(markers: Markers) -> bytes:
    """Nested beyond what any parser of ours follows: quarantined, with its raw mail kept."""
    depth = 300
    opened = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(depth))
    return f"MIME-Version: 1.0\r\n{opened}Content-Type: text/plain\r\n\r\n{markers['brokentext']}\r\n".encode()


def _listed(api: Api, mailbox: str, markers: Markers) -> str | None:
    listed = conversations(api, mailbox)
    return next((str(each["id"]) for each in listed if markers["subject"] in each["subject"]), None)


def _check_readable(api: Api, found: str, markers: Markers) -> None:
    """The same API that shows nothing at rest shows everything to whoever holds the token."""
    message = conversation(api, found)["messages"][0]
    _, whole = api.get(f"/v1/conversations/{found}/messages/{message['id']}")
    for name in ("text", "longtext", "html", "fromname", "fromaddress", "ccname", "ccaddress", "filename"):
        if markers[name] not in str(whole):
            raise LocalCloudError(f"The API does not show what was sent as {name}.")


def _quarantined(api: Api, mailbox: str) -> bool | None:
    _, listed = api.get(f"/v1/conversations?mailbox={mailbox}&status=quarantined")
    return bool(listed and listed["conversations"]) or None


def _post(api: Api, path: str, text: str, upload: str) -> None:
    status, _ = api.post(path, {"text": text, "attachments": [upload]})
    if status not in {201, 202}:
        raise LocalCloudError(f"The API answered {status}.")


def _delivered(api: Api, found: str) -> bool | None:
    messages: list[dict[str, Any]] = conversation(api, found)["messages"]
    return any((each["sending"] or {}).get("state") == "delivered" for each in messages) or None


def _drained(cloud: LocalCloud) -> bool | None:
    """SES's own events name recipients while they wait in their queue: what is looked for is what stays."""
    sqs = local_session().client("sqs", endpoint_url=cloud.settings.endpoint)
    counts: list[QueueAttributeNameType] = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    queues = [sqs.get_queue_attributes(QueueUrl=each, AttributeNames=counts) for each in sqs.list_queues()["QueueUrls"]]
    return not any(int(count) for queue in queues for count in queue["Attributes"].values()) or None


def _plant(cloud: LocalCloud, markers: Markers) -> None:
    cloud.aws.dynamodb.put_item(
        TableName=resource(cloud.resources, "ConversationsTable"),
        Item={
            "pk": {"S": "control"},
            "sk": {"S": "control"},
            "said": {"B": base64.b64encode(markers["controltable"].encode())},
        },
    )
    cloud.aws.s3.put_object(
        Bucket=resource(cloud.resources, "ArchiveBucket"),
        Key="control",
        Body=gzip.compress(markers["controlbucket"].encode()),
    )


def _search(settings: Settings, markers: Markers) -> tuple[dict[str, set[str]], int, int]:
    """Which file shows which fields; the outbox is left out, for it is the recipient's own."""
    names = {word: name for name, word in markers.words.items()}
    code = {path.stem for path in settings.state.rglob(f"{BUCKET}/*.zip")}
    hits: dict[str, set[str]] = {}
    files = octets = 0
    for path in sorted(each for each in settings.state.rglob("*") if each.is_file()):
        if settings.outbox in path.parents:
            continue
        data = path.read_bytes()
        files, octets = files + 1, octets + len(data)
        name = str(path.relative_to(settings.state))
        for word in found_in(name.encode(), names) | found_in(data, names, code):
            hits.setdefault(names[word], set()).add(name)
    return hits, files, octets


def _verdict(progress: Progress, hits: dict[str, set[str]]) -> int:
    missed = [name for name in _CONTROLS if name not in hits]
    leaked = {name: sorted(places) for name, places in sorted(hits.items()) if name not in _CONTROLS}
    for name, places in leaked.items():
        progress.say(f"  in the clear: {name} in {', '.join(places)}")
    progress.say(
        f"\nfields marked: {len(_FIELDS)}; found in the clear: {len(leaked)}; "
        f"unsealed controls planted: {len(_CONTROLS)}, found: {len(_CONTROLS) - len(missed)}"
    )
    return 1 if missed or leaked else 0


if __name__ == "__main__":
    sys.exit(run(main))
