"""What the handlers publish fits the schema that consumers were promised, and carries nothing that anybody said."""

import json
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import pytest
from botocore.exceptions import ClientError
from jsonschema import Draft202012Validator

from bench.billing_paths import bought
from bench.browser import PASSWORD, Browser, enrolled, joined, me, owner
from bench.check_paths import a_mail_is_acknowledged
from bench.connection_paths import an_account_is_ended_at_its_provider
from bench.file_paths import a_note_with_a_file, the_file_of_a_mail
from bench.notify_paths import answer
from bench.scenarios import Desk
from bench.thread_paths import an_archive_is_imported
from letterlock.domain.billing import GRACE
from letterlock.domain.tokens import read
from letterlock.entry import mail_wiring, token_wiring, wiring
from letterlock.services.deeds import Asked
from letterlock.services.revoke import Revocable, Target
from tests.handlers.stack import Stack, notification_of
from tools.event_schemas import SCHEMAS, all_facts
from tools.lambda_target import ROOT

SAMPLES = ROOT / "events" / "samples"
MAIL = (
    b"From: Zebra Person <zebra@customer.example>\r\nTo: support@acme.example\r\nSubject: zebra order\r\n"
    b"Message-ID: <zebra1@customer.example>\r\n\r\nzebra text\r\n"
)
NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(300))


def everything_that_can_happen(stack: Stack) -> list[dict[str, Any]]:
    """As the bus carries it."""
    stack.mail(MAIL)
    stack.mail(NESTED, ses_message_id="ses2")
    [card] = stack.api("GET", "/v1/conversations")[1]["conversations"]
    path = f"/v1/conversations/{card['id']}"
    written = ("zebra reply", "zebra spurned", "zebra refused", "zebra lost", "zebra page", "zebra stopped")
    for text in written:
        assert stack.api("POST", f"{path}/replies", {"text": text})[0] == 202
    stack.api("POST", f"{path}/notes", {"text": "zebra note"})
    stack.api("PUT", f"{path}/assignee", {"assignee": "me"})
    stack.api("PUT", f"{path}/assignee", {"assignee": None})
    stack.api("PUT", f"{path}/status", {"status": "closed"})
    [unreadable] = stack.api("GET", "/v1/conversations", query={"status": "quarantined"})[1]["conversations"]
    for decision in ("discard", "release"):
        assert stack.api("POST", f"/v1/conversations/{unreadable['id']}/quarantine/{decision}")[0] == 200
    queued = [each for each in stack.relay() if each["detail-type"] == "ReplyQueued"]
    mailer = mail_wiring.answer_by_mail().mailer
    refusals = [None, None, ("MessageRejected", 400), ("InternalFailure", 500), ("503", 503)]
    told_of_the_stopped = queued.pop()
    _claim_and_stop(told_of_the_stopped["detail"]["data"])
    for event, refusal in zip(queued, refusals, strict=True):
        with pytest.MonkeyPatch.context() as patch:
            if refusal:
                patch.setattr(mailer, "_client", _Refusing(*refusal))
            assert stack.deliver(event) == {"batchItemFailures": []}
    assert stack.deliver(told_of_the_stopped) == {"batchItemFailures": []}
    for position, said in ((0, "delayed"), (0, "delivered"), (0, "bounced_hard"), (0, "complained"), (1, "rejected")):
        assert stack.ses_says(_of_ses(said, queued[position]["detail"]["data"])) == {"batchItemFailures": []}
    _people_come_in(stack)
    _answer_is_refused(stack, path)
    desk = Desk(stack)
    for passes in (a_mail_is_acknowledged, a_note_with_a_file, the_file_of_a_mail, an_archive_is_imported):
        passes(desk)
    an_account_is_ended_at_its_provider(desk)
    _is_charged(stack)
    _revoke_one_of_each(stack)
    stack.relay()
    return stack.published


def _people_come_in(stack: Stack) -> None:
    zebra = owner(stack, "zebra@team.example")
    joined(zebra, "zebra2@team.example")
    zebra.must("POST", "/v1/password-resets", {"email": "zebra@team.example"})
    zebra.must("PUT", "/v1/me/password", {"current": PASSWORD, "new": "zebra and others"})
    _, codes = enrolled(zebra, "zebra and others")
    assert Browser(stack).sign_in("zebra@team.example", "zebra and others", code=codes[1])[0] == 201
    lost = {"do": "ask", "workspace": zebra.must("GET", "/v1/me")["workspace"]["id"], "owner": "zebra@team.example"}
    assert "error" not in stack.call("factor_reset", lost)
    zebra.must("DELETE", f"/v1/people/{me(zebra)}/factor-reset")
    both = {"password": "zebra and others", "code": codes[0]}
    codes = zebra.must("POST", "/v1/me/totp/recovery-codes", both)["recovery_codes"]
    removed = {"password": "zebra and others", "code": codes[0]}
    assert zebra.ask("DELETE", "/v1/me/totp", removed)[0] == 204


def _answer_is_refused(stack: Stack, path: str) -> None:
    """Somebody is named in a note and given the conversation; a stranger answers the mail that told them."""
    person = stack.person()
    assert stack.api("POST", f"{path}/notes", {"text": "zebra, yours?", "mentions": [person.id]})[0] == 201
    assert stack.api("PUT", f"{path}/assignee", {"assignee": person.id})[0] == 200
    mails = stack.notified()
    to = parseaddr(str(mails[-1]["Reply-To"]))[1]
    stack.store("forged", answer("zebra@customer.example", to, "zebra was here"))
    assert stack.notify(notification_of("forged", (to,))) == {"batchItemFailures": []}


def _is_charged(stack: Stack) -> None:
    """Somebody buys a plan, is asked by the bank, does not pay, wants the money back, and pays late."""
    stack.bills()
    subscription = bought(Desk(stack), seats=9)
    for outcome in ("action_required", "failed"):
        stack.stripe.renew(subscription, outcome)
        stack.stripe_told()
    stack.stripe.open_dispute(next(reversed(stack.stripe.kept["customer"])))
    stack.stripe_told()
    now = wiring.now
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "now", lambda: now() + GRACE)
        stack.restart()
        stack.stripe.fail_again(subscription)
        stack.stripe_told()
        stack.stripe.settle(subscription)
        stack.stripe_told()
    stack.bills("false")


def _revoke_one_of_each(stack: Stack) -> None:
    asked = Asked("per_" + "0" * 26, "request-1")
    person = stack.person()
    kinds = Revocable.PERSON, Revocable.WORKSPACE
    for kind, id in zip(kinds, (person.id, stack.workspace), strict=True):  # noqa: A001 - the field's own name
        assert token_wiring.revoke()(Target(kind, stack.workspace, id), asked)
    holder = read(stack.token).holder
    assert token_wiring.revoke()(Target(Revocable.API_TOKEN, stack.workspace, holder, holder, leaked=True), asked)


def _claim_and_stop(of: dict[str, str]) -> None:
    """A sender took the message, and was never heard of again."""
    conversations = mail_wiring.deliver_reply().conversations
    conversations.claim(of["workspace"], of["conversation"], of["message"], timedelta(seconds=-1))


def _of_ses(said: str, of: dict[str, str]) -> dict[str, Any]:
    """SES's event of that name, about the mail that this message went out as."""
    text = (SAMPLES / "ses_events" / f"{said}.json").read_text()
    event: dict[str, Any] = json.loads(text.replace("ana@customer.example", "zebra@customer.example"))
    mail = event["detail"]["mail"]
    mail["destination"] = ["zebra@customer.example"]
    mail["tags"] |= {name: [of[name]] for name in ("workspace", "conversation", "message")}
    return event


class _Refusing:
    """SES, saying no, in words that quote the mail."""

    def __init__(self, code: str, status: int) -> None:
        self._code, self._status = code, status

    def send_email(self, **_: Any) -> None:
        answer: Any = {
            "Error": {"Code": self._code, "Message": "zebra@customer.example was refused"},
            "ResponseMetadata": {"HTTPStatusCode": self._status},
        }
        raise ClientError(answer, "SendEmail")


def test_every_published_fact_fits_its_schema_and_says_nothing_of_what_was_said(stack: Stack) -> None:
    told = everything_that_can_happen(stack)

    assert {each["detail-type"] for each in told} == {fact.__name__ for fact in all_facts()}
    for event in told:
        version = event["detail"]["metadata"]["version"]
        schema = json.loads((SCHEMAS / f"{event['detail-type']}.v{version}.json").read_text())
        Draft202012Validator(schema).validate(event["detail"])
    assert "zebra" not in json.dumps(told).lower()


def test_a_fact_names_what_began_it_and_what_led_to_it(stack: Stack) -> None:
    told = everything_that_can_happen(stack)
    [queued] = [each for each in told if each["detail-type"] == "ReplyQueued"][:1]
    message = queued["detail"]["data"]["message"]
    [sent] = [
        each
        for each in told
        if (each["detail-type"], each["detail"]["data"].get("message")) == ("MessageSent", message)
    ]
    assert sent["detail"]["metadata"]["causation_id"] == queued["detail"]["metadata"]["id"]
    assert sent["detail"]["metadata"]["correlation_id"] == queued["detail"]["metadata"]["correlation_id"]
