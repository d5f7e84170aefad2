"""The uploads bucket: files as a browser left them, until they have been looked into.

Keys: `uploads/<workspace>/<attachment>`. The bucket is versioned, for a form can be used more than once: what is read
and deleted is a version, never "the newest".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from letterlock.domain.errors import NotFound
from letterlock.domain.files import FORM_LIVES, Upload
from letterlock.services.file_ports import Arrived, Form

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX: Final = "uploads/"


class S3UploadForms:
    """`UploadForms`. Signed here, without asking AWS: S3 checks the signer's own permission when the form comes.

    `client` is one made for signing: see `entry.file_wiring`.
    """

    def __init__(self, client: S3Client, bucket: str, stack_key: str) -> None:
        self._client, self._bucket, self._stack_key = client, bucket, stack_key

    def form(self, upload: Upload, now: datetime) -> Form:
        """Source: Amazon S3 API reference, "Browser-based uploads using POST", "POST policy". Whatever differs from
        what is signed, in place, size, type or encryption, S3 refuses.
        """
        fields = {
            "Content-Type": upload.media_type,
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": self._stack_key,
        }
        made = self._client.generate_presigned_post(
            Bucket=self._bucket,
            Key=_key(upload.workspace, upload.id),
            Fields=fields,
            Conditions=[
                *[{name: value} for name, value in fields.items()],
                ["content-length-range", upload.size, upload.size],
            ],
            ExpiresIn=int(FORM_LIVES.total_seconds()),
        )
        return Form(made["url"], dict(made["fields"]), now + FORM_LIVES)


class S3ArrivedFiles:
    """`ArrivedFiles`."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def read(self, arrived: Arrived, limit: int) -> bytes:
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=_key(arrived.workspace, arrived.attachment), VersionId=arrived.version
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "NoSuchVersion", "404"):
                raise NotFound("this version is gone") from None
            raise
        return answer["Body"].read(limit + 1)

    def discard(self, arrived: Arrived) -> None:
        self._client.delete_object(
            Bucket=self._bucket, Key=_key(arrived.workspace, arrived.attachment), VersionId=arrived.version
        )


def arrived_of(record: dict[str, Any]) -> Arrived | None:
    """One record of S3's notification (Amazon S3: "Event message structure"); None for what is no upload of ours."""
    if record.get("eventSource") != "aws:s3":
        return None
    stored = record["s3"]["object"]
    return _arrived(unquote_plus(stored["key"]), stored["versionId"])


def _arrived(key: str, version: str) -> Arrived | None:
    workspace, slash, attachment = key.removeprefix(PREFIX).partition("/")
    if not key.startswith(PREFIX) or not slash or "/" in attachment:
        return None
    return Arrived(workspace, attachment, version)


def _key(workspace: str, attachment: str) -> str:
    return f"{PREFIX}{workspace}/{attachment}"
