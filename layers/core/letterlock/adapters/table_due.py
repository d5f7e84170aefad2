"""The conversations table's index `due`: what has to be looked at again at a certain minute, here and nowhere else.

Sparse and with keys only: an item stands in it as long as it carries both marks. Free of the models, for the function
that takes most marks off needs none of them.

| due_shard | due_at | item |
|---|---|---|
| `outbox#<0-3>` | 5 minutes after the commit | any item with an `outbox` whose facts are not published yet |
| `reply#0` | 3 hours after it was queued | a message that is `queued` or `sending` |
| `upload#0` | 24 hours after it was asked for | an upload that no message has |
| `connection#0` | at once, then after pauses | a connected account that was revoked here, and not at its provider yet |
| `hear#0` | each minute, later where its instance wants it | a connected account whose mentions are taken in |
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zlib import crc32

DUE: Final = "due"
"""The index's name."""
SHARD: Final = "due_shard"
AT: Final = "due_at"
OUTBOX: Final = "outbox"
"""The attribute that holds a commit's facts, and the kind of work that it is."""
SHARDS: Final = 4
"""Over so many hash keys outboxes are spread: each takes 1,000 writes a second."""
REPLY: Final = "reply#0"
"""The hash key of replies: SES sends far fewer a second than one key takes."""
UPLOAD: Final = "upload#0"
"""The hash key of uploads, of which a workspace may begin a few hundred an hour."""

CONNECTION: Final = "connection#0"
"""The hash key of connections that were revoked."""
HEAR: Final = "hear#0"
"""The hash key of connections that are listened to: a few hundred fit into a run, see `settings.CONNECTIONS_HEARD`."""


def due_key(work: str, shard: int) -> str:
    return f"{work}#{shard}"


def shard_of(pk: str) -> int:
    return crc32(pk.encode()) % SHARDS


def minute(at: datetime) -> str:
    """`2026-11-02T09:30Z`: sorts as text."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
