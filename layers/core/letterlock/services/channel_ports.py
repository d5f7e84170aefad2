"""What a channel is: how an answer goes out to addresses of its form; what accounts of a social network are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from letterlock.domain.connections import Tokens
from letterlock.domain.conversations import Message, Thread
from letterlock.domain.mail import Address
from letterlock.domain.providers import Provider
from letterlock.services.ports import MailTags

# ---- answers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepared:
    """An answer that lacks nothing any more."""

    send: Callable[[str, MailTags], str]
    """With who answers, and whose try it is: what stands for its Message-ID from then on. Raises SendRefused,
    SendDelayed, SendUncertain.
    """
    again: bool = False
    """It may be sent once more by who does not know whether it went: it is there once all the same."""


class Channel(Protocol):
    def prepared(self, thread: Thread, reply: Message) -> Prepared:
        """Nothing has left when it returns. What it raises is tried again."""
        ...


# ---- accounts of a social network -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message that somebody wrote to the connected account, as the network tells it."""

    id: str
    """Of the telling, as the network counts it: what is asked for next is what came after it."""
    message: str
    """Of the message, the whole world over: stands for a Message-ID."""
    sender: Address
    """`@ana@social.example`: no address that mail goes to, and never taken for one."""
    at: datetime
    """When the account was told."""
    written_at: datetime
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    in_reply_to: str = ""
    """The `message` of the one that it answers; empty where that is none, or gone."""


@dataclass(frozen=True, slots=True)
class Heard:
    arrived: Sequence[Arrived]
    """Oldest first."""
    after: str
    """What to ask after next. The same as before when there is nothing more."""


@dataclass(frozen=True, slots=True)
class Posting:
    """An answer. `key` follows from the message's id: posted twice within an hour, it is there once."""

    key: str
    text: str = field(repr=False)
    in_reply_to: str = ""
    """The `message` that it answers. Nobody sees the answer who may not see that; without one, only whom it names."""


class Statuses(Protocol):
    """What others write to an account, and what it writes. Raises ProviderRefused (`invalid_token`: it takes the token
    no more; `unknown_status`: the account does not see what is answered), ProviderSilent, ProviderBusy.
    """

    def heard(self, provider: Provider, tokens: Tokens, after: str) -> Heard:
        """What came after that id; a page of it. Without an id the newest."""
        ...

    def post(self, provider: Provider, tokens: Tokens, posting: Posting) -> str:
        """What stands for its Message-ID, the whole world over."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """It is time to ask what a connection was told."""

    workspace: str
    connection: str
    after: str = ""
    """Up to where everything is taken in; empty: nobody has asked yet."""
    lease: str = ""
    """Of who has taken it."""


class Turns(Protocol):
    """When which connection is asked next, in any workspace. Who takes a turn is alone with it until its lease ends."""

    def due(self, until: datetime, limit: int) -> Sequence[Turn]:
        """It may lag a moment behind."""
        ...

    def take(self, turn: Turn, until: datetime) -> Turn | None:
        """As it stands, leased until then; None where somebody else has it, or it is not due any more."""
        ...

    def leave(self, turn: Turn, after: str, again_at: datetime) -> None:
        """Everything up to there is taken in. Nothing happens where the lease has gone to somebody else."""
        ...

    def drop(self, turn: Turn) -> None:
        """It is never asked again."""
        ...
