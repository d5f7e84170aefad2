"""`make ingest`: every mail of a folder through the inbound handler, and what was stored of it in one line each."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.ingest import UNREAD, main
from bench.mail_files import envelope_sender, mails
from letterlock.domain.visible import hidden_spans

SAMPLES = Path(__file__).parent / "samples"
KEYS = [
    "file",
    "outcome",
    "reason",
    "message_id",
    "in_reply_to",
    "subject",
    "from",
    "to",
    "cc",
    "date",
    "text",
    "html",
    "visible_text",
    "attachments",
    "auto",
    "bounce",
    "threading",
    "cpu_ms",
]

Run = Callable[[], tuple[int, str, dict[str, dict[str, Any]]]]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mails"
    folder.mkdir()
    return folder


@pytest.fixture(name="ingest")
def _ingest(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run() -> tuple[int, str, dict[str, dict[str, Any]]]:
        """Exit code, last line of stdout, lines by file."""
        out = tmp_path / "result.jsonl"
        code = main([str(folder), str(out)])
        lines = [json.loads(each) for each in out.read_text().splitlines()]
        return code, capsys.readouterr().out.splitlines()[-1], {each["file"]: each for each in lines}

    return run


def mail(number: int, text: str = "Hello", **header: str) -> bytes:
    fields = {"From": "Ana <ana@customer.example>", "Subject": f"Mail {number}", "Message-ID": f"<{number}@x.example>"}
    said = fields | {name.replace("_", "-"): value for name, value in header.items()}
    return "".join(f"{name}: {value}\n" for name, value in said.items()).encode() + f"\n{text}\n".encode()


def test_what_is_said_of_a_mail_is_what_was_stored_of_it(folder: Path, ingest: Run) -> None:
    (folder / "image.eml").write_bytes((SAMPLES / "inline_image.eml").read_bytes())
    (folder / "first.eml").write_bytes((SAMPLES / "utf8_quoted_printable.eml").read_bytes())

    code, last, lines = ingest()

    assert (code, last) == (0, "2 mails = 2 stored + 0 duplicate + 0 quarantined + 0 rejected + 0 uncaught")
    first, image = lines["first.eml"], lines["image.eml"]
    assert list(first) == list(image) == KEYS
    assert first.pop("cpu_ms") > 0
    assert first == {
        "file": "first.eml",
        "outcome": "stored",
        "reason": None,
        "message_id": "1@customer.example",
        "in_reply_to": "0@acme.example",
        "subject": "Dónde está mi paquete?",
        "from": [{"name": "Ana Pérez", "address": "ana@customer.example"}],
        "to": [{"name": "Acme Support", "address": "support@acme.example"}],
        "cc": [],
        "date": "2026-11-02T09:29:58+00:00",
        "text": "Hola, ¿dónde está mi paquete? Lo espero desde hace una semana y media.\n\nAna",
        "html": "",
        "visible_text": "Hola, ¿dónde está mi paquete? Lo espero desde hace una semana y media.\n\nAna",
        "attachments": [],
        "auto": False,
        "bounce": None,
        "threading": {"rule": "new", "evidence": "", "trust": "verified"},
    }
    assert "cid:cup@customer.example" in image["html"]
    (file,) = image["attachments"]
    assert (file["name"], file["type"], file["size"], file["inline"]) == ("cup.png", "image/png", 8, True)


def test_mails_are_found_in_all_that_they_are_kept_in(folder: Path, ingest: Run) -> None:
    for each in ("Maildir/cur", "Maildir/new", "Maildir/tmp", "deep/er"):
        (folder / each).mkdir(parents=True)
    (folder / "Maildir/cur/1:2,S").write_bytes(mail(1))
    (folder / "Maildir/new/2").write_bytes(b"not begun as mails are")
    (folder / "Maildir/tmp/3").write_bytes(mail(3))
    (folder / "deep/er/4.EML").write_bytes(mail(4))
    (folder / "5.msg").write_bytes(mail(5))
    (folder / "6.box").write_bytes(b"From ana@x Mon Nov  2 10:29:58 2026\n" + mail(6))
    (folder / "7").write_bytes(mail(7))
    (folder / "empty.eml").touch()
    (folder / "notes.txt").write_text("see: no mail\nbut a text")
    (folder / "expected.json").write_text('{"subject": "x"}')

    code, last, lines = ingest()

    assert code == 0
    assert last.startswith("7 mails = 7 stored")
    assert {name: each["subject"] for name, each in lines.items()} == {
        "Maildir/cur/1:2,S": "Mail 1",
        "Maildir/new/2": "",
        "deep/er/4.EML": "Mail 4",
        "5.msg": "Mail 5",
        "6.box": "Mail 6",
        "7": "Mail 7",
        "empty.eml": "",
    }


def test_an_mbox_is_as_many_mails_as_it_has_and_a_sentence_that_begins_with_from_ends_none(
    folder: Path, ingest: Run
) -> None:
    envelope = b"From ana@customer.example Mon Nov  2 10:29:58 2026\n"
    first = mail(1, "It says:\n\nFrom here on it is yours.\n\n>From the desk of Ana\nFrom me at 10:30")
    (folder / "old.mbox").write_bytes(envelope + first + b"\n" + envelope + mail(2) + b"\n")
    (folder / "one.mbox").write_bytes(envelope + mail(3))
    (folder / "none.mbox").write_bytes(mail(4))

    code, _, lines = ingest()

    assert code == 0
    assert {name: each["subject"] for name, each in lines.items()} == {
        "old.mbox#1": "Mail 1",
        "old.mbox#2": "Mail 2",
        "one.mbox#1": "Mail 3",
        "none.mbox": "Mail 4",
    }
    assert lines["old.mbox#1"]["text"] == (
        "It says:\n\nFrom here on it is yours.\n\nFrom the desk of Ana\nFrom me at 10:30"
    )


def test_an_answer_finds_its_conversation_and_the_same_mail_is_a_duplicate(folder: Path, ingest: Run) -> None:
    (folder / "1.eml").write_bytes(mail(1, "x" * 5_000))
    (folder / "2.eml").write_bytes(mail(2, In_Reply_To="<1@x.example>"))
    (folder / "3.eml").write_bytes(mail(1, "x" * 5_000))

    code, last, lines = ingest()

    assert (code, last) == (0, "3 mails = 2 stored + 1 duplicate + 0 quarantined + 0 rejected + 0 uncaught")
    assert lines["2.eml"]["threading"]["rule"] == "message_id"
    assert (lines["3.eml"]["outcome"], lines["3.eml"]["reason"]) == ("duplicate", "same_mail")
    assert lines["3.eml"]["text"] == lines["1.eml"]["text"] == "x" * 5_000


def test_what_the_checks_found_is_said_too(folder: Path, ingest: Run) -> None:
    (folder / "away.eml").write_bytes(mail(1, Auto_Submitted="auto-replied"))
    (folder / "back.eml").write_bytes(
        b"From: MAILER-DAEMON@x.example\nSubject: Returned\nContent-Type: multipart/report; boundary=b\n\n"
        b"--b\n\nIt did not arrive.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
        b"Final-Recipient: rfc822; ben@b.example\nAction: failed\nStatus: 5.1.1\n\n"
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: <sent@acme.example>\n\nHello\n--b--\n"
    )

    _, _, lines = ingest()

    assert (lines["away.eml"]["auto"], lines["away.eml"]["bounce"]) == (True, None)
    assert lines["back.eml"]["bounce"] == {
        "action": "failed",
        "status": "5.1.1",
        "recipient": "ben@b.example",
        "message_id": "sent@acme.example",
    }


def test_a_message_file_of_outlook_is_kept_and_said_to_be_unreadable(folder: Path, ingest: Run) -> None:
    (folder / "outlook.msg").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512))

    code, last, lines = ingest()

    assert (code, last) == (0, "1 mails = 0 stored + 0 duplicate + 1 quarantined + 0 rejected + 0 uncaught")
    assert (lines["outlook.msg"]["outcome"], lines["outlook.msg"]["reason"]) == ("quarantined", "unreadable")


def test_a_fault_of_ours_has_a_line_too_and_the_command_fails(
    folder: Path, ingest: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(text: str, subject: str) -> Any:
        if subject == "Mail 2":
            raise RuntimeError("words of the mail")
        return hidden_spans(text, subject)

    monkeypatch.setattr("letterlock.services.received_message.hidden_spans", faulty)
    for number in (1, 2, 3):
        (folder / f"{number}.eml").write_bytes(mail(number))

    code, last, lines = ingest()

    assert (code, last) == (1, "3 mails = 2 stored + 0 duplicate + 0 quarantined + 0 rejected + 1 uncaught")
    assert lines["2.eml"]["outcome"] == "uncaught"
    assert lines["2.eml"]["reason"].startswith("RuntimeError test_ingest.py:")
    assert lines["3.eml"]["outcome"] == "stored"


def test_a_file_that_cannot_be_read_has_a_line_and_names_that_are_no_text_are_spelt(folder: Path, ingest: Run) -> None:
    (folder / "pipe.eml").symlink_to(folder / "nowhere")
    Path(str(folder).encode().decode() + "/\udcff.eml").write_bytes(mail(1))
    unreadable = folder / "locked.eml"
    unreadable.write_bytes(mail(2))

    assert {each.name for each in mails(folder)} == {"\\xff.eml", "locked.eml"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", refusing(unreadable))
        found = {each.name: each.unread for each in mails(folder)}
    assert found == {"\\xff.eml": "", "locked.eml": "PermissionError"}
    assert UNREAD == "unread"


def refusing(refused: Path) -> Any:
    sound = Path.open

    def opened(self: Path, *args: Any, **more: Any) -> Any:
        if self == refused:
            raise PermissionError
        return sound(self, *args, **more)

    return opened


@pytest.mark.parametrize(
    ("raw", "sender"),
    [
        (b"Return-Path: <bounces@x.example>\nFrom: a@b.example\n\n", "bounces@x.example"),
        (b"Return-Path: <>\nFrom: a@b.example\n\n", ""),
        (b"From: Ana <a@b.example>\n\nReturn-Path: <c@d.example>", "a@b.example"),
        (b"Subject: x\n\n", "somebody@sender.example"),
    ],
)
def test_the_envelope_has_the_sender_that_the_mail_tells_of(raw: bytes, sender: str) -> None:
    assert envelope_sender(raw) == sender


def test_a_folder_without_mails_proves_nothing(folder: Path, ingest: Run) -> None:
    code, last, _ = ingest()

    assert (code, last) == (1, "0 mails = 0 stored + 0 duplicate + 0 quarantined + 0 rejected + 0 uncaught")
