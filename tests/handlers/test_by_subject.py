"""Mail that joins by its subject, through the whole handler: only where the mailbox's settings say so."""

from __future__ import annotations

from typing import Any

import pytest

from bench.paths import RECEIPT
from bench.thread_paths import mail
from letterlock.domain.permissions import Scope
from tests.handlers.stack import MAILBOX, Stack, notification_of

ANA = "ana@customer.example"


def wants(stack: Stack, **threading: Any) -> None:
    body = {"settings": {"threading": threading}}
    token = stack.token_with(frozenset(Scope))
    assert stack.api("PATCH", f"/v1/mailboxes/{stack.mailbox}", body, token=token)[0] == 200


def writes(stack: Stack, number: int, subject: str, sender: str = ANA, **verdicts: str) -> None:
    name = f"subject{number}"
    stack.store(name, mail(number, sender, MAILBOX, subject=subject, text=f"Mail {number}"))
    assert stack.notify(notification_of(name, (MAILBOX,), **verdicts)) == {"batchItemFailures": []}


def counts(stack: Stack) -> list[int]:
    return sorted(each["message_count"] for each in stack.api("GET", "/v1/conversations")[1]["conversations"])


def test_a_mail_joins_by_its_subject_where_the_mailbox_wants_that(stack: Stack) -> None:
    wants(stack, by_subject=True, window_days=3)
    writes(stack, 1, "=?utf-8?q?M=C3=BCller=27s_lamp?=")
    writes(stack, 2, "AW: [shop] =?iso-8859-1?q?m=FCller=27s_Lamp?=")

    (card,) = stack.api("GET", "/v1/conversations")[1]["conversations"]
    _, shown, _ = stack.api("GET", f"/v1/conversations/{card['id']}")
    assert [each["threading"] for each in shown["messages"]] == [
        {"rule": "new", "evidence": "", "trust": "verified", "by": None},
        {"rule": "subject", "evidence": "Subject", "trust": "verified", "by": None},
    ]
    assert shown["messages"][1]["subject"] == "AW: [shop] müller's Lamp"
    assert shown["subject"] == "Müller's lamp"


def test_what_joined_by_its_subject_replays_as_it_is_kept(stack: Stack) -> None:
    wants(stack, by_subject=True)
    for number, subject in enumerate(("The lamp on my desk", "Re: The lamp on my desk")):
        stack.mail(RECEIPT + mail(number, ANA, MAILBOX, subject=subject), ses_message_id=f"replayed{number}")
    assert counts(stack) == [2]

    answer = stack.call("mail_replay", {"workspace": stack.workspace})

    assert (answer["mails"], answer["in_part"], answer["differing"]) == (2, 0, [])


@pytest.mark.attack("ticket number in a subject")
@pytest.mark.parametrize("on", [False, True])
def test_a_number_in_a_subject_is_no_evidence(stack: Stack, on: bool) -> None:
    wants(stack, by_subject=on)
    writes(stack, 1, "The lamp on my desk")
    number = stack.api("GET", "/v1/conversations")[1]["conversations"][0]["number"]
    for position, subject in enumerate((f"Re: [#{number}]", f"[Ticket #{number}] hello there", f"#{number}")):
        writes(stack, 2 + position, subject, "eve@else.example")
        writes(stack, 12 + position, subject)
    (own,) = [each for each in stack.api("GET", "/v1/conversations")[1]["conversations"] if each["number"] == number]
    assert own["message_count"] == 1


def test_as_it_is_unasked_nothing_joins_by_its_subject(stack: Stack) -> None:
    writes(stack, 1, "The lamp on my desk")
    writes(stack, 2, "Re: The lamp on my desk")
    assert counts(stack) == [1, 1]


def test_a_forged_sender_joins_nothing_by_a_subject(stack: Stack) -> None:
    wants(stack, by_subject=True)
    writes(stack, 1, "The lamp on my desk")
    writes(stack, 2, "Re: The lamp on my desk", dmarc="FAIL")
    writes(stack, 3, "Re: The lamp on my desk", dmarc="GRAY", spf="GRAY")
    assert counts(stack) == [1, 1, 1]
