"""The archive bucket: raw mails, bodies and files, each sealed under its workspace's key before it leaves us.

Keys of objects, here and nowhere else:

    <workspace>/<conversation>/<message>/raw        the mail as SES left it, in frames
    <workspace>/<conversation>/<message>/content    both bodies, whole, as JSON, compressed
    <workspace>/<conversation>/<message>/att_…      a file that a mail brought, in frames
    <workspace>/uploads/att_…                       a file that the team uploaded, in frames
    stack/<SES message id>/raw                      a mail to nobody we know, under the stack's own key; expires
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from letterlock.adapters.framing import FRAME_BYTES, FileSealer
from letterlock.adapters.s3_sealed_uploads import sealed_upload
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.errors import NotFound
from letterlock.domain.mail import Content
from letterlock.services.file_ports import FilePlace
from letterlock.services.ports import MessagePlace

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

IN_MEMORY_BYTES = 64 * 1024 * 1024
"""What is larger waits on the function's disk, sealed already, while it is sent."""
CHUNK_BYTES = 1024 * 1024
OPAQUE = "application/octet-stream"
STACK = "stack"


class S3Archive:
    """`Archive`, `SealedFiles`, and the raw mails of the stack's own ledger."""

    def __init__(self, client: S3Client, bucket: str, sealer: Sealer, files: FileSealer) -> None:
        self._client, self._bucket, self._sealer, self._files = client, bucket, sealer, files

    def keep_raw(self, place: MessagePlace, chunks: Iterable[bytes]) -> None:
        self._put_file(_key(place, "raw"), _sealed_as(place, "raw"), chunks)

    def keep_content(self, place: MessagePlace, content: Content) -> None:
        said = json.dumps({"text": content.text, "html": content.html}, ensure_ascii=False)
        blob = self._sealer.seal(_sealed_as(place, "content"), said.encode("utf-8", "replace"))
        self._client.put_object(Bucket=self._bucket, Key=_key(place, "content"), Body=blob, ContentType=OPAQUE)

    def raw_mail(self, place: MessagePlace) -> bytes:
        sealed = self._stored(place, "raw").iter_chunks(FRAME_BYTES)
        return b"".join(self._files.unseal_stream(_sealed_as(place, "raw"), sealed))

    def content(self, place: MessagePlace) -> Content:
        said = json.loads(self._sealer.unseal(_sealed_as(place, "content"), self._stored(place, "content").read()))
        return Content(said["text"], said["html"])

    def _stored(self, place: MessagePlace, name: str) -> StreamingBody:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=_key(place, name))["Body"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                raise NotFound(f"the archive has no {name} for this message") from None
            raise

    def keep_attachment(self, place: MessagePlace, attachment: str, content: bytes) -> None:
        self._put_file(_key(place, attachment), _sealed_as(place, attachment), [content])

    def keep_upload(self, place: FilePlace, chunks: Iterable[bytes]) -> str:
        key, sealed_as = _file(place)
        return self._put_file(key, sealed_as, chunks)

    def file(self, place: FilePlace) -> Iterator[bytes]:
        key, sealed_as = _file(place)
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                raise NotFound("the archive has no such file") from None
            raise
        return self._files.unseal_stream(sealed_as, answer["Body"].iter_chunks(CHUNK_BYTES))

    def keep_stack_raw(self, ses_message_id: str, chunks: Iterable[bytes]) -> None:
        self._put_file(f"{STACK}/{ses_message_id}/raw", Place(STACK, "raw", ses_message_id, "raw"), chunks)

    def _put_file(self, key: str, place: Place, chunks: Iterable[bytes]) -> str:
        """The version that it became."""
        with SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as body:
            for frame in self._files.seal_stream(place, chunks):
                body.write(frame)
            body.seek(0)
            answer = self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=OPAQUE)
        return answer["VersionId"]


def _file(place: FilePlace) -> tuple[str, Place]:
    """Its key, and the place that it is sealed for."""
    if place.message:
        return _key(place.message, place.attachment), _sealed_as(place.message, place.attachment)
    sealed_as = Place(place.workspace, "upload", place.attachment, "content")
    return sealed_upload(place.workspace, place.attachment), sealed_as


def _key(place: MessagePlace, name: str) -> str:
    return f"{place.workspace}/{place.conversation}/{place.message}/{name}"


def _sealed_as(place: MessagePlace, field: str) -> Place:
    """The conversation is part of the record's name: a file moved to another conversation does not open there."""
    return Place(place.workspace, "archive", f"{place.conversation}/{place.message}", field)
