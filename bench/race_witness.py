"""What a race does to the table, noted at the wire: who committed which head, and when DynamoDB refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

from bench.baton import Baton

CONFLICT_CHANCE = 0.1
"""How often a transaction is told that it met another one: moto never says so, DynamoDB does."""
WATCHED = ("ConversationsTable", "inbound", "archive")
"""Where the actors meet. Keys and accounts are read at other times each run, and nobody writes them."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction that moved the head."""

    actor: str
    version: int
    status: str
    assignee: str
    count: int
    messages: tuple[str, ...]
    """The ids of those it added."""


@dataclass
class Witness:
    """Stands between the clients and moto: hands the baton on before each request, and notes each transaction."""

    baton: Baton
    chance: Random
    commits: list[Commit] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    """What got in somebody's way, by its kind."""

    def watch(self, *clients: Any) -> None:
        for client in clients:
            events = client.meta.events
            events.register("before-parameter-build", self._before, unique_id="race")
            if client.meta.service_model.service_name == "dynamodb":
                events.register("before-call.dynamodb.TransactWriteItems", self._disturb, unique_id="race-conflict")
                events.register("after-call.dynamodb.TransactWriteItems", self._after, unique_id="race-commit")

    def leave(self, *clients: Any) -> None:
        for client in clients:
            events = client.meta.events
            events.unregister("before-parameter-build", unique_id="race")
            events.unregister("before-call.dynamodb.TransactWriteItems", unique_id="race-conflict")
            events.unregister("after-call.dynamodb.TransactWriteItems", unique_id="race-commit")

    # ---- botocore's hooks (botocore documentation, "Events") ----

    def _before(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["race"] = params.get("TransactItems", ())
        place = params.get("TableName") or params.get("Bucket") or next(iter(params.get("RequestItems", {})), "")
        if place in WATCHED or context["race"]:
            self.baton.pass_on()

    def _disturb(self, context: dict[str, Any], **_: Any) -> Any:
        if not self.baton.holder or self.chance.random() >= CONFLICT_CHANCE:
            return None
        self.met["transaction met another"] += 1
        reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"} for _ in context["race"][1:]]]
        error = {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"}
        return SimpleNamespace(status_code=400, headers={}, content=b""), {
            "Error": error,
            "CancellationReasons": reasons,
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }

    def _after(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if parsed.get("Error"):
            roles = zip(context["race"], parsed.get("CancellationReasons", []), strict=False)
            self.met.update(_named(step) for step, why in roles if why.get("Code") == "ConditionalCheckFailed")
            return
        items = [step["Put"]["Item"] for step in context["race"] if "Put" in step]
        keys = [item["sk"]["S"] for item in items]
        for head in (item for item in items if item["sk"]["S"] == "HEAD"):
            self.commits.append(
                Commit(
                    self.baton.holder,
                    int(head["version"]["N"]),
                    head["status"]["S"],
                    head.get("assignee", {"S": ""})["S"],
                    int(head["count"]["N"]),
                    tuple(key.removeprefix("MSG#") for key in keys if key.startswith("MSG#")),
                )
            )


def _named(step: dict[str, Any]) -> str:
    """What a refused condition was about."""
    item: dict[str, Any] = step.get("Put", {}).get("Item", {})
    pk, sk = item.get("pk", {"S": ""})["S"], item.get("sk", {"S": ""})["S"]
    if sk == "HEAD":
        return "head moved"
    if "#idem#" in pk:
        return "key used"
    if "#ingest#" in pk:
        return "delivery known"
    return "mail known" if "#mid#" in pk else "message known"
