"""The ways by which mail finds its conversation, and by which people come to take part: see `bench.paths`."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from bench.people import SignedIn
from bench.scenarios import Desk, Unexpected
from bench.stack import MAILBOX, Stack, notification_of
from letterlock.adapters.dynamo import key
from letterlock.domain.accounts import Mailbox
from letterlock.domain.mail import IMPORT_PREFIX
from letterlock.domain.permissions import Role, Scope
from letterlock.entry import people_wiring, wiring

BOB = "bob@customer.example"
EVE = "eve@else.example"


def mail(
    number: int, sender: str, to: str, *, subject: str = "Order 9", text: str = "Where is it?", **more: str
) -> bytes:
    found = EmailMessage()
    found["From"], found["To"], found["Subject"] = sender, to, subject
    found["Message-ID"] = f"<thread-{number}@customer.example>"
    for name, value in more.items():
        found[name.replace("_", "-")] = value
    found.set_content(text)
    return found.as_bytes()


def taken(desk: Desk, name: str, raw: bytes, *recipients: str, **verdicts: str) -> None:
    desk.stack.store(name, raw)
    desk.accepted(desk.stack.notify(notification_of(name, recipients, **verdicts)))


def people_take_part(desk: Desk) -> None:
    """A customer copies somebody, and a stranger answers. The team confirms that one under a key, lets in another, and
    sends off who was copied.
    """
    desk.opened()
    address, _ = desk.sent("Soon.")
    taken(desk, "copies", mail(1, "ana@customer.example", address, Cc=BOB), address)
    taken(desk, "stranger", mail(2, EVE, address), address)
    shown = desk.api("GET")
    people = {each["address"]: each["contact"] for each in shown["participants"]}
    mails = [each for each in shown["messages"] if each["threading"]]
    (unverified,) = [each["id"] for each in mails if each["threading"]["trust"] == "unverified"]
    for _ in range(2):
        desk.api("POST", f"/messages/{unverified}/confirm", Idempotency_Key="k")
    for _ in range(2):
        desk.api("POST", "/participants", {"address": "cleo@customer.example", "name": "Cleo"}, Idempotency_Key="k")
    for _ in range(2):
        desk.api("DELETE", f"/participants/{people[BOB]}")


def agent(stack: Stack) -> tuple[SignedIn, str]:
    """Somebody of the team, and the address that they sign in with, by which they are found."""
    made = stack.person(Role.AGENT)
    address = f"{made.id.lower()}@team.example"
    items = people_wiring.items()
    route = key(items.route(address), stack.workspace) | {"person": {"S": made.id}}
    wiring.client("dynamodb").put_item(TableName=items.table, Item=route)
    return made, address


HANDED_ON = (
    "Please see to it.\n\n---------- Forwarded message ---------\nFrom: Ana <ana@customer.example>\n"
    "Date: Mon, 2 Nov 2026 at 09:00\nSubject: The broken one\nTo: Ben <ben@team.example>\n\n\nIt is broken.\n"
)


def one_mail_to_two_mailboxes(desk: Desk) -> None:
    """By two deliveries: the later one links both conversations."""
    second = Mailbox(wiring.ids().new("mbx"), desk.stack.workspace, "two@acme.example")
    wiring.mailboxes().add(second)
    raw = mail(30, "ana@customer.example", f"{MAILBOX}, {second.address}")
    for name, address in (("to-one", MAILBOX), ("to-two", second.address)):
        taken(desk, name, raw, address)


def an_archive_is_imported(desk: Desk) -> None:
    """A mail, what the team answered then, and both of them once more."""
    ana, answers = "ana@customer.example", {"In_Reply_To": "<thread-40@customer.example>"}
    for _ in range(2):
        taken(desk, f"{IMPORT_PREFIX}40", mail(40, ana, MAILBOX, subject="Long ago"), MAILBOX)
        taken(desk, f"{IMPORT_PREFIX}41", mail(41, MAILBOX, ana, subject="Long ago", **answers), MAILBOX)


def an_agent_hands_a_mail_on(desk: Desk) -> None:
    """Twice, for mail is delivered twice; and somebody forges their address."""
    _, address = agent(desk.stack)
    for name, verdict in (("handed", "PASS"), ("handed", "PASS"), ("forged", "FAIL")):
        raw = mail(len(name) + 20, address, MAILBOX, subject="Fwd: The broken one", text=HANDED_ON)
        taken(desk, f"{name}-on", raw, MAILBOX, dmarc=verdict)


def a_mail_joins_by_its_subject(desk: Desk) -> None:
    """In a mailbox that wants that."""
    _settings(desk, {"threading": {"by_subject": True}})
    for number, subject in ((3, "The lamp on my desk"), (4, "Re: The lamp on my desk")):
        taken(desk, f"subject{number}", mail(number, "dora@customer.example", MAILBOX, subject=subject), MAILBOX)
    desk.conversation = desk.listed()[0]["id"]
    if desk.api("GET")["messages"][-1]["threading"]["rule"] != "subject":
        raise Unexpected("the mail opened a conversation of its own")
    _settings(desk, {"threading": {"by_subject": False}})


def _settings(desk: Desk, wanted: dict[str, Any]) -> None:
    token = desk.stack.token_with(frozenset(Scope))
    desk.asked("PATCH", f"/v1/mailboxes/{desk.stack.mailbox}", {"settings": wanted}, token=token)


THREADS = (
    people_take_part,
    a_mail_joins_by_its_subject,
    an_agent_hands_a_mail_on,
    one_mail_to_two_mailboxes,
    an_archive_is_imported,
)
