"""What others write to a connected account becomes a conversation as mail does: another way in to `StoreMail`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from letterlock.domain.accounts import Mailbox
from letterlock.domain.connections import Connection, Tokens
from letterlock.domain.errors import NotFound, ProviderBusy, ProviderRefused, ProviderSilent, RuleBroken, Stale
from letterlock.domain.ledger import IngestRecord
from letterlock.domain.mail import Delivery, Mail, Verdict, Verdicts
from letterlock.services.channel_ports import Arrived, Heard, Statuses, Turn, Turns
from letterlock.services.connection_ports import Connections
from letterlock.services.deeds import Asked
from letterlock.services.ports import Clock, Mailboxes
from letterlock.services.store_mail import Arrival, StoreMail
from letterlock.services.use_connection import UseConnection

EVERY: Final = timedelta(minutes=1)
LEASE: Final = timedelta(minutes=3)
"""Longer than the function may run, so that a lease that ran out means one that died."""
AFTER_SILENCE: Final = timedelta(minutes=5)
AFTER_REFUSAL: Final = timedelta(hours=1)
PAGES: Final = 5
"""Of one connection in one turn: one that is told much keeps no other waiting."""
NOTHING_YET: Final = "0"
"""Comes before the first that a network ever tells of."""
_VOUCHED_FOR: Final = Verdicts(Verdict.PASS, Verdict.PASS, Verdict.PASS, Verdict.DISABLED, Verdict.DISABLED)
"""Who wrote it, the instance says to the account's own token: it has checked that, for servers sign what
they pass on (ActivityPub), and there is nobody else to ask. It looks for neither spam nor viruses.
"""


@dataclass(frozen=True, slots=True)
class TakeInMentions:
    """Of each connection by itself, one page after the other.

    A page is stored before the place behind it is kept, and what is told again has its ledger entry: so a death in
    between loses nothing, and stores nothing twice. What came before the first turn is left where it is.
    """

    turns: Turns
    connections: Connections
    use_connection: UseConnection
    statuses: Statuses
    mailboxes: Mailboxes
    store_mail: StoreMail
    now: Clock

    def due(self, limit: int) -> Sequence[Turn]:
        return self.turns.due(self.now(), limit)

    def one(self, turn: Turn, enough: Callable[[], bool]) -> Counter[str]:
        """What became of it, as metrics have it. Raises what `StoreMail` does: what came before that one is taken in,
        and the next turn begins with it.
        """
        taken = self.turns.take(turn, self.now() + LEASE)
        if taken is None:
            return Counter()
        try:
            connection = self.connections.get(taken.workspace, taken.connection)
            connection.must_be_active()
            mailbox = self.mailboxes.get(connection.workspace, connection.mailbox)
        except (NotFound, RuleBroken):
            self.turns.drop(taken)
            return Counter()
        run = _Run(taken.after, self.now() + EVERY)
        try:
            self._take_in(connection, mailbox, run, enough)
        finally:
            self.turns.leave(taken, run.after, run.again_at)
        return run.done

    def _take_in(self, connection: Connection, mailbox: Mailbox, run: _Run, enough: Callable[[], bool]) -> None:
        for _ in range(PAGES):
            heard = None if enough() else self._heard(connection, run)
            if heard is None:
                return
            if not run.after:
                run.after = heard.after or NOTHING_YET
                return
            for each in heard.arrived:
                if entry := self._stored(connection, mailbox, each):
                    run.done[f"Mentions{entry.outcome.capitalize()}"] += 1
                run.after = each.id
            if not heard.arrived and heard.after == run.after:
                return
            run.after = heard.after

    def _heard(self, connection: Connection, run: _Run) -> Heard | None:
        """None where there is nothing to be heard now; when to ask again stands in `run`."""

        def ask(tokens: Tokens) -> Heard:
            return self.statuses.heard(connection.provider, tokens, run.after)

        try:
            return self.use_connection.doing(connection, Asked(connection.person, connection.id), ask)
        except ProviderBusy as busy:
            run.again_at = busy.until
        except ProviderSilent:
            run.again_at = self.now() + AFTER_SILENCE
            run.done["InstancesSilent"] += 1
        except ProviderRefused:
            run.again_at = self.now() + AFTER_REFUSAL
            run.done["InstancesRefusing"] += 1
        except (NotFound, RuleBroken):  # ended just now, or whose connection it is may not come in: see `Connections`
            run.again_at = self.now() + AFTER_REFUSAL
        except Stale:  # somebody else refreshes its token at this moment
            pass
        return None

    def _stored(self, connection: Connection, mailbox: Mailbox, arrived: Arrived) -> IngestRecord | None:
        mail = Mail(
            subject=arrived.subject,
            sender=arrived.sender,
            date=arrived.written_at,
            message_id=arrived.message,
            in_reply_to=(arrived.in_reply_to,) if arrived.in_reply_to else (),
            text=arrived.text,
            html=arrived.html,
        )
        delivery = Delivery(
            ses_message_id=f"{connection.provider.name}-{connection.id}-{arrived.id}",
            object_key="",
            recipients=(mailbox.address,),
            verdicts=_VOUCHED_FOR,
            received_at=self._within(arrived.at, connection),
            mail_from=arrived.sender.address,
        )
        ours = frozenset({mailbox.address, mailbox.forwarding} - {""})
        return self.store_mail(Arrival(delivery, None, mail, None, ours), mailbox)

    def _within(self, at: datetime, connection: Connection) -> datetime:
        """An instance's clock is its own: neither before the connection was made nor later than now. It is the same
        with each try, unless that clock is ahead; then an object of the first try may be left behind, and no message.
        """
        return min(max(at, connection.connected_at or at), self.now())


@dataclass(slots=True)
class _Run:
    """How far one turn has come."""

    after: str
    again_at: datetime
    done: Counter[str] = field(default_factory=Counter)
