"""Nobody signs in with an address whose mail comes to a mailbox of ours, where a team, and not a person, would read the
links that let somebody in.
"""

from __future__ import annotations

from letterlock.domain.errors import AddressRefused, Conflict
from letterlock.services.people_ports import People
from letterlock.services.ports import Mailboxes


def refuse_shared(mailboxes: Mailboxes, address: str) -> None:
    """Raises AddressRefused."""
    if mailboxes.receives(address):
        raise AddressRefused(
            "mail to this address comes to a mailbox that a team shares: name one that is a person's own"
        )


def refuse_somebodys(people: People, address: str) -> None:
    """The other way round: of an address that is to be a mailbox's. Raises Conflict."""
    if people.signs_in(address):
        raise Conflict("somebody signs in with this address: a mailbox takes one that is nobody's own")
