"""Connected accounts, as those who connected them, and admins, see them and take them off again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.connections import Connection
from letterlock.domain.errors import NotFound
from letterlock.domain.permissions import Action
from letterlock.services.connection_ports import Connections
from letterlock.services.deeds import Asked
from letterlock.services.revoke import Revocable, Revoke, Target


@dataclass(frozen=True, slots=True)
class ReadConnections:
    """One's own; to an admin also those that others connected to a mailbox that the admin sees. What one may not see is
    as absent as what never was.

    Raises Forbidden, NotFound.
    """

    connections: Connections

    def all(self, principal: Principal) -> Sequence[Connection]:
        principal.may(Action.MANAGE_OWN_CONNECTIONS)
        of_all = not principal.refusal(Action.MANAGE_CONNECTIONS)
        found = self.connections.listed(principal.workspace, "" if of_all else principal.id)
        return [each for each in found if _shown(principal, each)]

    def one(self, principal: Principal, connection: str) -> Connection:
        principal.may(Action.MANAGE_OWN_CONNECTIONS)
        found = self.connections.get(principal.workspace, connection)
        if not _shown(principal, found):
            raise NotFound("no such connection")
        return found


@dataclass(frozen=True, slots=True)
class RevokeConnection:
    """Dead here with this call; its provider is told by what comes round each minute. A second time changes nothing.

    Raises Forbidden, NotFound, Stale.
    """

    read: ReadConnections
    revoke: Revoke

    def __call__(self, principal: Principal, connection: str, asked: Asked) -> None:
        found = self.read.one(principal, connection)
        self.revoke(Target(Revocable.CONNECTION, principal.workspace, found.id, found.person), asked)


def _shown(principal: Principal, connection: Connection) -> bool:
    if connection.person == principal.id:
        return True
    return not principal.refusal(Action.MANAGE_CONNECTIONS) and principal.sees(connection.mailbox)
