"""`make prove-connected`: an account that somebody connects, until nothing can be done with it any more.

A cloud of its own, and beside it a Mastodon with an OAuth server. It is connected by its page, a mention comes in, the
answer is posted, a token that has run out is refreshed and rotates. Then it is revoked here, in the midst of answers
and polls; then another while the provider is down; and a third is ended at the provider's end. Exit 1 when anything
was done with a token after its revocation was answered, or when the provider does not know of it in the end.

Minutes are not waited for: the marks that say when something is due are moved.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from letterlock.adapters.dynamo_connections import TELL
from letterlock.adapters.dynamo_turns import HEAR
from local.aws import resource
from local.cloud import LocalCloud
from local.connection import Connection
from local.correspondent import text_of
from local.demo import temporary_cloud
from local.inbox import wait_for
from local.main import run
from local.mastodon.peer import Status
from local.mastodon.server import MastodonServer, served_at
from local.newcomers import ACCEPTED, CREATED, NO_CONTENT, signed_up
from local.ports import free_ports
from local.progress import Progress
from local.servers import Servers
from local.settings import HOST, MAIL_DOMAIN, LocalCloudError
from local.visitor import Visitor

OWNER: Final = "odile@newcomers.example"
CUSTOMER: Final = "ana@elsewhere.example"
CONNECTIONS: Final = "/v1/connections"
LONG_AGO: Final = "2020-02-02T02:20Z"
SECONDS: Final = 60.0
ANSWERS: Final = 4
"""Replies and polls before a revocation, while it is asked for, and after its answer."""


@dataclass
class Office:
    """Somebody who signed up, the Mastodon where they have accounts, and what happens each minute."""

    cloud: LocalCloud
    owner: Visitor
    server: MastodonServer
    mailbox: str

    def connected(self) -> str:
        """By the provider's page, and back from it: to where the local gateway stands, which the API does not know."""
        instance = urlsplit(self.server.peer.issuer).netloc
        wanted = {"provider": "mastodon", "instance": instance, "mailbox": self.mailbox}
        page = self.owner.must("POST", CONNECTIONS, wanted, status=CREATED)["authorization_url"]
        brought = dict(parse_qsl(urlsplit(_sent_on(page)).query))
        made: str = self.owner.must("GET", f"{CONNECTIONS}/callback?{urlencode(brought)}")["id"]
        self.minute()
        return made

    def minute(self) -> dict[str, int]:
        """Everything that is due is due now, and connected_accounts runs."""
        table = resource(self.cloud.resources, "ConversationsTable")
        dynamodb = self.cloud.aws.dynamodb
        for item in dynamodb.scan(TableName=table)["Items"]:
            if item["sk"].get("S") in (HEAR, TELL) and "due_at" in item:
                dynamodb.update_item(
                    TableName=table,
                    Key={"pk": item["pk"], "sk": item["sk"]},
                    UpdateExpression="SET due_at = :long_ago",
                    ConditionExpression="attribute_exists(due_at)",
                    ExpressionAttributeValues={":long_ago": {"S": LONG_AGO}},
                )
        function = resource(self.cloud.resources, "ConnectedAccountsFunction")
        answer = self.cloud.aws.functions.invoke(FunctionName=function, Payload=b"{}")
        if "FunctionError" in answer:
            raise LocalCloudError("connected_accounts failed: see its log")
        done: dict[str, int] = json.loads(answer["Payload"].read())
        return done

    def mention(self, text: str, **more: Any) -> Status:
        with self.server.lock:
            return self.server.peer.mention(self.server.user, CUSTOMER, text, **more)

    def conversation(self) -> Any:
        """The only one, once it is there."""
        self.minute()
        query = urlencode({"mailbox": self.mailbox, "status": "open"})
        found = self.owner.must("GET", f"/v1/conversations?{query}")["conversations"]
        return self.owner.must("GET", f"/v1/conversations/{found[0]['id']}") if found else None

    def answer(self, conversation: str, text: str) -> str:
        path = f"/v1/conversations/{conversation}/replies"
        return str(self.owner.must("POST", path, {"text": text}, status=ACCEPTED)["id"])

    def sending(self, conversation: str, reply: str) -> str:
        """How it ended: `sent`, or why it failed."""

        def ended() -> str | None:
            messages = self.owner.must("GET", f"/v1/conversations/{conversation}")["messages"]
            sending = next(each["sending"] for each in messages if each["id"] == reply)
            if sending["state"] in ("queued", "sending"):
                return None
            return str(sending.get("reason") or sending["state"])

        return wait_for("The end of the reply's sending", ended, SECONDS)

    def state(self, connection: str) -> Any:
        return self.owner.must("GET", f"{CONNECTIONS}/{connection}")

    def live(self) -> int:
        """Grants that the provider would still take."""
        oauth = self.server.peer.oauth
        with self.server.lock:
            return len({each.grant for each in oauth.tokens} - oauth.ended)


@dataclass(frozen=True, slots=True)
class Figures:
    claim: str
    held: bool
    said: str

    def __str__(self) -> str:
        return f"{self.claim:<64}{self.said:<44}{'holds' if self.held else 'DOES NOT HOLD'}"


@contextmanager
def instance() -> Iterator[MastodonServer]:
    """A Mastodon on a port of its own."""
    [port], servers = free_ports(1), Servers()
    server = served_at(port, "desk", HOST)
    servers.start()
    try:
        servers.serve_http(server.application(), port)
        yield server
    finally:
        servers.stop()


def main(progress: Progress) -> int:
    progress.say("Letterlock, an account that somebody connects, on a local cloud of its own")
    with instance() as server, temporary_cloud(progress) as (cloud, connection):
        figures = proved(cloud, connection, server, progress)
    print("\n".join(map(str, figures)))
    hold = sum(each.held for each in figures)
    print(f"{len(figures)} claims, {hold} hold; {progress.seconds:.1f} s")
    return 0 if hold == len(figures) else 1


def proved(cloud: LocalCloud, connection: Connection, server: MastodonServer, progress: Progress) -> list[Figures]:
    owner = Visitor(connection, OWNER)
    with progress.step("Workspace signed up, mailbox made"):
        signed_up(owner)
        made = owner.must("POST", "/v1/mailboxes", {"address": f"social@{MAIL_DOMAIN}"}, status=CREATED)["id"]
    office = Office(cloud, owner, server, made)
    figures: list[Figures] = []
    with progress.step("Connected; a mention came in, the answer was posted"):
        first, conversation = _round(office, figures)
    with progress.step("A token ran out, and was refreshed"):
        figures.append(_refreshed(office, conversation))
    with progress.step("Revoked here, in the midst of answers and polls"):
        figures += _revoked(office, first, conversation)
    with progress.step("Revoked while the provider is down"):
        figures += _revoked_while_down(office, conversation)
    with progress.step("Ended at the provider's end"):
        figures.append(_ended_there(office, Path(connection.outbox)))
    figures.append(Figures("grants that are left at the provider", office.live() == 0, str(office.live())))
    return figures


def _round(office: Office, figures: list[Figures]) -> tuple[str, str]:
    first = office.connected()
    asked = office.mention("Where is my lamp?", visibility="direct")
    read = wait_for("The conversation", office.conversation, SECONDS)
    reply = office.answer(read["id"], "It leaves today.")
    sent = office.sending(read["id"], reply)
    posted = [each for each in office.server.peer.statuses if each.author == office.server.user]
    below = [each for each in posted if each.in_reply_to == asked.id and each.visibility == "direct"]
    said = f"{sent}, {len(below)} posted"
    figures.append(Figures("a mention is a conversation, the answer is posted below it", len(below) == 1, said))
    office.mention("Thank you!", in_reply_to=below[0].id, visibility="direct")
    office.minute()
    count = len(office.owner.must("GET", f"/v1/conversations/{read['id']}")["messages"])
    figures.append(Figures("what answers that comes into the conversation", count == 3, f"{count} messages"))
    return first, read["id"]


def _refreshed(office: Office, conversation: str) -> Figures:
    oauth = office.server.peer.oauth
    with office.server.lock:
        for each in oauth.tokens:
            each.until = 0
    sent = office.sending(conversation, office.answer(conversation, "With another token."))
    used, fresh = sum(each.used for each in oauth.tokens), len(oauth.tokens)
    held = (sent, used, fresh, len(oauth.ended)) == ("sent", 1, 2, 0)
    return Figures(
        "a token that ran out is refreshed, and rotates", held, f"{sent}, {used} used up, {fresh - used} live"
    )


def _revoked(office: Office, connection: str, conversation: str) -> list[Figures]:
    """Answers and polls come all the time. What began after the revocation's answer must come to nothing; what was
    under way then may end, and is waited for.
    """
    with ThreadPoolExecutor(1) as others:
        polls = others.submit(lambda: [office.minute() for _ in range(ANSWERS)])
        before = [office.answer(conversation, f"before {number}") for number in range(ANSWERS)]
        office.owner.must("DELETE", f"{CONNECTIONS}/{connection}", status=NO_CONTENT)
        after = [office.answer(conversation, f"after {number}") for number in range(ANSWERS)]
        polls.result()
    ends = [office.sending(conversation, each) for each in (*before, *after)]
    nothing_is_under_way = time.monotonic()
    office.mention("Too late")
    for _ in range(ANSWERS):
        office.minute()
    posted = sum(" after " in each.text for each in office.server.peer.statuses)
    stale = posted + office.server.used(nothing_is_under_way)
    refused = ends[ANSWERS:].count("no_connection")
    seen = office.state(connection)
    oauth = office.server.peer.oauth
    told = {each.access for each in oauth.tokens[-1:]} | {each.refresh for each in oauth.tokens[-1:]}
    return [
        Figures("revoked here: stale successes", stale == 0, f"{stale} of {ANSWERS} answers, {ANSWERS} polls"),
        Figures("answers after it fail, and say why", refused == ANSWERS, f"{refused} of {ANSWERS} no_connection"),
        Figures(
            "the provider saw the revocation of both tokens",
            told <= set(oauth.revocations) and seen["state"] == "revoked",
            f"{len(oauth.revocations)} asked, state {seen['state']}",
        ),
    ]


def _revoked_while_down(office: Office, conversation: str) -> list[Figures]:
    made = office.connected()
    office.server.down = True
    office.owner.must("DELETE", f"{CONNECTIONS}/{made}", status=NO_CONTENT)
    answered = time.monotonic()  # nothing was under way
    silent = sum(office.minute().get("ProvidersSilent", 0) for _ in range(2))
    down = office.state(made)
    office.server.down = False
    end = office.sending(conversation, office.answer(conversation, "While it is not confirmed"))
    stale = office.server.used(answered)
    office.minute()
    back = office.state(made)
    return [
        Figures(
            "provider down: dead here all the same, and shown since when",
            (down["state"], bool(down["unreachable_since"]), stale, end) == ("revoking", True, 0, "no_connection"),
            f"{silent} tries unanswered, {stale} stale",
        ),
        Figures(
            "provider back: confirmed",
            back["state"] == "revoked" and bool(back["confirmed_at"]) and office.live() == 0,
            f"state {back['state']}, {office.live()} grants live",
        ),
    ]


def _ended_there(office: Office, outbox: Path) -> Figures:
    made = office.connected()
    with office.server.lock:
        office.server.peer.oauth.end(office.server.user)
    office.minute()
    state = office.state(made)["state"]
    wait_for("The mail that tells of it", lambda: _told_of(outbox, made), SECONDS)
    return Figures(
        "ended at the provider: noticed at the next use, owner told", state == "ended", f"state {state}, 1 mail"
    )


def _told_of(outbox: Path, connection: str) -> bool | None:
    mails = (message_from_bytes(each.read_bytes(), policy=policy.default) for each in outbox.glob("*.eml"))
    return any(connection in text_of(each) for each in mails) or None


def _sent_on(page: str) -> str:
    """Where the provider's page sends the browser of who agrees."""
    where = urlsplit(page)
    asking = http.client.HTTPConnection(where.hostname or "", where.port or 0, timeout=10)
    try:
        asking.request("GET", f"{where.path}?{where.query}")
        return asking.getresponse().getheader("Location") or ""
    finally:
        asking.close()


if __name__ == "__main__":
    sys.exit(run(main))
