"""The ways by which mailboxes come to be, for the calls that they make of AWS: see `bench.paths`."""

from __future__ import annotations

from bench.browser import Browser, owner
from bench.scenarios import CONVERSATIONS, Desk, Unexpected
from bench.stack import DOMAIN, notification_of

GIL = "gil@team.example"
OWN = "gils.example"
MAIL = b"From: ana@customer.example\r\nSubject: Order 7\r\n\r\nWhere is it?\r\n"
ASKS = (
    b"From: forwarding-noreply@google.com\r\nSubject: (#508213974) Gmail Forwarding Confirmation\r\n\r\n"
    b"Confirmation code: 508213974\r\n"
)


def mailboxes_come_to_be(desk: Desk) -> None:
    """At the stack's domain and at one's own, which is claimed twice under a key; they are read, changed, confirmed."""
    gil = owner(desk.stack, GIL)
    key = {"Idempotency-Key": "k"}
    for _ in range(2):
        claim = gil.must("POST", "/v1/domains", {"domain": OWN}, headers=key)
    for path in ("/v1/domains", f"/v1/domains/{claim['id']}"):
        gil.must("GET", path)
    desk.stack.mail_identities.verify(OWN)
    for _ in range(2):
        gil.must("POST", "/v1/mailboxes", {"address": f"gil@{DOMAIN}"}, headers=key)
    own = gil.must("POST", "/v1/mailboxes", {"address": f"help@{OWN}", "signature": "Gil"})
    for path in ("/v1/mailboxes", f"/v1/mailboxes/{own['id']}"):
        gil.must("GET", path)
    _take(desk, "asks", ASKS, own["forwarding"]["address"])
    gil.must("PATCH", f"/v1/mailboxes/{own['id']}", {"name": "Help", "forwarding": "confirmed"})
    _answer(desk, gil, f"help@{OWN}")
    _acknowledge(desk, gil, own["id"], f"help@{OWN}")


def _answer(desk: Desk, gil: Browser, address: str) -> None:
    """It goes out from the workspace's own domain."""
    _take(desk, "to-own", MAIL, address)
    (card,) = gil.must("GET", CONVERSATIONS)["conversations"]
    gil.must("POST", f"{CONVERSATIONS}/{card['id']}/replies", {"text": "Soon."})
    (fact,) = [each for each in desk.stack.relay() if each["detail-type"] == "ReplyQueued"]
    desk.accepted(desk.stack.deliver(fact))


def _acknowledge(desk: Desk, gil: Browser, mailbox: str, address: str) -> None:
    """So does what the mailbox says by itself."""
    chosen = {"acknowledgement": {"enabled": True, "text": "Soon."}}
    gil.must("PATCH", f"/v1/mailboxes/{mailbox}", {"settings": chosen})
    _take(desk, "acknowledged", MAIL.replace(b"Order 7", b"Order 8"), address)
    if not desk.stack.acknowledged():
        raise Unexpected("nothing was said")


def _take(desk: Desk, name: str, mail: bytes, address: str) -> None:
    desk.stack.store(name, mail)
    answer = desk.stack.notify(notification_of(name, (address,)))
    if answer["batchItemFailures"]:
        raise Unexpected(answer)


MAILBOXES = (mailboxes_come_to_be,)
