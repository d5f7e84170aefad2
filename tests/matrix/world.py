"""Two workspaces, somebody of every kind in them, and something of every kind to ask for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest

from bench.people import put_profile
from bench.tables import make_table
from letterlock.adapters import table_accounts as accounts
from letterlock.adapters.dynamo import raw
from letterlock.adapters.member_items import keyed
from letterlock.domain.accounts import Credential, CredentialKind, Mailbox
from letterlock.domain.billing import Paid
from letterlock.domain.billing_status import BillingStatus
from letterlock.domain.conversations import Sending, SendState
from letterlock.domain.permissions import PERMISSIONS, Action, Needs, Role, Scope
from letterlock.domain.tokens import SECRET_BYTES, spell
from letterlock.entry import people_wiring, wiring
from tests.handlers.stack import MAILBOX, Stack, function_behind, rest_event, stack_on_moto

HOST = "api.acme.example"
SALES = "sales@acme.example"
OTHERS = "support@other.example"
"""The other workspace's mailbox."""
OWN_PASSWORD = "what everybody here signs in with"
RELEASE = "{attachment}/state"
PROGRAM = 'Content-Type: application/pdf; name="invoice.pdf"\r\nContent-Disposition: attachment\r\n\r\nMZ'
"""Of a mail that is nothing but that."""
Headers = dict[str, str]
Answer = tuple[int, str]
"""Status and body."""


@dataclass
class World:
    """`callers`: what each kind of caller sends to say who they are. `unscoped` is made for the action in question."""

    stack: Stack
    callers: dict[str, Headers] = field(default_factory=dict)
    sales: str = ""
    other: str = ""
    """The other workspace."""
    made: int = 0
    file: str = ""
    """Of the message with a file that was made last."""
    targets: dict[str, str] = field(default_factory=dict)
    """What was made for the callers who may not change it, by the route."""

    @classmethod
    def of(cls, stack: Stack) -> World:
        world = cls(stack)
        world.sales = world._second_mailbox()
        setup = {"workspace": {"name": "Other"}, "mailbox": {"address": OTHERS}}
        world.other = stack.call("workspace_setup", setup)["workspace"]
        world.seated(world.other, Role.OWNER)  # or `foreign`, who is another one, could not leave
        world.seat()
        return world

    def seat(self) -> None:
        """Everybody anew: after somebody signed out, the next caller is signed in again."""
        ours, seated = self.stack.workspace, self.seated
        self.callers = {
            "anonymous": {},
            "foreign": seated(self.other, Role.OWNER),
            "viewer": seated(ours, Role.VIEWER),
            "elsewhere": seated(ours, Role.AGENT, frozenset({self.sales})),
            "agent": seated(ours, Role.AGENT),
            "limited": seated(ours, Role.ADMIN, frozenset({self.sales})),
            "admin": seated(ours, Role.ADMIN),
            "owner": seated(ours, Role.OWNER),
            "token": seated(ours, Role.OWNER, scopes=frozenset(Scope)),
            "revoked": {
                "Authorization": f"Bearer {self._spelt(CredentialKind.PERSONAL, ours, wiring.ids().new('per'))}"
            },
            "expired": seated(ours, Role.OWNER, scopes=frozenset(Scope), lives=timedelta(minutes=-1)),
        }
        for caller in self.callers:  # the day of their first use is noted, so that no later request writes it
            self.ask(caller, "GET", "/v1/me")

    def unscoped(self, action: Action) -> Headers:
        """The owner's token, with every scope but the one that the action needs."""
        needed = PERMISSIONS[action]
        scopes = frozenset(Scope) - ({needed.scope} if isinstance(needed, Needs) else set())
        caller = f"unscoped for {action}"
        if caller not in self.callers:
            self.callers[caller] = self.seated(self.stack.workspace, Role.OWNER, scopes=scopes)
            self.ask(caller, "GET", "/v1/me")
        return self.callers[caller]

    def id_of(self, caller: str | Headers) -> str:
        return str(_json(self.ask(caller, "GET", "/v1/me"))["id"])

    # ---- who asks ----

    def seated(
        self,
        workspace: str,
        role: Role,
        mailboxes: frozenset[str] | None = None,
        *,
        scopes: frozenset[Scope] | None = None,
        lives: timedelta = timedelta(hours=1),
    ) -> Headers:
        """A person with a session, or with a token where scopes are given."""
        person = wiring.ids().new("per")
        kind = CredentialKind.SESSION if scopes is None else CredentialKind.PERSONAL
        id = wiring.ids().new("ses" if scopes is None else "tok")  # noqa: A001 - the field's own name
        secret = self._spelt(kind, workspace, person)
        credential = Credential(id, kind, scopes or frozenset(), wiring.now(), wiring.now() + lives)
        item = raw(
            accounts.MemberItem(
                workspace, accounts.member_key(person), state=accounts.ACTIVE, role=role, mailboxes=mailboxes
            )
        )
        hashed = keyed(wiring.blind_index(), secret)
        item[accounts.CREDENTIALS] = {"M": {id: accounts.credential_entry(credential, hashed)}}
        boto3.client("dynamodb").put_item(TableName="AccountsTable", Item=item)
        put_profile(workspace, person, people_wiring.passwords().hash(OWN_PASSWORD))
        if scopes is None:
            return {"Cookie": f"__Host-session={secret}", "Origin": f"https://{HOST}", "Host": HOST}
        return {"Authorization": f"Bearer {secret}"}

    def _spelt(self, kind: CredentialKind, workspace: str, holder: str) -> str:
        return spell(kind, workspace, holder, os.urandom(SECRET_BYTES))

    def _second_mailbox(self) -> str:
        mailbox = Mailbox(wiring.ids().new("mbx"), self.stack.workspace, SALES)
        wiring.mailboxes().add(mailbox)
        return mailbox.id

    # ---- what is asked for ----

    def target(self, name: str, path: str) -> str:
        """Something new of that kind, for one request: what one caller changed is not what the next one finds."""
        made: dict[str, Callable[[], str]] = {
            "conversation": lambda: self._conversation(
                quarantined="quarantine" in path, forged="confirm" in path, file=PROGRAM if RELEASE in path else ""
            ),
            "contact": self._contact,
            "attachment": self.upload,
            "token": self._token,
            "person": self._person,
            "invitation": self._invitation,
            "session": lambda: wiring.ids().new("ses"),
            "connection": self.connection,
            "mailbox": lambda: self.stack.mailbox,
            "domain": lambda: str(_json(self.ask("owner", "POST", "/v1/domains", {"domain": self.domain()}))["id"]),
        }
        return made[name]()

    def conversation_at(self, mailbox: str, caller: str) -> str:
        """A new one there, which that caller sees."""
        self.made += 1
        mail = f"From: Ana <ana{self.made}@customer.example>\r\nTo: {mailbox}\r\nSubject: Lamp\r\n\r\nWhere is it?\r\n"
        self.stack.mail(mail.encode(), ses_message_id=f"matrix{self.made}", recipients=(mailbox,))
        return str(_json(self.ask(caller, "GET", "/v1/conversations"))["conversations"][0]["id"])

    def linked(self) -> None:
        """The audit log's chains are as long as it."""
        self.stack.chain()

    def _conversation(self, *, quarantined: bool = False, forged: bool = False, file: str = "") -> str:
        self.made += 1
        name = f"matrix{self.made}"
        mail = (
            f"From: Ana <ana{self.made}@customer.example>\r\nTo: {MAILBOX}\r\nSubject: Order {self.made}\r\n"
            f"Message-ID: <{name}@customer.example>\r\n{file}\r\nWhere is order {self.made}?\r\n"
        )
        self.stack.store(name, mail.encode())
        self.stack.notify_of(name, virus="FAIL" if quarantined else "PASS", dmarc="FAIL" if forged else "PASS")
        status = "quarantined" if quarantined else "open"
        return str(self._owners(f"/v1/conversations?status={status}")["conversations"][0]["id"])

    def message(self, conversation: str, path: str) -> str:
        """One of it, as the route is for it: with a file; of a stranger; else a reply that could not be sent, so that
        it can be sent again.
        """
        if RELEASE in path:
            return self._mail_with_quarantined_file(conversation)
        if "{attachment}" in path:
            return self._message_with_file(conversation)
        if "confirm" in path:
            return self._strangers(conversation)
        body = {"text": "Soon."}
        answer = self.ask("owner", "POST", f"/v1/conversations/{conversation}/replies", body)
        message = str(_json(answer)["id"])
        fail(self.stack.workspace, conversation, message)
        return message

    def _mail_with_quarantined_file(self, conversation: str) -> str:
        """The mail that opened it, once somebody has looked into its file: `file`."""
        facts = [each for each in self.stack.relay() if each["detail-type"] == "MessageReceived"]
        for each in facts:
            self.stack.scan(each)
        [message] = self._owners(f"/v1/conversations/{conversation}")["messages"]
        [file] = message["attachments"]
        assert file["state"] == "quarantined"
        self.file = str(file["id"])
        return str(message["id"])

    def _message_with_file(self, conversation: str) -> str:
        """A note of it, with a file that was looked into: `file`."""
        self.file = self.upload(scanned=True)
        body = {"text": "See.", "attachments": [self.file]}
        return str(_json(self.ask("owner", "POST", f"/v1/conversations/{conversation}/notes", body))["id"])

    def upload(self, *, scanned: bool = False) -> str:
        """The owner's."""
        content = b"a lamp"
        wanted = {"name": "lamp.txt", "media_type": "text/plain", "size": len(content)}
        upload = _json(self.ask("owner", "POST", "/v1/attachments", wanted))
        if scanned:
            self.stack.scan(self.stack.upload(upload["form"], content))
        return str(upload["id"])

    def _strangers(self, conversation: str) -> str:
        """The mail that nobody vouches for, with which it was opened."""
        [message] = self._owners(f"/v1/conversations/{conversation}")["messages"]
        return str(message["id"])

    def participant(self, conversation: str) -> str:
        """The contact of somebody who takes part beside the requester."""
        body = {"address": "cleo@customer.example"}
        answer = self.ask("owner", "POST", f"/v1/conversations/{conversation}/participants", body)
        return str(_json(answer)["participants"][-1]["contact"])

    def _contact(self) -> str:
        conversation = self._owners(f"/v1/conversations/{self._conversation()}")
        return str(conversation["participants"][0]["contact"])

    def _token(self) -> str:
        body = {"name": "CI", "scopes": ["conversations:read"]}
        return str(_json(self.ask("owner", "POST", "/v1/tokens", body))["id"])

    def _person(self) -> str:
        person = wiring.ids().new("per")
        item = raw(
            accounts.MemberItem(
                self.stack.workspace, accounts.member_key(person), state=accounts.ACTIVE, role=Role.VIEWER
            )
        )
        boto3.client("dynamodb").put_item(TableName="AccountsTable", Item=item | {accounts.CREDENTIALS: {"M": {}}})
        put_profile(self.stack.workspace, person)
        return person

    def _invitation(self) -> str:
        body = {"email": self.address(), "role": "viewer"}
        return str(_json(self.ask("owner", "POST", "/v1/invitations", body))["id"])

    def account(self) -> dict[str, str]:
        """What is asked for to connect one."""
        return {"provider": "mastodon", "instance": "social.example", "mailbox": self.stack.mailbox}

    def brought(self, caller: str) -> str:
        """What the browser of whoever begins to connect an account brings back, as a query."""
        page = _json(self.ask(caller, "POST", "/v1/connections", self.account()))["authorization_url"]
        return unquote(urlsplit(self.stack.instance.server.consent(page, caller)).query)

    def connection(self, caller: str = "owner") -> str:
        """An account that they connected."""
        return str(_json(self.ask(caller, "GET", f"/v1/connections/callback?{self.brought(caller)}"))["id"])

    def link(self, kind: str) -> str:
        """One that was never made."""
        self.made += 1
        return f"{kind}{self.made:0101}"

    def address(self) -> str:
        """One that was not asked for before."""
        self.made += 1
        return f"m{self.made}@team.example"

    def domain(self) -> str:
        """One that nobody has claimed."""
        self.made += 1
        return f"d{self.made}.example"

    def _owners(self, path: str) -> Any:
        return _json(self.ask("owner", "GET", path))

    def fresh(self) -> None:
        """No conversation is left, and nothing on record: moto copies every table at each transaction."""
        dynamodb = boto3.client("dynamodb")
        for table in ("ConversationsTable", "AuditTable", "LimitsTable"):
            dynamodb.delete_table(TableName=table)
            make_table(dynamodb, table)
        wiring.record_refusal.cache_clear()  # as a process does that has just started
        self.stack.recorder.calls.clear()
        self.targets.clear()

    def reopen(self) -> None:
        """After everybody was signed out, the next caller is signed in again."""
        for workspace in (self.stack.workspace, self.other):
            boto3.client("dynamodb").update_item(
                TableName="AccountsTable",
                Key={"pk": {"S": workspace}, "sk": {"S": accounts.GATE}},
                UpdateExpression="REMOVE signed_out_at",
            )

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Meanwhile the operator charges, and the workspace has not paid for a long time."""
        paid = Paid(BillingStatus.PAST_DUE, "business", 500, read_only_from=wiring.now() - timedelta(days=1))
        self._gate("SET billing = :paid", {":paid": accounts.paid_entry(paid)})
        self.stack.bills()
        yield
        self.stack.bills("false")
        self._gate("REMOVE billing")

    def _gate(self, change: str, values: Any = None) -> None:
        boto3.client("dynamodb").update_item(
            TableName="AccountsTable",
            Key={"pk": {"S": self.stack.workspace}, "sk": {"S": accounts.GATE}},
            UpdateExpression=change,
            **({"ExpressionAttributeValues": values} if values else {}),
        )

    # ---- asking ----

    def ask(self, caller: str | Headers, method: str, path: str, body: Any = None, **query: str) -> Answer:
        headers = self.callers[caller] if isinstance(caller, str) else caller
        path, _, tail = path.partition("?")
        asked = query | dict(each.split("=", 1) for each in tail.split("&") if each)
        sent = {"Content-Type": "application/json", **headers}
        event = rest_event(method, path, body, token="", query=asked or None, headers=sent)
        event["requestContext"]["identity"] = {"sourceIp": "198.51.100.9"}
        answer = self.stack.call(function_behind(path), event)
        return answer["statusCode"], answer["body"] or ""


@contextmanager
def a_world() -> Iterator[World]:
    """A world on a stack of its own."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        with stack_on_moto(monkeypatch) as stack:
            yield World.of(stack)


def fail(workspace: str, conversation: str, message: str) -> None:
    """The mail service refuses it."""
    store = wiring.conversations()
    store.claim(workspace, conversation, message, timedelta(minutes=2))
    head = store.get(workspace, conversation)
    store.settle(head, message, Sending(SendState.FAILED, 1, "MessageRejected"), [])


def _json(answer: Answer) -> Any:
    status, body = answer
    if status >= 300:
        raise AssertionError(answer)
    return json.loads(body)
