"""The audit table: its keys and the shapes of its items, here and nowhere else.

| pk | sk | item |
|---|---|---|
| `<ws>` | `ENT#<aud ULID>` | an entry: `actor`, `act`, `subject`, `at`, `request`, `detail` (sealed) |
| `<ws>` | `LNK#<12 digits>` | a link: `entry` (its sk), `digest`, `previous`, `hash`, the three in hex |
| `<ws>` | `SEQ#<aud ULID>` | that an entry is linked: `link`, its number in 12 digits |
| `chains` | `<ws>` | that a workspace has a chain |

All are put once and never changed. Every attribute is a string but `detail`, so an item has one spelling only. Free of
models: what is hashed is the item itself, and the function that links needs nothing else.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from typing import Any, Final

from ulid import ULID

from letterlock.adapters.codec import instant
from letterlock.adapters.dynamo import Item, key
from letterlock.domain.audit import Entry, Link, StoredEntry, digest_of

ENTRIES: Final = "ENT#"
LINKS: Final = "LNK#"
LINKED: Final = "SEQ#"
CHAINS: Final = "chains"
LAST_ENTRY: Final = f"{ENTRIES}~"
LAST_LINK: Final = f"{LINKS}{10**12 - 1}"


def entry_key(entry: str) -> str:
    return f"{ENTRIES}{entry}"


def link_key(seq: int) -> str:
    return f"{LINKS}{seq:012}"


def linked_key(entry: str) -> str:
    """From the key of an entry, whatever it is."""
    return f"{LINKED}{entry.removeprefix(ENTRIES)}"


def first_key(at: datetime) -> str:
    """The key below all of entries from that time on."""
    return entry_key(f"aud_{ULID(int(at.timestamp() * 1000).to_bytes(6) + bytes(10))}")


def entry_item(entry: Entry, detail: bytes) -> Item:
    """`detail` as it is sealed."""
    words = {
        "actor": entry.actor,
        "act": entry.act.value,
        "subject": entry.subject,
        "at": instant(entry.at),
        "request": entry.request,
    }
    return (
        key(entry.workspace, entry_key(entry.id))
        | {name: {"S": word} for name, word in words.items()}
        | {"detail": {"B": detail}}
    )


def link_item(workspace: str, link: Link) -> Item:
    words = {"entry": link.entry, "digest": link.digest, "previous": link.previous, "hash": link.hash}
    return key(workspace, link_key(link.seq)) | {name: {"S": word} for name, word in words.items()}


def link_of(item: Item) -> Link:
    """Whatever stands there: what is missing is empty, and what is no number is 0, so that verification can name it."""
    entry, digest, previous, own = (_text(item, name) for name in ("entry", "digest", "previous", "hash"))
    return Link(_number(item["sk"]["S"].removeprefix(LINKS)), entry, digest, previous, own)


def linked_item(workspace: str, link: Link) -> Item:
    return key(workspace, linked_key(link.entry)) | {"link": {"S": f"{link.seq:012}"}}


def linked_by(item: Item) -> int:
    return _number(_text(item, "link"))


def chain_item(workspace: str) -> Item:
    return key(CHAINS, workspace)


def canonical(item: Item) -> str:
    """An item in DynamoDB's own JSON: names sorted, no spaces, ASCII, bytes in base64. One item has one spelling,
    whether it was read or came with the table's stream (where bytes are base64 already).
    """
    return json.dumps(item, sort_keys=True, separators=(",", ":"), default=_base64)


def stored_entry_of(item: Item) -> StoredEntry:
    """From an item, or from the image of it that a stream shows."""
    return StoredEntry(item["pk"]["S"], item["sk"]["S"], digest_of(canonical(item).encode()), _time(_text(item, "at")))


def _base64(value: Any) -> str:
    return b64encode(bytes(value)).decode("ascii")


def _text(item: Item, name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
