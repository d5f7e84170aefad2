"""Domains as Amazon SES knows them (API version 2, email identities)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from letterlock.adapters.dynamo import error_code
from letterlock.domain.errors import Conflict, Unavailable
from letterlock.domain.mail_domains import Identity

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import GetEmailIdentityResponseTypeDef

TAG: Final = "letterlock"
"""Names the stack that an identity belongs to: the functions' roles change, and send from, none but those."""
_NOT_OURS: Final = ("NotFoundException", "AccessDeniedException", "AccessDenied")
"""Our role sees what carries our tag: what is not there has none, like what somebody else made."""
DKIM_ZONE: Final = "dkim.amazonses.com"
"""Where keys lie, unless SES says otherwise for its Region."""


class SesIdentities:
    """`MailIdentities`. SES has one identity of a domain in an account, whoever asks for it."""

    def __init__(self, client: SESV2Client, stack: str) -> None:
        self._client, self._stack = client, stack

    def standing(self, name: str) -> Identity | None:
        try:
            answer = self._client.get_email_identity(EmailIdentity=name)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error_code(error) in _NOT_OURS:
                return None
            raise _unavailable(error) from None
        return self._identity(answer)

    def ensure(self, name: str, mail_from: str) -> None:
        """One request for a new identity, one more for its MAIL FROM domain.

        Where the subdomain does not lead to SES, mail is refused: what is not proven sends nothing.
        """
        try:
            self._create(name)
            self._client.put_email_identity_mail_from_attributes(
                EmailIdentity=name, MailFromDomain=mail_from, BehaviorOnMxFailure="REJECT_MESSAGE"
            )
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from None

    def _create(self, name: str) -> None:
        try:
            self._client.create_email_identity(
                EmailIdentity=name,
                DkimSigningAttributes={"NextSigningKeyLength": "RSA_2048_BIT"},
                Tags=[{"Key": TAG, "Value": self._stack}],
            )
        except ClientError as error:
            if error_code(error) != "AlreadyExistsException":
                raise
            found = self.standing(name)
            if found is None or not found.ours:
                raise Conflict("another workspace has this domain") from None

    def _identity(self, answer: GetEmailIdentityResponseTypeDef) -> Identity:
        dkim, mail_from = answer.get("DkimAttributes", {}), answer.get("MailFromAttributes", {})
        return Identity(
            ours={"Key": TAG, "Value": self._stack} in answer.get("Tags", []),
            dkim=dkim.get("Status", "NOT_STARTED").lower(),
            dkim_tokens=tuple(dkim.get("Tokens", ())),
            dkim_zone=dkim.get("SigningHostedZone", DKIM_ZONE),
            mail_from=mail_from.get("MailFromDomain", ""),
            mail_from_status=mail_from.get("MailFromDomainStatus", "PENDING").lower(),
        )


def _unavailable(error: Exception) -> Unavailable:
    """Not chained: SES's words name the domain."""
    why = error_code(error) if isinstance(error, ClientError) else type(error).__name__
    return Unavailable(f"the mail service did not answer ({why}): ask again")
