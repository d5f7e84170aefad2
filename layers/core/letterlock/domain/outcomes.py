"""What became of a mail at each of its recipients, as far as the mail service has said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RecipientState(StrEnum):
    DELAYED = "delayed"
    """The recipient's server does not take it yet; the mail service goes on trying."""
    DELIVERED = "delivered"
    """The recipient's server took it. It may still bounce later, or be complained of."""
    REJECTED = "rejected"
    """The mail service itself would not deliver it: it found a virus."""
    SOFT_BOUNCE = "soft_bounce"
    """It came back for a reason that may pass, such as a full mailbox, or for none that can be told."""
    HARD_BOUNCE = "hard_bounce"
    """It came back for good: there is no such mailbox, or mail to it is suppressed."""
    COMPLAINED = "complained"
    """The recipient called it spam."""


_RANK: Final = {state: rank for rank, state in enumerate(RecipientState)}


@dataclass(frozen=True, slots=True)
class RecipientOutcome:
    """`reason` is one of the mail service's own words ("MailboxFull"), never a server's free text."""

    address: str
    state: RecipientState
    reason: str = ""

    @property
    def rank(self) -> tuple[int, str]:
        """Of two things said of one recipient, the greater stands: bad news outlives good, and news outlives delay."""
        return _RANK[self.state], self.reason


Outcomes = tuple[RecipientOutcome, ...]
"""One a recipient, in the order of their addresses."""


def joined(*several: Iterable[RecipientOutcome]) -> Outcomes:
    """All that was said, once a recipient. In what order, and how often, it was said makes no difference."""
    found: dict[str, RecipientOutcome] = {}
    for outcome in (each for outcomes in several for each in outcomes):
        standing = found.get(outcome.address)
        if standing is None or outcome.rank > standing.rank:
            found[outcome.address] = outcome
    return tuple(found[address] for address in sorted(found))


def worst(outcomes: Outcomes) -> RecipientOutcome | None:
    """What the team must hear of first."""
    return max(outcomes, key=lambda each: each.rank, default=None)
