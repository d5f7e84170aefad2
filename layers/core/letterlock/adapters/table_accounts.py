"""The accounts table: its keys and the shapes of its items, here and nowhere else.

| pk | sk | item |
|---|---|---|
| `<ws>` | `GATE` | `Gate` |
| `<ws>` | `MBX#<mbx>` | `MailboxItem` |
| `<ws>` | `TOK#<tok>` | `TokenItem` |
| `route#mailbox#<keyed hash of an address>` | `ROUTE` | `MailboxRoute` |
| `route#credential#<keyed hash of a secret>` | `ROUTE` | `CredentialRoute` |

A router is found before its workspace is known, so it holds ids only; what names somebody lies sealed under `<ws>`.
Why the models are for shapes only: see `table_conversations`.
"""

from __future__ import annotations

from typing import Final

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.models import Model

GATE: Final = "GATE"
ROUTE: Final = "ROUTE"
MAILBOXES: Final = "MBX#"
TOKENS: Final = "TOK#"

ACTIVE: Final = "active"
"""The state of a workspace whose people may come in."""


def mailbox_key(mailbox: str) -> str:
    return f"{MAILBOXES}{mailbox}"


def token_key(token: str) -> str:
    return f"{TOKENS}{token}"


def mailbox_route_key(hashed_address: str) -> str:
    return f"route#mailbox#{hashed_address}"


def credential_route_key(hashed_secret: str) -> str:
    return f"route#credential#{hashed_secret}"


class Gate(Model):
    """Whether anybody may come into a workspace, its name, and which mailboxes there are to look into."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=GATE)
    state = UnicodeAttribute()
    name = BinaryAttribute(legacy_encoding=False)
    """Sealed."""
    mailboxes = UnicodeSetAttribute(null=True)
    """Their ids. Read with every request anyway, so a list of all of them takes no further read."""


class MailboxItem(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    address = BinaryAttribute(legacy_encoding=False)
    """Sealed: the address and the display name."""


class MailboxRoute(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=ROUTE)
    workspace = UnicodeAttribute()
    mailbox = UnicodeAttribute()


class TokenItem(Model):
    """What the workspace sees of an API token."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    created_at = UnicodeAttribute()
    name = BinaryAttribute(legacy_encoding=False)
    """Sealed."""


class CredentialRoute(Model):
    """What a request is admitted by. `expires_at` is the table's TTL too: an expired one goes by itself."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=ROUTE)
    workspace = UnicodeAttribute()
    token = UnicodeAttribute()
    scopes = UnicodeAttribute()
    """Separated by spaces (RFC 6749, section 3.3)."""
    created_at = UnicodeAttribute()
    expires_at = NumberAttribute(null=True)
    """Seconds since 1970."""
    revoked_at = UnicodeAttribute(null=True)
