"""Tokens that somebody found where they should not be: each that is ours and live is revoked at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from letterlock.domain.accounts import Admission
from letterlock.domain.errors import NotFound, Unauthenticated
from letterlock.domain.tokens import read
from letterlock.services.deeds import Asked
from letterlock.services.ports import Clock, Members
from letterlock.services.revoke import Revoke, Target
from letterlock.services.revoke_access import kind_of

REASON = "found by a secret scanner"


@dataclass(frozen=True, slots=True)
class ReportLeak:
    """Of each token in turn, whether it was a live one of ours, which it then no longer is. Raises Unavailable, Stale.

    What the report says beside the token (where it was found, of which kind it is) decides nothing.
    """

    members: Members
    revoke: Revoke
    now: Clock

    def __call__(self, tokens: Sequence[str], asked: Asked) -> list[bool]:
        live = {token: self._revoked(token, asked) for token in dict.fromkeys(tokens)}
        return [live[token] for token in tokens]

    def _revoked(self, token: str, asked: Asked) -> bool:
        try:
            presented = read(token)
        except Unauthenticated:
            return False
        admission = self.members.admit(presented)
        if admission is None or not self._live(admission):
            return False
        credential, workspace = admission.credential, presented.workspace
        if credential is None:
            return False
        target = Target(kind_of(credential.kind), workspace, credential.id, presented.holder, leaked=True)
        last_used = credential.used_on.isoformat() if credential.used_on else ""
        try:
            self.revoke(target, asked, reason=REASON, before=last_used)
        except NotFound:  # it went meanwhile
            return False
        return True

    def _live(self, admission: Admission) -> bool:
        """Also behind a gate that is closed: it may open again."""
        credential = admission.credential
        if credential is None or not admission.member.active:
            return False
        return credential.live(self.now()) and not admission.gate.signed_out(credential)
