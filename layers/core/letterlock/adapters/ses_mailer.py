"""Mail out by Amazon SES (API version 2, SendEmail with raw content).

SendEmail has no idempotency token: a second call sends a second mail. So every failure is one of three: refused for
good, not taken (try again), or unknown (never try again unasked).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
    SSLError,
)

from letterlock.adapters.outgoing_mime import compose, deliverable
from letterlock.adapters.ses_events import message_id_of
from letterlock.adapters.streamed_json import Streamed, stream_blobs
from letterlock.domain.errors import LetterlockError, SendDelayed, SendRefused, SendUncertain
from letterlock.domain.facts import code
from letterlock.domain.files import Octets
from letterlock.domain.mail import MAIL_BYTES, Address
from letterlock.domain.replies import OutgoingMail
from letterlock.services.ports import MailTags

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

RECIPIENTS: Final = 50
"""SES: "Service quotas", recipients per message, To and Cc together."""
READ_TIMEOUT_SECONDS: Final = 20
CONNECT_TIMEOUT_SECONDS: Final = 3

_PASSING: Final = frozenset(
    {
        "LimitExceededException",
        "RequestLimitExceeded",
        "SendingPausedException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        # Ours to put right; meanwhile the mail waits instead of failing.
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_UNKNOWN: Final = frozenset({"RequestTimeout", "RequestTimeoutException"})
_BEFORE_SENDING: Final = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
)
_BAD_REQUEST: Final = 400
_SERVER_ERROR: Final = 500


def sending_config() -> Config:
    """How the client given to `SesMailer` must be made: botocore's own retries would send a mail twice."""
    return Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )


class SesMailer:
    """The Mailer port. `client` is one made with `sending_config`."""

    def __init__(
        self,
        client: SESV2Client,
        configuration_set: str,
        region: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        stream_blobs(client.meta.events, "sesv2.SendEmail", lambda params: params["Content"]["Raw"]["Data"])
        self._configuration_set = configuration_set
        self._region = region
        self._now = now

    def send(self, mail: OutgoingMail, *, tags: MailTags) -> str:
        """SES's events carry the tags: ids, which SES takes as they are (letters, digits, `_`).

        Raises SendRefused (also no_recipient, no_sender, too_many_recipients, over_size), SendDelayed, SendUncertain.
        """
        return self.hand_over(mail, {name: str(value) for name, value in asdict(tags).items()})

    def hand_over(self, mail: OutgoingMail, tags: Mapping[str, str]) -> str:
        """The same, under any tags."""
        sender, to, cc = _envelope(mail)
        raw = compose(mail, self._now())
        if len(raw) > MAIL_BYTES:
            raise SendRefused("over_size")
        try:
            answer = self._client.send_email(
                FromEmailAddress=sender,
                Destination={"ToAddresses": to, "CcAddresses": cc},
                Content={"Raw": {"Data": _content(mail, raw)}},
                EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
                ConfigurationSetName=self._configuration_set,
            )
        except (ClientError, BotoCoreError) as error:
            # Not chained: SES's own text may quote addresses.
            raise outcome_of(error) from None
        return self._message_id(answer.get("MessageId", ""))

    def _message_id(self, ses_message_id: str) -> str:
        if not ses_message_id:
            raise SendUncertain("no_message_id")
        return message_id_of(ses_message_id, self._region)


def _envelope(mail: OutgoingMail) -> tuple[str, list[str], list[str]]:
    sender = next(iter(deliverable([mail.sender])), None)
    if sender is None:
        raise SendRefused("no_sender")
    to = _addresses(mail.to)
    cc = [each for each in _addresses(mail.cc) if each not in to]
    if not to and not cc:
        raise SendRefused("no_recipient")
    if len(to) + len(cc) > RECIPIENTS:
        raise SendRefused("too_many_recipients")
    return sender.address, to, cc


def _content(mail: OutgoingMail, raw: Octets) -> bytes:
    """A mail without files is small: it is sent as it is."""
    return Streamed.of(raw, uuid4().hex.encode()) if mail.files else bytes(raw)


def _addresses(addresses: tuple[Address, ...]) -> list[str]:
    return [each.address for each in deliverable(addresses)]


def outcome_of(error: ClientError | BotoCoreError) -> LetterlockError:
    """What a failed call means for the mail. The reason is SES's code or the client's error class; no content."""
    if isinstance(error, ClientError):
        return _outcome_of_answer(error.response)
    reason = type(error).__name__
    if isinstance(error, ParamValidationError):
        return SendRefused(reason)
    return SendDelayed(reason) if isinstance(error, _BEFORE_SENDING) else SendUncertain(reason)


def _outcome_of_answer(response: Any) -> LetterlockError:
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    reason = _word(str(response.get("Error", {}).get("Code", "")))
    if reason in _PASSING:
        return SendDelayed(reason)
    if reason in _UNKNOWN or not _BAD_REQUEST <= status < _SERVER_ERROR:
        return SendUncertain(reason)
    return SendRefused(reason)


def _word(said: str) -> str:
    """SES's code. botocore puts the HTTP status in its place where the body is no answer of SES's."""
    if not said:
        return "no_code"
    return f"http_{said}" if re.fullmatch("[1-5][0-9]{2}", said) else code(said)
