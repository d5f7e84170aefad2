"""Who is asking: read with every request, cached nowhere, so that a revoked token is dead at the next one."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.api_tokens import workspace_of
from letterlock.domain.errors import Unauthenticated
from letterlock.services.ports import Clock, Credentials


@dataclass(frozen=True, slots=True)
class Authenticate:
    """An Authorization header (RFC 6750) to a principal. Raises Unauthenticated, alike for unknown and revoked."""

    credentials: Credentials
    now: Clock

    def __call__(self, authorization: str) -> Principal:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("send the API token as 'Authorization: Bearer <token>'")
        workspace = workspace_of(token.strip())
        credential = self.credentials.find(workspace, token.strip())
        if credential is None or credential.workspace != workspace or not credential.live(self.now()):
            raise Unauthenticated("this API token is unknown, expired or revoked")
        return Principal(workspace, credential.id, credential.scopes, credential.mailboxes)
