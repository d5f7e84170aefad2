"""What can go wrong, in the words of the domain. Messages carry ids and reasons, never content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from letterlock.domain.conversations import Added, Conversation
    from letterlock.domain.idempotency import Done


class LetterlockError(Exception):
    """The root of every error a service raises on purpose."""


class IntegrityBroken(LetterlockError):
    """What is stored is not what was stored there. Nobody's request causes that: an alarm rings."""


class NotFound(LetterlockError):
    """No such record in this workspace: the same answer for a foreign id and for one that never was."""


class Unauthenticated(LetterlockError):
    """No credential, a malformed one, or one that is expired, revoked or unknown."""


class Forbidden(LetterlockError):
    """The credential is good, but lacks the scope this action needs."""


class Invalid(LetterlockError):
    """The request is well formed, but a value in it cannot be used; the message names it."""


class DomainRefused(LetterlockError):
    """An address or a domain that is well formed, and not for this workspace to have."""


class AddressRefused(LetterlockError):
    """Mail to it comes to a mailbox of ours, which a team reads: nobody signs in with that."""


class RuleBroken(LetterlockError):
    """The record's state does not allow this action."""

    current: Conversation | None = None
    """How the conversation stands, where it is one that was to be changed."""


class Conflict(LetterlockError):
    """The record exists already, or is taken by another."""


class Stale(LetterlockError):
    """Somebody else changed the conversation since it was read: read again, then decide again."""

    current: Conversation | None = None
    """How it stands now, for whoever is told to."""


class Moved(LetterlockError):
    """The conversation is not at the version that the change was meant for."""

    def __init__(self, current: Conversation, added: Sequence[Added]) -> None:
        super().__init__("the conversation has changed since: see what is new, then decide again")
        self.current = current
        self.added = tuple(added)
        """The messages that came since."""


class VersionPassed(LetterlockError):
    """The record is not at the version that the change was meant for."""


class AlreadyDone(LetterlockError):
    """A request of that key and content has had its effect."""

    def __init__(self, done: Done) -> None:
        super().__init__(done.conversation or done.made)
        self.done = done


class KeyReused(LetterlockError):
    """The idempotency key has been used for another request."""

    def __init__(self, done: Done) -> None:
        super().__init__("this Idempotency-Key came with another request before: a new request needs a new key")
        self.done = done


class ReadOnly(LetterlockError):
    """A payment is overdue for so long that nothing can be changed any more, until it is made."""


class PlanLimit(LetterlockError):
    """The workspace's plan, or the seats that it pays for, allow no more."""


class TooLarge(LetterlockError):
    """More than one request may bring."""


class NotScanned(LetterlockError):
    """Nobody has looked into the file yet."""


class FileQuarantined(LetterlockError):
    """Somebody has, and it is not to be sent or fetched."""


class ShownOnce(LetterlockError):
    """A request of that key and content has made a secret, which nobody can show again."""

    def __init__(self, made: str) -> None:
        super().__init__("this request was done: its secret was shown then, and is never shown again")
        self.made = made
        """The id of what it belongs to."""


class AlreadyIngested(LetterlockError):
    """The ledger has this delivery."""


class SameMail(LetterlockError):
    """This mailbox has a mail of that Message-ID and content already, from another delivery."""

    def __init__(self, conversation: str, message: str) -> None:
        super().__init__(message)
        self.conversation = conversation
        self.message = message


class Gone(LetterlockError):
    """A link that was used, revoked, has expired, or never was: nobody is told which."""


class TooManyRequests(LetterlockError):
    """It was tried too often."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many tries: wait for as long as Retry-After says")
        self.seconds = seconds
        """After which it may be tried again."""


class SecondFactorRequired(LetterlockError):
    """The password is right, and the code is missing or is not."""


class Unavailable(LetterlockError):
    """The store could not answer this time, so nothing is decided: ask again."""


class Unparsable(LetterlockError):
    """A mail that no parser of ours reads. `reason` is one word of a fixed list."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OriginalGone(LetterlockError):
    """The raw mail is no longer in the inbound bucket."""


class SendRefused(LetterlockError):
    """The mail service refused the message for good; `reason` is the service's error code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SendDelayed(LetterlockError):
    """The mail service did not take the message, and says so: it may be tried again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SendUncertain(LetterlockError):
    """The mail service may or may not have taken the message: a second try could send it twice."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# ---- connected accounts ---------------------------------------------------------------------------------------------

INVALID_GRANT = "invalid_grant"
"""RFC 6749, section 5.2: revoked, used twice, or run out."""
INVALID_TOKEN = "invalid_token"  # noqa: S105 - a word
"""RFC 6750, section 3.1: of an access token."""


class NotTheirs(RuleBroken):
    """What came back from a provider does not belong to what was begun, or not to whoever brings it."""


class ProviderSilent(LetterlockError):
    """Nobody knows what became of what a provider was asked."""


class ProviderRefused(LetterlockError):
    """A provider said no, with a word of RFC 6749, section 5.2, or of ours."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word

    @property
    def for_good(self) -> bool:
        """The grant is no more."""
        return self.word == INVALID_GRANT


class ProviderBusy(ProviderSilent):
    """It answers nothing more until then."""

    def __init__(self, until: datetime) -> None:
        super().__init__("the provider is asked too often")
        self.until = until
