"""Entries of the audit log as items: on their way into an act's own transaction, and read again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Final

from letterlock.adapters import table_audit as table
from letterlock.adapters.codec import decode, encode
from letterlock.adapters.dynamo import ABSENT, Item, Step
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.audit import Act, Detail, Entry

ROLE: Final = "audit"
"""What the step is called among those of its transaction."""


class AuditEntries:
    """Steps for the transactions of other tables. An entry of up to a kilobyte takes two write units there."""

    def __init__(self, table_name: str, sealer: Sealer) -> None:
        self._table, self._sealer = table_name, sealer

    def step(self, entry: Entry, under: str = "") -> Step:
        """A put of the entry, on the condition that it is not there. Raises KeyMissing.

        `under`: whose key seals it, where that is not its workspace's: which keys are read takes time, and must not
        tell strangers whose sign-in they tried.
        """
        return Step(ROLE, {"Put": self.put_of(entry, under)})

    def put_of(self, entry: Entry, under: str = "") -> Item:
        """The parameters of a PutItem."""
        said = {name: value for name, value in asdict(entry.detail).items() if value}
        item = table.entry_item(entry, self._sealer.seal(_place(under or entry.workspace, entry.id), encode(said)))
        if under:
            item["under"] = {"S": under}
        return {"TableName": self._table, "Item": item, "ConditionExpression": ABSENT}

    def entry_of(self, item: Item) -> Entry:
        """Raises SealBroken, KeyMissing; KeyError and ValueError where it is not as it was put."""
        workspace, own = item["pk"]["S"], item["sk"]["S"].removeprefix(table.ENTRIES)
        under = item["under"]["S"] if "under" in item else workspace
        said = decode(self._sealer.unseal(_place(under, own), item["detail"]["B"]))
        return Entry(
            id=own,
            workspace=workspace,
            actor=item["actor"]["S"],
            act=Act(item["act"]["S"]),
            subject=item["subject"]["S"],
            at=datetime.fromisoformat(item["at"]["S"]),
            request=item["request"]["S"],
            detail=Detail(**said),
        )


def steps_of(audit: AuditEntries | None, entry: Entry | None) -> list[Step]:
    """The step of an act that is to be recorded. Raises TypeError where its store was wired without the audit log."""
    if entry is None:
        return []
    if audit is None:
        raise TypeError
    return [audit.step(entry)]


def _place(workspace: str, entry: str) -> Place:
    return Place(workspace, "audit", entry, "detail")
