"""Mail as the rest of the domain sees it: parsed, decoded, bounded. Parsing itself is an adapter's job."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

MAIL_BYTES = 40 * 1024 * 1024
"""The largest mail that SES takes, in either direction (Amazon SES: "Service quotas", 40 MB)."""
IMPORT_PREFIX = "import-"
"""Of the id of a mail that an operator brings from an old mailbox. SES's own ids are letters and digits alone."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox of RFC 5322, section 3.4: `address` is an addr-spec, `name` its display name, decoded."""

    address: str
    name: str = ""

    @property
    def key(self) -> str:
        """The form in which two spellings of one address are equal: domain and local part in lower case.

        RFC 5321 lets a host tell `Ana@` from `ana@`; none of our customers' hosts does, and people type both.
        """
        return self.address.strip().casefold()

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].casefold()


@dataclass(frozen=True)
class Attachment:
    """A part of a mail that is a file (RFC 2183). `content_id` is set for parts an HTML body refers to (RFC 2392)."""

    name: str
    media_type: str
    content: bytes
    content_id: str = ""
    inline: bool = False

    @cached_property
    def sha256(self) -> str:
        """Of the content, in hex; reckoned once, however many mailboxes get the mail."""
        return hashlib.sha256(self.content).hexdigest()


class Protection(StrEnum):
    """What its sender did to a mail: kept as it came, neither opened nor verified here. The strongest comes first."""

    SMIME_ENCRYPTED = "smime_encrypted"
    PGP_ENCRYPTED = "pgp_encrypted"
    SMIME_SIGNED = "smime_signed"
    PGP_SIGNED = "pgp_signed"


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What a delivery report says of one recipient (RFC 3464, section 2.3), in its own words."""

    recipient: str
    action: str
    status: str
    original: str = ""
    """Original-Recipient: the address as it was sent to, where the report tells."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A delivery report: of which mail, and what it says of its recipients. Ids are without angle brackets."""

    recipients: tuple[RecipientReport, ...]
    message_id: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """One parsed mail. `message_id` and `references` are without angle brackets; `references` is oldest first."""

    subject: str
    sender: Address | None
    """The first address of From."""
    co_authors: tuple[Address, ...] = ()
    """The others: RFC 5322, section 3.6.2, lets a mail have several authors."""
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    """Addresses of Delivered-To and X-Forwarded-To: where a forwarded mailbox says the mail was meant for."""
    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    one_author: bool = True
    """From is one field with one address, whoever reads it: what a domain's policy vouches for is no other one."""
    said: tuple[tuple[str, str], ...] = ()
    """Of the fields that `domain.checks` ask for, the first of each name: in lower case, with its value on one line."""
    returned: Returned | None = None
    protection: Protection | None = None

    def says(self, name: str) -> str:
        """What the field of that name, in lower case, says; empty where there is none."""
        return next((value for each, value in self.said if each == name), "")


class Verdict(StrEnum):
    """What SES says of one check (SES: "Contents of notifications", the verdict objects)."""

    PASS = "PASS"  # noqa: S105 - SES's own word, no password
    FAIL = "FAIL"
    GRAY = "GRAY"
    PROCESSING_FAILED = "PROCESSING_FAILED"
    DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True)
class Verdicts:
    spf: Verdict
    dkim: Verdict
    dmarc: Verdict
    spam: Verdict
    virus: Verdict


@dataclass(frozen=True, slots=True)
class Envelope:
    """RFC 5321, section 2.3.1, as far as a stored mail tells: of one recipient."""

    recipient: str
    mail_from: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One SES receipt notification: where the raw mail lies and for whom it came.

    Source: SES developer guide, "Contents of notifications for Amazon SES email receiving".
    """

    ses_message_id: str
    object_key: str
    recipients: tuple[str, ...]
    """The envelope's recipients (RCPT TO), as SES received them."""
    verdicts: Verdicts
    received_at: datetime
    mail_from: str = ""
    """The envelope's sender (MAIL FROM), for which SES checked SPF; empty for a bounce."""

    @property
    def imported(self) -> bool:
        """It is no arrival: an operator brought it from an archive, and nobody checked who wrote it."""
        return self.ses_message_id.startswith(IMPORT_PREFIX)


@dataclass(frozen=True, slots=True)
class Content:
    """The whole of a message's bodies, as kept in its sealed object."""

    text: str
    html: str = ""

    @property
    def sha256(self) -> str:
        """In hex, over both: the message keeps it, so that its conversation's digest covers the archive too."""
        said = f"{len(self.text)}:{self.text}{self.html}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(said).hexdigest()


@dataclass(frozen=True, slots=True)
class ShownHtml:
    """HTML of a mail as it may be shown: see the sanitiser."""

    html: str
    remote_images: int = 0
    """How many images from elsewhere were left out."""
    whole: bool = True
    """It was not too long for an answer."""
