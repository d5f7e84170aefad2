"""The ways through the functions that the bill does not take: what fails, what is refused, what is seldom.

Each brings about one thing that a permission is there for. They are run for the calls that they make of AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

from bench.letters import letter, prose
from bench.recorder import lost, refusal
from bench.scenarios import BOUNCE, CONVERSATIONS, REFUSED, Desk, Unexpected
from bench.stack import MAILBOX, notification_of, rest_event
from letterlock.domain.audit import OPERATOR, Act, Entry
from letterlock.domain.permissions import Role, Scope
from letterlock.entry import wiring

SECOND = "second@acme.example"
NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(300))
RECEIPT = (
    b"Return-Path: <ana@customer.example>\r\nReceived: from mx.x.example (mx.x.example [198.51.100.7])\r\n"
    b" by inbound-smtp.eu-west-1.amazonaws.com with SMTP id forgotten\r\n for support@acme.example;\r\n"
    b" Mon, 02 Nov 2026 09:00:00 +0000 (UTC)\r\nX-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\n"
    b"Authentication-Results: amazonses.com;\r\n spf=pass;\r\n dkim=pass;\r\n dmarc=pass;\r\nX-SES-RECEIPT: AEFB\r\n"
)
"""What SES puts above a mail that it stores."""
Path = Callable[[Desk], Any]


def _get(desk: Desk, path: str, **query: str) -> Any:
    status, answer, _ = desk.stack.api("GET", path, query=query or None)
    if status >= REFUSED:
        raise Unexpected(answer)
    return answer


def _raw(desk: Desk, name: str, raw: bytes, recipients: tuple[str, ...] = (MAILBOX,), **verdicts: str) -> None:
    desk.stack.store(name, raw)
    desk.accepted(desk.stack.notify_of(name, recipients, **verdicts))


# ---- the operator ---------------------------------------------------------------------------------------------------


def second_workspace(desk: Desk) -> None:
    """And once more, for the address is taken then."""
    asked = {"workspace": {"name": "Second"}, "mailbox": {"address": SECOND}}
    for _ in range(2):
        desk.stack.call("workspace_setup", asked)


def every_digest(desk: Desk) -> None:
    answer = desk.stack.call("digest_verification", {"workspace": desk.stack.workspace})
    if "error" in answer or answer["differing"]:
        raise Unexpected(answer)


def every_mail_again(desk: Desk) -> None:
    """A mail whose envelope is known, one whose is not, and one whose raw form is gone."""
    _raw(desk, "again-1", RECEIPT + letter(71, to=MAILBOX))
    _raw(desk, "again-2", letter(72, to=MAILBOX))
    asked = {"workspace": desk.stack.workspace}
    before = desk.stack.call("mail_replay", asked)
    bucket = desk.stack.buckets[1]
    ours = sorted(key for key in desk.stack.objects(bucket) if key.startswith(desk.stack.workspace))
    boto3.client("s3").delete_object(Bucket=bucket, Key=next(key for key in ours if key.endswith("/raw")))
    after = desk.stack.call("mail_replay", asked)
    if len(after["differing"]) != len(before["differing"]) + 1:
        raise Unexpected([before, after])


def audited(desk: Desk) -> None:
    """Some entries are linked as the stream brings them, and by night one that it lost."""
    _recorded(desk)
    desk.stack.chain()
    _recorded(desk)
    desk.stack.call("audit_anchor", {})
    answer = desk.stack.call("audit_verification", {"workspace": desk.stack.workspace})
    if "error" in answer or answer["differing"]:
        raise Unexpected(answer)
    # Once more, from where a run before it may have ended.
    desk.stack.call("audit_verification", {"workspace": desk.stack.workspace, "cursor": "links|1"})
    token = desk.stack.token_with(frozenset({Scope.AUDIT_READ}), Role.OWNER)
    for path in ("/v1/audit", "/v1/audit/export"):
        desk.asked("GET", path, token=token)


def _recorded(desk: Desk) -> None:
    own, at = wiring.ids().new("aud"), wiring.now()
    wiring.audit().record(Entry(own, desk.stack.workspace, OPERATOR, Act.WORKSPACE_CHANGED, "", at, "req-1"))


def description(desk: Desk) -> None:
    """Of the API, which anybody may read."""
    for path in ("/openapi.json", "/docs"):
        desk.stack.call("api_docs", rest_event("GET", path, None, token=""))


# ---- mail in --------------------------------------------------------------------------------------------------------


def unreadable(desk: Desk) -> None:
    _raw(desk, "unreadable", NESTED)


def virus_for_two(desk: Desk) -> None:
    """Never read whole, so its object is opened once more for the second mailbox: by its version."""
    second_workspace(desk)
    _raw(desk, "virus", letter(900, to=MAILBOX), (MAILBOX, SECOND), virus="FAIL")


def same_mail_twice(desk: Desk) -> None:
    for name in ("first", "again"):
        _raw(desk, name, letter(901, to=MAILBOX))


def notified_twice(desk: Desk) -> None:
    """The second time its raw mail is still there, as after a crash before it was dropped."""
    for _ in range(2):
        _raw(desk, "twice", letter(902, to=MAILBOX))


def answer_by_message_id(desk: Desk) -> None:
    _raw(desk, "asked", letter(903, to=MAILBOX))
    _raw(desk, "answered", letter(904, to=MAILBOX, references=(f"<CAF+{903:020d}@mail.customer.example>",)))


def raw_mail_gone(desk: Desk) -> None:
    for recipients in ((MAILBOX,), ("nobody@acme.example",)):
        desk.accepted(desk.stack.notify(notification_of(f"gone-{len(recipients[0])}", recipients)))


def forgotten_mail(desk: Desk) -> None:
    """One that says for whom it came, and one that does not."""
    desk.stack.forgotten("forgotten", RECEIPT + letter(905, to=MAILBOX))
    desk.stack.forgotten("whose", letter(906, to=MAILBOX))
    desk.stack.call("due_work", {})


# ---- the API --------------------------------------------------------------------------------------------------------


def mailboxes(desk: Desk) -> None:
    _get(desk, "/v1/mailboxes")


def who_am_i(desk: Desk) -> None:
    """With a token that nobody has used today."""
    desk.asked("GET", "/v1/me", token=desk.stack.token_with(frozenset()))


def a_colleagues_list(desk: Desk) -> None:
    desk.opened()
    desk.api("PUT", "/assignee", {"assignee": "me"})
    desk.listed(assignee="me")
    desk.stack.api("PUT", f"{CONVERSATIONS}/{desk.conversation}/assignee", {"assignee": "tok_" + "0" * 26})


def a_page_of_messages(desk: Desk) -> None:
    desk.opened()
    desk.api("POST", "/notes", {"text": "first"})
    page = _get(desk, f"{CONVERSATIONS}/{desk.conversation}", limit="1")
    _get(desk, f"{CONVERSATIONS}/{desk.conversation}", limit="1", cursor=page["cursor"])


def a_whole_message(desk: Desk) -> None:
    """With its body, and once the body is no more."""
    desk.opened()
    (message,) = desk.api("GET")["messages"]
    path = f"{CONVERSATIONS}/{desk.conversation}/messages/{message['id']}"
    _get(desk, path)
    _get(desk, f"{path}/html")
    _lose_bodies(desk)
    desk.stack.api("GET", path)


def _lose_bodies(desk: Desk) -> None:
    s3 = boto3.client("s3")
    prefix = f"{desk.stack.workspace}/{desk.conversation}/"
    for each in s3.list_objects_v2(Bucket="archive", Prefix=prefix)["Contents"]:
        s3.delete_object(Bucket="archive", Key=each["Key"])


def contacts(desk: Desk) -> None:
    desk.opened()
    contact = desk.api("GET")["participants"][0]["contact"]
    _get(desk, f"/v1/contacts/{contact}")
    _get(desk, f"/v1/contacts/{contact}/conversations")


def quarantine(desk: Desk) -> None:
    for verb in ("release", "discard"):
        _raw(desk, f"to-{verb}", NESTED + verb.encode())
        desk.conversation = desk.listed(status="quarantined")[0]["id"]
        desk.api("POST", f"/quarantine/{verb}")


def summary(desk: Desk) -> None:
    _get(desk, "/v1/ingest-summary", day="2026-11-02")


# ---- what lets somebody in ------------------------------------------------------------------------------------------


def tokens(desk: Desk) -> None:
    """Made, read, listed and revoked, each of them twice; by an admin who has to look whose it is."""
    admin, other = desk.stack.person(), desk.stack.person()
    wanted = {"name": "x", "scopes": ["people:read"]}
    own = desk.asked("POST", "/v1/me/tokens", wanted, token="", headers=other.headers)["id"]
    service = desk.asked("POST", "/v1/tokens", wanted, token="", headers=admin.headers)["id"]
    for path in ("/v1/tokens", f"/v1/tokens/{own}"):
        desk.asked("GET", path, token="", headers=admin.headers)
    desk.asked("GET", f"/v1/me/tokens/{own}", token="", headers=other.headers)
    for token in (own, own, service):
        desk.asked("DELETE", f"/v1/tokens/{token}", token="", headers=admin.headers)
    desk.stack.finish_revocations(desk.stack.relay())


def a_removed_persons_conversation(desk: Desk) -> None:
    admin, other = desk.stack.person(), desk.stack.person()
    desk.opened()
    desk.api("PUT", "/assignee", {"assignee": other.id})
    desk.asked("DELETE", f"/v1/people/{other.id}", token="", headers=admin.headers)
    desk.stack.finish_revocations(desk.stack.relay())


def an_owner_goes_and_everybody_is_signed_out(desk: Desk) -> None:
    """In a workspace of their own, for nobody comes in afterwards."""
    first = desk.stack.workspace
    made = desk.stack.call("workspace_setup", {"workspace": {"name": "C"}, "mailbox": {"address": "c@acme.example"}})
    desk.stack.workspace = made["workspace"]
    owner, other = desk.stack.person(Role.OWNER), desk.stack.person(Role.OWNER)
    desk.asked("DELETE", f"/v1/people/{other.id}", token="", headers=owner.headers)
    desk.asked("DELETE", "/v1/credentials", token="", headers=owner.headers)
    desk.stack.finish_revocations(desk.stack.relay())
    desk.stack.workspace = first


# ---- mail out -------------------------------------------------------------------------------------------------------


def a_long_reply_goes_out(desk: Desk) -> None:
    """And once more, for queues deliver twice."""
    desk.opened()
    fact = desk.replied(prose(12_000, 7))
    for _ in range(2):
        desk.accepted(desk.stack.deliver(fact))


def a_reply_whose_text_is_gone(desk: Desk) -> None:
    desk.opened()
    fact = desk.replied(prose(12_000, 8))
    _lose_bodies(desk)
    desk.stack.deliver(fact)


def a_throttled_send(desk: Desk) -> None:
    desk.opened()
    fact = desk.replied("soon")
    desk.stack.recorder.faults["sesv2", "SendEmail"] = refusal(429, "TooManyRequestsException")
    for tries in (1, 8):
        desk.stack.deliver(fact, receive_count=tries)
    desk.stack.recorder.faults.clear()


def _a_send_that_may_have_happened(desk: Desk) -> dict[str, Any]:
    desk.opened()
    fact = desk.replied("perhaps")
    desk.stack.recorder.faults["sesv2", "SendEmail"] = lost
    desk.stack.deliver(fact)
    desk.stack.recorder.faults.clear()
    return fact


def ses_settles_it(desk: Desk) -> None:
    """Its Message-ID is told by the event: nobody kept it when the mail was handed over."""
    desk.heard(_a_send_that_may_have_happened(desk), "Send")()


def a_reply_is_sent_again(desk: Desk) -> None:
    """By an agent, after it came back for a reason that may pass."""
    desk.opened()
    fact = desk.replied("again")
    desk.accepted(desk.stack.deliver(fact))
    desk.heard(fact, "Bounce", bounce=BOUNCE | {"bounceType": "Transient", "bounceSubType": "MailboxFull"})()
    desk.api("POST", f"/messages/{fact['detail']['data']['message']}/retry")


def an_answer_to_an_old_mail(desk: Desk) -> None:
    """More messages lie between than are read with the conversation."""
    desk.opened()
    fact = desk.replied("late")
    for number in range(30):
        desk.api("POST", "/notes", {"text": str(number)})
    desk.stack.deliver(fact)


PATHS: tuple[Path, ...] = (
    second_workspace,
    description,
    unreadable,
    virus_for_two,
    same_mail_twice,
    notified_twice,
    answer_by_message_id,
    raw_mail_gone,
    forgotten_mail,
    mailboxes,
    who_am_i,
    a_colleagues_list,
    a_page_of_messages,
    a_whole_message,
    contacts,
    quarantine,
    tokens,
    a_removed_persons_conversation,
    an_owner_goes_and_everybody_is_signed_out,
    summary,
    a_long_reply_goes_out,
    a_reply_whose_text_is_gone,
    a_throttled_send,
    ses_settles_it,
    a_reply_is_sent_again,
    an_answer_to_an_old_mail,
    every_digest,
    every_mail_again,
    audited,
)
