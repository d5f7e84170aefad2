"""How everything stands when it is quiet, through the API and in the stores: what there is, and what cannot be right.

Two runs that did the same end alike, but for ids and times. So whatever a fault did is the difference to the run that
met none: what is missing is lost, what there is more of is doubled.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes, policy
from typing import Any

from bench.fault_billing import billing
from bench.fault_cloud import Cloud
from bench.findings import DOUBLED, LOST, STUCK, UNTRUE, Finding
from bench.scenarios import CONVERSATIONS
from letterlock.adapters.table_accounts import CONNECTIONS
from letterlock.adapters.table_conversations import HEAD, written_at
from letterlock.adapters.table_conversations import UPLOAD as UPLOADS
from letterlock.adapters.table_due import HEAR, UPLOAD
from letterlock.domain.connections import ConnectionState
from letterlock.domain.conversations import Status
from letterlock.domain.outbox import unfold
from letterlock.entry import audit_wiring, verification_wiring, wiring

Item = dict[str, Any]
Things = dict[str, list[str]]
"""What there is: by what it is, and of each how it stands."""
PASSING = frozenset(
    {"number", "version", "cursor", "attempts", "message_id", "token", "evidence", "secret", "uri", "recovery_codes"}
    | {"policy", "x-amz-credential", "x-amz-date", "x-amz-signature"}  # of a presigned form
)
"""Names of what two runs need not have alike: how often something was tried, what follows from it, and chance."""
SECRET = re.compile(r"\bll[a-z]_[0-9A-Za-z]{40,}")
_LOOKS = (
    (re.compile(r"\b[a-z]{3}_[0-9A-Z]{26}\b"), lambda found: found[0][:4]),
    (SECRET, lambda found: found[0][:4]),
    (re.compile(r"\bfwd-[a-z2-7]{32}@"), lambda _: "fwd-@"),
    (re.compile(r"\b(X-Amz-(?:Credential|Date|Signature))=[^&\"]+"), lambda found: found[1]),  # of a presigned address
    (re.compile(r"\b(client_id|state|code_challenge)=[^&\"]+"), lambda found: found[1]),  # of a page of a provider's
    (re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|\+00:00))?"), lambda found: "time" if found[1] else "day"),
)
"""Nor need ids, secrets, addresses that are made of an id, signatures, and times be alike, whatever they are called."""
OF_A_TRY = frozenset({"MessageUnconfirmed", "ReplyQueued"})
"""Facts of which there are as many as a reply took tries; what came of it all is compared."""
ABOUT_ACCOUNTS = "mail about an account"
"""One is sent again where nobody knows whether it went (docs/security.md, "Mails about accounts")."""
OF_A_REFUSAL = frozenset({"audit: access_refused", "audit: leak_report_refused", "audit: link_refused"})
"""Entries that nobody waits for: where AWS does not take one the operator hears of it (docs/security.md)."""
TELLS = {"inbound": "MessageReceived", "reply": "ReplyQueued", "note": "NoteAdded"}
"""Which fact each kind of message is told by."""
WORDS = 60


@dataclass
class World:
    things: Things = field(default_factory=lambda: defaultdict(list))
    wrong: list[Finding] = field(default_factory=list)
    told: set[tuple[str, str]] = field(default_factory=set)
    """Facts that there must be, each with the id of what it is about."""

    def add(self, what: str, how: Any = "") -> None:
        self.things[what].append(json.dumps(plain(how), sort_keys=True, default=str))


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if name not in PASSING}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return alike(value) if isinstance(value, str) else value


def alike(text: str) -> str:
    for looks, instead in _LOOKS:
        text = looks.sub(instead, text)
    return text


def world(cloud: Cloud) -> World:
    """Everything, and what is wrong with it whatever happened before."""
    found = World()
    items = cloud.items()
    names: dict[str, str] = {}
    for workspace in _workspaces(cloud):
        cloud.token_of(workspace)  # it is among the accounts then, whether or not somebody had to send again
    _accounts(cloud, found)
    for workspace in _workspaces(cloud):
        seen = _Inbox(cloud, workspace, items, found, names)
        seen.look()
    _ledger(cloud, items, found)
    _facts(cloud, items, found, names)
    _audit(cloud, found)
    billing(cloud, found.add)
    for mail in cloud.wire.mails:
        read = message_from_bytes(mail.raw, policy=policy.default)
        text = read.get_body(("plain",))
        kind = ABOUT_ACCOUNTS if "fact" in mail.tags else "mail out"
        found.add(f"{kind} to {', '.join(mail.destination)}: {_short(text.get_content() if text else '')}")
    for identity in cloud.stack.mail_identities.found.values():
        found.add("identity of a domain", identity)
    for key in cloud.stack.versions("uploads"):
        found.add(f"in the uploads bucket: {alike(key)}")
    for key in cloud.stack.versions("inbound"):
        found.add(f"in the inbound bucket: {key}")
    found.wrong += [Finding(STUCK, each) for each in cloud.stuck]
    return found


def _workspaces(cloud: Cloud) -> list[str]:
    rows = cloud.stack.items("AccountsTable")
    return sorted(each["pk"]["S"] for each in rows if each["sk"]["S"] == "GATE" and "mailboxes" in each)


def _accounts(cloud: Cloud, found: World) -> None:
    """Who may come in, and with how much; what was revoked, and whether that was seen to its end."""
    reached = _workspaces(cloud)
    for item in cloud.stack.items("AccountsTable"):
        if item["pk"]["S"] in reached and not given_up(item):
            stands = {name: item[name]["S"] for name in ("state", "role", "kind", "scopes") if name in item}
            ended = sorted(name for name in item if name.endswith("_at") and name not in ("created_at", "expires_at"))
            come_in_with = len(item.get("credentials", {"M": ()})["M"])
            found.add(f"account {item['sk']['S'].partition('#')[0]}", [stands, ended, come_in_with])


def given_up(item: Item) -> bool:
    """What somebody began to connect, and not to the end; what was given for it lives no more."""
    ends = ConnectionState.STARTED, ConnectionState.REVOKED
    return item["sk"]["S"].startswith(CONNECTIONS) and "connected_at" not in item and item["state"]["S"] in ends


@dataclass
class _Inbox:
    """One workspace, as its people see it."""

    cloud: Cloud
    workspace: str
    items: list[Item]
    found: World
    names: dict[str, str]
    """What conversations and messages are called, by id: the same in every run."""

    def look(self) -> None:
        self.token = self.cloud.token_of(self.workspace)
        for each in wiring.mailboxes().all(self.workspace):
            self.found.add(f"mailbox {each.address}", each.name)
        of = [each for each in self._under("cnv_", HEAD) if each["sk"]["S"] == HEAD]
        heads = {each["pk"]["S"].partition("#")[2]: Status(each["status"]["S"]) for each in of}
        for status in sorted(set(heads.values()) - {Status.DISCARDED}):
            self._list(status, heads)
        for conversation in heads:
            self._conversation(conversation)
        for item in self._under("contact#"):
            self._contact(item)
        for item in self._under("upload#", UPLOADS):
            self._upload(item)

    def _under(self, begins: str, sk: str = "") -> Iterator[Item]:
        prefix = f"{self.workspace}#{begins}"
        for each in self.items:
            if each["pk"]["S"].startswith(prefix) and each["sk"]["S"].startswith(sk):
                yield each

    def _list(self, status: Status, heads: dict[str, Status]) -> None:
        answer = self._get(CONVERSATIONS, status=status.value, limit="100")
        wanted = sorted(each for each, stands in heads.items() if stands is status)
        if sorted(each["id"] for each in answer.get("conversations", [])) != wanted:
            self.found.wrong.append(Finding(LOST, f"the list of {status} conversations is not those that are {status}"))

    def _conversation(self, conversation: str) -> None:
        shown = self._get(f"{CONVERSATIONS}/{conversation}", limit="100")
        name = self.names[conversation] = f"{shown['subject']!r}"
        for message in shown["messages"]:
            called = self.names[message["id"]] = f"{message['kind']} {_short(message['text'])!r} in {name}"
            self.found.add(f"message {called}", message)
            self.found.told.add((_told_by(message), message["id"]))
            if message["sending"] and message["sending"]["state"] in ("queued", "sending"):
                self.found.wrong.append(Finding(STUCK, f"{called} is {message['sending']['state']} for ever"))
        if not any(_is_imported(each) for each in shown["messages"][:1]):
            self.found.told.add(("ConversationOpened", conversation))
        self.found.add(f"conversation {name}", {key: each for key, each in shown.items() if key != "messages"})
        self._objects(conversation, shown["messages"])
        differs = verification_wiring.verify_digests().digests.difference(self.workspace, conversation)
        if differs:
            self.found.wrong.append(Finding(UNTRUE, f"{name}: {differs}"))

    def _objects(self, conversation: str, messages: list[Item]) -> None:
        """Whether each object that a message tells of is there."""
        stored = self.cloud.stack.objects("archive")
        raw = {each["sk"]["S"].removeprefix("MSG#") for each in self._under(conversation, "MSG#") if "has_raw" in each}
        for message in messages:
            wanted = [each["id"] for each in message["attachments"]]
            wanted += ["raw"] * (message["id"] in raw) + ["content"] * message["truncated"]
            for each in wanted:
                uploaded = each.startswith("att_") and message["kind"] != "inbound"
                place = "uploads" if uploaded else f"{conversation}/{message['id']}"
                there = f"{self.workspace}/{place}/{each}" in stored
                self.found.add(f"object {each[:4]} of {self.names[message['id']]}", there)

    def _upload(self, item: Item) -> None:
        """How it stands, and whether what is clean is sealed; by its scan's word, not the record's."""
        id = item["pk"]["S"].rpartition("#")[2]  # noqa: A001 - the field's own name
        sealed = f"{self.workspace}/uploads/{id}" in self.cloud.stack.objects("archive")
        self.found.add("upload", [item["state"]["S"], "scanned" in item, sealed])

    def _contact(self, item: Item) -> None:
        contact = item["pk"]["S"].rpartition("#")[2]
        if item["sk"]["S"] == "PROFILE":
            self.found.add(f"contact {contact} is undeliverable", item["undeliverable"]["S"])
        else:
            self.found.add(f"contact {contact} takes part in {item['sk']['S']}")

    def _get(self, path: str, **query: str) -> Any:
        status, answer, _ = self.cloud.stack.api("GET", path, query=query or None, token=self.token)
        if status >= 400:  # noqa: PLR2004 - HTTP
            self.found.wrong.append(Finding(UNTRUE, f"GET {path} answers {status}"))
        return answer


def _ledger(cloud: Cloud, items: list[Item], found: World) -> None:
    """Each delivery ends as one thing, and the days' sums are the ledger's."""
    sums: Counter[tuple[str, str]] = Counter()
    days = set()
    for each in (each for each in items if "#ingest#" in each["pk"]["S"]):
        workspace, _, delivery = each["pk"]["S"].partition("#ingest#")
        outcome, reason = each["outcome"]["S"], each.get("reason", {"S": ""})["S"]
        found.add(f"delivery {delivery} to {workspace} {each['sk']['S']}", [outcome, reason])
        if workspace != "stack":
            sums[workspace, outcome] += 1
            days.add((workspace, date.fromisoformat(written_at(each["activity"]["S"])[:10])))
    counted: Counter[tuple[str, str]] = Counter()
    for workspace, day in days:
        for mailbox in wiring.mailboxes().all(workspace):
            for outcome, times in wiring.conversations().ingested(workspace, mailbox.id, day).items():
                counted[workspace, outcome.value] += times
    if counted != sums:
        found.wrong.append(Finding(UNTRUE, f"the days' sums are {dict(counted)}, the ledger's {dict(sums)}"))
    for key in cloud.stack.objects("archive"):
        if key.startswith("stack/"):
            found.things[f"kept for nobody: {key}"] = [""]


def _facts(cloud: Cloud, items: list[Item], found: World, names: dict[str, str]) -> None:
    """Each fact that an effect told, or should have, has been on the bus, and nothing waits to be published."""
    published = {event["detail"]["metadata"]["id"]: event for event in cloud.wire.facts}
    told = {(event["detail-type"], each) for event in published.values() for each in event["detail"]["data"].values()}
    for name, what in sorted(found.told - told):
        found.wrong.append(Finding(LOST, f"nothing tells {name} of {names[what]}"))
    for item in items:
        for name, detail in unfold(item["outbox"]["S"]) if "outbox" in item else ():
            if json.loads(detail)["metadata"]["id"] not in published:
                found.wrong.append(Finding(LOST, f"the fact {name} was never published"))
        if "due_shard" in item and item["due_shard"]["S"] not in (HEAR, UPLOAD):
            found.wrong.append(Finding(STUCK, f"an outbox waits for ever: {item['sk']['S']}"))
    for event in published.values():
        data = event["detail"]["data"]
        about = {name: names.get(str(each), each) for name, each in data.items() if name not in ("workspace", "reason")}
        found.add(f"fact {event['detail-type']} {json.dumps(plain(about), sort_keys=True)}")


def _audit(cloud: Cloud, found: World) -> None:
    """What was recorded, and that each entry is in its chain, once."""
    items = cloud.stack.items("AuditTable")
    entries = [each for each in items if "act" in each]
    reached = {"stack", *_workspaces(cloud)}
    for each in (each for each in entries if each["pk"]["S"] in reached):
        found.add(f"audit: {each['act']['S']}")
    state = [items, cloud.stack.versions("anchors")]
    if state == cloud.audited:
        return
    cloud.audited = state
    for workspace in sorted({each["pk"]["S"] for each in entries}):
        seen = audit_wiring.verify_audit()(workspace, cursor="", time_left=lambda: True)
        found.wrong += [Finding(UNTRUE, f"audit log: {each.place} {each.difference}") for each in seen.differing]
        if seen.waiting:
            found.wrong.append(Finding(STUCK, f"{seen.waiting} entries of the audit log are in no chain"))


def _short(text: str) -> str:
    return " ".join(text.split())[:WORDS]


# ---- held against each other ----------------------------------------------------------------------------------------


def repeated(reference: Things, found: Things) -> int:
    """How many more mails about accounts have gone out."""
    mails = [what for what in found if what.startswith(ABOUT_ACCOUNTS)]
    return sum(max(0, len(found[what]) - len(reference.get(what, []))) for what in mails)


def off_record(reference: Things, found: Things) -> int:
    """How many refusals are not in the audit log."""
    return sum(max(0, len(reference.get(what, [])) - len(found.get(what, []))) for what in OF_A_REFUSAL)


def differences(reference: Things, found: Things, *, unsure: bool = False, untaken: bool = False) -> Iterator[Finding]:
    """What is wrong with the one that met a fault. `unsure`: nobody could know whether a mail had gone out. `untaken`:
    AWS may not have taken the entry of one refusal.
    """
    for what in sorted(reference.keys() | found.keys()):
        before, after = Counter(reference.get(what, [])), Counter(found.get(what, []))
        if _of_a_try(what) and (after or what.startswith("fact MessageUnconfirmed")):
            continue
        if what.startswith("fact MessageSendFailed") and before.total() > after.total():
            continue  # the last try met a fault, so there was another one after it
        if unsure and what.startswith(ABOUT_ACCOUNTS) and after.total() == before.total() + 1:
            continue
        if untaken and what in OF_A_REFUSAL and before.total() == after.total() + 1:
            continue
        if before.total() > after.total():
            yield Finding(LOST, f"{what} ({before.total()} before, {after.total()} now)")
        elif before.total() < after.total():
            yield Finding(DOUBLED, f"{what} ({before.total()} before, {after.total()} now)")
        elif before != after:
            was, now = before - after, after - before
            yield Finding(LOST, f"{what} is {', '.join(now)} and should be {', '.join(was)}")


def _of_a_try(what: str) -> bool:
    return what.startswith("fact ") and what.split()[1] in OF_A_TRY


def _told_by(message: dict[str, Any]) -> str:
    return "MailImported" if _is_imported(message) else TELLS[message["kind"]]


def _is_imported(message: dict[str, Any]) -> bool:
    return bool(message["threading"]) and message["threading"]["trust"] == "imported"
