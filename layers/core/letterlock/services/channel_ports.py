"""What a channel is: where messages come from and answers go, beside mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from letterlock.domain.connections import Tokens
from letterlock.domain.mail import Address
from letterlock.domain.providers import Provider


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message that somebody wrote to the connected account, as its channel tells it."""

    id: str
    """Of the telling, as the channel counts it: what is asked for next is what came after it."""
    message: str
    """Of the message, the whole world over: stands for a Message-ID."""
    sender: Address
    """`@ana@social.example`: no address that mail goes to, and never taken for one."""
    at: datetime
    text: str = field(repr=False)
    html: str = field(repr=False)
    in_reply_to: str = ""
    """The `local` of the message that it answers, as that was posted."""
    local: str = ""
    """What the channel calls it where the account is: an answer names that."""
    private: bool = False
    """Only those that it names see it."""


@dataclass(frozen=True, slots=True)
class Heard:
    arrived: Sequence[Arrived]
    after: str
    """What to ask after next. The same as before when there is nothing more."""


@dataclass(frozen=True, slots=True)
class Posting:
    """An answer. `key` follows from the message's id: posted twice, it is there once."""

    key: str
    text: str = field(repr=False)
    in_reply_to: str = ""
    private: bool = False


class Channel(Protocol):
    """Raises ProviderRefused (`invalid_token`: it takes the token no more), ProviderSilent, ProviderBusy."""

    def heard(self, provider: Provider, tokens: Tokens, after: str) -> Heard:
        """What came after that id, oldest first; a page of it. Without an id the newest."""
        ...

    def post(self, provider: Provider, tokens: Tokens, posting: Posting) -> str:
        """What the channel calls the message now."""
        ...
