"""mypy's part of the contract: every fake, and every adapter, is its port. Nothing here runs."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from letterlock.adapters.argon2_passwords import Argon2Passwords
    from letterlock.adapters.dynamo_abandoned_uploads import DynamoAbandonedUploads
    from letterlock.adapters.dynamo_accounts import DynamoMailboxes, DynamoWorkspaces
    from letterlock.adapters.dynamo_audit import DynamoAudit
    from letterlock.adapters.dynamo_audit_chain import DynamoAuditChain
    from letterlock.adapters.dynamo_contacts import DynamoContacts
    from letterlock.adapters.dynamo_conversations import DynamoConversations
    from letterlock.adapters.dynamo_digests import DynamoDigests
    from letterlock.adapters.dynamo_limits import DynamoLimits
    from letterlock.adapters.dynamo_links import DynamoLinks
    from letterlock.adapters.dynamo_mail_claims import DynamoMailClaims
    from letterlock.adapters.dynamo_mail_domains import DynamoMailDomains
    from letterlock.adapters.dynamo_mailbox_changes import DynamoMailboxChanges
    from letterlock.adapters.dynamo_members import DynamoMembers
    from letterlock.adapters.dynamo_message_scans import DynamoMessageScans
    from letterlock.adapters.dynamo_openings import DynamoOpenings
    from letterlock.adapters.dynamo_outboxes import DynamoOutboxes
    from letterlock.adapters.dynamo_overdue_replies import DynamoOverdueReplies
    from letterlock.adapters.dynamo_people import DynamoPeople
    from letterlock.adapters.dynamo_remains import DynamoRemains
    from letterlock.adapters.dynamo_revocations import DynamoRevocations
    from letterlock.adapters.dynamo_sign_ins import DynamoSignIns
    from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger
    from letterlock.adapters.dynamo_sweep_notes import DynamoSweepNotes
    from letterlock.adapters.dynamo_team import DynamoTeam
    from letterlock.adapters.dynamo_tokens import DynamoTokens
    from letterlock.adapters.dynamo_uploads import DynamoUploads
    from letterlock.adapters.file_examiner import FileExaminer
    from letterlock.adapters.keyed_links import KeyedLinks
    from letterlock.adapters.keyed_names import KeyedNames
    from letterlock.adapters.keyed_tokens import KeyedAnswerTokens
    from letterlock.adapters.s3_anchors import S3Anchors
    from letterlock.adapters.s3_archive import S3Archive
    from letterlock.adapters.s3_downloads import S3Downloads, S3OldDownloads
    from letterlock.adapters.s3_orphans import S3Orphans
    from letterlock.adapters.s3_sealed_uploads import S3SealedUploads
    from letterlock.adapters.s3_uploads import S3ArrivedFiles, S3UploadForms
    from letterlock.adapters.second_factors import SecondFactors
    from letterlock.adapters.ses_account_mailer import SesAccountMailer
    from letterlock.adapters.ses_identities import SesIdentities
    from letterlock.adapters.ses_notification_mailer import SesNotificationMailer
    from letterlock.adapters.sqs_inbound_queue import SqsInboundQueue
    from letterlock.services import (
        audit_ports,
        file_ports,
        mailbox_ports,
        notify_ports,
        people_ports,
        ports,
        token_ports,
    )
    from tests import fakes
    from tests.fakes.files import (
        FakeArrivedFiles,
        FakeDownloads,
        FakeExaminer,
        FakeMessageScans,
        FakeOldDownloads,
        FakeSealedFiles,
        FakeUploadForms,
        FakeUploads,
    )
    from tests.fakes.mailboxes import FakeKeyedNames, FakeMailDomains, FakeMailIdentities

    def conversations(fake: fakes.FakeConversations, real: DynamoConversations) -> list[ports.Conversations]:
        return [fake, real]

    def contacts(fake: fakes.FakeContacts, real: DynamoContacts) -> list[ports.Contacts]:
        return [fake, real]

    def digests(fake: fakes.FakeDigests, real: DynamoDigests) -> list[ports.ConversationDigests]:
        return [fake, real]

    def workspaces(fake: fakes.FakeWorkspaces, real: DynamoWorkspaces) -> list[ports.Workspaces]:
        return [fake, real]

    def mailboxes(fake: fakes.FakeMailboxes, real: DynamoMailboxes) -> list[ports.Mailboxes]:
        return [fake, real]

    def members(fake: fakes.FakeMembers, real: DynamoMembers) -> list[ports.Members]:
        return [fake, real]

    def tokens(fake: fakes.FakeTokens, real: DynamoTokens) -> list[token_ports.Tokens]:
        return [fake, real]

    def revocations(fake: fakes.FakeTokens, real: DynamoRevocations) -> list[token_ports.Revocations]:
        return [fake, real]

    def remains(fake: fakes.FakeTokens, real: DynamoRemains) -> list[token_ports.Remains]:
        return [fake, real]

    def people(fake: fakes.FakePeople, real: DynamoPeople) -> list[people_ports.People]:
        return [fake, real]

    def sign_ins(fake: fakes.FakePeople, real: DynamoSignIns) -> list[people_ports.SignIns]:
        return [fake, real]

    def links(fake: fakes.FakePeople, real: DynamoLinks) -> list[people_ports.Links]:
        return [fake, real]

    def limits(fake: fakes.FakeLimits, real: DynamoLimits) -> list[people_ports.Limits]:
        return [fake, real]

    def passwords(fake: fakes.FakePasswords, real: Argon2Passwords) -> list[people_ports.Passwords]:
        return [fake, real]

    def link_secrets(real: KeyedLinks) -> people_ports.LinkSecrets:
        return real

    def openings(fake: fakes.FakeOpenings, real: DynamoOpenings) -> list[people_ports.Openings]:
        return [fake, real]

    def mail_claims(fake: fakes.FakeMailClaims, real: DynamoMailClaims) -> list[people_ports.MailClaims]:
        return [fake, real]

    def account_mailer(fake: fakes.FakeAccountMailer, real: SesAccountMailer) -> list[people_ports.AccountMailer]:
        return [fake, real]

    def mail_domains(fake: FakeMailDomains, real: DynamoMailDomains) -> list[mailbox_ports.MailDomains]:
        return [fake, real]

    def mail_identities(fake: FakeMailIdentities, real: SesIdentities) -> list[mailbox_ports.MailIdentities]:
        return [fake, real]

    def keyed_names(fake: FakeKeyedNames, real: KeyedNames) -> list[mailbox_ports.KeyedNames]:
        return [fake, real]

    def mailbox_changes(real: DynamoMailboxChanges) -> mailbox_ports.MailboxChanges:
        return real

    def team(fake: fakes.FakeTeam, real: DynamoTeam) -> list[notify_ports.Team]:
        return [fake, real]

    def notification_choices(fake: fakes.FakeTeam, real: DynamoTeam) -> list[notify_ports.NotificationChoices]:
        return [fake, real]

    def answer_tokens(fake: fakes.FakeAnswerTokens, real: KeyedAnswerTokens) -> list[notify_ports.AnswerTokens]:
        return [fake, real]

    def notification_mailer(
        fake: fakes.FakeNotificationMailer, real: SesNotificationMailer
    ) -> list[notify_ports.NotificationMailer]:
        return [fake, real]

    def second_factors(real: SecondFactors) -> people_ports.SecondFactors:
        return real

    def stack_ledger(fake: fakes.FakeStackLedger, real: DynamoStackLedger) -> list[ports.StackLedger]:
        return [fake, real]

    def audit(fake: fakes.FakeAudit, real: DynamoAudit) -> list[audit_ports.Audit]:
        return [fake, real]

    def audit_chain(fake: fakes.FakeAudit, real: DynamoAuditChain) -> list[audit_ports.AuditChain]:
        return [fake, real]

    def anchors(fake: fakes.FakeAnchors, real: S3Anchors) -> list[audit_ports.Anchors]:
        return [fake, real]

    def outboxes(fake: fakes.FakeOutboxes, real: DynamoOutboxes) -> list[ports.Outboxes]:
        return [fake, real]

    def overdue_replies(real: DynamoOverdueReplies) -> ports.OverdueReplies:
        return real

    def orphans(fake: fakes.FakeOrphans, real: S3Orphans) -> list[ports.Orphans]:
        return [fake, real]

    def inbound_queue(fake: fakes.FakeInboundQueue, real: SqsInboundQueue) -> list[ports.InboundQueue]:
        return [fake, real]

    def sweep_notes(fake: fakes.FakeSweepNotes, real: DynamoSweepNotes) -> list[ports.SweepNotes]:
        return [fake, real]

    def uploads(fake: FakeUploads, real: DynamoUploads) -> list[file_ports.Uploads]:
        return [fake, real]

    def abandoned_uploads(fake: FakeUploads, real: DynamoAbandonedUploads) -> list[file_ports.AbandonedUploads]:
        return [fake, real]

    def upload_forms(fake: FakeUploadForms, real: S3UploadForms) -> list[file_ports.UploadForms]:
        return [fake, real]

    def arrived_files(fake: FakeArrivedFiles, real: S3ArrivedFiles) -> list[file_ports.ArrivedFiles]:
        return [fake, real]

    def sealed_files(fake: FakeSealedFiles, real: S3Archive) -> list[file_ports.SealedFiles]:
        return [fake, real]

    def sealed_uploads(fake: FakeSealedFiles, real: S3SealedUploads) -> list[file_ports.SealedUploads]:
        return [fake, real]

    def examiner(fake: FakeExaminer, real: FileExaminer) -> list[file_ports.Examiner]:
        return [fake, real]

    def message_scans(fake: FakeMessageScans, real: DynamoMessageScans) -> list[file_ports.MessageScans]:
        return [fake, real]

    def downloads(fake: FakeDownloads, real: S3Downloads) -> list[file_ports.Downloads]:
        return [fake, real]

    def old_downloads(fake: FakeOldDownloads, real: S3OldDownloads) -> list[file_ports.OldDownloads]:
        return [fake, real]

    def others(
        original: fakes.FakeOriginal,
        originals: fakes.FakeOriginals,
        archive: fakes.FakeArchive,
        reply_tokens: fakes.FakeReplyTokens,
        cursors: fakes.FakeCursors,
        mailer: fakes.FakeMailer,
        bus: fakes.FakeBus,
        ids: fakes.FakeIds,
        now: fakes.FakeClock,
    ) -> tuple[
        ports.Original,
        ports.Originals,
        ports.Archive,
        ports.ReplyTokens,
        ports.Cursors,
        ports.Mailer,
        ports.Bus,
        ports.Ids,
        ports.Clock,
    ]:
        return original, originals, archive, reply_tokens, cursors, mailer, bus, ids, now
