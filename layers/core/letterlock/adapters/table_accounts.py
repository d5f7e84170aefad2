"""The accounts table: its keys and the shapes of its items, here and nowhere else.

| pk | sk | item |
|---|---|---|
| `<ws>` | `GATE` | `Gate` |
| `<ws>` | `MBX#<mbx>` | `MailboxItem` |
| `<ws>` | `DOM#<dom>` | a claim of a domain: built in `dynamo_mail_domains` |
| `<ws>` | `PERSON#<per>`, `SERVICE#<tok>` | `MemberItem` |
| `<ws>` | `TOK#<tok>` | `TokenItem` |
| `<ws>` | `PROFILE#<per>`, `SIGNIN#<per>`, `SES#<ses>` | built in `people_items` |
| `<ws>` | `INV#<inv>`, `RST#<rst>` | links that were mailed: built in `link_items` |
| `<ws>` | `CON#<con>` | a connected account: built in `connection_items` |
| `stack` | `APP#<keyed hash of an instance>` | what we are to it, registered when its first account was connected |
| `stack` | `SUP#<sup>` | a sign-up: its workspace has no keys yet |
| `<ws>` | `MAILED#<fct>`, `MAILED#<fct>#<per>` | that a mail about a fact was sent, or is about to be |
| `<ws>` | `MAILED#refused#<cnv>#<per>#<hour>` | that somebody was told of an answer that was not taken in |
| `route#mailbox#<keyed hash of an address>` | `ROUTE` | `MailboxRoute`; of the address that is forwarded to as well |
| `route#domain#<keyed hash of a domain>` | `ROUTE` | whose claim of it stands, until when, whether proven |
| `route#signin#<keyed hash of an address>` | `<ws>` | whom the address signs in, in `person` |

A router is found before its workspace is known, so it holds ids only; what names somebody lies sealed under `<ws>`.
Why the models are for shapes only: see `table_conversations`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.models import Model

from letterlock.adapters.codec import instant
from letterlock.adapters.keyring import STACK
from letterlock.domain.accounts import Credential, CredentialKind
from letterlock.domain.billing import Paid
from letterlock.domain.billing_status import BillingStatus
from letterlock.domain.people import Link, LinkKind
from letterlock.domain.permissions import Scope

GATE: Final = "GATE"
ROUTE: Final = "ROUTE"
MAILBOXES: Final = "MBX#"
TOKENS: Final = "TOK#"
PEOPLE: Final = "PERSON#"
SERVICES: Final = "SERVICE#"
SESSIONS: Final = "SES#"
INVITATIONS: Final = "INV#"
RESETS: Final = "RST#"
SIGN_UPS: Final = "SUP#"
PROFILES: Final = "PROFILE#"
SIGN_INS: Final = "SIGNIN#"
MAILED: Final = "MAILED#"
DOMAINS: Final = "DOM#"
CONNECTIONS: Final = "CON#"
APPS: Final = "APP#"

NOTIFY: Final = "notify"
"""Of a profile: what the person wants to be told of by mail."""

SIGN_IN_ATTRIBUTES: Final = (
    "route", "password", "version", "totp", "proposed", "step", "recovery", "chosen_at", "factor_reset",
)  # fmt: skip
"""All that `people_items` puts into a `SIGNIN#` item: of somebody who was removed none stays."""

ACTIVE: Final = "active"
"""The state of a workspace whose people may come in, and of a member who may."""
REMOVED: Final = "removed"
"""The state of a member who is gone for good."""
PENDING: Final = "pending"
"""The state of an invitation or a link that nobody has used."""
REVOKED: Final = "revoked"
"""The state of one that nobody can use any more."""


def mailbox_key(mailbox: str) -> str:
    return f"{MAILBOXES}{mailbox}"


def token_key(token: str) -> str:
    return f"{TOKENS}{token}"


def listed_key(credential: str) -> str:
    """What the lists show of a session or token: `ses_…` or `tok_…`."""
    return f"{SESSIONS if credential.startswith('ses_') else TOKENS}{credential}"


def invitation_key(invitation: str) -> str:
    return f"{INVITATIONS}{invitation}"


def reset_key(reset: str) -> str:
    return f"{RESETS}{reset}"


def sign_up_key(sign_up: str) -> str:
    return f"{SIGN_UPS}{sign_up}"


def link_key(link: Link) -> tuple[str, str]:
    """pk, sk. A sign-up lies with the stack: its workspace has no keys yet."""
    match link.kind:
        case LinkKind.INVITATION:
            return link.workspace, invitation_key(link.id)
        case LinkKind.RESET:
            return link.workspace, reset_key(link.id)
    return STACK, sign_up_key(link.id)


def profile_key(person: str) -> str:
    return f"{PROFILES}{person}"


def sign_in_key(person: str) -> str:
    return f"{SIGN_INS}{person}"


def mail_key(fact: str) -> str:
    return f"{MAILED}{fact}"


def sign_in_route_key(hashed_address: str) -> str:
    return f"route#signin#{hashed_address}"


def mailbox_route_key(hashed_address: str) -> str:
    return f"route#mailbox#{hashed_address}"


def connection_key(connection: str) -> str:
    return f"{CONNECTIONS}{connection}"


def app_key(hashed_issuer: str) -> str:
    return f"{APPS}{hashed_issuer}"


def app_place(hashed_issuer: str) -> tuple[str, str]:
    """pk, sk. With the stack: an instance is of no workspace."""
    return STACK, app_key(hashed_issuer)


def domain_key(domain: str) -> str:
    return f"{DOMAINS}{domain}"


def domain_route_key(hashed_domain: str) -> str:
    return f"route#domain#{hashed_domain}"


def member_key(member: str) -> str:
    """For `per_…` or `tok_…`; anything else is nobody's."""
    return f"{PEOPLE if member.startswith('per_') else SERVICES}{member}"


class Gate(Model):
    """Whether anybody may come into a workspace, its name, and which mailboxes there are to look into. Beside these
    attributes: `billing`, what it pays for (`paid_entry`).
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=GATE)
    state = UnicodeAttribute()
    name = BinaryAttribute(legacy_encoding=False)
    """Sealed."""
    mailboxes = UnicodeSetAttribute(null=True)
    """Their ids. Read with every request anyway, so a list of all of them takes no further read."""
    signed_out_at = UnicodeAttribute(null=True)
    """What was made until then lets nobody in."""
    services_made = NumberAttribute(null=True)
    """How many service tokens were ever issued: two at once are told apart by it."""
    owners_gone = NumberAttribute(null=True)
    """How often somebody stopped being an owner: two at once are told apart by it."""
    domains_claimed = NumberAttribute(null=True)
    """How many domains were ever claimed."""
    invitations_made = NumberAttribute(null=True)
    """How many invitations were made while seats were counted: two at once are told apart by it."""


class MailboxItem(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    address = BinaryAttribute(legacy_encoding=False)
    """Sealed: address, display name, signature, the address that is forwarded to, and what was chosen of settings."""
    version = NumberAttribute(null=True)
    """Absent: 1. What a provider's mail brings counts as no change."""
    confirmation = BinaryAttribute(legacy_encoding=False, null=True)
    """Sealed: a provider's code and link."""
    confirmation_at = UnicodeAttribute(null=True)
    """When the newest of them came."""
    confirmed_at = UnicodeAttribute(null=True)


class MailboxRoute(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=ROUTE)
    workspace = UnicodeAttribute()
    mailbox = UnicodeAttribute()


class MemberItem(Model):
    """A person's or a service's part in the workspace. Beside these attributes: `credentials`, a map of what they may
    come in with, each under its id (`credential_entry`).
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    state = UnicodeAttribute()
    role = UnicodeAttribute()
    mailboxes = UnicodeSetAttribute(null=True)
    """`limits_kept`. Absent: all that there are."""
    version = NumberAttribute(null=True)
    """Of role and mailboxes. Absent: 1."""
    tokens_made = NumberAttribute(null=True)
    """How many personal tokens were ever issued: two at once are told apart by it."""
    removed_at = UnicodeAttribute(null=True)
    finished_at = UnicodeAttribute(null=True)
    """When all that hung on a removed member was ended."""


class TokenItem(Model):
    """What the workspace sees of an API token, beside whether its holder still has it."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    holder = UnicodeAttribute()
    scopes = UnicodeAttribute()
    """Separated by spaces (RFC 6749, section 3.3)."""
    created_at = UnicodeAttribute()
    expires_on = UnicodeAttribute(null=True)
    maker = UnicodeAttribute(null=True)
    revoked_at = UnicodeAttribute(null=True)
    finished_at = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    """When it leaves the lists (DynamoDB's TTL): some time after its end."""
    name = BinaryAttribute(legacy_encoding=False)
    """Sealed."""


NO_MAILBOX: Final = "none"
"""Stands in a set that would be empty: DynamoDB keeps none, and what is absent would mean all of them."""


def limits_kept(mailboxes: frozenset[str] | None) -> frozenset[str] | None:
    """The value of `mailboxes` for those that a member works in."""
    return frozenset({NO_MAILBOX}) if mailboxes is not None and not mailboxes else mailboxes


def limits_of(kept: Collection[str] | None) -> frozenset[str] | None:
    return frozenset(kept) - {NO_MAILBOX} if kept is not None else None


CREDENTIALS: Final = "credentials"


def credential_entry(credential: Credential, keyed_hash: bytes) -> dict[str, Any]:
    """One entry of a member's `credentials`, in short names: each request reads them all."""
    entry: dict[str, Any] = {
        "h": {"B": keyed_hash},
        "k": {"S": credential.kind},
        "c": {"S": instant(credential.created_at)},
    }
    if credential.scopes:
        entry["s"] = {"S": " ".join(sorted(credential.scopes))}
    if credential.expires_at:
        entry["x"] = {"S": instant(credential.expires_at)}
    if credential.used_on:
        entry["u"] = {"S": credential.used_on.isoformat()}
    return {"M": entry}


def credential_of(id: str, entry: dict[str, Any]) -> Credential:  # noqa: A002 - the field's own name
    said = entry["M"]
    return Credential(
        id,
        CredentialKind(said["k"]["S"]),
        frozenset(map(Scope, said["s"]["S"].split())) if "s" in said else frozenset(),
        datetime.fromisoformat(said["c"]["S"]),
        datetime.fromisoformat(said["x"]["S"]) if "x" in said else None,
        date.fromisoformat(said["u"]["S"]) if "u" in said else None,
    )


# ---- what a workspace pays for, at its gate -------------------------------------------------------------------------

BILLING: Final = "billing"


def paid_entry(paid: Paid) -> dict[str, Any]:
    """In short names: each request reads it."""
    entry: dict[str, Any] = {"s": {"S": paid.status}, "p": {"S": paid.plan}, "n": {"N": str(paid.seats)}}
    for name, at in (("t", paid.trial_end), ("r", paid.read_only_from)):
        if at:
            entry[name] = {"S": instant(at)}
    if paid.needs_action:
        entry["a"] = {"BOOL": True}
    return {"M": entry}


def paid_of(entry: dict[str, Any]) -> Paid:
    said = entry["M"]
    trial_end, read_only_from = (datetime.fromisoformat(said[name]["S"]) if name in said else None for name in "tr")
    return Paid(
        BillingStatus(said["s"]["S"]),
        said["p"]["S"],
        int(said["n"]["N"]),
        trial_end,
        read_only_from,
        needs_action="a" in said,
    )
