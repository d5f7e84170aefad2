"""The audit log in memory, held to the contract in tests/adapters/test_audit_contract.py."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from letterlock.adapters.table_audit import ENTRIES, entry_key, first_key
from letterlock.domain.audit import Anchor, Entry, Link, StoredEntry, digest_of
from letterlock.domain.errors import Stale
from letterlock.services.audit_ports import ExportedEntry


class FakeAudit:
    """`Audit` and `AuditChain`. Open to those who would tamper with it: `written`, `chain` and `notes`, by workspace."""

    def __init__(self) -> None:
        self.written: dict[str, dict[str, Entry]] = {}
        self.chain: dict[str, dict[int, Link]] = {}
        self.notes: dict[str, dict[str, int]] = {}

    # ---- Audit ----

    def record(self, entry: Entry, under: str = "") -> None:
        self.written.setdefault(entry.workspace, {}).setdefault(entry_key(entry.id), entry)

    def listed(self, workspace: str, *, before: str = "", limit: int = 25) -> list[Entry]:
        found = sorted(self.written.get(workspace, {}).items(), reverse=True)
        return [entry for key, entry in found if not before or key < entry_key(before)][:limit]

    def exported(self, workspace: str, *, after: int = 0, limit: int = 100) -> list[ExportedEntry]:
        entries = self.written.get(workspace, {})
        links = self.links(workspace, after=after, limit=limit)
        return [
            ExportedEntry(each, entries.get(each.entry), repr(entries[each.entry]) if each.entry in entries else "")
            for each in links
        ]

    # ---- AuditChain ----

    def head(self, workspace: str) -> Link | None:
        chain = self.chain.get(workspace, {})
        return chain[max(chain)] if chain else None

    def linked(self, workspace: str, entries: Sequence[str]) -> dict[str, int]:
        notes = self.notes.get(workspace, {})
        return {each: notes[each] for each in entries if each in notes}

    def append(self, workspace: str, links: Sequence[Link]) -> None:
        chain, notes = self.chain.setdefault(workspace, {}), self.notes.setdefault(workspace, {})
        if any(each.seq in chain or each.entry in notes for each in links):
            raise Stale("the chain has been added to meanwhile")
        chain.update({each.seq: each for each in links})
        notes.update({each.entry: each.seq for each in links})

    def chains(self) -> Iterator[str]:
        return (workspace for workspace in sorted(self.chain) if self.chain[workspace])

    def links(self, workspace: str, *, after: int, limit: int) -> list[Link]:
        return [link for seq, link in sorted(self.chain.get(workspace, {}).items()) if seq > after][:limit]

    def links_at(self, workspace: str, numbers: Sequence[int]) -> dict[int, Link]:
        chain = self.chain.get(workspace, {})
        return {each: chain[each] for each in numbers if each in chain}

    def entries(self, workspace: str, *, after: str, limit: int) -> list[StoredEntry]:
        keys = [key for key in sorted(self.written.get(workspace, {})) if key > after]
        return list(self.entries_at(workspace, keys[:limit]).values())

    def entries_at(self, workspace: str, keys: Sequence[str]) -> dict[str, StoredEntry]:
        entries = self.written.get(workspace, {})
        return {
            key: StoredEntry(workspace, key, digest_of(repr(entries[key]).encode()), entries[key].at)
            for key in keys
            if key.startswith(ENTRIES) and key in entries
        }

    def since(self, at: datetime) -> str:
        return first_key(at)


class FakeAnchors:
    """`Anchors`."""

    def __init__(self) -> None:
        self.kept: list[Anchor] = []

    def keep(self, anchor: Anchor) -> None:
        if anchor not in self.kept:
            self.kept.append(anchor)

    def of(self, workspace: str) -> list[Anchor]:
        return [each for each in self.kept if each.workspace == workspace]
