"""What was found out about a mail, as the API shows it: pydantic models, the edge and nothing behind it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from letterlock.domain.authentication import Authenticity
from letterlock.domain.checks.automatic import Automatic
from letterlock.domain.checks.bounce import Bounce, BouncedRecipient, ReportedAction
from letterlock.domain.checks.identity import IdentityWarning
from letterlock.domain.checks.loop import Loop
from letterlock.domain.conversations import Message
from letterlock.domain.mail import Verdict

Evidence = Annotated[str, Field(description="the header field, or part of the envelope, that decided")]


class AuthenticationOut(BaseModel):
    """SES's verdicts, in its own words, and what they say of the address in From."""

    spf: Verdict
    dkim: Verdict
    dmarc: Verdict
    sender: Annotated[Authenticity | None, Field(description="null where the mail was not read")]


class AutomationOut(BaseModel):
    kind: Automatic
    evidence: Evidence


class MailingListOut(BaseModel):
    id: Annotated[str | None, Field(description="the list's own name (RFC 2919)")]
    evidence: Evidence


class ChecksOut(BaseModel):
    authentication: AuthenticationOut
    spam: Verdict
    virus: Verdict
    auto: Annotated[AutomationOut | None, Field(description="a machine sent it (RFC 3834)")]
    mailing_list: Annotated[MailingListOut | None, Field(description="it went to a list")]
    loop: Annotated[Loop | None, Field(description="a mail of ours that came back")]
    warnings: Annotated[list[IdentityWarning], Field(description="the sender may not be who they look like")]

    @classmethod
    def of(cls, message: Message) -> ChecksOut | None:
        """None for what the team wrote."""
        verdicts, checks = message.verdicts, message.checks
        if verdicts is None:
            return None
        auto, listed = (checks.automation, checks.mailing_list) if checks else (None, None)
        return cls(
            authentication=AuthenticationOut(
                spf=verdicts.spf, dkim=verdicts.dkim, dmarc=verdicts.dmarc, sender=checks and checks.sender
            ),
            spam=verdicts.spam,
            virus=verdicts.virus,
            auto=auto and AutomationOut(kind=auto.kind, evidence=auto.evidence),
            loop=checks and checks.loop,
            warnings=list(checks.warnings) if checks else [],
            mailing_list=listed and MailingListOut(id=listed.id or None, evidence=listed.evidence),
        )


class BouncedRecipientOut(BaseModel):
    recipient: str
    action: ReportedAction
    status: Annotated[str | None, Field(description="an enhanced status code (RFC 3463)", examples=["5.1.1"])]

    @classmethod
    def of(cls, said: BouncedRecipient) -> BouncedRecipientOut:
        return cls(recipient=said.original or said.address, action=said.action, status=said.status or None)


class BounceOut(BouncedRecipientOut):
    """A delivery report (RFC 3464). Of several recipients, one whom the mail did not reach."""

    message_id: Annotated[str | None, Field(description="of the mail that it is about")]
    message: Annotated[str | None, Field(description="the message of this conversation that this is, by its id")]
    recipients: Annotated[list[BouncedRecipientOut], Field(description="where there is more than one")]

    @classmethod
    def of_report(cls, bounce: Bounce) -> BounceOut:
        several = bounce.recipients if len(bounce.recipients) > 1 else ()
        return cls(
            **BouncedRecipientOut.of(bounce.worst).model_dump(),
            message_id=bounce.message_id or None,
            message=bounce.message or None,
            recipients=[BouncedRecipientOut.of(each) for each in several],
        )
