"""The inbound bucket: raw mail as SES left it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from letterlock.domain.errors import OriginalGone

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

CHUNK_BYTES = 1024 * 1024


class S3Original:
    """One version of one inbound object. Read once into memory, or streamed as often as asked."""

    def __init__(self, client: S3Client, bucket: str, key: str, answer: GetObjectOutputTypeDef) -> None:
        self._client, self._bucket, self.key = client, bucket, key
        self._answer: GetObjectOutputTypeDef | None = answer
        self._octets: bytes | None = None
        self.version: str = answer["VersionId"]
        self.size: int = answer["ContentLength"]

    def read(self) -> bytes:
        if self._octets is None:
            self._octets = b"".join(self.chunks())
        return self._octets

    def chunks(self) -> Iterator[bytes]:
        if self._octets is not None:
            return iter((self._octets,))
        answer, self._answer = self._answer, None
        if answer is None:
            answer = self._client.get_object(Bucket=self._bucket, Key=self.key, VersionId=self.version)
        return answer["Body"].iter_chunks(CHUNK_BYTES)

    def discard(self) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self.key, VersionId=self.version)


class S3Originals:
    """`Originals`. The bucket is versioned: what is discarded is the version that was read, never a newer one."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def open(self, object_key: str) -> S3Original:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=object_key)
        except ClientError as error:
            # Without s3:ListBucket a missing key would answer 403, as a refused one does.
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                raise OriginalGone(object_key) from None
            raise
        return S3Original(self._client, self._bucket, object_key, answer)
