"""Each day: link what the stream lost, and put the end of each chain away where nobody can change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from letterlock.domain.audit import Anchor, StoredEntry
from letterlock.services.audit_ports import Anchors, AuditChain
from letterlock.services.chain_audit import AT_ONCE, ChainAudit
from letterlock.services.ports import Clock


@dataclass(frozen=True, slots=True)
class AnchorAudit:
    """One chain. Returns how many entries had to be linked first: those of the last `days` that nobody linked.

    Looking at two days, every day, sees each entry twice. Raises Stale.
    """

    chain: AuditChain
    anchors: Anchors
    link: ChainAudit
    now: Clock

    def __call__(self, workspace: str, *, days: int) -> int:
        late = sum(self.link(workspace, page) for page in self._pages(workspace, days))
        head = self.chain.head(workspace)
        if head:
            self.anchors.keep(Anchor(workspace, head.seq, head.hash, self.now()))
        return late

    def _pages(self, workspace: str, days: int) -> Iterator[list[StoredEntry]]:
        after = self.chain.since(self.now() - timedelta(days=days))
        while page := self.chain.entries(workspace, after=after, limit=AT_ONCE):
            yield page
            after = page[-1].key
