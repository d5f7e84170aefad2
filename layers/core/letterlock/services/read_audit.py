"""What an owner sees of the audit log: a list to read, and an export that proves itself."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Entry
from letterlock.domain.errors import Invalid
from letterlock.domain.permissions import Action
from letterlock.services.audit_ports import Audit, ExportedEntry
from letterlock.services.ports import Cursors

_LISTED, _EXPORTED = "audit", "audit-export"


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`cursor` leads to the entries before these, and is empty on the last page."""

    entries: tuple[Entry, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class ExportPage:
    """`cursor` leads to the links after these, and is empty at the end of the chain."""

    entries: tuple[ExportedEntry, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class ListAudit:
    """Newest first. Raises Forbidden, Invalid (cursor)."""

    audit: Audit
    cursors: Cursors

    def __call__(self, principal: Principal, *, limit: int, cursor: str) -> AuditPage:
        principal.may(Action.READ_AUDIT)
        before = self.cursors.open(principal.workspace, _LISTED, cursor) if cursor else ""
        # One more than is shown says whether there is another page.
        found = self.audit.listed(principal.workspace, before=before, limit=limit + 1)
        shown = found[:limit]
        more = len(found) > limit
        return AuditPage(tuple(shown), self.cursors.seal(principal.workspace, _LISTED, shown[-1].id) if more else "")


@dataclass(frozen=True, slots=True)
class ExportAudit:
    """In the chain's order, from the first link. Raises Forbidden, Invalid (cursor)."""

    audit: Audit
    cursors: Cursors

    def __call__(self, principal: Principal, *, limit: int, cursor: str) -> ExportPage:
        principal.may(Action.READ_AUDIT)
        after = self.cursors.open(principal.workspace, _EXPORTED, cursor) if cursor else "0"
        if not after.isdecimal():
            raise Invalid("this cursor is none of this list's: start again without it")
        found = self.audit.exported(principal.workspace, after=int(after), limit=limit + 1)
        shown = found[:limit]
        more = len(found) > limit
        return ExportPage(
            tuple(shown), self.cursors.seal(principal.workspace, _EXPORTED, str(shown[-1].link.seq)) if more else ""
        )
