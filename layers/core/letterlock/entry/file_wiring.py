"""Which adapter stands behind which port, for files: see `entry.wiring`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from letterlock.entry import wiring
from letterlock.entry.settings import setting

if TYPE_CHECKING:
    from letterlock.adapters.audit_entries import AuditEntries
    from letterlock.adapters.dynamo_message_scans import DynamoMessageScans
    from letterlock.adapters.dynamo_uploads import DynamoUploads
    from letterlock.adapters.file_examiner import FileExaminer
    from letterlock.services.drop_files import DropAbandoned, SweepDownloads
    from letterlock.services.fetch_attachment import FetchAttachment
    from letterlock.services.file_ports import Arrived
    from letterlock.services.release_file import ReleaseFile
    from letterlock.services.scan_message import ScanMessage
    from letterlock.services.scan_upload import ScanUpload
    from letterlock.services.upload_file import ReadUpload, StartUpload


@cache
def uploads() -> DynamoUploads:
    from letterlock.adapters.dynamo_uploads import DynamoUploads

    return DynamoUploads(
        wiring.client("dynamodb"), setting("CONVERSATIONS_TABLE"), wiring.sealer(), wiring.commits(), wiring.now
    )


@cache
def examiner() -> FileExaminer:
    from letterlock.adapters.file_examiner import FileExaminer

    return FileExaminer()


@cache
def arrived_of() -> Callable[[dict[str, Any]], Arrived | None]:
    from letterlock.adapters.s3_uploads import arrived_of

    return arrived_of


@cache
def safe_name() -> Callable[[str], str]:
    from letterlock.adapters.attachment_names import safe_name

    return safe_name


# ---- what the handlers call ---------------------------------------------------------------------------------------


@cache
def start_upload() -> StartUpload:
    from letterlock.adapters.s3_uploads import S3UploadForms
    from letterlock.services.upload_file import StartUpload

    forms = S3UploadForms(wiring.signer(), setting("UPLOADS_BUCKET"), setting("STACK_KEY_ARN"))
    return StartUpload(uploads(), forms, wiring.ids(), wiring.now)


@cache
def read_upload() -> ReadUpload:
    from letterlock.services.upload_file import ReadUpload

    return ReadUpload(uploads())


@cache
def fetch_attachment() -> FetchAttachment:
    from letterlock.adapters.s3_downloads import S3Downloads
    from letterlock.services.fetch_attachment import FetchAttachment

    downloads = S3Downloads(wiring.client("s3"), wiring.signer(), setting("DOWNLOADS_BUCKET"))
    return FetchAttachment(wiring.conversations(), wiring.archive(), downloads, wiring.ids(), wiring.now)


@cache
def scan_upload() -> ScanUpload:
    from letterlock.adapters.s3_uploads import S3ArrivedFiles
    from letterlock.services.scan_upload import ScanUpload

    return ScanUpload(
        uploads(),
        S3ArrivedFiles(wiring.client("s3"), setting("UPLOADS_BUCKET")),
        wiring.archive(),
        examiner(),
        wiring.ids(),
        wiring.now,
    )


@cache
def scan_message() -> ScanMessage:
    from letterlock.services.scan_message import ScanMessage

    return ScanMessage(wiring.conversations(), wiring.archive(), examiner(), _scans(), wiring.ids(), wiring.now)


@cache
def release_file() -> ReleaseFile:
    from letterlock.services.deeds import Deeds
    from letterlock.services.release_file import ReleaseFile

    deeds = Deeds(wiring.ids(), wiring.now)
    return ReleaseFile(wiring.conversations(), _scans(wiring.audit_entries()), deeds)


def _scans(audit: AuditEntries | None = None) -> DynamoMessageScans:
    from letterlock.adapters.conversation_items import ConversationItems
    from letterlock.adapters.dynamo_message_scans import DynamoMessageScans

    items = ConversationItems(wiring.sealer(), wiring.blind_index())
    return DynamoMessageScans(wiring.client("dynamodb"), setting("CONVERSATIONS_TABLE"), items, wiring.commits(), audit)


@cache
def drop_abandoned() -> DropAbandoned:
    from letterlock.adapters.dynamo_abandoned_uploads import DynamoAbandonedUploads
    from letterlock.adapters.s3_sealed_uploads import S3SealedUploads
    from letterlock.services.drop_files import DropAbandoned

    records = DynamoAbandonedUploads(wiring.client("dynamodb"), setting("CONVERSATIONS_TABLE"), wiring.now)
    return DropAbandoned(records, S3SealedUploads(wiring.client("s3"), setting("ARCHIVE_BUCKET")))


@cache
def sweep_downloads() -> SweepDownloads:
    from letterlock.adapters.s3_downloads import S3OldDownloads
    from letterlock.services.drop_files import SweepDownloads

    return SweepDownloads(S3OldDownloads(wiring.client("s3"), setting("DOWNLOADS_BUCKET")), wiring.now)
