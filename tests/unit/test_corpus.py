"""`make e2e-corpus`: which files are mails, how the ledger is summed up, what the documentation names."""

import io
from pathlib import Path

import pytest

from local.corpus import mail_files, report, sender_of
from local.progress import Progress
from local.ses import FAILURES
from local.verdicts import BY_DOMAIN

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "local.md"


def test_every_eml_and_whatever_begins_as_a_mail_is_a_mail(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "broken.eml").write_bytes(b"\xff no header")
    (tmp_path / "upper.EML").write_bytes(b"")
    (tmp_path / "deep" / "er" / "plain").write_bytes(b"From: a@b.example\n\n")
    (tmp_path / "from-line").write_bytes(b"From a@b.example Mon Nov  2 09:30:00 2026\nSubject: x\n\n")
    (tmp_path / "expected.json").write_text('{"subject": "x"}')
    (tmp_path / "notes.txt").write_text("see: nothing\nhere is no mail")
    (tmp_path / "image.png").write_bytes(b"\x89PNG\r\n")
    names = {path.name for path in mail_files(tmp_path)}
    assert names == {"broken.eml", "upper.EML", "plain", "from-line"}


@pytest.mark.parametrize(
    ("raw", "sender"),
    [
        (b"From: Ana <ana@client.example>\r\n\r\n", "ana@client.example"),
        (b"Subject: nobody\r\n\r\n", "corpus@client.example"),
        (b"From: <<<@>>>\r\n\r\n", "corpus@client.example"),
        (b"From: x@y.example\x00\r\n\r\n", "corpus@client.example"),
        (b"From: \xff@client.example\r\n\r\n", "corpus@client.example"),
    ],
)
def test_a_from_that_smtp_cannot_carry_has_a_stand_in(raw: bytes, sender: str) -> None:
    assert sender_of(raw) == sender


def test_a_sum_that_holds_is_success_and_a_lost_mail_is_named_and_failure() -> None:
    outcomes = {"a": "stored", "b": "duplicate", "c": "quarantined", "d": "rejected"}
    out = io.StringIO()
    assert report(outcomes, ["a", "b", "c", "d"], Progress(out)) == 0
    assert "4 received = 1 stored + 1 duplicate + 1 quarantined + 1 rejected" in out.getvalue()
    out = io.StringIO()
    assert report(outcomes, ["a", "b", "c", "d", "lost"], Progress(out)) == 1
    assert "5 received ≠" in out.getvalue()
    assert "lost" in out.getvalue()


def test_an_outcome_that_the_ledger_does_not_know_breaks_the_sum() -> None:
    assert report({"a": "vanished"}, ["a"], Progress(io.StringIO())) == 1


@pytest.mark.parametrize("domain", [*sorted(BY_DOMAIN), *sorted(FAILURES)])
def test_every_domain_that_asks_for_something_is_documented(domain: str) -> None:
    assert f"`{domain}`" in DOCUMENT.read_text()
