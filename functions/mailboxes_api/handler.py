"""Mailboxes over REST: addresses, names, signatures, the domains they write from, and what is forwarded to them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path

from letterlock.domain.permissions import Action
from letterlock.entry import inbox_wiring, mailbox_wiring
from letterlock.entry.conditions import IdempotencyKey, IfMatch, first_or_again, once, version_shown, versions
from letterlock.entry.mailbox_shapes import (
    ClaimOut,
    DomainIn,
    DomainOut,
    DomainsOut,
    MailboxChangeIn,
    MailboxesOut,
    MailboxIn,
    MailboxOut,
)
from letterlock.entry.rest import asked, principal, serve
from letterlock.entry.routes import Api

api = Api()
app = api.app

Id = Annotated[str, Path(max_length=64)]


# ---- mailboxes ------------------------------------------------------------------------------------------------------


@api.get("/v1/mailboxes", Action.LIST_MAILBOXES, summary="The mailboxes that one sees", tags=["mailboxes"])
def get_mailboxes() -> MailboxesOut:
    who = principal(app)
    return MailboxesOut(mailboxes=[MailboxOut.of(each, who) for each in inbox_wiring.list_mailboxes()(who)])


@api.post(
    "/v1/mailboxes",
    Action.MANAGE_MAILBOXES,
    summary="Make a mailbox",
    description="422 for an address whose domain is nobody's to have, or not (yet) the workspace's.",
    tags=["mailboxes"],
    status_code=HTTPStatus.CREATED,
)
def post_mailbox(wanted: MailboxIn, key: IdempotencyKey = None) -> MailboxOut:
    add, who, said, keyed = mailbox_wiring.add_mailbox(), principal(app), asked(app), once(app, key)
    made = first_or_again(app, lambda: add(who, wanted.address, wanted.name, wanted.signature, said, keyed), add.again)
    version_shown(app, made.version)
    return MailboxOut.of(made, who)


@api.get("/v1/mailboxes/<mailbox>", Action.LIST_MAILBOXES, summary="Read a mailbox", tags=["mailboxes"])
def get_mailbox(mailbox: Id) -> MailboxOut:
    who = principal(app)
    found = mailbox_wiring.read_mailbox()(who, mailbox)
    version_shown(app, found.version)
    return MailboxOut.of(found, who)


@api.patch(
    "/v1/mailboxes/<mailbox>",
    Action.MANAGE_MAILBOXES,
    summary="Change a mailbox's name, signature or settings, or say that its forwarding is confirmed",
    description="Name and signature stand on what goes out from then on, replies that are queued by now included. "
    "Settings hold for mail that is taken in from then on.",
    tags=["mailboxes"],
)
def patch_mailbox(mailbox: Id, change: MailboxChangeIn, if_match: IfMatch = None) -> MailboxOut:
    who = principal(app)
    found = mailbox_wiring.change_mailbox()(who, mailbox, change.wanted(), asked(app), versions(if_match))
    version_shown(app, found.version)
    return MailboxOut.of(found, who)


# ---- domains --------------------------------------------------------------------------------------------------------


@api.get("/v1/domains", Action.MANAGE_DOMAINS, summary="The domains that the workspace claimed", tags=["mailboxes"])
def get_domains() -> DomainsOut:
    return DomainsOut(domains=[ClaimOut.of(each) for each in mailbox_wiring.list_domains()(principal(app))])


@api.post(
    "/v1/domains",
    Action.MANAGE_DOMAINS,
    summary="Claim a domain to write from",
    description="The answer shows the records to set in its DNS. A claim that is not verified within 72 hours can be "
    "claimed by others. Claimed again by the same workspace, it is the same claim.",
    tags=["mailboxes"],
    status_code=HTTPStatus.CREATED,
)
def post_domain(wanted: DomainIn, key: IdempotencyKey = None) -> DomainOut:
    claim, who, said, keyed = mailbox_wiring.claim_domain(), principal(app), asked(app), once(app, key)
    return DomainOut.shown(first_or_again(app, lambda: claim(who, wanted.domain, said, keyed), claim.again))


@api.get("/v1/domains/<domain>", Action.MANAGE_DOMAINS, summary="Is a domain verified yet?", tags=["mailboxes"])
def get_domain(domain: Id) -> DomainOut:
    return DomainOut.shown(mailbox_wiring.read_domain()(principal(app), domain))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(api, event, context)
