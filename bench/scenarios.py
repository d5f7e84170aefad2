"""The operations of the bill: each brings the stack into its state, and then is called once, warm.

Warm: the workspace's keys were read by an earlier call of the same process, as they are for five minutes at a time.
"""

from __future__ import annotations

import email
import json
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from bench.browser import PASSWORD, Browser, link_mailed
from bench.leaks import report, signed
from bench.letters import ATTACHMENT_BYTES, CUSTOMER, FILE_BYTES, MAIL_BYTES, letter, pdf, prose
from bench.people import SignedIn
from bench.stack import MAILBOX, REGION, Stack, sqs_event
from letterlock.domain.accounts import Mailbox
from letterlock.domain.mailbox_settings import MailboxSettings, ThreadingSettings
from letterlock.domain.permissions import Role, Scope
from letterlock.entry import wiring

CONVERSATIONS = "/v1/conversations"
ACCEPTED: dict[str, list[Any]] = {"batchItemFailures": []}
SAID_AT = "2026-11-02T09:45:03Z"
BOUNCE = {
    "bounceType": "Permanent",
    "bounceSubType": "NoEmail",
    "bouncedRecipients": [{"emailAddress": CUSTOMER, "diagnosticCode": "smtp; 550 5.1.1 user unknown"}],
}
LISTED = 25
REFUSED = 400
"""HTTP statuses from here on are refusals."""

Act = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Bound:
    """At most: write units, read units, requests."""

    write: int
    read: float
    requests: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """`prepare` does what comes before, and answers the one call that is billed."""

    name: str
    prepare: Callable[[Desk], Act]
    bound: Bound | None = None


class Unexpected(Exception):
    """An operation did not end as it should: what it cost says nothing."""


@dataclass
class Desk:
    """A stack in use: what a customer and an agent do to the newest conversation."""

    stack: Stack
    letters: int = 0
    conversation: str = ""

    def delivery(self, *, recipients: tuple[str, ...] = (MAILBOX,), virus: str = "PASS", **more: Any) -> Act:
        """A mail that SES has stored, and its notification, which is still to be handled."""
        self.letters += 1
        ses_message_id = f"{self.letters:040d}"
        self.stack.store(ses_message_id, letter(self.letters, to=recipients[0], **more))
        return lambda: self.accepted(self.stack.notify_of(ses_message_id, recipients, virus=virus))

    def opened(self, **more: Any) -> str:
        self.delivery(**more)()
        self.conversation = self.listed()[0]["id"]
        return self.conversation

    def listed(self, **query: str) -> list[Any]:
        cards: list[Any] = self.asked("GET", CONVERSATIONS, query=query or None)["conversations"]
        return cards

    def api(self, method: str, what: str = "", body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.asked(method, f"{CONVERSATIONS}/{self.conversation}{what}", body, headers=sent)

    def asked(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        status, answer, _ = self.stack.api(method, path, body, **more)
        if status >= REFUSED:
            raise Unexpected(answer)
        return answer

    def announced(self, content: bytes, name: str = "delivery-note.pdf", **headers: str) -> Any:
        """An upload that is to come, with its form."""
        wanted = {"name": name, "media_type": "application/pdf", "size": len(content)}
        sent = {each.replace("_", "-"): value for each, value in headers.items()}
        return self.asked("POST", "/v1/attachments", wanted, headers=sent)

    def uploaded(self, content: bytes, name: str = "delivery-note.pdf") -> tuple[Any, dict[str, Any]]:
        """And what S3 tells when it has come."""
        upload = self.announced(content, name)
        return upload, self.stack.upload(upload["form"], content)

    def attachable(self, content: bytes, name: str = "delivery-note.pdf") -> str:
        """Its id, when somebody has looked into it."""
        upload, stored = self.uploaded(content, name)
        self.accepted(self.stack.scan(stored))
        return str(upload["id"])

    def replied(self, text: str, **more: Any) -> dict[str, Any]:
        """The fact that the reply is queued, as the rule hands it to the queue."""
        self.stack.relay()
        self.api("POST", "/replies", {"text": text, **more})
        (fact,) = [each for each in self.stack.relay() if each["detail-type"] == "ReplyQueued"]
        return fact

    def sent(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The address that an answer goes to, and the References it names."""
        self.accepted(self.stack.deliver(self.replied(text)))
        mail = email.message_from_string(self.stack.sent()[-1].raw_data)
        marked = self.api("GET")["messages"][-1]["sending"]["message_id"]
        references = [*str(mail["References"]).split(), f"<{marked}>"]
        return parseaddr(str(mail["Reply-To"]))[1], tuple(references)

    def heard(self, fact: dict[str, Any], kind: str, **said: Any) -> Act:
        """SES says something of the mail that this fact is about."""
        event = self.event(fact, kind, **said)
        return lambda: self.accepted(self.stack.ses_says(event))

    def event(self, fact: dict[str, Any], kind: str, **said: Any) -> dict[str, Any]:
        """What it says, as the rules hand it over."""
        data = fact["detail"]["data"]
        shown = self.api("GET", f"/messages/{data['message']}")["sending"]
        tags = {name: [value] for name, value in data.items()} | {"attempt": ["1"]}
        mail = {
            "messageId": (shown["message_id"] or "0" * 60).partition("@")[0],
            "destination": [CUSTOMER],
            "tags": tags,
        }
        event: dict[str, Any] = {"id": "6a7e8feb-b491-4cf7", "time": SAID_AT, "region": REGION}
        event["detail"] = {"eventType": kind, "mail": mail, **said}
        return event

    def acknowledges(self, *, enabled: bool = True) -> None:
        """The mailbox does, from here on, or no longer."""
        chosen = {"acknowledgement": {"enabled": enabled, "text": "We will answer within a day."}}
        path, headers = f"/v1/mailboxes/{self.stack.mailbox}", self.stack.person().headers
        self.asked("PATCH", path, {"settings": chosen}, token="", headers=headers)

    def accepted(self, answer: Any) -> Any:
        if answer != ACCEPTED:
            raise Unexpected(answer)
        return answer


# ---- mail in --------------------------------------------------------------------------------------------------------


def _known_thread(desk: Desk) -> Act:
    """Assigned, so that both lists move; answered once, so that the customer's answer carries the keyed address."""
    desk.opened()
    desk.api("PUT", "/assignee", {"assignee": "me"})
    address, references = desk.sent(prose(600, 1))
    return desk.delivery(
        recipients=(address,), references=references, bytes_of_mail=MAIL_BYTES, attachment_bytes=ATTACHMENT_BYTES
    )


def _new_conversation(desk: Desk) -> Act:
    return desk.delivery(bytes_of_mail=MAIL_BYTES, attachment_bytes=ATTACHMENT_BYTES)


def _acknowledged_mail(desk: Desk) -> Act:
    """The same, in a mailbox that acknowledges: one fact more."""
    desk.acknowledges()
    return _new_conversation(desk)


def _acknowledge(desk: Desk) -> Act:
    """That mail, or, where this is all that happens, one like it."""
    told = _owed(desk)
    if not told:
        _acknowledged_mail(desk)()
        told = _owed(desk)
    return lambda: desk.accepted(desk.stack.call("acknowledgement", sqs_event(json.dumps(told[0]))))


def _owed(desk: Desk) -> list[dict[str, Any]]:
    return [each for each in desk.stack.relay() if each["detail-type"] == "AcknowledgementQueued"]


def _redelivery(desk: Desk) -> Act:
    """The notification of a mail that was stored: its raw mail is gone, its ledger entry stands."""
    handle = desk.delivery()
    handle()
    return handle


def _nobody(desk: Desk) -> Act:
    return desk.delivery(recipients=("nobody@acme.example",))


def _by_subject(desk: Desk) -> Act:
    """In a mailbox that wants that; Ana takes part in as many conversations as are looked at, and more."""
    settings = MailboxSettings(ThreadingSettings(by_subject=True))
    lamps = Mailbox(wiring.ids().new("mbx"), desk.stack.workspace, "lamps@acme.example", settings=settings)
    wiring.mailboxes().add(lamps)
    desk.delivery(recipients=(lamps.address,), subject="The lamp on my desk")()
    return desk.delivery(recipients=(lamps.address,), subject="Re: The lamp on my desk")


# ---- the API --------------------------------------------------------------------------------------------------------


def _list_mailbox(desk: Desk) -> Act:
    _conversations(desk, LISTED)
    return lambda: desk.listed(mailbox=desk.stack.mailbox)


def _list_everything(desk: Desk) -> Act:
    _conversations(desk, LISTED)
    return desk.listed


def _list_assigned(desk: Desk) -> Act:
    """A hundred are looked at, whatever mailbox they are in: here are 25."""
    for each in desk.listed(status="open"):
        desk.conversation = each["id"]
        desk.api("PUT", "/assignee", {"assignee": "me"})
    return lambda: desk.listed(mailbox=desk.stack.mailbox, assignee="me")


def _conversations(desk: Desk, count: int) -> None:
    for number in range(len(desk.listed()), count):
        desk.delivery(subject=f"Question {number} about an invoice")()


def _read(desk: Desk) -> Act:
    """Ten messages of some length, by both sides."""
    desk.opened(bytes_of_mail=8_000)
    for number in range(9):
        desk.api("POST", "/replies" if number % 2 else "/notes", {"text": prose(1_500 + 250 * number, number)})
    return lambda: desk.api("GET")


def _reply(desk: Desk) -> Act:
    desk.opened()
    desk.api("PUT", "/assignee", {"assignee": "me"})
    return lambda: desk.api("POST", "/replies", {"text": prose(1_200, 2)})


def _keyed_reply(desk: Desk) -> Act:
    """As a careful client sends it: under a key of its own, for the version that it has seen."""
    desk.opened()
    desk.api("PUT", "/assignee", {"assignee": "me"})
    tag = f'"{desk.api("GET")["version"]}"'
    return lambda: desk.api("POST", "/replies", {"text": prose(1_200, 2)}, Idempotency_Key="a" * 36, If_Match=tag)


def _reply_again(desk: Desk) -> Act:
    desk.opened()

    def send() -> Any:
        return desk.api("POST", "/replies", {"text": prose(1_200, 2)}, Idempotency_Key="b" * 36)

    send()
    return send


def _stale_reply(desk: Desk) -> Act:
    desk.opened()
    desk.api("POST", "/notes", {"text": "meanwhile"})
    path = f"{CONVERSATIONS}/{desk.conversation}/replies"
    return lambda: desk.stack.api("POST", path, {"text": "late"}, headers={"If-Match": '"1"'})


def _contact(desk: Desk) -> Act:
    desk.opened()
    contact = desk.api("GET")["participants"][0]["contact"]
    return lambda: desk.asked("GET", f"/v1/contacts/{contact}")


def _conversations_of_contact(desk: Desk) -> Act:
    """Ana's, of which there are more than a page."""
    desk.opened()
    contact = desk.api("GET")["participants"][0]["contact"]
    return lambda: desk.asked("GET", f"/v1/contacts/{contact}/conversations", query={"limit": "25"})


def _summary(desk: Desk) -> Act:
    return lambda: desk.asked("GET", "/v1/ingest-summary")


def _release(desk: Desk) -> Act:
    virus = desk.delivery(virus="FAIL")
    virus()
    desk.conversation = desk.listed(status="quarantined")[0]["id"]
    return lambda: desk.api("POST", "/quarantine/release")


def _long_reply(desk: Desk) -> Act:
    desk.opened()
    desk.api("PUT", "/assignee", {"assignee": "me"})
    return lambda: desk.api("POST", "/replies", {"text": prose(12_000, 2)})


def _note(desk: Desk) -> Act:
    desk.opened()
    return lambda: desk.api("POST", "/notes", {"text": prose(400, 3)})


def _assign(desk: Desk) -> Act:
    desk.opened()
    return lambda: desk.api("PUT", "/assignee", {"assignee": "me"})


def _status(desk: Desk) -> Act:
    desk.opened()
    return lambda: desk.api("PUT", "/status", {"status": "closed"})


# ---- accounts -------------------------------------------------------------------------------------------------------


def _made(desk: Desk, path: str) -> tuple[SignedIn, str]:
    """Somebody who is signed in, and a token that they made."""
    who = desk.stack.person()
    wanted = {"name": "The CI", "scopes": ["conversations:read", "conversations:write"]}
    return who, desk.asked("POST", path, wanted, token="", headers=who.headers)["id"]


def _make_own_token(desk: Desk) -> Act:
    who = desk.stack.person()
    wanted = {"name": "My laptop", "scopes": ["conversations:read"]}
    headers = who.headers | {"Idempotency-Key": "c" * 36}
    return lambda: desk.asked("POST", "/v1/me/tokens", wanted, token="", headers=headers)


def _revoke_own_token(desk: Desk) -> Act:
    who, token = _made(desk, "/v1/me/tokens")
    return lambda: desk.asked("DELETE", f"/v1/me/tokens/{token}", token="", headers=who.headers)


def _revoke_service_token(desk: Desk) -> Act:
    who, token = _made(desk, "/v1/tokens")
    return lambda: desk.asked("DELETE", f"/v1/tokens/{token}", token="", headers=who.headers)


def _list_tokens(desk: Desk) -> Act:
    who, _ = _made(desk, "/v1/me/tokens")
    return lambda: desk.asked("GET", "/v1/me/tokens", token="", headers=who.headers)


def _invite(desk: Desk) -> Act:
    who, wanted = desk.stack.person(), {"email": "newcomer@team.example", "role": "agent", "name": "A newcomer"}
    headers = who.headers | {"Idempotency-Key": "d" * 36}
    return lambda: desk.asked("POST", "/v1/invitations", wanted, token="", headers=headers)


def _remove_person(desk: Desk) -> Act:
    who, other = desk.stack.person(), desk.stack.person()
    return lambda: desk.asked("DELETE", f"/v1/people/{other.id}", token="", headers=who.headers)


def _accept(desk: Desk) -> Act:
    desk.stack.relay()
    who, wanted = desk.stack.person(), {"email": "ben@team.example", "role": "agent"}
    desk.asked("POST", "/v1/invitations", wanted, token="", headers=who.headers)
    new = {"token": link_mailed(desk.stack), "name": "Ben", "password": PASSWORD}
    return lambda: Browser(desk.stack).must("POST", "/v1/invitations/accept", new)


def _change_role(desk: Desk) -> Act:
    who, other = desk.stack.person(), desk.stack.person(Role.AGENT)
    wanted = {"role": "viewer"}
    return lambda: desk.asked("PATCH", f"/v1/people/{other.id}", wanted, token="", headers=who.headers)


def _finish_removal(desk: Desk) -> Act:
    """Of a person with a session and one conversation: the first look, which unassigns it."""
    who, other = desk.stack.person(), desk.stack.person()
    desk.opened()
    desk.api("PUT", "/assignee", {"assignee": other.id})
    desk.stack.relay()
    desk.asked("DELETE", f"/v1/people/{other.id}", token="", headers=who.headers)
    (told,) = [each for each in desk.stack.relay() if each["detail-type"] == "PersonRemoved"]
    return lambda: desk.accepted(desk.stack.call("token_revocation", sqs_event(json.dumps(told))))


def _finish_revoked_token(desk: Desk) -> Act:
    who, token = _made(desk, "/v1/me/tokens")
    desk.stack.relay()
    desk.asked("DELETE", f"/v1/me/tokens/{token}", token="", headers=who.headers)
    (told,) = [each for each in desk.stack.relay() if each["detail-type"] == "CredentialRevoked"]
    return lambda: desk.accepted(desk.stack.call("token_revocation", sqs_event(json.dumps(told))))


def _report_leak(desk: Desk) -> Act:
    body = report(desk.stack.token_with(frozenset(Scope)))
    return lambda: desk.asked("POST", "/v1/secret-scanning", body, token="", headers=signed(body))


# ---- files ----------------------------------------------------------------------------------------------------------


def _announce(desk: Desk) -> Act:
    return lambda: desk.announced(pdf(FILE_BYTES))


def _scan_upload(desk: Desk) -> Act:
    _, stored = desk.uploaded(pdf(FILE_BYTES))
    return lambda: desk.accepted(desk.stack.scan(stored))


def _scan_mail(desk: Desk) -> Act:
    desk.opened(bytes_of_mail=MAIL_BYTES, attachment_bytes=ATTACHMENT_BYTES)
    (fact,) = [each for each in desk.stack.relay() if each["detail-type"] == "MessageReceived"][-1:]
    return lambda: desk.accepted(desk.stack.scan(fact))


def _scan_mail_without_files(desk: Desk) -> Act:
    desk.opened()
    (fact,) = [each for each in desk.stack.relay() if each["detail-type"] == "MessageReceived"][-1:]
    return lambda: desk.accepted(desk.stack.scan(fact))


def _reply_with_file(desk: Desk) -> Act:
    desk.opened()
    file = desk.attachable(pdf(FILE_BYTES))
    return lambda: desk.api("POST", "/replies", {"text": prose(600, 4), "attachments": [file]})


def _deliver_file(desk: Desk) -> Act:
    fact = _replied_with(desk, pdf(FILE_BYTES))
    return lambda: desk.accepted(desk.stack.deliver(fact))


def _replied_with(desk: Desk, content: bytes) -> dict[str, Any]:
    desk.opened()
    return desk.replied(prose(600, 4), attachments=[desk.attachable(content)])


def _fetch(desk: Desk) -> Act:
    place = _replied_with(desk, pdf(FILE_BYTES))["detail"]["data"]["message"]
    (file,) = desk.api("GET", f"/messages/{place}")["attachments"]
    return lambda: desk.api("GET", f"/messages/{place}/attachments/{file['id']}")


# ---- Stripe ---------------------------------------------------------------------------------------------------------


def _webhook(desk: Desk) -> Act:
    """One that is applied; the signing secret is at hand, as it is for five minutes at a time."""
    tell = desk.stack.stripe.tell
    shown = {"id": "in_1", "object": "invoice", "customer": "cus_1"}
    desk.stack.stripe_says(tell("invoice.paid", shown))
    event = tell("invoice.paid", shown)
    desk.stack.stripe.events.clear()
    return lambda: desk.stack.stripe_says(event)


def _subscribed(desk: Desk) -> str:
    owner, stripe = desk.stack.person(Role.OWNER), desk.stack.stripe
    wanted = {"plan": "team", "seats": 50}
    desk.asked("POST", "/v1/billing/checkout", wanted, token="", headers=owner.headers)
    subscription = str(stripe.pay(next(reversed(stripe.kept["checkout"])))["id"])
    desk.stack.stripe_told()
    return subscription


def _applied(desk: Desk) -> Act:
    """A payment that failed: the copy, the gate and the fact."""
    desk.stack.stripe.renew(_subscribed(desk), "failed")
    event = desk.stack.stripe.events[-1]
    desk.stack.stripe.events.clear()
    desk.stack.stripe_says(event)
    (told,) = desk.stack.relay("BillingTable")
    return lambda: desk.accepted(desk.stack.call("billing_events", sqs_event(json.dumps(told))))


# ---- facts and mail out ---------------------------------------------------------------------------------------------


def _relay(desk: Desk) -> Act:
    desk.opened()
    desk.stack.relay()
    desk.api("POST", "/replies", {"text": prose(600, 4)})
    return desk.stack.relay


def _deliver(desk: Desk) -> Act:
    desk.opened()
    fact = desk.replied(prose(1_200, 5))
    return lambda: desk.accepted(desk.stack.deliver(fact))


def _delivered(desk: Desk) -> Act:
    fact = _gone_out(desk)
    return desk.heard(fact, "Delivery", delivery={"recipients": [CUSTOMER]})


def _bounced(desk: Desk) -> Act:
    fact = _gone_out(desk)
    return desk.heard(fact, "Bounce", bounce=BOUNCE)


def _gone_out(desk: Desk) -> dict[str, Any]:
    desk.opened()
    fact = desk.replied(prose(1_200, 6))
    desk.accepted(desk.stack.deliver(fact))
    return fact


# ---- time -----------------------------------------------------------------------------------------------------------


def _nothing_due(desk: Desk) -> Act:
    desk.stack.relay()
    return lambda: desk.stack.call("due_work", {})


def _missed_outbox(desk: Desk) -> Act:
    desk.opened()
    desk.stack.relay()
    desk.api("POST", "/replies", {"text": prose(600, 4)})
    desk.stack.missed()
    return lambda: desk.stack.call("due_work", {})


SCENARIOS = (
    Scenario("ingest 30 kB mail + 200 kB attachment, known thread", _known_thread, Bound(18, 4, 10)),
    Scenario("ingest 30 kB mail + 200 kB attachment, new conversation", _new_conversation),
    Scenario("ingest, the same delivery again", _redelivery),
    Scenario("ingest, to nobody we know", _nobody),
    Scenario("list 25 conversations of one mailbox", _list_mailbox, Bound(0, 5, 2)),
    Scenario("list 25 conversations of all mailboxes", _list_everything, Bound(0, 5, 2)),
    Scenario("read a conversation, 10 messages", _read, Bound(0, 8, 2)),
    Scenario("reply", _reply, Bound(20, 4, 6)),
    Scenario("reply of 12 kB", _long_reply, Bound(20, 4, 6)),
    Scenario("reply under a key, on a version", _keyed_reply, Bound(20, 4, 6)),
    Scenario("reply again under the same key", _reply_again),
    Scenario("reply to a version that has passed: 412", _stale_reply),
    Scenario("reply with a file", _reply_with_file, Bound(20, 4, 6)),
    Scenario("announce a file, and get a form", _announce),
    Scenario("look into an upload of 200 kB", _scan_upload),
    Scenario("look into the file of a mail", _scan_mail),
    Scenario("look into a mail without files", _scan_mail_without_files),
    Scenario("fetch a file of 200 kB", _fetch),
    Scenario("note", _note),
    Scenario("assign", _assign),
    Scenario("change status", _status),
    Scenario("release a quarantined mail", _release),
    Scenario("read a contact", _contact),
    Scenario("list 25 conversations of a contact", _conversations_of_contact),
    Scenario("summary of a day's mail", _summary),
    Scenario("make a personal token", _make_own_token),
    Scenario("list one's own tokens", _list_tokens),
    Scenario("revoke one's own token", _revoke_own_token, Bound(7, 2, 3)),
    Scenario("revoke a service token", _revoke_service_token, Bound(7, 2, 3)),
    Scenario("invite a person", _invite),
    Scenario("accept an invitation", _accept),
    Scenario("change somebody's role", _change_role),
    Scenario("remove a person", _remove_person),
    Scenario("a leaked token is reported", _report_leak),
    Scenario("finish a token's revocation", _finish_revoked_token),
    Scenario("finish a removal, one conversation", _finish_removal),
    Scenario("Stripe tells of an event", _webhook, Bound(4, 1, 3)),
    Scenario("apply an event of Stripe's", _applied),
    Scenario("relay one outbox", _relay),
    Scenario("deliver a reply", _deliver),
    Scenario("deliver a reply with a file of 200 kB", _deliver_file),
    Scenario("SES says: delivered", _delivered),
    Scenario("SES says: bounced", _bounced),
    Scenario("a minute in which nothing is due", _nothing_due),
    Scenario("a minute in which one outbox is overdue", _missed_outbox),
    Scenario("list 25 conversations of mine in one mailbox", _list_assigned, Bound(0, 10, 2)),
    Scenario("ingest 2 kB mail that joins by its subject", _by_subject, Bound(18, 20, 10)),
    Scenario("ingest 30 kB mail + 200 kB attachment, acknowledged", _acknowledged_mail),
    Scenario("acknowledge a mail", _acknowledge),
)
