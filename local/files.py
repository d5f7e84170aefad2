"""Files over the API of a running local cloud, as a client of it uses them: one goes out in a reply, one comes in."""

from __future__ import annotations

import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from bench.hostile_files import png
from local.client import Api
from local.connection import Connection
from local.correspondent import delivered_answer, first_mail
from local.inbox import conversation, conversations, mailbox_id, wait_for
from local.post import send
from local.progress import Progress
from local.settings import LocalCloudError

_SECONDS: Final = 90.0
_SUBJECT: Final = "The lamp, and a photograph of it"
_NAME: Final = "Übersicht — Lieferung №7.pdf"  # a name that no header holds as it is
_EVIL: Final = "invoice.pdf"
_MAILED: Final = {
    "photo.png": (png(), "image/png"),
    "page.html": (b"<!DOCTYPE html><script>alert(1)</script>\n", "application/octet-stream"),
    _EVIL: (b"MZ" + bytes(200), "application/octet-stream"),
}
"""The files of the mail: content, and the type under which it is to be handed out."""
_SENT_AS: Final = {"photo.png": "image/png", "page.html": "text/html", _EVIL: "application/pdf"}
OK, CREATED, ACCEPTED, NO_CONTENT, FORBIDDEN, CONFLICT, QUARANTINED = 200, 201, 202, 204, 403, 409, 422


@dataclass(frozen=True, slots=True)
class Files:
    """Raises LocalCloudError for what is refused, and for what is not looked into in time."""

    api: Api

    def announced(self, name: str, media_type: str, size: int) -> Any:
        status, upload = self.api.post("/v1/attachments", {"name": name, "media_type": media_type, "size": size})
        if status != CREATED:
            raise LocalCloudError(f"The API answered {status} to an upload: {upload}")
        return upload

    def uploaded(self, name: str, media_type: str, content: bytes) -> str:
        upload = self.announced(name, media_type, len(content))
        status = post_form(upload["form"], content)
        if status != NO_CONTENT:
            raise LocalCloudError(f"S3 answered {status} to a form.")
        return str(upload["id"])

    def looked_into(self, attachment: str) -> Any:
        def look() -> Any:
            status, upload = self.api.get(f"/v1/attachments/{attachment}")
            return upload if status == OK and upload["state"] != "waiting" else None

        return wait_for("A look into the file", look, _SECONDS)

    def mail_looked_into(self, conversation_id: str) -> Any:
        """The conversation's first message, once it says of each of its files what was found."""

        def look() -> Any:
            (mail, *_) = conversation(self.api, conversation_id)["messages"]
            return mail if all(each["state"] != "waiting" for each in mail["attachments"]) else None

        return wait_for("A look into the mail's files", look, _SECONDS)


def post_form(form: dict[str, Any], content: bytes) -> int:
    """S3's status for a form as a browser sends it (RFC 7578)."""
    boundary = uuid4().hex
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in form["fields"].items()
    )
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n\r\n'.encode()
    body += content + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(form["url"], body, headers, method="POST")  # noqa: S310 - the local cloud's own
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - likewise
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def fetched(url: str) -> tuple[bytes, dict[str, str]]:
    """The octets, and the headers by their names in small letters."""
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - the local cloud's own
        return answer.read(), {name.lower(): value for name, value in answer.headers.items()}


# ---- out and in -----------------------------------------------------------------------------------------------------


def each_way(connection: Connection, progress: Progress, deliveries: list[str]) -> None:
    """A file in, a file out. Raises LocalCloudError at the first thing that is not as promised.

    `deliveries` grows by the SES id of the mail that went in.
    """
    files = Files(Api(connection))
    mail = _mail(connection.mailbox)
    with progress.step("A mail with three files comes in") as step:
        deliveries.append(send(connection, mail.as_bytes()).message_id)
        conversation_id = _opened(connection, files.api)
        step.found(conversation_id)
    with progress.step("Its files looked into, and fetched") as step:
        step.found(_fetched_as_promised(files, conversation_id))
    with progress.step("A file uploaded by its form, and looked into") as step:
        content = b"%PDF-1.7\n" + sha256(b"a file").digest() * 40_000
        attachment = files.uploaded(_NAME, "application/pdf", content)
        found = files.looked_into(attachment)
        expect("The upload", found["state"], "clean")
        step.found(f"{len(content):,} octets, {found['state']}")
    replies = f"/v1/conversations/{conversation_id}/replies"
    body = {"text": "Here it is.", "attachments": [attachment]}
    with progress.step("Attached to a reply: the mail in the outbox has it whole") as step:
        expect("The reply", files.api.post(replies, body)[0], ACCEPTED)
        part = wait_for("The reply in the outbox", lambda: _attached(Path(connection.outbox), mail), _SECONDS)
        expect("The file's name in the mail", part.get_filename(), _NAME)
        expect("The file in the mail", sha256(part.get_content()).hexdigest(), sha256(content).hexdigest())
        step.found(f"SHA-256 {sha256(content).hexdigest()[:16]}… alike")
    with progress.step("A second message cannot have it") as step:
        status, _ = files.api.post(replies, body)
        expect("A reply with a file that is used up", status, CONFLICT)
        step.found(str(status))


def _fetched_as_promised(files: Files, conversation_id: str) -> str:
    """What became of each file of the mail."""
    message = files.mail_looked_into(conversation_id)
    said = []
    for each in message["attachments"]:
        name, (content, media_type) = each["name"], _MAILED[each["name"]]
        place = f"/v1/conversations/{conversation_id}/messages/{message['id']}/attachments/{each['id']}"
        status, offered = files.api.get(place)
        if name == _EVIL:
            expect("The quarantined file", (status, each["state"]), (QUARANTINED, "quarantined"))
            said.append(f"{name} quarantined ({each['finding']})")
            continue
        expect("The address of a file", status, OK)
        got, headers = fetched(offered["url"])
        expect("What was fetched", got, content)
        expect("What a redirect leads to", files.api.fetch(place), content)
        expect("Its type", headers["content-type"], media_type)
        disposition = f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
        expect("Its disposition", headers["content-disposition"], disposition)
        said.append(f"{name} as {media_type}")
    return ", ".join(said)


def _mail(mailbox: str) -> EmailMessage:
    mail = first_mail(mailbox, _SUBJECT)
    for name, (content, _) in _MAILED.items():
        maintype, _, subtype = _SENT_AS[name].partition("/")
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return mail


def _opened(connection: Connection, api: Api) -> str:
    mailbox = mailbox_id(api, connection.mailbox)

    def listed() -> str | None:
        return next((str(each["id"]) for each in conversations(api, mailbox) if each["subject"] == _SUBJECT), None)

    return wait_for("The conversation", listed, _SECONDS)


def _attached(outbox: Path, to: EmailMessage) -> EmailMessage | None:
    """The file of the mail in the outbox that answers this one."""
    answer = delivered_answer(outbox, to)
    return (
        next((part for part in answer.iter_attachments() if isinstance(part, EmailMessage)), None) if answer else None
    )


def expect(what: str, found: object, wanted: object) -> None:
    """Raises LocalCloudError."""
    if found != wanted:
        raise LocalCloudError(f"{what} is {str(found)[:200]}, not {str(wanted)[:200]}.")
