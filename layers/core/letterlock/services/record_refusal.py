"""Refusals worth knowing, on record: once in ten minutes for each who is refused, what, and why.

Whoever is refused in a loop fills no log by it: the entry's id follows from these and from the ten minutes, and an
entry that is there stays as it is. Nor do they keep others from the log: what a process has recorded, it does not write
again, or a loop would take the write units that the acts of the same workspace need. Nothing is recorded of whoever
names nobody, or a loop would need no credential.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from letterlock.domain.audit import Act, Detail, Entry
from letterlock.domain.errors import Gone
from letterlock.domain.people import Link, LinkState
from letterlock.domain.throttle import Rule
from letterlock.services.audit_ports import Audit
from letterlock.services.deeds import Asked
from letterlock.services.ports import Clock, Ids

ONCE: Final = Rule(1, timedelta(minutes=10))
REMEMBERED: Final = 1000
"""How many entries a process remembers to have written. One that it forgets is only asked for again."""


@dataclass(frozen=True, slots=True)
class RecordRefusal:
    """Raises nothing but what `failed` does: who is refused is told so, whatever becomes of the entry."""

    audit: Audit
    ids: Ids
    now: Clock
    failed: Callable[[Exception], None]
    """Is told why an entry could not be written."""
    _recorded: dict[str, None] = field(default_factory=dict, compare=False)

    def __call__(
        self,
        workspace: str,
        act: Act,
        asked: Asked,
        reason: str,
        *,
        subject: str = "",
        delivered_at: datetime | None = None,
    ) -> None:
        """`delivered_at`: of a mail, which may come again later: its ten minutes are those in which it came first."""
        at = self.now()
        own = self.ids.derived("aud", ONCE.began(delivered_at or at), workspace, asked.by, act, subject, reason)
        if own in self._recorded:
            return
        detail = Detail(asked.source, asked.user_agent, reason)
        try:
            self.audit.record(Entry(own, workspace, asked.by, act, subject, at, asked.request, detail))
        except Exception as error:  # noqa: BLE001 - whatever it is, the refusal stands
            self.failed(error)
            return
        if len(self._recorded) >= REMEMBERED:
            self._recorded.clear()
        self._recorded[own] = None

    @contextmanager
    def of_link(self, link: Link, state: LinkState, asked: Asked) -> Iterator[None]:
        """Of one that was made, whoever comes with it: if it turns out to be no good. Raises Gone, as it was raised."""
        try:
            yield
        except Gone:
            why = "overtaken" if state is LinkState.PENDING else state.value
            self(link.workspace, Act.LINK_REFUSED, asked, f"{link.kind}: {why}", subject=link.id)
            raise
