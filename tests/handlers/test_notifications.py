"""People are told by mail of what concerns them, and of nothing that they did themselves."""

import json
import re
from email.message import Message
from email.utils import parseaddr
from typing import Any

import pytest

from bench.people import SignedIn
from bench.recorder import refusal
from letterlock.domain.permissions import Role
from tests.handlers.stack import Stack, sqs_event
from tests.handlers.test_api_refusals import MAIL
from tests.handlers.test_tokens import ask

NOTIFICATIONS = "/v1/me/notifications"
DEFAULTS = {"assignment": True, "new_mail": True, "unassigned": False, "mentions": True, "include_content": False}


def address(person: SignedIn) -> str:
    return f"{person.id.lower()}@team.example"


def opened(stack: Stack, name: str = "ses1", subject: bytes = b"Order 7") -> str:
    """A conversation, of whose first mail everybody was told who wanted to be."""
    stack.mail(MAIL.replace(b"Order 7", subject), ses_message_id=name)
    stack.notified()
    found: str = stack.api("GET", "/v1/conversations")[1]["conversations"][0]["id"]
    return found


def assigned(stack: Stack, conversation: str, to: str, **more: Any) -> None:
    status, answer, _ = stack.api("PUT", f"/v1/conversations/{conversation}/assignee", {"assignee": to}, **more)
    assert status == 200, answer


def chosen(stack: Stack, person: SignedIn, **wants: bool) -> None:
    assert ask(stack, person, "PATCH", NOTIFICATIONS, wants)[0] == 200


def said(mail: Message) -> str:
    return bytes(mail.get_payload(decode=True)).decode()


def told(mails: list[Message]) -> list[str]:
    return sorted(parseaddr(str(each["To"]))[1] for each in mails)


# ---- of what --------------------------------------------------------------------------------------------------------


def test_who_is_given_a_conversation_is_told_in_a_mail_without_content(stack: Stack) -> None:
    bea = stack.person(Role.AGENT)
    conversation = opened(stack)

    assigned(stack, conversation, bea.id)
    [mail] = stack.notified()

    assert told([mail]) == [address(bea)]
    assert str(mail["From"]).endswith("<notifications@acme.example>")
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("Conversation #1", "auto-generated")
    assert conversation in said(mail)
    assert "given to you" in said(mail)
    for content in ("Order 7", "Where is it?", "ana@customer.example"):
        assert content not in mail.as_string()


def test_nobody_is_told_of_what_they_did_themselves(stack: Stack) -> None:
    bea = stack.person(Role.AGENT)
    conversation = opened(stack)
    assigned(stack, conversation, "me", token="", headers=bea.headers)
    note = {"text": "For me", "mentions": [bea.id]}
    assert ask(stack, bea, "POST", f"/v1/conversations/{conversation}/notes", note)[0] == 201
    assert stack.notified() == []


def test_who_was_given_it_and_lost_it_again_is_not_told(stack: Stack) -> None:
    bea, cleo = stack.person(Role.AGENT), stack.person(Role.AGENT)
    conversation = opened(stack)
    for each in (bea, cleo):
        assigned(stack, conversation, each.id)
    assert told(stack.notified()) == [address(cleo)]


def test_new_mail_is_told_to_whose_conversation_it_is_and_to_who_watches_what_is_nobodys(stack: Stack) -> None:
    bea, cleo, _dora = (stack.person(Role.AGENT) for _ in range(3))
    elsewhere = stack.person(Role.AGENT, frozenset({"mbx_" + "0" * 26}))
    for each in (cleo, elsewhere):
        chosen(stack, each, unassigned=True)
    stack.mail(b"Message-ID: <m7@customer.example>\r\n" + MAIL)
    assert told(stack.notified()) == [address(cleo)]

    [card] = stack.api("GET", "/v1/conversations")[1]["conversations"]
    assigned(stack, card["id"], bea.id)
    stack.notified()
    stack.mail(b"In-Reply-To: <m7@customer.example>\r\n" + MAIL, ses_message_id="s2")
    assert told(stack.notified()) == [address(bea)]


def test_spam_and_what_is_quarantined_is_no_news(stack: Stack) -> None:
    chosen(stack, stack.person(Role.AGENT), unassigned=True)
    for name in ("s1", "s2"):
        stack.store(name, MAIL)
    stack.notify_of("s1", spam="FAIL")
    stack.notify_of("s2", virus="FAIL")
    assert stack.notified() == []


def test_who_is_mentioned_in_a_note_is_told_and_the_note_says_who(stack: Stack) -> None:
    bea, cleo = stack.person(Role.VIEWER), stack.person(Role.AGENT)
    conversation = opened(stack)
    note = {"text": "@everybody, please", "mentions": [bea.id, cleo.id, bea.id]}
    status, answer, _ = ask(stack, cleo, "POST", f"/v1/conversations/{conversation}/notes", note)
    assert (status, answer["mentions"]) == (201, [bea.id, cleo.id])
    stored = stack.api("GET", f"/v1/conversations/{conversation}")[1]["messages"][-1]
    assert stored["mentions"] == [bea.id, cleo.id]
    assert told(stack.notified()) == [address(bea)]


def test_who_does_not_see_the_mailbox_cannot_be_mentioned_and_looks_like_nobody(stack: Stack) -> None:
    elsewhere, admin, gone = stack.person(Role.AGENT, frozenset({"mbx_" + "0" * 26})), stack.person(), stack.person()
    assert ask(stack, admin, "DELETE", f"/v1/people/{gone.id}")[0] == 204
    conversation = opened(stack)
    answers = [
        ask(stack, admin, "POST", f"/v1/conversations/{conversation}/notes", {"text": "x", "mentions": [each]})
        for each in (elsewhere.id, gone.id, "per_" + "0" * 26, "tok_" + "0" * 26, "x")
    ]
    assert {(status, answer["detail"]) for status, answer, _ in answers} == {(400, answers[0][1]["detail"])}
    assert stack.api("GET", f"/v1/conversations/{conversation}")[1]["message_count"] == 1


# ---- to whom --------------------------------------------------------------------------------------------------------


def test_a_setting_that_is_off_keeps_its_mails_back_and_no_others(stack: Stack) -> None:
    bea = stack.person(Role.AGENT)
    assert ask(stack, bea, "GET", NOTIFICATIONS)[:2] == (200, DEFAULTS)
    chosen(stack, bea, assignment=False)
    assert ask(stack, bea, "GET", NOTIFICATIONS)[:2] == (200, DEFAULTS | {"assignment": False})
    conversation = opened(stack)
    assigned(stack, conversation, bea.id)
    assert stack.notified() == []
    assert ask(stack, stack.person(), "POST", f"/v1/conversations/{conversation}/notes",
               {"text": "x", "mentions": [bea.id]})[0] == 201  # fmt: skip
    assert len(stack.notified()) == 1


@pytest.mark.parametrize("body", [{"assignment": "maybe"}, {"digest": True}, {"assignment": 1.5}])
def test_a_setting_that_there_is_not_is_refused(stack: Stack, body: dict[str, Any]) -> None:
    assert ask(stack, stack.person(), "PATCH", NOTIFICATIONS, body)[0] == 400


def test_a_token_of_the_workspaces_own_has_no_settings(stack: Stack) -> None:
    assert stack.api("GET", NOTIFICATIONS)[0] == 403
    assert stack.api("PATCH", NOTIFICATIONS, {"mentions": False})[0] == 403


def test_who_was_removed_or_lost_the_mailbox_meanwhile_is_told_nothing(stack: Stack) -> None:
    owner, bea, cleo = stack.person(Role.OWNER), stack.person(Role.AGENT), stack.person(Role.AGENT)
    for name, each in (("s1", bea), ("s2", cleo)):
        assigned(stack, opened(stack, name, name.encode()), each.id)
    assert ask(stack, owner, "DELETE", f"/v1/people/{bea.id}")[0] == 204
    assert ask(stack, owner, "PATCH", f"/v1/people/{cleo.id}", {"mailboxes": []})[0] == 200
    assert stack.notified() == []


def test_content_is_in_the_mails_of_those_who_asked_for_it_and_never_a_strangers(stack: Stack) -> None:
    bea = stack.person(Role.AGENT)
    chosen(stack, bea, include_content=True, unassigned=True)
    stack.mail(MAIL)
    [mail] = stack.notified()
    assert mail["Subject"] == "Conversation #1: Order 7"
    assert "Where is it?" in said(mail)

    stack.store("forged", MAIL)
    stack.notify_of("forged", dmarc="FAIL")
    [mail] = stack.notified()
    assert "Where is it?" not in said(mail)


def test_each_is_told_once_however_often_the_fact_comes(stack: Stack) -> None:
    bea = stack.person(Role.AGENT)
    assigned(stack, opened(stack), bea.id)
    mails = stack.notified()
    for event in stack.published:
        if event["detail-type"] == "ConversationAssigned":
            stack.call("agent_notifications", sqs_event(json.dumps(event)))
    assert len(stack.sent()) == len(mails)


def test_a_mail_that_ses_puts_off_is_sent_when_the_fact_comes_again(stack: Stack) -> None:
    bea = stack.person(Role.AGENT)
    assigned(stack, opened(stack), bea.id)
    stack.recorder.faults["sesv2", "SendEmail"] = refusal(429, "TooManyRequestsException")
    stack.notified(failing=True)
    stack.recorder.faults.clear()
    stack.shown.clear()
    assert address(bea) in told(stack.notified())


# ---- the mail itself ------------------------------------------------------------------------------------------------


def test_mails_about_one_conversation_stay_together_and_answers_lead_to_it(stack: Stack) -> None:
    bea, cleo = stack.person(Role.AGENT), stack.person(Role.AGENT)
    first, second = opened(stack, "s1", b"One"), opened(stack, "s2", b"Two")
    threads = []
    for conversation, each in ((first, bea), (first, cleo), (first, bea), (second, bea)):
        assigned(stack, conversation, each.id)
        [mail] = stack.notified()
        threads.append((str(mail["References"]), str(mail["In-Reply-To"]), str(mail["Reply-To"])))
    assert threads[0] == threads[2]
    assert len(set(threads)) == 3
    assert threads[0][0] == threads[0][1]
    for _, _, reply_to in threads:
        local = parseaddr(reply_to)[1].partition("@")[0]
        assert re.fullmatch(r"support\+[a-z2-7]{39}", local)
        assert len(local) <= 64
