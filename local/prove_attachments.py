"""`make prove-attachments`: a file goes in and out whole, and what would do harm goes nowhere.

On a local cloud of its own: upload, scan, reply, and the mail in the outbox has the same octets; a mail's file is
fetched under the headers that it is promised to have; then each of `bench.hostile_files` is uploaded, and ends as it
should. What the look into the worst of them takes is measured in a process of its own, as is what a file of 29 MB takes
of memory (`bench.file_costs`).
"""

from __future__ import annotations

import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from bench.file_costs import MEGABYTES, bounded, costs_of_large_file, costs_of_looks, worst
from bench.hostile_files import HOSTILE, HostileFile, png
from local.client import Api
from local.connection import Connection
from local.correspondent import first_mail
from local.demo import temporary_cloud
from local.inbox import conversation, conversations, mailbox_id, wait_for
from local.main import run
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
_SMALL: Final = 6
"""The small form takes each sixth case."""
_OK, _CREATED, _ACCEPTED, _NO_CONTENT, _FORBIDDEN, _CONFLICT, _QUARANTINED = 200, 201, 202, 204, 403, 409, 422


@dataclass(frozen=True, slots=True)
class Files:
    """Files over the API, as a client of it uses them."""

    api: Api

    def announced(self, name: str, media_type: str, size: int) -> Any:
        status, upload = self.api.post("/v1/attachments", {"name": name, "media_type": media_type, "size": size})
        if status != _CREATED:
            raise LocalCloudError(f"The API answered {status} to an upload: {upload}")
        return upload

    def uploaded(self, name: str, media_type: str, content: bytes) -> str:
        upload = self.announced(name, media_type, len(content))
        status = post_form(upload["form"], content)
        if status != _NO_CONTENT:
            raise LocalCloudError(f"S3 answered {status} to a form.")
        return str(upload["id"])

    def looked_into(self, attachment: str) -> Any:
        def look() -> Any:
            status, upload = self.api.get(f"/v1/attachments/{attachment}")
            return upload if status == _OK and upload["state"] != "waiting" else None

        return wait_for("A look into the file", look, _SECONDS)


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
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - the local cloud's own
        return answer.read(), {name.lower(): value for name, value in answer.headers.items()}


# ---- out and in -----------------------------------------------------------------------------------------------------


def a_file_goes_out(connection: Connection, files: Files, progress: Progress) -> str:
    """The conversation's id. Raises LocalCloudError unless the mail in the outbox has the very octets."""
    content = b"%PDF-1.7\n" + sha256(b"a file").digest() * 40_000
    with progress.step("A mail with files comes in") as step:
        conversation_id = _mail_in(connection, files.api)
        step.found(conversation_id)
    with progress.step("A file uploaded by its form, and looked into") as step:
        attachment = files.uploaded(_NAME, "application/pdf", content)
        found = files.looked_into(attachment)
        _expect("The upload", found["state"], "clean")
        step.found(f"{len(content)} octets, {found['state']}")
    body = {"text": "Here it is.", "attachments": [attachment]}
    with progress.step("Attached to a reply: the mail in the outbox has it whole") as step:
        _expect("The reply", files.api.post(f"/v1/conversations/{conversation_id}/replies", body)[0], _ACCEPTED)
        part = wait_for("The reply in the outbox", lambda: _attached(Path(connection.outbox)), _SECONDS)
        _expect("The file's name in the mail", part.get_filename(), _NAME)
        _expect("The file in the mail", sha256(part.get_content()).hexdigest(), sha256(content).hexdigest())
        step.found(f"SHA-256 {sha256(content).hexdigest()[:16]}… alike")
    with progress.step("A second message cannot have it") as step:
        status, _ = files.api.post(f"/v1/conversations/{conversation_id}/replies", body)
        _expect("A reply with a file that is used up", status, _CONFLICT)
        step.found(str(status))
    return conversation_id


def a_file_comes_in(files: Files, conversation_id: str, progress: Progress) -> None:
    """Raises LocalCloudError unless each of the mail's files is fetched as promised."""
    with progress.step("The mail's files looked into, and fetched") as step:
        message = wait_for("A look into the mail's files", lambda: _looked_into(files.api, conversation_id), _SECONDS)
        for each in message["attachments"]:
            content, media_type = _MAILED[each["name"]]
            place = f"/v1/conversations/{conversation_id}/messages/{message['id']}/attachments/{each['id']}"
            status, offered = files.api.get(place)
            if each["name"] == _EVIL:
                _expect("The quarantined file", (status, each["state"]), (_QUARANTINED, "quarantined"))
                continue
            _expect("The address of a file", status, _OK)
            got, headers = fetched(offered["url"])
            _expect("What was fetched", got, content)
            _expect("Its type", headers["content-type"], media_type)
            said = headers["content-disposition"]
            _expect(
                "Its disposition", said, f"attachment; filename=\"{each['name']}\"; filename*=UTF-8''{each['name']}"
            )
            step.found(f"{each['name']} as {media_type}")


def _mail_in(connection: Connection, api: Api) -> str:
    mail = first_mail(connection.mailbox, _SUBJECT)
    for name, (content, _) in _MAILED.items():
        maintype, _, subtype = _SENT_AS[name].partition("/")
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    send(connection, mail.as_bytes())
    mailbox = mailbox_id(api, connection.mailbox)

    def listed() -> str | None:
        return next((str(each["id"]) for each in conversations(api, mailbox) if each["subject"] == _SUBJECT), None)

    return wait_for("The conversation", listed, _SECONDS)


def _looked_into(api: Api, conversation_id: str) -> Any:
    """The mail, once it says of each of its files what was found."""
    (mail, *_) = conversation(api, conversation_id)["messages"]
    return mail if all(each["state"] != "waiting" for each in mail["attachments"]) else None


def _attached(outbox: Path) -> EmailMessage | None:
    for path in outbox.glob("*.eml"):
        mail: EmailMessage = message_from_bytes(path.read_bytes(), policy=policy.default)
        for part in mail.iter_attachments():
            return part
    return None


# ---- what does not go in --------------------------------------------------------------------------------------------


def a_form_is_bound(files: Files, progress: Progress) -> None:
    """Raises LocalCloudError where S3 takes another file, or what was uploaded second is the one."""
    with progress.step("A form takes no larger file, no other place, no other type") as step:
        form = files.announced("a.txt", "text/plain", 5)["form"]
        for changed in ({"key": form["fields"]["key"] + "0"}, {"Content-Type": "text/html"}):
            _expect("Another form", post_form(form | {"fields": form["fields"] | changed}, b"12345"), _FORBIDDEN)
        too_large = post_form(form, b"123456")
        if too_large == _NO_CONTENT:
            raise LocalCloudError("S3 took a larger file than the form was signed for.")
        step.found(f"403, 403, {too_large}")
    with progress.step("A form that is used twice: the first file stays") as step:
        upload = files.announced("a.txt", "text/plain", 5)
        _expect("The first", post_form(upload["form"], b"first"), _NO_CONTENT)
        _expect("It", files.looked_into(upload["id"])["state"], "clean")
        _expect("The second", post_form(upload["form"], b"other"), _NO_CONTENT)
        _expect("It", files.looked_into(upload["id"])["state"], "clean")
        step.found("clean, as it was")


def hostile(files: Files, cases: tuple[HostileFile, ...], progress: Progress) -> int:
    """How many of them end as they should. All are uploaded before the first is looked for."""
    with progress.step(f"{len(cases)} files that lie, or would hurt, or do not") as step:
        sent = [(each, files.uploaded(each.name, each.media_type, each.make())) for each in cases]
        right = 0
        for each, attachment in sent:
            found = files.looked_into(attachment)
            as_expected = found["finding"] == each.finding
            right += as_expected
            if not as_expected:
                progress.say(f"    {each.what}: {found['finding']}, expected {each.finding}")
        step.found(f"{right} as expected")
    return right


def _expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise LocalCloudError(f"{what} is {str(found)[:200]}, not {str(wanted)[:200]}.")


def main(progress: Progress, *, small: bool = False) -> int:
    cases = HOSTILE[:: _SMALL if small else 1]
    with temporary_cloud(progress) as (_, connection):
        files = Files(Api(connection))
        a_file_comes_in(files, a_file_goes_out(connection, files, progress), progress)
        a_form_is_bound(files, progress)
        right = hostile(files, cases, progress)
    with progress.step("What the looks take, and a large file"):
        looks = costs_of_looks(cases)
        with tempfile.TemporaryDirectory() as folder:
            large = costs_of_large_file(Path(folder))
    progress.say()
    for each in [*worst(looks), *large]:
        progress.say(str(each))
    progress.say(f"memory above the base, at most {MEGABYTES} MB allowed; {len(cases)} cases, {right} as expected")
    return 0 if right == len(cases) and bounded([*looks, *large]) else 1


if __name__ == "__main__":
    sys.exit(run(lambda progress: main(progress, small="--small" in sys.argv[1:])))
