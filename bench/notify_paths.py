"""The ways through the functions by which people are told by mail, and answer, for the calls that they make of AWS: see
`bench.paths`.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import parseaddr

from bench.letters import prose
from bench.recorder import refusal
from bench.scenarios import Desk
from bench.stack import notification_of
from letterlock.domain.permissions import Role


def answer(sender: str, to: str, text: str, number: int = 1) -> bytes:
    """Somebody of the team answers a notification."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, to
    mail["Subject"], mail["Message-ID"] = (
        "Re: Conversation #1",
        f"<answer-{number}-{to.partition('@')[0]}@team.example>",
    )
    mail.set_content(text)
    return mail.as_bytes()


def people_are_told_and_answer(desk: Desk) -> None:
    """Of mail that is nobody's, of what they are given, of a note; with content. They reply and leave a note by mail;
    then one that is forged.
    """
    ana, ben = desk.stack.person(Role.OWNER), desk.stack.person()
    for method, body in (("GET", None), ("PATCH", {"unassigned": True, "include_content": True})):
        desk.asked(method, "/v1/me/notifications", body, token="", headers=ben.headers)
    desk.opened()
    desk.stack.notified()
    desk.api("POST", "/notes", {"text": "Yours?", "mentions": [ben.id]})
    desk.api("PUT", "/assignee", {"assignee": ben.id})
    desk.stack.recorder.faults["sesv2", "SendEmail"] = refusal(429, "TooManyRequestsException")
    desk.stack.notified(failing=True)
    desk.stack.recorder.faults.clear()
    desk.api("PUT", "/assignee", {"assignee": ana.id})
    [told] = desk.stack.notified()
    to, sender = parseaddr(str(told["Reply-To"]))[1], parseaddr(str(told["To"]))[1]
    for number, text in enumerate((prose(12_000, 9), "#note\nSaid so.")):
        _arrives(desk, f"answer{number}", answer(sender, to, text, number), to)
    _arrives(desk, "forged", answer("eve@else.example", to, "Hello"), to)
    desk.stack.notified()


def _arrives(desk: Desk, name: str, raw: bytes, to: str) -> None:
    for _ in range(2):
        desk.stack.store(name, raw)
        desk.accepted(desk.stack.notify(notification_of(name, (to,))))


def owners_are_told_of_what_ended(desk: Desk) -> None:
    owner, other = desk.stack.person(Role.OWNER), desk.stack.person(Role.OWNER)
    wanted = {"name": "x", "scopes": ["people:read"]}
    service = desk.asked("POST", "/v1/tokens", wanted, token="", headers=owner.headers)["id"]
    desk.asked("DELETE", f"/v1/tokens/{service}", token="", headers=owner.headers)
    desk.asked("DELETE", f"/v1/people/{other.id}", token="", headers=owner.headers)
    desk.stack.mailed()


NOTIFICATIONS = (people_are_told_and_answer, owners_are_told_of_what_ended)
