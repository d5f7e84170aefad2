"""Members and their credentials as items, and back; what stands for a secret."""

from __future__ import annotations

from datetime import datetime

from letterlock.adapters import table_accounts as table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo import Item
from letterlock.domain.accounts import Gate, Member
from letterlock.domain.permissions import Role


def keyed(index: BlindIndex, secret: str) -> bytes:
    """What is stored of a secret: 32 octets under the stack's key."""
    return bytes.fromhex(index.router("credential", secret))


def member_of(item: Item) -> Member:
    row = table.MemberItem.from_raw_data({name: value for name, value in item.items() if name != table.CREDENTIALS})
    return Member(
        id=row.sk.partition("#")[2],
        workspace=row.pk,
        role=Role(row.role),
        mailboxes=table.limits_of(row.mailboxes),
        active=row.state == table.ACTIVE,
        credentials=tuple(table.credential_of(*each) for each in sorted(credentials_of(item).items())),
        version=int(row.version or 1),
        removed_at=_instant(row.removed_at),
        finished_at=_instant(row.finished_at),
    )


def gate_of(item: Item) -> Gate:
    row = table.Gate.from_raw_data({name: value for name, value in item.items() if name != table.BILLING})
    return Gate(
        row.state == table.ACTIVE,
        tuple(sorted(row.mailboxes or ())),
        _instant(row.signed_out_at),
        table.paid_of(item[table.BILLING]) if table.BILLING in item else None,
    )


def credentials_of(item: Item) -> dict[str, Item]:
    """Each entry of a member's map, by the credential's id."""
    found: dict[str, Item] = item.get(table.CREDENTIALS, {"M": {}})["M"]
    return found


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
