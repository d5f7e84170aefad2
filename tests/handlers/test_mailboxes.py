"""Mailboxes: who makes them, at which domains, what stands on what goes out from them, and what is forwarded to them."""

from __future__ import annotations

import email
from datetime import datetime, timedelta
from typing import Any

import pytest

from bench.browser import Browser, joined, owner
from letterlock.domain.audit import Act
from letterlock.domain.permissions import Role, Scope
from letterlock.entry import mailbox_wiring, wiring
from tests.handlers.stack import DOMAIN, MAILBOX, Stack, notification_of

OWN = "team.example"
SALES = f"sales@{DOMAIN}"
MAIL = b"From: Ana <ana@customer.example>\r\nTo: support@acme.example\r\nSubject: Order 7\r\n\r\nWhere is it?\r\n"
GOOGLE = (
    b"From: Gmail Team <forwarding-noreply@google.com>\r\nTo: fwd@acme.example\r\n"
    b"Subject: (#508213974) Gmail Forwarding Confirmation - Receive Mail from ana@team.example\r\n\r\n"
    b"ana@team.example has requested to automatically forward mail to your email address.\r\n"
    b"Confirmation code: 508213974\r\n\r\n"
    b"To allow this, please click the link below:\r\n\r\n"
    b"https://mail-settings.google.com/mail/vf-%5BANGjdJ8x%5D-abcDEF\r\n\r\n"
    b"If you did not ask for it: https://mail-settings.google.com/mail/uf-%5BANGjdJ8y%5D-abcDEF\r\n"
)
LINK = "https://mail-settings.google.com/mail/vf-%5BANGjdJ8x%5D-abcDEF"


def made(browser: Browser, address: str = SALES, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = browser.must("POST", "/v1/mailboxes", {"address": address, **more})
    return found


def claimed(browser: Browser, domain: str = OWN, *, verified: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = browser.must("POST", "/v1/domains", {"domain": domain})
    if verified:
        browser.stack.mail_identities.verify(domain)
    return found


# ---- mailboxes ------------------------------------------------------------------------------------------------------


def test_a_new_mailbox_takes_mail_and_whoever_sees_all_sees_it(stack: Stack) -> None:
    ana = owner(stack)
    sales = made(ana, name="Sales", signature="Ana\nSales")

    stack.mail(MAIL, ses_message_id="m1", recipients=(SALES,))

    assert ana.must("GET", "/v1/me")["mailboxes"] == [sales["id"]]
    assert ana.must("GET", "/v1/mailboxes") == {"mailboxes": [sales]}
    assert ana.must("GET", f"/v1/mailboxes/{sales['id']}") == sales
    (card,) = ana.must("GET", "/v1/conversations", query={"mailbox": sales["id"]})["conversations"]
    assert card["subject"] == "Order 7"


def test_an_address_is_one_mailboxs_in_the_whole_stack(stack: Stack) -> None:
    ana = owner(stack)

    status, answer = ana.ask("POST", "/v1/mailboxes", {"address": f" Support@{DOMAIN}"})

    assert (status, answer["type"]) == (409, "urn:letterlock:problem:conflict")
    assert ana.must("GET", "/v1/mailboxes")["mailboxes"] == []
    assert ana.must("GET", "/v1/me")["mailboxes"] == []


@pytest.mark.parametrize(
    "address", ["x@gmail.com", "x@host.local", "x@elsewhere.example", f"postmaster@{DOMAIN}", f"x@sub.{DOMAIN}"]
)
def test_an_address_that_is_not_ones_to_have_is_unprocessable(stack: Stack, address: str) -> None:
    status, answer = owner(stack).ask("POST", "/v1/mailboxes", {"address": address})

    assert (status, answer["type"]) == (422, "urn:letterlock:problem:domain-refused")
    assert address not in answer["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"address": "none"},
        {"address": f"a+b@{DOMAIN}"},
        {"address": f"{'a' * 24}@{DOMAIN}"},
        {"address": SALES, "id": "mbx_1"},
        {"address": SALES, "forwarding": f"x@{DOMAIN}"},
        {"address": SALES, "name": "two\nlines"},
        {"address": SALES, "signature": "bell\x07"},
        {"address": SALES, "signature": "ü" * 1001},
    ],
)
def test_a_mailbox_that_would_not_work_is_not_made(stack: Stack, body: dict[str, Any]) -> None:
    ana = owner(stack)

    assert ana.ask("POST", "/v1/mailboxes", body)[0] == 400
    assert ana.must("GET", "/v1/mailboxes")["mailboxes"] == []


def test_only_who_works_in_all_of_them_makes_one(stack: Stack) -> None:
    ana = owner(stack)
    made(ana)
    limited = joined(ana, "dan@team.example", "admin", mailboxes=[])
    agent = joined(ana, "cleo@team.example", "agent")

    for browser in (limited, agent):
        assert browser.ask("POST", "/v1/mailboxes", {"address": f"other@{DOMAIN}"})[0] == 403
    assert limited.must("GET", "/v1/mailboxes")["mailboxes"] == []
    assert agent.must("GET", "/v1/mailboxes")["mailboxes"][0]["forwarding"] is None


def test_a_mailbox_that_one_does_not_see_is_none(stack: Stack) -> None:
    ana, eve = owner(stack), owner(stack, "eve@other.example")
    path = f"/v1/mailboxes/{made(ana)['id']}"
    limited = joined(ana, "dan@team.example", "admin", mailboxes=[])

    for browser in (eve, limited):
        assert browser.ask("GET", path)[0] == 404
        assert browser.ask("PATCH", path, {"name": "Mine"})[0] == 404


def test_a_workspace_has_so_many_mailboxes_and_no_more(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("letterlock.adapters.dynamo_mailbox_changes.MAILBOXES_AT_MOST", 1)
    ana = owner(stack)
    made(ana)

    status, answer = ana.ask("POST", "/v1/mailboxes", {"address": f"more@{DOMAIN}"})

    assert (status, answer["type"]) == (409, "urn:letterlock:problem:rule-broken")


def test_sent_again_under_its_key_a_mailbox_is_the_same_one(stack: Stack) -> None:
    ana = owner(stack)
    key = {"Idempotency-Key": "k"}

    first = ana.must("POST", "/v1/mailboxes", {"address": SALES}, headers=key)

    assert ana.must("POST", "/v1/mailboxes", {"address": SALES}, headers=key) == first
    assert ana.headers["Idempotency-Replayed"] == ["true"]
    status, answer = ana.ask("POST", "/v1/mailboxes", {"address": f"b@{DOMAIN}"}, headers=key)
    assert (status, answer["type"]) == (409, "urn:letterlock:problem:idempotency-key-reused")


def test_who_was_removed_meanwhile_makes_no_mailbox(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = owner(stack)
    ben = joined(ana, "ben@team.example", "admin")
    his = ben.must("GET", "/v1/me")["id"]
    changes = mailbox_wiring.changes()
    add = type(changes).add

    def meanwhile(*args: Any) -> None:
        ana.must("DELETE", f"/v1/people/{his}")
        add(*args)

    monkeypatch.setattr(type(changes), "add", meanwhile)

    assert ben.ask("POST", "/v1/mailboxes", {"address": SALES})[0] == 401
    assert ana.must("GET", "/v1/mailboxes")["mailboxes"] == []


def test_nobody_overwrites_a_mailbox_that_they_have_not_seen(stack: Stack) -> None:
    ana = owner(stack)
    path = f"/v1/mailboxes/{made(ana)['id']}"
    ana.must("GET", path)
    (tag,) = ana.headers["ETag"]

    changed = ana.must("PATCH", path, {"name": "Sales"}, headers={"If-Match": tag})

    assert (changed["name"], changed["version"], changed["signature"]) == ("Sales", 2, "")
    status, answer = ana.ask("PATCH", path, {"name": "Else"}, headers={"If-Match": tag})
    assert (status, answer["type"]) == (412, "urn:letterlock:problem:stale")
    assert ana.must("PATCH", path, {"name": "Sales"}, headers={"If-Match": tag})["version"] == 2
    for body in ({}, {"address": "x@y.example"}, {"name": None, "extra": 1}, {"forwarding": "waiting"}):
        assert ana.ask("PATCH", path, body)[0] == 400


def test_what_is_made_and_changed_is_in_the_audit_log(stack: Stack) -> None:
    ana = owner(stack)
    id = made(ana)["id"]  # noqa: A001 - the field's own name
    ana.must("PATCH", f"/v1/mailboxes/{id}", {"name": "Sales", "signature": "Ana"})
    claimed(ana)

    entries = wiring.audit().listed(ana.must("GET", "/v1/workspace")["id"])

    acts = {each.act: each for each in entries}
    assert acts[Act.MAILBOX_ADDED].subject == acts[Act.MAILBOX_CHANGED].subject == id
    assert acts[Act.MAILBOX_CHANGED].detail.reason == "name, signature"
    assert acts[Act.DOMAIN_CLAIMED].subject.startswith("dom_")


def test_settings_are_read_changed_one_by_one_and_guarded_by_the_version(stack: Stack) -> None:
    ana = owner(stack)
    sales = made(ana)
    path = f"/v1/mailboxes/{sales['id']}"
    assert sales["settings"]["threading"] == {"by_subject": False, "window_days": 7}

    first = ana.must("PATCH", path, {"settings": {"threading": {"by_subject": True}}}, headers={"If-Match": '"1"'})
    second = ana.must("PATCH", path, {"settings": {"threading": {"window_days": 3}}})

    assert first["settings"]["threading"] == {"by_subject": True, "window_days": 7}
    assert second["settings"]["threading"] == {"by_subject": True, "window_days": 3}
    assert (second["name"], second["version"]) == (sales["name"], 3)
    assert ana.must("GET", path) == second
    assert ana.must("GET", "/v1/mailboxes")["mailboxes"] == [second]
    late = {"settings": {"threading": {"by_subject": False}}}
    assert ana.ask("PATCH", path, late, headers={"If-Match": '"1"'})[0] == 412
    assert (
        ana.must("PATCH", path, {"settings": {"threading": {"window_days": 3}}}, headers={"If-Match": '"1"'}) == second
    )
    acts = [
        each for each in wiring.audit().listed(ana.must("GET", "/v1/workspace")["id"]) if each.subject == sales["id"]
    ]
    assert [each.detail.reason for each in acts if each.act is Act.MAILBOX_CHANGED] == [
        "threading.window_days",
        "threading.by_subject",
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"threading": {"window_days": 0}},
        {"threading": {"window_days": 91}},
        {"threading": {"by_subject": "perhaps"}},
        {"threading": {"by_mood": True}},
        {"weather": {}},
        "none",
    ],
)
def test_settings_that_there_are_none_of_are_refused(stack: Stack, settings: Any) -> None:
    ana = owner(stack)
    path = f"/v1/mailboxes/{made(ana)['id']}"

    assert ana.ask("PATCH", path, {"settings": settings})[0] == 400
    assert ana.must("GET", path)["version"] == 1


# ---- what goes out --------------------------------------------------------------------------------------------------


def test_a_reply_goes_out_under_the_mailboxs_name_and_signature(stack: Stack) -> None:
    path = f"/v1/mailboxes/{stack.mailbox}"
    token = stack.token_with(frozenset(Scope))
    assert stack.api("PATCH", path, {"name": "Acme Help", "signature": "Your team"}, token=token)[0] == 200
    stack.mail(MAIL)
    conversation = stack.api("GET", "/v1/conversations")[1]["conversations"][0]["id"]
    stack.api("POST", f"/v1/conversations/{conversation}/replies", {"text": "On its way."})

    (fact,) = [each for each in stack.relay() if each["detail-type"] == "ReplyQueued"]
    stack.deliver(fact)

    sent = email.message_from_string(stack.sent()[-1].raw_data)
    (text, *_) = [bytes(each.get_payload(decode=True)) for each in sent.walk() if not each.is_multipart()]
    assert sent["From"] == f'"Acme Help" <{MAILBOX}>'
    assert text.decode().replace("\r\n", "\n").startswith("On its way.\n\n-- \nYour team\n\nOn ")


# ---- domains --------------------------------------------------------------------------------------------------------


def test_a_domain_is_shown_with_the_records_that_prove_it(stack: Stack) -> None:
    ana = owner(stack)

    shown = claimed(ana, "Team.Example.")

    assert (shown["domain"], shown["state"], shown["dkim"], shown["bounces"]) == (OWN, "pending", "pending", "pending")
    needed = [(each["type"], each["purpose"]) for each in shown["records"] if each["needed"]]
    assert needed == [("CNAME", "signature")] * 3 + [("MX", "bounces"), ("TXT", "bounces")]
    assert [(each["type"], each["name"]) for each in shown["records"] if not each["needed"]] == [
        ("TXT", f"_dmarc.{OWN}"),
        ("MX", OWN),
    ]
    assert ana.must("GET", f"/v1/domains/{shown['id']}") == shown
    assert [each["id"] for each in ana.must("GET", "/v1/domains")["domains"]] == [shown["id"]]
    stack.mail_identities.verify(OWN)
    assert ana.must("GET", f"/v1/domains/{shown['id']}")["state"] == "verified"


def test_a_mailbox_stands_at_ones_own_domain_once_it_is_verified(stack: Stack) -> None:
    ana = owner(stack)
    claimed(ana)
    assert ana.ask("POST", "/v1/mailboxes", {"address": f"help@{OWN}"})[0] == 422

    stack.mail_identities.verify(OWN)

    assert made(ana, f"help@{OWN}")["address"] == f"help@{OWN}"
    stack.mail(MAIL, ses_message_id="own", recipients=(f"help@{OWN}",))
    assert len(ana.must("GET", "/v1/conversations")["conversations"]) == 1


def test_a_claim_keeps_others_out_until_it_lapses_and_a_proven_one_for_good(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, eve = owner(stack), owner(stack, "eve@other.example")
    hers = claimed(eve)
    status, answer = ana.ask("POST", "/v1/domains", {"domain": OWN})
    assert (status, answer["type"]) == (409, "urn:letterlock:problem:conflict")

    late = wiring.now() + timedelta(hours=73)
    _at(monkeypatch, late)
    taken = claimed(ana, verified=True)

    assert eve.must("GET", f"/v1/domains/{hers['id']}")["state"] == "taken"
    assert eve.ask("POST", "/v1/mailboxes", {"address": f"help@{OWN}"})[0] == 422
    assert ana.must("GET", f"/v1/domains/{taken['id']}")["state"] == "verified"
    assert made(ana, f"help@{OWN}")["address"] == f"help@{OWN}"
    _at(monkeypatch, late + timedelta(days=300))
    stack.mail_identities.found[OWN]["DkimAttributes"]["Status"] = "FAILED"
    assert eve.ask("POST", "/v1/domains", {"domain": OWN})[0] == 409


def _at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Domains are claimed at that time; what was wired before goes on at its own."""
    monkeypatch.setattr(wiring, "now", lambda: now)
    mailbox_wiring.claim_domain.cache_clear()


def test_what_another_workspace_set_in_dns_proves_nothing_for_oneself(stack: Stack) -> None:
    """The keys are one domain's, whoever claims it; the subdomain is the claim's own."""
    ana, eve = owner(stack), owner(stack, "eve@other.example")
    claimed(eve)
    stack.mail_identities.found[OWN]["DkimAttributes"]["Status"] = "SUCCESS"
    stack.mail_identities.found[OWN]["MailFromAttributes"] = {
        "MailFromDomain": f"bounce.{OWN}",
        "MailFromDomainStatus": "SUCCESS",
    }

    (shown,) = eve.must("GET", "/v1/domains")["domains"]
    assert eve.must("GET", f"/v1/domains/{shown['id']}")["state"] == "pending"
    assert eve.ask("POST", "/v1/mailboxes", {"address": f"help@{OWN}"})[0] == 422
    assert mailbox_wiring.names().mail_from("wsp_1", OWN) != mailbox_wiring.names().mail_from("wsp_2", OWN)
    assert ana.ask("GET", f"/v1/domains/{shown['id']}")[0] == 404


def test_a_domain_that_something_else_in_the_account_writes_from_is_not_to_be_had(stack: Stack) -> None:
    stack.mail_identities.found[OWN] = {"DkimAttributes": {"Status": "SUCCESS"}, "Tags": []}
    ana = owner(stack)

    assert ana.ask("POST", "/v1/domains", {"domain": OWN})[0] == 409
    assert ana.must("GET", "/v1/domains")["domains"] == []


def test_a_claim_that_broke_off_goes_on_when_it_is_made_again(stack: Stack) -> None:
    ana = owner(stack)
    stack.mail_identities.refuses = "TooManyRequestsException"
    status, answer = ana.ask("POST", "/v1/domains", {"domain": OWN})
    assert (status, answer["type"]) == (503, "urn:letterlock:problem:unavailable")
    assert OWN not in answer["detail"]
    stack.mail_identities.refuses = ""
    (before,) = ana.must("GET", "/v1/domains")["domains"]
    assert ana.must("GET", f"/v1/domains/{before['id']}")["dkim"] is None

    again = claimed(ana)

    assert again["id"] == before["id"]
    assert len([each for each in again["records"] if each["type"] == "CNAME"]) == 3


def test_domains_are_for_admins_and_nobodys_cannot_be_claimed(stack: Stack) -> None:
    ana = owner(stack)
    agent = joined(ana, "cleo@team.example", "agent")

    assert agent.ask("GET", "/v1/domains")[0] == 403
    assert agent.ask("POST", "/v1/domains", {"domain": OWN})[0] == 403
    for domain in ("gmail.com", "host.local", DOMAIN, f"x.{DOMAIN}"):
        assert ana.ask("POST", "/v1/domains", {"domain": domain})[0] == 422
    for domain in ("nodot", "a b.example", "192.0.2.1", "x" * 64 + ".example", "-a.example"):
        assert ana.ask("POST", "/v1/domains", {"domain": domain})[0] == 400
    assert ana.must("GET", "/v1/domains")["domains"] == []


def test_sent_again_under_its_key_a_claim_is_the_same_one(stack: Stack) -> None:
    ana = owner(stack)
    key = {"Idempotency-Key": "k"}

    first = ana.must("POST", "/v1/domains", {"domain": OWN}, headers=key)

    assert ana.must("POST", "/v1/domains", {"domain": OWN}, headers=key) == first
    assert ana.headers["Idempotency-Replayed"] == ["true"]
    status, answer = ana.ask("POST", "/v1/domains", {"domain": "two.example"}, headers=key)
    assert (status, answer["type"]) == (409, "urn:letterlock:problem:idempotency-key-reused")


def test_a_claim_that_broke_off_goes_on_when_it_is_sent_again_under_its_key(stack: Stack) -> None:
    ana = owner(stack)
    key = {"Idempotency-Key": "k"}
    stack.mail_identities.refuses = "TooManyRequestsException"
    assert ana.ask("POST", "/v1/domains", {"domain": OWN}, headers=key)[0] == 503
    stack.mail_identities.refuses = ""

    again = ana.must("POST", "/v1/domains", {"domain": OWN}, headers=key)

    assert len([each for each in again["records"] if each["type"] == "CNAME"]) == 3
    assert stack.mail_identities.found[OWN]["MailFromAttributes"]["MailFromDomain"].endswith(f".{OWN}")


def test_a_workspace_claims_so_many_domains_and_no_more(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("letterlock.adapters.dynamo_mail_domains.DOMAINS_AT_MOST", 1)
    ana = owner(stack)
    claimed(ana)

    assert ana.ask("POST", "/v1/domains", {"domain": "two.example"})[0] == 409
    assert claimed(ana)["domain"] == OWN


# ---- forwarding -----------------------------------------------------------------------------------------------------


def forwarded(stack: Stack, to: str, mail: bytes = GOOGLE, *, name: str = "f1", **verdicts: str) -> None:
    stack.store(name, mail)
    answer = stack.notify(notification_of(name, (to,), **verdicts))
    assert answer == {"batchItemFailures": []}


def test_a_providers_question_stands_at_the_mailbox_and_not_in_the_inbox(stack: Stack) -> None:
    ana = owner(stack)
    sales = made(ana)
    assert sales["forwarding"]["status"] == "waiting"
    path = f"/v1/mailboxes/{sales['id']}"

    forwarded(stack, sales["forwarding"]["address"])
    forwarded(stack, sales["forwarding"]["address"])

    found = ana.must("GET", path)["forwarding"]
    assert (found["status"], found["confirmation"]["provider"]) == ("to_confirm", "google")
    assert (found["confirmation"]["code"], found["confirmation"]["link"]) == ("508213974", LINK)
    assert ana.must("GET", "/v1/conversations")["conversations"] == []
    (summary,) = ana.must("GET", "/v1/ingest-summary")["mailboxes"]
    assert (summary["received"], summary["stored"]) == (1, 1)
    done = ana.must("PATCH", path, {"forwarding": "confirmed"})["forwarding"]
    assert (done["status"], done["confirmation"]) == ("confirmed", None)
    forwarded(stack, sales["forwarding"]["address"], name="f2")
    assert ana.must("GET", path)["forwarding"]["status"] == "to_confirm"


def test_a_providers_code_is_for_those_who_set_up_mailboxes(stack: Stack) -> None:
    ana = owner(stack)
    sales = made(ana)
    forwarded(stack, sales["forwarding"]["address"])
    agent = joined(ana, "cleo@team.example", "agent")

    assert agent.must("GET", f"/v1/mailboxes/{sales['id']}")["forwarding"] is None


@pytest.mark.parametrize("dmarc", ["FAIL", "GRAY", "PROCESSING_FAILED"])
def test_a_forged_question_is_ordinary_mail(stack: Stack, dmarc: str) -> None:
    ana = owner(stack)
    sales = made(ana)

    forwarded(stack, sales["forwarding"]["address"], dmarc=dmarc)

    assert ana.must("GET", f"/v1/mailboxes/{sales['id']}")["forwarding"]["status"] == "waiting"
    assert len(ana.must("GET", "/v1/conversations")["conversations"]) == 1


def test_a_question_about_a_public_address_is_ordinary_mail(stack: Stack) -> None:
    ana = owner(stack)
    sales = made(ana)

    forwarded(stack, SALES)

    assert ana.must("GET", f"/v1/mailboxes/{sales['id']}")["forwarding"]["status"] == "waiting"
    assert len(ana.must("GET", "/v1/conversations")["conversations"]) == 1


def test_mail_that_is_forwarded_opens_conversations_that_do_not_write_to_ourselves(stack: Stack) -> None:
    ana = owner(stack)
    address = made(ana)["forwarding"]["address"]
    mail = MAIL.replace(b"To: support@acme.example", f"To: {SALES}\r\nCc: {address}".encode())

    forwarded(stack, address, mail)

    (card,) = ana.must("GET", "/v1/conversations")["conversations"]
    people = ana.must("GET", f"/v1/conversations/{card['id']}")["participants"]
    assert [each["address"] for each in people] == ["ana@customer.example"]


def test_an_address_to_forward_to_is_nobodys_own(stack: Stack) -> None:
    ana, eve = owner(stack), owner(stack, "eve@other.example")
    address = made(ana)["forwarding"]["address"]

    assert eve.ask("POST", "/v1/mailboxes", {"address": address})[0] == 400


def test_the_operators_first_mailbox_can_be_forwarded_to(stack: Stack) -> None:
    token = stack.token_with(frozenset(Scope), Role.ADMIN)
    _, found, _ = stack.api("GET", f"/v1/mailboxes/{stack.mailbox}", token=token)

    assert found["forwarding"]["address"].startswith("fwd-")
