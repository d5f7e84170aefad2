"""What an account's change takes with it into its transaction: its facts, and its entry in the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from letterlock.domain.audit import Act, Detail, Entry
from letterlock.domain.facts import Fact, Told
from letterlock.services.announce import announce
from letterlock.services.ports import Clock, Ids


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants it, in which request, and where that came from. For the audit log: nothing is decided by it."""

    by: str
    """`per_…`, `tok_…`, the operator, or empty when it is nobody known."""
    request: str
    source: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    entry: Entry
    told: Sequence[Told] = ()


@dataclass(frozen=True, slots=True)
class Deeds:
    """Makes them."""

    ids: Ids
    now: Clock

    def __call__(
        self,
        workspace: str,
        asked: Asked,
        act: Act,
        subject: str,
        facts: Iterable[Fact] = (),
        *,
        reason: str = "",
        before: str = "",
        after: str = "",
    ) -> Deed:
        detail = Detail(asked.source, asked.user_agent, reason, before, after)
        entry = Entry(self.ids.new("aud"), workspace, asked.by, act, subject, self.now(), asked.request, detail)
        return Deed(entry, announce(facts, self.ids, self.now, correlation=asked.request))
