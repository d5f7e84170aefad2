"""What the services need of the stores of API tokens and of all that lets somebody in; what they need of all else is in
`ports`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from letterlock.domain.accounts import Member, Principal
from letterlock.domain.api_tokens import ApiToken, Roll
from letterlock.domain.idempotency import Once
from letterlock.services.deeds import Deed


@dataclass(frozen=True, slots=True)
class Issue:
    """A token to be made, for whoever is on the roll, and asks."""

    token: ApiToken
    secret: str
    roll: Roll
    asker: Principal
    """As they stand on the roll."""
    deed: Deed
    once: Once | None = None


class Tokens(Protocol):
    """API tokens, personal and the workspace's own. A secret passes through; what is stored is its keyed hash."""

    def roll(self, workspace: str, person: str) -> Roll:
        """Consistently read, with the person's live tokens. Raises NotFound."""
        ...

    def roll_of_services(self, workspace: str, person: str) -> Roll:
        """Likewise, with the workspace's own live tokens."""
        ...

    def issue(self, issue: Issue) -> None:
        """The member's credential, what the list shows, the deed, the record of the key: one transaction.

        Raises Stale when the roll is no longer as it was read, what `refuse_no_longer` does, AlreadyDone, KeyReused.
        """
        ...

    def get(self, workspace: str, token: str) -> ApiToken:
        """As it stands, consistently read. Raises NotFound."""
        ...

    def listed(self, workspace: str, *, holder: str = "", after: str = "", limit: int = 25) -> Sequence[ApiToken]:
        """In the order in which they were made, after the token of that id; of one holder, where one is named.

        As they stand: whether a token is held is read consistently.
        """
        ...


@dataclass(frozen=True, slots=True)
class Owners:
    """The active owners of a workspace. `turn`: how often somebody stopped being one."""

    people: tuple[str, ...]
    turn: int


class Revocations(Protocol):
    """What lets somebody in is taken away, in one transaction with its deed. Effective at the next read.

    Each says whether it did: False when it had been done before, and then nothing is written, and nobody is told again.
    """

    def credential(self, workspace: str, holder: str, credential: str, deed: Deed) -> bool:
        """A session or an API token of its holder. Raises NotFound for one that never was theirs."""
        ...

    def invitation(self, workspace: str, invitation: str, deed: Deed) -> bool:
        """Raises NotFound, and RuleBroken for one that was used."""
        ...

    def reset_link(self, workspace: str, reset: str, deed: Deed) -> bool:
        """Raises NotFound, and RuleBroken for one that was used."""
        ...

    def connection(self, workspace: str, connection: str, deed: Deed) -> bool:
        """Of a connected account, with the note of whose provider is to be told. Raises NotFound."""
        ...

    def owners(self, workspace: str) -> Owners: ...

    def person(
        self, member: Member, at: datetime, owners: Owners | None, deed: Deed, asker: Principal | None = None
    ) -> bool:
        """As they were read; `owners` where they are one; `asker` None: the operator. Raises Stale when they, or the
        owners, are no longer so; what `refuse_no_longer` does.
        """
        ...

    def everybody(self, workspace: str, at: datetime, deed: Deed) -> bool:
        """False when everybody was signed out then or later already. Raises NotFound."""
        ...


class Remains(Protocol):
    """What is left to be ended after a revocation. Everything here may be done twice, and changes nothing then."""

    def note_revoked(self, workspace: str, credential: str, at: datetime, *, finished: bool) -> None:
        """On what the lists show of a session or token. It leaves them 90 days later."""
        ...

    def end_links(self, workspace: str, person: str, at: datetime, limit: int) -> int:
        """Of somebody who was removed then. Revoke pending invitations that they made, or that had been made to their
        address, and reset links that are theirs. How many there were.
        """
        ...

    def end_connections(self, workspace: str, person: str, at: datetime, limit: int) -> int:
        """A removed person's connected accounts are revoked as of then, and their providers are to be told. How many
        there were.
        """
        ...

    def forget_sign_in(self, workspace: str, person: str) -> None:
        """A removed person's password, second factor, and the way to them from their address."""
        ...

    def outlived(self, workspace: str, *, after: str, limit: int) -> Sequence[tuple[str, str]]:
        """Id and holder of what the lists show, made dead by everybody's signing out, that does not say so yet."""
        ...

    def take_out(self, workspace: str, holder: str, credentials: Sequence[str]) -> None:
        """Credentials that are dead anyway leave their holder's item."""
        ...

    def finish(self, workspace: str, member: str, at: datetime) -> None:
        """Of a removed person or service: nothing is left, also none of what they came in with."""
        ...
