"""Does every conversation still say what it said? Its messages, held against the digest that its head keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from letterlock.domain.digests import Difference
from letterlock.services.every_conversation import EveryConversation
from letterlock.services.ports import ConversationDigests

NAMED_AT_MOST = 1000
"""Differing conversations of one run; those after them are the next run's."""


@dataclass(frozen=True, slots=True)
class Differing:
    conversation: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Verified:
    """`cursor` leads to those that are still to be checked, and is empty when there are none."""

    checked: int
    differing: tuple[Differing, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class VerifyDigests:
    """As long as there is time, and at least one. Raises NotFound, Invalid (cursor)."""

    digests: ConversationDigests
    every_conversation: EveryConversation

    def __call__(self, workspace: str, *, cursor: str, time_left: Callable[[], bool]) -> Verified:
        checked, differing, place = 0, list[Differing](), ""
        for each in self.every_conversation(workspace, cursor):
            if checked and (len(differing) == NAMED_AT_MOST or not time_left()):
                return Verified(checked, tuple(differing), place)
            difference = self.digests.difference(workspace, each.conversation)
            if difference:
                differing.append(Differing(each.conversation, difference))
            checked, place = checked + 1, each.cursor
        return Verified(checked, tuple(differing), "")
