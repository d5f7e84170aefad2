"""Connected accounts, as the API takes and gives them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from letterlock.domain.channels import is_listened_to
from letterlock.domain.connections import Connection, ConnectionState


class ConnectionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider: str = Field(
        max_length=32,
        description="mastodon, or one with which the operator has an app: google, microsoft, or of a name of its own",
        examples=["mastodon"],
    )
    instance: str = Field("", max_length=320, description="Of Mastodon: the host, such as mastodon.example")
    mailbox: str = Field(max_length=64, description="Whose conversations what comes in becomes")


class ConnectionOut(BaseModel):
    id: str
    provider: str
    issuer: str = Field(description="The provider, or its instance")
    person: str = Field(description="Who connected it")
    account: str = Field(description="What the provider calls it; empty until it is connected")
    mailbox: str
    listened_to: bool = Field(
        description="Whether what is written to the account there becomes conversations, and is answered there"
    )
    scopes: list[str]
    state: ConnectionState = Field(
        description="`revoking`: revoked here, where nothing uses it; its provider has not confirmed yet. `revoked`: "
        "the tokens are destroyed. `ended`: at the provider's end"
    )
    connected_at: datetime | None
    revoked_at: datetime | None
    confirmed_at: datetime | None = Field(
        description="When its provider said that the token is revoked; null with `revoked`: nobody could be asked"
    )
    refused_since: datetime | None = Field(description="The provider says no since then; it is asked again")
    unreachable_since: datetime | None = Field(description="The provider does not answer since then; it is asked again")

    @classmethod
    def of(cls, found: Connection) -> ConnectionOut:
        return cls(
            id=found.id,
            provider=found.provider.name,
            issuer=found.provider.issuer,
            person=found.person,
            account=found.account,
            mailbox=found.mailbox,
            listened_to=is_listened_to(found.provider),
            scopes=list(found.scopes),
            state=found.state,
            connected_at=found.connected_at,
            revoked_at=found.revoked_at,
            confirmed_at=found.confirmed_at,
            refused_since=found.refused_since,
            unreachable_since=found.unreachable_since,
        )


class ConnectionsOut(BaseModel):
    connections: list[ConnectionOut]

    @classmethod
    def of(cls, found: Sequence[Connection]) -> ConnectionsOut:
        return cls(connections=[ConnectionOut.of(each) for each in found])


class StartedOut(BaseModel):
    connection: ConnectionOut
    authorization_url: str = Field(description="The provider's page: send the browser of this session there")
