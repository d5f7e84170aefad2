"""The audit log as the API gives it: a list to read, and an export as lines of JSON that prove themselves."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, Field

from letterlock.domain.audit import Act, Entry
from letterlock.services.audit_ports import ExportedEntry
from letterlock.services.read_audit import AuditPage, ExportPage

JSON_LINES: Final = "application/x-ndjson"
EXPORT_LIMIT: Final = 500
"""Links of a page: with the longest details still far below the 6 MB that a function may answer."""


class EntryOut(BaseModel):
    """One act. What does not apply is null."""

    id: str
    act: Act
    actor: Annotated[str | None, Field(description="a person, a token, or `operator`; null when nobody known did it")]
    subject: Annotated[str | None, Field(description="what was acted on, by id")]
    at: datetime
    request: Annotated[str, Field(description="the id of the request, as in the logs")]
    source: Annotated[str | None, Field(description="the address that the request came from")]
    user_agent: str | None
    reason: str | None
    before: str | None
    after: str | None

    @classmethod
    def of(cls, entry: Entry) -> EntryOut:
        return cls(
            id=entry.id,
            act=entry.act,
            actor=entry.actor or None,
            subject=entry.subject or None,
            at=entry.at,
            request=entry.request,
            source=entry.detail.source or None,
            user_agent=entry.detail.user_agent or None,
            reason=entry.detail.reason or None,
            before=entry.detail.before or None,
            after=entry.detail.after or None,
        )


class AuditOut(BaseModel):
    """Newest first."""

    entries: list[EntryOut]
    cursor: Annotated[str | None, Field(description="leads to the entries before these; null on the last page")]

    @classmethod
    def of(cls, page: AuditPage) -> AuditOut:
        return cls(entries=[EntryOut.of(each) for each in page.entries], cursor=page.cursor or None)


def export_lines(page: ExportPage) -> str:
    """One line a link, in the chain's order, and a last one: `{"cursor"}`, null at the end of the chain.

    `stored` is the entry as it lies in the store. Its SHA-256, spelt with sorted names and no spaces, is `digest`; that
    of `previous|seq|key|digest`, `seq` with 12 digits, is `hash`, and the `previous` of the next line. `entry` is the
    same to be read, its details unsealed. `tools.verify_audit --export` checks all of it.
    """
    lines = [json.dumps(_line(each), separators=(",", ":")) for each in page.entries]
    return "\n".join([*lines, json.dumps({"cursor": page.cursor or None}, separators=(",", ":"))]) + "\n"


def _line(exported: ExportedEntry) -> dict[str, object]:
    link = exported.link
    return {
        "seq": link.seq,
        "key": link.entry,
        "digest": link.digest,
        "previous": link.previous,
        "hash": link.hash,
        "stored": json.loads(exported.stored) if exported.stored else None,
        "entry": EntryOut.of(exported.entry).model_dump(mode="json") if exported.entry else None,
    }
