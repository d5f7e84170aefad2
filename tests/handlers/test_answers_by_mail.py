"""Somebody of the team answers the mail that told them: a reply or a note, from them and from nobody else."""

from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

import pytest

from bench.notify_paths import answer
from bench.people import SignedIn
from letterlock.domain.answers import SEPARATOR
from letterlock.domain.people import Profile
from letterlock.domain.permissions import Role
from letterlock.entry import people_wiring, wiring
from tests.handlers.stack import Stack, notification_of
from tests.handlers.test_notifications import address, assigned, opened, said, told
from tests.handlers.test_tokens import ask

TEXT = (
    f"It is on its way.\n\nOn Mon, 2 Nov at 09:30 Support <notifications@acme.example> wrote:\n\n> {SEPARATOR}\n> x\n"
)


@dataclass
class Told:
    """Somebody who was told that a conversation is theirs, and where their answer goes."""

    stack: Stack
    person: SignedIn
    conversation: str
    to: str
    count: int = 0

    def answers(self, text: str = TEXT, *, sender: str = "", raw: bytes = b"", name: str = "", **verdicts: str) -> None:
        self.count += 1
        name = name or f"answer-{self.count}"
        self.stack.store(name, raw or answer(sender or address(self.person), self.to, text, self.count))
        assert self.stack.notify(notification_of(name, (self.to,), **verdicts)) == {"batchItemFailures": []}

    @property
    def messages(self) -> list[Any]:
        found: list[Any] = self.stack.api("GET", f"/v1/conversations/{self.conversation}")[1]["messages"]
        return found


@pytest.fixture
def bea(stack: Stack) -> Told:
    person = stack.person(Role.AGENT)
    conversation = opened(stack)
    assigned(stack, conversation, person.id)
    [mail] = stack.notified()
    return Told(stack, person, conversation, parseaddr(str(mail["Reply-To"]))[1])


def outcomes(stack: Stack) -> dict[str, int]:
    [line] = stack.api("GET", "/v1/ingest-summary")[1]["mailboxes"]
    return {name: line[name] for name in ("stored", "duplicate", "quarantined", "rejected")}


def test_the_answer_goes_to_the_customer_from_the_mailbox_and_nothing_of_the_agent_with_it(bea: Told) -> None:
    stack = bea.stack
    bea.answers()
    reply = bea.messages[-1]
    assert (reply["kind"], reply["text"], reply["author"]) == ("reply", "It is on its way.", bea.person.id)
    [fact] = [each for each in stack.relay() if each["detail-type"] == "ReplyQueued"]
    stack.deliver(fact)
    raw = stack.sent()[-1].raw_data
    assert "To: <ana@customer.example>" in raw
    assert "From: <support@acme.example>" in raw
    for ours in (bea.person.id.lower(), "team.example", "notifications@", "above this line", bea.to):
        assert ours not in raw
    assert outcomes(stack) == {"stored": 2, "duplicate": 0, "quarantined": 0, "rejected": 0}


def test_a_note_stays_among_the_team(bea: Told) -> None:
    bea.answers(f"#note\n{TEXT}")
    assert (bea.messages[-1]["kind"], bea.messages[-1]["text"]) == ("note", "It is on its way.")
    assert "ReplyQueued" not in {each["detail-type"] for each in bea.stack.relay()}


def test_a_delivery_twice_is_one_reply(bea: Told) -> None:
    for _ in range(2):
        bea.answers(name="same", raw=answer(address(bea.person), bea.to, TEXT))
    assert len(bea.messages) == 2


@pytest.mark.attack("agent address with failed DMARC")
@pytest.mark.parametrize(
    ("sender", "dmarc"),
    [
        ("", "FAIL"),
        ("", "GRAY"),
        ("eve@else.example", "PASS"),
        ("{bea}, eve@else.example", "PASS"),
        ('"{bea}" <eve@else.example>', "PASS"),
    ],
)
def test_a_forged_answer_is_refused_and_whose_name_it_uses_is_told_once_an_hour(
    bea: Told, sender: str, dmarc: str
) -> None:
    stack = bea.stack
    for _ in range(3):
        bea.answers(sender=sender.format(bea=address(bea.person)), dmarc=dmarc)
    assert len(bea.messages) == 1
    assert outcomes(stack)["rejected"] == 3
    [mail] = stack.notified()
    assert told([mail]) == [address(bea.person)]
    assert bea.conversation in said(mail)
    assert "+" not in str(mail["Reply-To"])
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_second_from_does_not_pass_for_the_first(bea: Told) -> None:
    raw = answer(address(bea.person), bea.to, TEXT)
    bea.answers(raw=b"From: eve@else.example\r\n" + raw)
    bea.answers(raw=raw.replace(b"\n\n", b"\nFrom: eve@else.example\n\n", 1))
    assert len(bea.messages) == 1


def test_a_colleague_cannot_use_somebody_elses_address(bea: Told) -> None:
    cleo = bea.stack.person(Role.AGENT)
    bea.answers(sender=address(cleo))
    assert len(bea.messages) == 1
    assert told(bea.stack.notified()) == [address(bea.person)]


def test_who_was_removed_or_became_a_viewer_answers_no_more(bea: Told) -> None:
    stack, owner = bea.stack, bea.stack.person(Role.OWNER)
    assert ask(stack, owner, "PATCH", f"/v1/people/{bea.person.id}", {"role": "viewer"})[0] == 200
    bea.answers()
    assert told(stack.notified()) == [address(bea.person)]
    assert ask(stack, owner, "DELETE", f"/v1/people/{bea.person.id}")[0] == 204
    bea.answers()
    assert len(bea.messages) == 1
    assert stack.notified() == []


def test_signing_everybody_out_ends_the_addresses_too(bea: Told) -> None:
    stack, owner = bea.stack, bea.stack.person(Role.OWNER)
    assert ask(stack, owner, "DELETE", "/v1/credentials")[0] == 204
    bea.answers()
    assert wiring.conversations().get(stack.workspace, bea.conversation).count == 1


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied (vacation)",
        "Precedence: bulk",
        "List-Id: <team.example>",
        "X-Autoreply: yes",
    ],
)
def test_a_machines_answer_is_neither_taken_in_nor_answered(bea: Told, header: str) -> None:
    bea.answers(raw=f"{header}\n".encode() + answer(address(bea.person), bea.to, TEXT))
    assert len(bea.messages) == 1
    assert outcomes(bea.stack)["rejected"] == 1
    assert bea.stack.notified() == []


def test_a_mailbox_of_ours_is_not_told_or_mails_would_go_round_for_ever(stack: Stack) -> None:
    looped = stack.person(Role.AGENT)
    people_wiring.people().rename(stack.workspace, looped.id, Profile("support@acme.example", "Loop"))
    assigned(stack, opened(stack), looped.id)
    assert stack.notified() == []


def test_a_token_is_bound_to_its_mailbox_and_workspace(bea: Told) -> None:
    stack = bea.stack
    theirs = stack.call("workspace_setup", {"workspace": {"name": "T"}, "mailbox": {"address": "t@acme.example"}})
    bea.to = bea.to.replace("support+", "t+")
    bea.answers()
    assert len(bea.messages) == 1
    assert stack.api("GET", "/v1/conversations", token=theirs["token"])[1]["conversations"] == []


def test_an_answer_with_files_is_refused_whole(bea: Told) -> None:
    raw = answer(address(bea.person), bea.to, TEXT).decode()
    head, _, body = raw.partition("\n\n")
    head = "\n".join(line for line in head.splitlines() if not line.lower().startswith(("content-", "mime-")))
    part = "--b\nContent-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment\n\nx\n--b--\n"
    mixed = f"{head}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n{body}\n{part}"
    bea.answers(raw=mixed.encode())
    assert len(bea.messages) == 1
    [mail] = bea.stack.notified()
    assert "files" in said(mail)
