"""Which adapter stands behind which port: one cached factory a thing, importing what that thing needs and no more.

A cold start pays for every import, so imports stand inside the factories and a test names what each handler must not
load. Clients come from one botocore session, whose loader and credentials they share; boto3 around it would add the
resources and transfers that nobody here uses.
"""

from __future__ import annotations

import os
from collections.abc import Callable
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
    from letterlock.adapters.dynamo_audit_chain import DynamoAuditChain
    from letterlock.adapters.dynamo_contacts import DynamoContacts
    from letterlock.adapters.dynamo_conversations import DynamoConversations
    from letterlock.adapters.dynamo_members import DynamoMembers
    from letterlock.adapters.dynamo_outboxes import DynamoOutboxes
    from letterlock.adapters.dynamo_revocations import DynamoRevocations
    from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger
    from letterlock.adapters.dynamo_tokens import DynamoTokens
    from letterlock.adapters.keyed_tokens import KeyedCursors, KeyedReplyTokens
    from letterlock.adapters.keyring import KmsKeyring
    from letterlock.adapters.leak_reports import ScannerKeys
    from letterlock.adapters.outgoing_http import OutgoingHttp
    from letterlock.adapters.s3_anchors import S3Anchors
    from letterlock.adapters.s3_archive import S3Archive
    from letterlock.adapters.sealing import Sealer
    from letterlock.adapters.ulids import Ulids
    from letterlock.domain.audit import StoredEntry
    from letterlock.domain.delivery import DeliveryEvent
    from letterlock.domain.mail import Delivery, ShownHtml
    from letterlock.services.anchor_audit import AnchorAudit
    from letterlock.services.authenticate import Authenticate
    from letterlock.services.chain_audit import ChainAudit
    from letterlock.services.deliver_reply import DeliverReply
    from letterlock.services.finish_revocation import FinishRevocation
    from letterlock.services.issue_token import IssueToken
    from letterlock.services.judge_mail import JudgeMail
    from letterlock.services.list_tokens import ListTokens, ReadToken
    from letterlock.services.ports import Outbox
    from letterlock.services.publish_facts import PublishFacts, RepublishOverdue
    from letterlock.services.quarantine import DiscardMail, ReleaseMail
    from letterlock.services.read_audit import ExportAudit, ListAudit
    from letterlock.services.read_contacts import ListContactConversations, ReadContact
    from letterlock.services.read_inbox import ListConversations, ListMailboxes, ReadConversation, ReadMessage
    from letterlock.services.receive_mail import ReceiveMail
    from letterlock.services.record_delivery import RecordDelivery
    from letterlock.services.record_refusal import RecordRefusal
    from letterlock.services.report_leak import ReportLeak
    from letterlock.services.requeue_orphans import RequeueOrphans
    from letterlock.services.retry_reply import RetryReply
    from letterlock.services.revoke import Revoke
    from letterlock.services.revoke_access import RemovePerson, RevokeToken, SignEverybodyOut
    from letterlock.services.settle_overdue import SettleOverdue
    from letterlock.services.summarise_ingest import SummariseIngest
    from letterlock.services.triage import AssignConversation, ChangeStatus
    from letterlock.services.verify_audit import VerifyAudit
    from letterlock.services.write_message import AddNote, SendReply

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
def stack_ledger() -> DynamoStackLedger:
    from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger

    return DynamoStackLedger(client("dynamodb"), setting("CONVERSATIONS_TABLE"), blind_index(), archive())


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
def audit_chain() -> DynamoAuditChain:
    from letterlock.adapters.dynamo_audit_chain import DynamoAuditChain

    return DynamoAuditChain(client("dynamodb"), setting("AUDIT_TABLE"))


@cache
def anchors() -> S3Anchors:
    from letterlock.adapters.s3_anchors import S3Anchors

    return S3Anchors(client("s3"), setting("AUDIT_ANCHORS_BUCKET"))


@cache
def commits() -> Commits:
    from letterlock.adapters.commits import Commits

    return Commits(client("dynamodb"), setting("CONVERSATIONS_TABLE"), blind_index(), now)


@cache
def tokens() -> DynamoTokens:
    from letterlock.adapters.dynamo_tokens import DynamoTokens

    return DynamoTokens(
        client("dynamodb"), setting("ACCOUNTS_TABLE"), sealer(), blind_index(), commits(), audit_entries(), now
    )


@cache
def revocations() -> DynamoRevocations:
    from letterlock.adapters.dynamo_revocations import DynamoRevocations

    return DynamoRevocations(client("dynamodb"), setting("ACCOUNTS_TABLE"), commits(), audit_entries())


# ---- translations at the edge -------------------------------------------------------------------------------------


@cache
def outbox_of() -> Callable[[dict[str, Any]], Outbox]:
    from letterlock.adapters.dynamo_outboxes import outbox_of

    return outbox_of


@cache
def stored_entry_of() -> Callable[[dict[str, Any]], StoredEntry]:
    from letterlock.adapters.table_audit import stored_entry_of

    return stored_entry_of


@cache
def delivery_of() -> Callable[[dict[str, Any]], Delivery | None]:
    from letterlock.adapters.ses_notification import delivery_of

    return delivery_of


@cache
def delivery_event_of() -> Callable[[dict[str, Any]], DeliveryEvent | None]:
    from letterlock.adapters.ses_events import delivery_event_of

    return delivery_event_of


@cache
def sanitise() -> Callable[..., ShownHtml]:
    from letterlock.adapters.html_sanitiser import sanitise

    return sanitise


# ---- what the handlers call ---------------------------------------------------------------------------------------


@cache
def judge_mail() -> JudgeMail:
    from letterlock.adapters.mime_parser import MimeParser
    from letterlock.entry import notify_wiring
    from letterlock.services.judge_mail import JudgeMail
    from letterlock.services.read_forward import ReadForward
    from letterlock.services.thread_bounce import ThreadBounce
    from letterlock.services.thread_mail import ThreadMail

    store, tokens = conversations(), reply_tokens()
    read_forward = ReadForward(MimeParser(), mailboxes(), notify_wiring.team)
    thread_mail = ThreadMail(store, contacts(), tokens, read_forward)
    return JudgeMail(thread_mail, ThreadBounce(store, tokens), notify_wiring.team_addresses())


@cache
def receive_mail() -> ReceiveMail:
    from letterlock.adapters.mime_parser import MimeParser
    from letterlock.adapters.s3_originals import S3Originals
    from letterlock.entry import notify_wiring
    from letterlock.services.let_in import LetIn
    from letterlock.services.receive_mail import ReceiveMail
    from letterlock.services.store_mail import StoreMail

    store = conversations()
    return ReceiveMail(
        originals=S3Originals(client("s3"), setting("INBOUND_BUCKET")),
        parser=MimeParser(),
        mailboxes=mailboxes(),
        conversations=store,
        stack_ledger=stack_ledger(),
        store_mail=StoreMail(store, archive(), judge_mail(), LetIn(mailboxes()), record_delivery(), ids(), now),
        answers=notify_wiring.answers,
        now=now,
    )


@cache
def deliver_reply() -> DeliverReply:
    from letterlock.adapters.ses_mailer import SesMailer, sending_config
    from letterlock.services.deliver_reply import DeliverReply

    sesv2: Any = session().create_client("sesv2", config=sending_config())
    return DeliverReply(
        conversations=conversations(),
        archive=archive(),
        files=archive(),
        mailboxes=mailboxes(),
        members=members(),
        reply_tokens=reply_tokens(),
        mailer=SesMailer(sesv2, setting("MAIL_CONFIGURATION_SET"), setting("AWS_REGION")),
        ids=ids(),
        now=now,
    )


@cache
def record_delivery() -> RecordDelivery:
    from letterlock.services.record_delivery import RecordDelivery

    return RecordDelivery(conversations(), contacts(), ids(), now)


@cache
def publish_facts() -> PublishFacts:
    from letterlock.adapters.event_bus import EventBridgeBus
    from letterlock.services.publish_facts import PublishFacts

    return PublishFacts(EventBridgeBus(client("events"), setting("EVENT_BUS_NAME")), outboxes())


@cache
def republish_overdue() -> RepublishOverdue:
    from letterlock.services.publish_facts import RepublishOverdue

    return RepublishOverdue(outboxes(), publish_facts())


@cache
def requeue_orphans() -> RequeueOrphans:
    from letterlock.adapters.dynamo_sweep_notes import DynamoSweepNotes
    from letterlock.adapters.s3_orphans import S3Orphans
    from letterlock.adapters.sqs_inbound_queue import SqsInboundQueue
    from letterlock.services.requeue_orphans import RequeueOrphans

    return RequeueOrphans(
        orphans=S3Orphans(client("s3"), setting("INBOUND_BUCKET")),
        notes=DynamoSweepNotes(client("dynamodb"), setting("CONVERSATIONS_TABLE"), now),
        queue=SqsInboundQueue(client("sqs"), setting("INBOUND_QUEUE_URL")),
        now=now,
    )


@cache
def settle_overdue() -> SettleOverdue:
    from letterlock.adapters.dynamo_overdue_replies import DynamoOverdueReplies
    from letterlock.services.settle_overdue import SettleOverdue

    return SettleOverdue(DynamoOverdueReplies(client("dynamodb"), setting("CONVERSATIONS_TABLE"), now), ids(), now)


@cache
def authenticate() -> Authenticate:
    from letterlock.services.authenticate import Authenticate

    return Authenticate(members(), now, billed())


@cache
def list_conversations() -> ListConversations:
    from letterlock.services.read_inbox import ListConversations

    return ListConversations(conversations(), cursors())


@cache
def read_conversation() -> ReadConversation:
    from letterlock.services.read_inbox import ReadConversation

    return ReadConversation(conversations(), cursors())


@cache
def read_message() -> ReadMessage:
    from letterlock.services.read_inbox import ReadMessage

    return ReadMessage(conversations(), archive())


@cache
def read_contact() -> ReadContact:
    from letterlock.services.read_contacts import ReadContact

    return ReadContact(contacts())


@cache
def list_contact_conversations() -> ListContactConversations:
    from letterlock.services.read_contacts import ListContactConversations

    return ListContactConversations(contacts(), cursors())


@cache
def chain_audit() -> ChainAudit:
    from letterlock.services.chain_audit import ChainAudit

    return ChainAudit(audit_chain())


@cache
def anchor_audit() -> AnchorAudit:
    from letterlock.services.anchor_audit import AnchorAudit

    return AnchorAudit(audit_chain(), anchors(), chain_audit(), now)


@cache
def verify_audit() -> VerifyAudit:
    from letterlock.services.verify_audit import VerifyAudit

    return VerifyAudit(audit_chain(), anchors(), now)


@cache
def list_audit() -> ListAudit:
    from letterlock.services.read_audit import ListAudit

    return ListAudit(audit(), cursors())


@cache
def export_audit() -> ExportAudit:
    from letterlock.services.read_audit import ExportAudit

    return ExportAudit(audit(), cursors())


@cache
def list_mailboxes() -> ListMailboxes:
    from letterlock.services.read_inbox import ListMailboxes

    return ListMailboxes(mailboxes())


@cache
def send_reply() -> SendReply:
    from letterlock.entry import file_wiring
    from letterlock.services.write_message import SendReply

    return SendReply(conversations(), archive(), file_wiring.uploads(), ids(), now)


@cache
def retry_reply() -> RetryReply:
    from letterlock.services.retry_reply import RetryReply

    return RetryReply(conversations(), ids(), now)


@cache
def add_note() -> AddNote:
    from letterlock.entry import file_wiring
    from letterlock.services.write_message import AddNote

    return AddNote(conversations(), archive(), file_wiring.uploads(), members(), ids(), now)


@cache
def assign_conversation() -> AssignConversation:
    from letterlock.services.triage import AssignConversation

    return AssignConversation(conversations(), members(), ids(), now)


@cache
def change_status() -> ChangeStatus:
    from letterlock.services.triage import ChangeStatus

    return ChangeStatus(conversations(), ids(), now)


@cache
def release_mail() -> ReleaseMail:
    from letterlock.services.quarantine import ReleaseMail

    return ReleaseMail(conversations(), ids(), now)


@cache
def discard_mail() -> DiscardMail:
    from letterlock.services.quarantine import DiscardMail

    return DiscardMail(conversations(), ids(), now)


@cache
def summarise_ingest() -> SummariseIngest:
    from letterlock.services.summarise_ingest import SummariseIngest

    return SummariseIngest(conversations(), now)


# ---- what lets somebody in ----------------------------------------------------------------------------------------


@cache
def issue_token() -> IssueToken:
    from letterlock.services.issue_token import IssueToken

    return IssueToken(tokens(), ids(), now, os.urandom)


@cache
def list_tokens() -> ListTokens:
    from letterlock.services.list_tokens import ListTokens

    return ListTokens(tokens(), cursors())


@cache
def read_token() -> ReadToken:
    from letterlock.services.list_tokens import ReadToken

    return ReadToken(tokens())


@cache
def revoke() -> Revoke:
    from letterlock.services.revoke import Revoke

    return Revoke(revocations(), members(), ids(), now)


@cache
def revoke_token() -> RevokeToken:
    from letterlock.services.revoke_access import RevokeToken

    return RevokeToken(revoke(), tokens())


@cache
def remove_person() -> RemovePerson:
    from letterlock.services.revoke_access import RemovePerson

    return RemovePerson(revoke(), members())


@cache
def sign_everybody_out() -> SignEverybodyOut:
    from letterlock.services.revoke_access import SignEverybodyOut

    return SignEverybodyOut(revoke())


@cache
def report_leak() -> ReportLeak:
    from letterlock.services.report_leak import ReportLeak

    return ReportLeak(members(), revoke(), now)


@cache
def scanner_keys() -> ScannerKeys:
    from letterlock.adapters.leak_reports import ScannerKeys

    return ScannerKeys(setting("LEAK_REPORT_KEYS"))


@cache
def finish_revocation() -> FinishRevocation:
    from letterlock.adapters.dynamo_remains import DynamoRemains
    from letterlock.services.finish_revocation import FinishRevocation

    remains = DynamoRemains(client("dynamodb"), setting("ACCOUNTS_TABLE"), now)
    return FinishRevocation(members(), remains, conversations(), ids(), now)
