"""What the API of mailboxes and domains takes and gives, as pydantic models: the edge, and nothing behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from letterlock.domain.accounts import SIGNATURE_OCTETS, Mailbox, Principal
from letterlock.domain.forwarding import ForwardingState, Provider
from letterlock.domain.mail_domains import DomainState, MailDomain, Purpose
from letterlock.domain.mailbox_settings import (
    TEXT_OCTETS,
    WINDOW_DAYS_AT_MOST,
    AcknowledgementSettings,
    MailboxSettings,
    ThreadingSettings,
)
from letterlock.domain.permissions import Action
from letterlock.services.manage_domains import DomainShown
from letterlock.services.manage_mailboxes import MailboxWanted

Name = Annotated[str, Field(max_length=100, description="Stands in From of what goes out; empty for none")]
Signature = Annotated[
    str,
    Field(max_length=SIGNATURE_OCTETS, description='Plain text under every reply that goes out, after a line "-- "'),
]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MailboxIn(_In):
    """An address of the stack's own domain, or of one of the workspace's that is verified."""

    address: Annotated[str, Field(min_length=3, max_length=254, examples=["support@acme.example"])]
    name: Name = ""
    signature: Signature = ""


BySubject = Annotated[
    bool,
    Field(
        description="A mail that carries no proof of where it belongs joins a conversation that its sender takes part "
        "in under the same subject, where the sender's domain vouches for it"
    ),
]
WindowDays = Annotated[
    int,
    Field(ge=1, le=WINDOW_DAYS_AT_MOST, description="For how many days after the conversation's last message"),
]


class ThreadingSettingsIn(_In):
    by_subject: BySubject | None = None
    window_days: WindowDays | None = None


Acknowledges = Annotated[
    bool,
    Field(
        description="Whoever opens a conversation is told so: once a day at most, where their domain vouches for them, "
        "never a machine, a list or a bounce; under a subject that is always the same"
    ),
]
AcknowledgementText = Annotated[
    str, Field(max_length=TEXT_OCTETS, description="What they are told, as plain text; in octets, at most that much")
]


class AcknowledgementSettingsIn(_In):
    enabled: Acknowledges | None = None
    text: AcknowledgementText | None = None


class MailboxSettingsIn(_In):
    """What is left out stays, of each section as well."""

    threading: ThreadingSettingsIn | None = None
    acknowledgement: AcknowledgementSettingsIn | None = None


class MailboxChangeIn(_In):
    """What is left out stays."""

    name: Name | None = None
    signature: Signature | None = None
    forwarding: Annotated[
        Literal["confirmed"] | None, Field(description="The code or link was used: it is not kept any longer")
    ] = None
    settings: MailboxSettingsIn | None = None

    def wanted(self) -> MailboxWanted:
        chosen = self.settings.model_dump(exclude_none=True) if self.settings else None
        return MailboxWanted(self.name, self.signature, confirmed=self.forwarding is not None, settings=chosen)


class ConfirmationOut(BaseModel):
    """What the provider wants to be told before it forwards. Nobody here opens the link but you."""

    provider: Provider
    code: str | None
    link: str | None
    received_at: datetime


class ForwardingOut(BaseModel):
    address: Annotated[str, Field(description="Where another provider forwards this mailbox's mail to")]
    status: ForwardingState
    confirmation: ConfirmationOut | None

    @classmethod
    def of(cls, mailbox: Mailbox) -> ForwardingOut:
        asked = mailbox.confirmation
        confirmation = None
        if asked:
            confirmation = ConfirmationOut(
                provider=asked.provider,
                code=asked.code or None,
                link=asked.link or None,
                received_at=asked.received_at,
            )
        return cls(address=mailbox.forwarding, status=mailbox.forwarding_state, confirmation=confirmation)


class ThreadingSettingsOut(BaseModel):
    by_subject: BySubject
    window_days: WindowDays

    @classmethod
    def of(cls, chosen: ThreadingSettings) -> ThreadingSettingsOut:
        return cls(by_subject=chosen.by_subject, window_days=chosen.window_days)


class AcknowledgementSettingsOut(BaseModel):
    enabled: Acknowledges
    text: AcknowledgementText

    @classmethod
    def of(cls, chosen: AcknowledgementSettings) -> AcknowledgementSettingsOut:
        return cls(enabled=chosen.enabled, text=chosen.text)


class MailboxSettingsOut(BaseModel):
    """All of them, also those that nobody chose."""

    threading: ThreadingSettingsOut
    acknowledgement: AcknowledgementSettingsOut

    @classmethod
    def of(cls, settings: MailboxSettings) -> MailboxSettingsOut:
        return cls(
            threading=ThreadingSettingsOut.of(settings.threading),
            acknowledgement=AcknowledgementSettingsOut.of(settings.acknowledgement),
        )


class MailboxOut(BaseModel):
    id: str
    address: str
    name: str
    signature: str
    settings: MailboxSettingsOut
    version: int
    forwarding: Annotated[ForwardingOut | None, Field(description="For those who may set it up; null for others")]

    @classmethod
    def of(cls, mailbox: Mailbox, who: Principal) -> MailboxOut:
        sets_up = not who.refusal(Action.MANAGE_MAILBOXES)
        return cls(
            id=mailbox.id,
            address=mailbox.address,
            name=mailbox.name,
            signature=mailbox.signature,
            settings=MailboxSettingsOut.of(mailbox.settings),
            version=mailbox.version,
            forwarding=ForwardingOut.of(mailbox) if sets_up and mailbox.forwarding else None,
        )


class MailboxesOut(BaseModel):
    mailboxes: list[MailboxOut]


class DomainIn(_In):
    domain: Annotated[str, Field(min_length=3, max_length=254, examples=["acme.example"])]


class RecordOut(BaseModel):
    """One to be set in the domain's DNS."""

    type: str
    name: str
    value: str
    purpose: Purpose
    needed: Annotated[bool, Field(description="False: a proposal, or for those who want their mail to come here first")]


class ClaimOut(BaseModel):
    id: str
    domain: str
    claimed_at: datetime
    claimed_until: Annotated[datetime, Field(description="Unless it is verified by then, others may claim it")]

    @classmethod
    def of(cls, domain: MailDomain) -> ClaimOut:
        return cls(id=domain.id, domain=domain.name, claimed_at=domain.claimed_at, claimed_until=domain.until)


class DomainsOut(BaseModel):
    domains: list[ClaimOut]


class DomainOut(ClaimOut):
    """As the mail service sees it at this moment."""

    state: DomainState
    dkim: Annotated[str | None, Field(description="Whether its keys were found: SES's own word, in lower case")]
    bounces: Annotated[str | None, Field(description="Whether its subdomain for bounces was found: likewise")]
    records: list[RecordOut]

    @classmethod
    def shown(cls, found: DomainShown) -> DomainOut:
        claim, identity = found.domain, found.identity
        return cls(
            id=claim.id,
            domain=claim.name,
            claimed_at=claim.claimed_at,
            claimed_until=claim.until,
            state=found.state,
            dkim=identity.dkim if identity else None,
            bounces=identity.mail_from_status if identity else None,
            records=[
                RecordOut(type=each.type, name=each.name, value=each.value, purpose=each.purpose, needed=each.needed)
                for each in found.records
            ],
        )
