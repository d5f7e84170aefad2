"""What the lists show of API tokens, as items, and back."""

from __future__ import annotations

from datetime import datetime

from letterlock.adapters import table_accounts as table
from letterlock.adapters.codec import decode, encode, instant
from letterlock.adapters.dynamo import ABSENT, Item, Step, put
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.accounts import CredentialKind, Gate, Member
from letterlock.domain.api_tokens import ApiToken
from letterlock.domain.permissions import Scope


class TokenItems:
    def __init__(self, table_name: str, sealer: Sealer) -> None:
        self._table, self._sealer = table_name, sealer

    def step(self, token: ApiToken) -> Step:
        """A put of what the lists show, on the condition that it is not there."""
        until = token.shown_until()
        listed = table.TokenItem(
            token.workspace,
            table.token_key(token.id),
            kind=token.kind,
            holder=token.holder,
            scopes=" ".join(sorted(token.scopes)),
            created_at=instant(token.created_at),
            expires_on=instant(token.expires_at) if token.expires_at else None,
            maker=token.maker or None,
            expires_at=int(until.timestamp()) if until else None,
            name=self._sealer.seal(_place(token.workspace, token.id), encode(token.name)),
        )
        return put(self._table, "token", listed, ABSENT)

    def token_of(self, item: Item, holder: Member | None, gate: Gate | None) -> ApiToken:
        """As it stands: `holder` and `gate` as they admit requests at this moment."""
        row = table.TokenItem.from_raw_data(item)
        id = row.sk.removeprefix(table.TOKENS)  # noqa: A001 - the field's own name
        kind = CredentialKind(row.kind)
        credential = next((each for each in holder.credentials if each.id == id), None) if holder else None
        held = bool(credential and holder and holder.active and gate and not gate.signed_out(credential))
        service = holder if kind is CredentialKind.SERVICE else None
        return ApiToken(
            id=id,
            workspace=row.pk,
            kind=kind,
            holder=row.holder,
            name=decode(self._sealer.unseal(_place(row.pk, id), row.name)),
            scopes=frozenset(map(Scope, row.scopes.split())),
            created_at=datetime.fromisoformat(row.created_at),
            expires_at=_instant(row.expires_on),
            maker=row.maker or "",
            role=service.role if service else None,
            mailboxes=service.mailboxes if service else None,
            used_on=credential.used_on if credential else None,
            held=held,
            revoked_at=_instant(row.revoked_at),
            finished_at=_instant(row.finished_at),
        )


def _place(workspace: str, token: str) -> Place:
    return Place(workspace, "token", token, "name")


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
