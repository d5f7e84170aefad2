"""What the services need of the audit log's stores, as Protocols; what they need of all else is in `ports`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from letterlock.domain.audit import Anchor, Entry, Link, StoredEntry


@dataclass(frozen=True, slots=True)
class ExportedEntry:
    """A link with its entry, twice: to be read, and as it is stored, which is what the link's digest is of."""

    link: Link
    entry: Entry | None
    """None when it is gone, or does not open: then only what is stored can be given."""
    stored: str
    """Its one canonical spelling; empty when it is gone."""


class Audit(Protocol):
    """Entries. Where an act has a transaction, its entry rides in that, and not through here."""

    def record(self, entry: Entry, under: str = "") -> None:
        """By itself: a refusal, for instance. A second time changes nothing. `under`: sealed by whose key, where that
        is not its workspace's.
        """
        ...

    def listed(self, workspace: str, *, before: str = "", limit: int = 25) -> list[Entry]:
        """Newest first; those older than the entry of the id `before`, when it is given. Raises IntegrityBroken."""
        ...

    def exported(self, workspace: str, *, after: int = 0, limit: int = 100) -> list[ExportedEntry]:
        """In the chain's order, after the link of that number. What waits to be linked is not among them yet."""
        ...


class AuditChain(Protocol):
    """Links, and entries as they lie in the store. Every read is consistent; nothing here is opened."""

    def head(self, workspace: str) -> Link | None:
        """The newest link."""
        ...

    def linked(self, workspace: str, entries: Sequence[str]) -> dict[str, int]:
        """Which of these entries (keys) are linked, and by the link of which number."""
        ...

    def append(self, workspace: str, links: Sequence[Link]) -> None:
        """All or none of them. Raises Stale when the chain, or one of the entries, has been linked meanwhile."""
        ...

    def chains(self) -> Iterator[str]:
        """The workspaces that have a chain."""
        ...

    def links(self, workspace: str, *, after: int, limit: int) -> list[Link]:
        """In order, from the first whose number is greater."""
        ...

    def links_at(self, workspace: str, numbers: Sequence[int]) -> dict[int, Link]: ...

    def entries(self, workspace: str, *, after: str, limit: int) -> list[StoredEntry]:
        """In the order of their keys, from the first whose key is greater."""
        ...

    def entries_at(self, workspace: str, keys: Sequence[str]) -> dict[str, StoredEntry]: ...

    def since(self, at: datetime) -> str:
        """The key after which everything stands that was written from then on."""
        ...


class Anchors(Protocol):
    """The newest links, put away where nobody can change or delete them for a long time."""

    def keep(self, anchor: Anchor) -> None:
        """A second time changes nothing."""
        ...

    def of(self, workspace: str) -> list[Anchor]:
        """Every one, also those that somebody tried to delete."""
        ...
