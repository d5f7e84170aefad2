"""Which adapter stands behind which port: one cached factory a thing, importing what that thing needs and no more.

A cold start pays for every import, so imports stand inside the factories and a test names what each handler must not
load. Clients come from one botocore session, whose loader and credentials they share; boto3 around it would add the
resources and transfers that nobody here uses. Here is what several subjects share: the SDK, sealing, stores, who is
asking; what one subject has to itself is wired in its own `*_wiring` beside this.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from letterlock.entry.settings import CALL_SECONDS, LOCAL_ACCOUNT, billed, setting

if TYPE_CHECKING:
    from botocore.session import Session

    from letterlock.adapters.audit_entries import AuditEntries
    from letterlock.adapters.blind_index import BlindIndex
    from letterlock.adapters.commits import Commits
    from letterlock.adapters.dynamo_accounts import DynamoMailboxes, DynamoWorkspaces
    from letterlock.adapters.dynamo_audit import DynamoAudit
    from letterlock.adapters.dynamo_contacts import DynamoContacts
    from letterlock.adapters.dynamo_conversations import DynamoConversations
    from letterlock.adapters.dynamo_members import DynamoMembers
    from letterlock.adapters.dynamo_outboxes import DynamoOutboxes
    from letterlock.adapters.keyed_tokens import KeyedCursors, KeyedReplyTokens
    from letterlock.adapters.keyring import KmsKeyring
    from letterlock.adapters.outgoing_http import OutgoingHttp
    from letterlock.adapters.s3_archive import S3Archive
    from letterlock.adapters.sealing import Sealer
    from letterlock.adapters.ulids import Ulids
    from letterlock.services.authenticate import Authenticate
    from letterlock.services.record_refusal import RecordRefusal

CONTENT_BYTES = 128 * 1024 * 1024
"""Both bodies of a mail of 40 MB, decoded, stay below this."""


def now() -> datetime:
    """In whole milliseconds, as times are stored: what is answered at once reads the same later."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


# ---- the SDK ------------------------------------------------------------------------------------------------------


@cache
def session() -> Session:
    from botocore.session import Session

    return Session()


@cache
def client(service: str, *, seconds: int = CALL_SECONDS, tries: int = 3) -> Any:
    """`seconds`: how long each of at most so many tries may wait for an answer."""
    from botocore.config import Config

    return session().create_client(
        service,
        config=Config(
            user_agent="Letterlock",
            connect_timeout=3,
            read_timeout=seconds,
            retries={"mode": "standard", "total_max_attempts": tries},
        ),
    )


@cache
def signer() -> Any:
    """S3, for what others ask with our signature: version 4, which encrypted objects insist on, at the Region's own
    address, for a new bucket's objects are nowhere else at first.
    """
    from botocore.config import Config

    return session().create_client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))


@cache
def outgoing_http() -> OutgoingHttp:
    """For whoever is called and is not AWS."""
    from letterlock.adapters.outgoing_http import OutgoingHttp

    return OutgoingHttp(CALL_SECONDS, local=setting("ACCOUNT_ID") == LOCAL_ACCOUNT)


# ---- sealing ------------------------------------------------------------------------------------------------------


@cache
def keyring() -> KmsKeyring:
    from letterlock.adapters.keyring import KmsKeyring

    return KmsKeyring(client("kms"), setting("KEYS_TABLE"), client("dynamodb"), setting("SEALING_KEY_ARN"), now)


@cache
def sealer() -> Sealer:
    from letterlock.adapters.sealing import Sealer

    return Sealer(keyring())


@cache
def blind_index() -> BlindIndex:
    from letterlock.adapters.blind_index import BlindIndex

    return BlindIndex(keyring())


@cache
def reply_tokens() -> KeyedReplyTokens:
    from letterlock.adapters.keyed_tokens import KeyedReplyTokens

    return KeyedReplyTokens(blind_index())


@cache
def cursors() -> KeyedCursors:
    from letterlock.adapters.keyed_tokens import KeyedCursors

    return KeyedCursors(blind_index())


# ---- stores -------------------------------------------------------------------------------------------------------


@cache
def ids() -> Ulids:
    from letterlock.adapters.ulids import Ulids

    return Ulids()


@cache
def conversations() -> DynamoConversations:
    from letterlock.adapters.dynamo_conversations import DynamoConversations

    return DynamoConversations(client("dynamodb"), setting("CONVERSATIONS_TABLE"), sealer(), blind_index(), now)


@cache
def contacts() -> DynamoContacts:
    from letterlock.adapters.dynamo_contacts import DynamoContacts

    return DynamoContacts(client("dynamodb"), setting("CONVERSATIONS_TABLE"), sealer(), blind_index())


@cache
def outboxes() -> DynamoOutboxes:
    from letterlock.adapters.dynamo_outboxes import DynamoOutboxes

    return DynamoOutboxes(client("dynamodb"), setting("CONVERSATIONS_TABLE"), now)


@cache
def workspaces() -> DynamoWorkspaces:
    from letterlock.adapters.dynamo_accounts import DynamoWorkspaces

    return DynamoWorkspaces(client("dynamodb"), setting("ACCOUNTS_TABLE"), sealer(), keyring())


@cache
def mailboxes() -> DynamoMailboxes:
    from letterlock.adapters.dynamo_accounts import DynamoMailboxes

    return DynamoMailboxes(client("dynamodb"), setting("ACCOUNTS_TABLE"), sealer(), blind_index())


@cache
def members() -> DynamoMembers:
    from letterlock.adapters.dynamo_members import DynamoMembers

    return DynamoMembers(client("dynamodb"), setting("ACCOUNTS_TABLE"), sealer(), blind_index())


@cache
def archive() -> S3Archive:
    from letterlock.adapters.framing import FileSealer
    from letterlock.adapters.s3_archive import S3Archive
    from letterlock.adapters.sealing import Sealer

    bodies = Sealer(keyring(), max_plaintext=CONTENT_BYTES)
    return S3Archive(client("s3"), setting("ARCHIVE_BUCKET"), bodies, FileSealer(keyring()))


@cache
def audit_entries() -> AuditEntries:
    from letterlock.adapters.audit_entries import AuditEntries

    return AuditEntries(setting("AUDIT_TABLE"), sealer())


@cache
def audit() -> DynamoAudit:
    from letterlock.adapters.dynamo_audit import DynamoAudit

    return DynamoAudit(client("dynamodb"), setting("AUDIT_TABLE"), audit_entries())


@cache
def record_refusal() -> RecordRefusal:
    """For who waits for the answer: one try of two seconds, and they are refused all the same."""
    from letterlock.adapters.dynamo_audit import DynamoAudit
    from letterlock.entry.failures import refusal_not_recorded
    from letterlock.services.record_refusal import RecordRefusal

    store = DynamoAudit(client("dynamodb", seconds=2, tries=1), setting("AUDIT_TABLE"), audit_entries())
    return RecordRefusal(store, ids(), now, refusal_not_recorded)


@cache
def commits() -> Commits:
    from letterlock.adapters.commits import Commits

    return Commits(client("dynamodb"), setting("CONVERSATIONS_TABLE"), blind_index(), now)


# ---- who is asking ------------------------------------------------------------------------------------------------


@cache
def authenticate() -> Authenticate:
    from letterlock.services.authenticate import Authenticate

    return Authenticate(members(), now, billed())
