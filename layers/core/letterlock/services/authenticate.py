"""Who is asking: read with every request, cached nowhere, so that what was revoked is dead at the next one."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import REFUSED, CredentialKind, Principal
from letterlock.domain.errors import Unauthenticated
from letterlock.domain.tokens import Presented, read
from letterlock.services.ports import Clock, Members


@dataclass(frozen=True, slots=True)
class Authenticate:
    """An Authorization header (RFC 6750), or the value of a session cookie, to a principal.

    Raises Unauthenticated, alike for unknown, expired and revoked; Unavailable.
    """

    members: Members
    now: Clock
    billed: bool = False
    """Whether the operator charges at all."""

    def __call__(self, authorization: str, session: str = "") -> Principal:
        """The header decides where there is one: a cookie comes by itself, a header does not."""
        presented = _presented(authorization, session)
        admission = self.members.admit(presented)
        if admission is None or admission.credential is None:
            raise Unauthenticated(REFUSED)
        principal = admission.principal(self.now(), billed=self.billed)
        if principal is None:
            raise Unauthenticated(REFUSED)
        today = self.now().date()
        if admission.credential.used_on != today:
            self.members.note_use(principal.workspace, principal.id, admission.credential.id, today)
        return principal


def _presented(authorization: str, session: str) -> Presented:
    if not authorization and session:
        presented = read(session)
        if presented.kind is not CredentialKind.SESSION:
            raise Unauthenticated("this cookie is no session")
        return presented
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("send the API token as 'Authorization: Bearer <token>', or sign in")
    presented = read(token.strip())
    if presented.kind is CredentialKind.SESSION:
        raise Unauthenticated("a session is sent as its cookie, not as a bearer token")
    return presented
