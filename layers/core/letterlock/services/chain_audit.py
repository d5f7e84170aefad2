"""Entries of the audit log become links of their workspace's chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from letterlock.domain.audit import StoredEntry, chained
from letterlock.domain.errors import Stale
from letterlock.services.audit_ports import AuditChain

AT_ONCE = 25
"""Entries that are linked in one transaction."""
FRESH_READS = 3


@dataclass(frozen=True, slots=True)
class ChainAudit:
    """Link what is not linked yet, in this order, after the chain's newest link. Returns how many were.

    A chain has the order in which entries came here, which need not be that of their times: each says its own. So
    entries may come twice, late, or to two of us at once. Who finds the end of the chain moved reads it again, three
    times at most; raises Stale then.
    """

    chain: AuditChain

    def __call__(self, workspace: str, found: Sequence[StoredEntry]) -> int:
        once = list({each.key: each for each in found}.values())
        return sum(self._linked(workspace, once[start : start + AT_ONCE]) for start in range(0, len(once), AT_ONCE))

    def _linked(self, workspace: str, found: Sequence[StoredEntry]) -> int:
        for tries_left in reversed(range(1 + FRESH_READS)):
            known = self.chain.linked(workspace, [each.key for each in found])
            waiting = [each for each in found if each.key not in known]
            if not waiting:
                return 0
            try:
                self.chain.append(workspace, list(chained(self.chain.head(workspace), waiting)))
            except Stale:
                if not tries_left:
                    raise
            else:
                return len(waiting)
        raise AssertionError  # the last try returns or raises
