"""The ways by which mail finds its conversation, and by which people come to take part: see `bench.paths`."""

from __future__ import annotations

from email.message import EmailMessage

from bench.scenarios import Desk
from bench.stack import notification_of

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


THREADS = (people_take_part,)
