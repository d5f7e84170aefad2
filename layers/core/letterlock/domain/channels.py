"""Which channel an address belongs to, by its form alone. Mail's is an addr-spec (RFC 5322, section 3.4.1), in which no
@ comes first; an account's of a social network is `@ana@social.example`. So neither is ever taken for the other.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from letterlock.domain.mail import Address
from letterlock.domain.providers import MASTODON, Provider


class ChannelName(StrEnum):
    MAIL = "mail"
    MASTODON = "mastodon"


_LISTENED_TO: Final = frozenset({MASTODON.name})


def channel_of(address: Address) -> ChannelName:
    return ChannelName.MASTODON if address.address.startswith("@") else ChannelName.MAIL


def is_mail(address: Address) -> bool:
    return channel_of(address) is ChannelName.MAIL


def is_listened_to(provider: Provider) -> bool:
    """Whether what others write to an account there becomes conversations."""
    return provider.name in _LISTENED_TO
