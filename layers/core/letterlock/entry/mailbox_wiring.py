"""Which adapter stands behind which port, for mailboxes and their domains: see `entry.wiring`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from letterlock.entry import people_wiring, wiring
from letterlock.entry.settings import setting

if TYPE_CHECKING:
    from letterlock.adapters.dynamo_mail_domains import DynamoMailDomains
    from letterlock.adapters.dynamo_mailbox_changes import DynamoMailboxChanges
    from letterlock.adapters.keyed_names import KeyedNames
    from letterlock.adapters.ses_identities import SesIdentities
    from letterlock.services.manage_domains import ClaimDomain, ListDomains, ReadDomain, ShowDomain
    from letterlock.services.manage_mailboxes import AddMailbox, ChangeMailbox, ReadMailbox


@cache
def domains() -> DynamoMailDomains:
    from letterlock.adapters.dynamo_mail_domains import DynamoMailDomains

    return DynamoMailDomains(
        wiring.client("dynamodb"),
        people_wiring.items(),
        wiring.sealer(),
        wiring.blind_index(),
        wiring.commits(),
        wiring.audit_entries(),
    )


@cache
def changes() -> DynamoMailboxChanges:
    from letterlock.adapters.dynamo_mailbox_changes import DynamoMailboxChanges
    from letterlock.adapters.mailbox_items import MailboxItems

    items = MailboxItems(setting("ACCOUNTS_TABLE"), wiring.sealer(), wiring.blind_index())
    return DynamoMailboxChanges(items, domains(), wiring.commits(), wiring.audit_entries())


@cache
def identities() -> SesIdentities:
    from letterlock.adapters.ses_identities import SesIdentities

    return SesIdentities(wiring.client("sesv2"), setting("STACK_NAME"))


@cache
def names() -> KeyedNames:
    from letterlock.adapters.keyed_names import KeyedNames

    return KeyedNames(wiring.blind_index(), setting("MAIL_DOMAIN"))


# ---- what mailboxes_api calls ---------------------------------------------------------------------------------------


@cache
def read_mailbox() -> ReadMailbox:
    from letterlock.services.manage_mailboxes import ReadMailbox

    return ReadMailbox(wiring.mailboxes())


@cache
def add_mailbox() -> AddMailbox:
    from letterlock.services.manage_mailboxes import AddMailbox

    return AddMailbox(
        mailboxes=wiring.mailboxes(),
        people=people_wiring.people(),
        changes=changes(),
        domains=domains(),
        identities=identities(),
        names=names(),
        deeds=people_wiring.deeds(),
        ids=wiring.ids(),
        now=wiring.now,
        stack=setting("MAIL_DOMAIN"),
    )


@cache
def change_mailbox() -> ChangeMailbox:
    from letterlock.services.manage_mailboxes import ChangeMailbox

    return ChangeMailbox(wiring.mailboxes(), changes(), people_wiring.deeds(), wiring.now)


@cache
def show_domain() -> ShowDomain:
    from letterlock.services.manage_domains import ShowDomain

    return ShowDomain(domains(), identities(), names(), setting("AWS_REGION"))


@cache
def claim_domain() -> ClaimDomain:
    from letterlock.services.manage_domains import ClaimDomain

    return ClaimDomain(
        domains=domains(),
        identities=identities(),
        names=names(),
        show=show_domain(),
        deeds=people_wiring.deeds(),
        ids=wiring.ids(),
        now=wiring.now,
        stack=setting("MAIL_DOMAIN"),
    )


@cache
def read_domain() -> ReadDomain:
    from letterlock.services.manage_domains import ReadDomain

    return ReadDomain(domains(), show_domain())


@cache
def list_domains() -> ListDomains:
    from letterlock.services.manage_domains import ListDomains

    return ListDomains(domains())
