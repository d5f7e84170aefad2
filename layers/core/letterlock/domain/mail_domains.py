"""Domains that a workspace writes from: who may claim one, until when, and what must stand in its DNS.

A claim proves nothing. What proves it are two things in the domain's DNS that the mail service looks for: its DKIM
keys, and a subdomain for bounces (custom MAIL FROM) whose name follows from workspace and domain under the stack's key.
The keys are the same for whoever claims, so what one owner once set could be another's proof: the subdomain is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from letterlock.domain.errors import DomainRefused, Invalid

CLAIM: Final = timedelta(hours=72)
"""How long a claim that is not proven keeps others out; afterwards it stands until somebody else claims the domain."""
DOMAINS_AT_MOST: Final = 20
DOMAIN_OCTETS: Final = 200
"""RFC 1035, section 2.3.4, has 255; the names of its records are longer by a label."""
SUCCESS: Final = "success"

_NAME: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
NOBODYS: Final = frozenset(
    {"aol.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com", "live.com"}
    | {"mac.com", "mail.com", "me.com", "msn.com", "outlook.com", "pm.me", "proton.me", "protonmail.com", "web.de"}
    | {"yahoo.com", "yandex.com", "zoho.com", "amazonaws.com", "amazonses.com"}
)
"""Where anybody has an address: no workspace writes for all of them. Not complete, and need not be: DNS decides."""
LOCAL_ONLY: Final = frozenset(
    {"alt", "arpa", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion"}
)
"""Top-level names that no mail on the Internet comes from (RFC 6761, RFC 9476, RFC 8375)."""
RESERVED: Final = frozenset(
    {"abuse", "admin", "administrator", "hostmaster", "mailer-daemon", "no-reply", "noc", "noreply", "postmaster"}
    | {"root", "security", "ssladmin", "sysadmin", "webmaster"}
)
"""Local parts of the stack's own domain that its operator answers for (RFC 2142). Whoever reads some of them is given
certificates for the domain (CA/Browser Forum, Baseline Requirements, 3.2.2.4.4)."""


def domain_name(name: str) -> str:
    """As DNS has it: lower case, ASCII (RFC 5890). Raises Invalid."""
    name = name.strip().rstrip(".").lower()
    try:
        name = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if len(name) > DOMAIN_OCTETS or not _NAME.fullmatch(name):
        raise Invalid("a domain has a name such as support.example.com")
    return name


def refuse_nobodys(name: str, stack: str) -> None:
    """`stack`: the domain of the stack itself. Raises DomainRefused."""
    if name == stack or name.endswith(f".{stack}"):
        raise DomainRefused("this is the stack's own domain: it needs no claim")
    if name in NOBODYS or name.rpartition(".")[2] in LOCAL_ONLY:
        raise DomainRefused("nobody can claim this domain: bring one of your own")


def refuse_reserved(address: str) -> None:
    """Of an address of the stack's own domain. Raises DomainRefused."""
    if address.partition("@")[0] in RESERVED:
        raise DomainRefused("this address is the operator's: choose another")


class DomainState(StrEnum):
    PENDING = "pending"
    VERIFIED = "verified"
    TAKEN = "taken"
    """The claim was not proven in time, and somebody else's stands now."""


@dataclass(frozen=True, slots=True)
class MailDomain:
    """A workspace's claim."""

    id: str
    workspace: str
    name: str
    claimed_at: datetime

    @property
    def until(self) -> datetime:
        """Until then nobody else can claim it."""
        return self.claimed_at + CLAIM


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose claim of a domain stands. `proven`: a mailbox was made there once, so it no longer lapses."""

    workspace: str
    domain: str
    """Its id."""
    until: datetime
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """How the mail service sees a domain, in its own words in lower case (SES v2: DkimStatus, MailFromDomainStatus)."""

    ours: bool
    """Made by this stack: what was there before belongs to something else in the account."""
    dkim: str
    dkim_tokens: tuple[str, ...]
    dkim_zone: str
    mail_from: str
    mail_from_status: str

    def proven(self, mail_from: str) -> bool:
        """For whom `mail_from` is the subdomain to be found."""
        right = self.ours and self.mail_from == mail_from
        return right and self.dkim == SUCCESS and self.mail_from_status == SUCCESS


class Purpose(StrEnum):
    """What a record is for."""

    SIGNATURE = "signature"
    BOUNCES = "bounces"
    POLICY = "policy"
    RECEIVING = "receiving"


@dataclass(frozen=True, slots=True)
class Record:
    """One that is to stand in the domain's DNS. Not `needed`: a proposal, or for those who want more."""

    type: str
    name: str
    value: str
    purpose: Purpose
    needed: bool = True


def records(name: str, mail_from: str, identity: Identity | None, region: str) -> list[Record]:
    """Amazon SES developer guide: "Easy DKIM", "Using a custom MAIL FROM domain", "Publishing an MX record"."""
    tokens, zone = (identity.dkim_tokens, identity.dkim_zone) if identity else ((), "")
    keys = [Record("CNAME", f"{each}._domainkey.{name}", f"{each}.{zone}", Purpose.SIGNATURE) for each in tokens]
    return [
        *keys,
        Record("MX", mail_from, f"10 feedback-smtp.{region}.amazonses.com", Purpose.BOUNCES),
        Record("TXT", mail_from, '"v=spf1 include:amazonses.com -all"', Purpose.BOUNCES),
        Record("TXT", f"_dmarc.{name}", '"v=DMARC1; p=quarantine; adkim=r; aspf=r"', Purpose.POLICY, needed=False),
        Record("MX", name, f"10 inbound-smtp.{region}.amazonaws.com", Purpose.RECEIVING, needed=False),
    ]
