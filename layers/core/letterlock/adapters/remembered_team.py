"""Who the people of a workspace are, remembered for a few minutes: each mail is held against their names."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from letterlock.domain.mail import Address
from letterlock.services.notify_ports import TeamAddresses
from letterlock.services.ports import Clock

REMEMBERED: Final = timedelta(minutes=5)
"""As long as a workspace's keys are. Who came in meanwhile is not warned of; nothing is decided by it."""
WORKSPACES: Final = 100


class RememberedTeam:
    """`TeamAddresses`, over one that reads."""

    def __init__(self, team: TeamAddresses, now: Clock) -> None:
        self._team, self._now = team, now
        self._known: OrderedDict[str, tuple[datetime, tuple[Address, ...]]] = OrderedDict()

    def addresses(self, workspace: str) -> tuple[Address, ...]:
        known = self._known.get(workspace)
        if known is None or known[0] <= self._now():
            known = self._now() + REMEMBERED, tuple(self._team.addresses(workspace))
            self._known[workspace] = known
        self._known.move_to_end(workspace)
        while len(self._known) > WORKSPACES:
            self._known.popitem(last=False)
        return known[1]
