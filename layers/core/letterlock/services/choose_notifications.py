"""What somebody wants to be told of by mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from letterlock.domain.accounts import Principal
from letterlock.domain.errors import Forbidden
from letterlock.domain.notifications import NotificationSettings
from letterlock.domain.permissions import Action
from letterlock.services.notify_ports import NotificationChoices


@dataclass(frozen=True, slots=True)
class ReadNotificationSettings:
    """Raises Forbidden."""

    choices: NotificationChoices

    def __call__(self, who: Principal) -> NotificationSettings:
        who.may(Action.READ_ME)
        return self.choices.get(who.workspace, _person(who))


@dataclass(frozen=True, slots=True)
class ChooseNotifications:
    """What is left out stays. Raises Forbidden."""

    choices: NotificationChoices

    def __call__(self, who: Principal, changes: Mapping[str, bool]) -> NotificationSettings:
        who.may(Action.CHANGE_ME)
        wants = replace(self.choices.get(who.workspace, _person(who)), **changes)
        self.choices.put(who.workspace, who.id, wants)
        return wants


def _person(who: Principal) -> str:
    if not who.id.startswith("per_"):
        raise Forbidden("a token of the workspace's own is told of nothing by mail")
    return who.id
