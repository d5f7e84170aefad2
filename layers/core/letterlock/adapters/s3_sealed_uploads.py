"""Where uploads lie sealed in the archive, for whoever may drop them and open none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3SealedUploads:
    """`SealedUploads`."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def drop(self, workspace: str, attachment: str, version: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=sealed_upload(workspace, attachment), VersionId=version)


def sealed_upload(workspace: str, attachment: str) -> str:
    """The object's key."""
    return f"{workspace}/uploads/{attachment}"
