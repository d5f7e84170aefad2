"""The downloads bucket: files in plain, for the minute in which a browser fetches them.

Keys: `<workspace>/<download>`, made anew for each. Names of files are in the signed address alone, never in a key or
in an object's metadata, which S3 does not encrypt.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from letterlock.domain.files import DOWNLOAD_LIVES, OCTETS, Octets
from letterlock.services.file_ports import Download, Offered

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ATTACHMENT: Final = "attachment"
PAGES: Final = 10
"""How many pages of 1,000 versions one sweep deletes at most: the next comes a minute later."""
_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !#$&'()+,-.=@[]^_`{}~")
"""What a quoted-string may hold as it is, but for what browsers have read as an escape: `%`, `\\`, `"`, `;`, `*`."""
_UNRESERVED: Final = "!#$&+-.^_`|~"
"""attr-char of RFC 8187, section 3.2.1, beside letters and digits."""


class S3Downloads:
    """`Downloads`. `signer` is a client made for signing, `client` the one that writes."""

    def __init__(self, client: S3Client, signer: S3Client, bucket: str) -> None:
        self._client, self._signer, self._bucket = client, signer, bucket

    def offer(self, file: Offered, content: Octets, now: datetime) -> Download:
        key = f"{file.workspace}/{file.id}"
        self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,  # type: ignore[arg-type]  # the SDK takes a bytearray as well
            ContentType=OCTETS,
            ContentDisposition=ATTACHMENT,
        )
        url = self._signer.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentType": file.media_type,
                "ResponseContentDisposition": disposition(file.name),
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=int(DOWNLOAD_LIVES.total_seconds()),
        )
        return Download(url, now + DOWNLOAD_LIVES)


class S3OldDownloads:
    """`OldDownloads`. One ListObjectVersions where there is nothing; one DeleteObject for each."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def sweep(self, before: datetime) -> int:
        swept = 0
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket)
        for page in islice(pages, PAGES):
            for each in page.get("Versions", []):
                if each["LastModified"].astimezone(UTC) < before:
                    self._client.delete_object(Bucket=self._bucket, Key=each["Key"], VersionId=each["VersionId"])
                    swept += 1
        return swept


def disposition(name: str) -> str:
    """RFC 6266: to be saved, never shown as a page, under this name; once in ASCII for who reads no other."""
    plain = "".join(each if each in _PLAIN else "_" for each in name)
    spelt = quote(name.encode("utf-8", "replace"), safe=_UNRESERVED)
    return f"{ATTACHMENT}; filename=\"{plain}\"; filename*=UTF-8''{spelt}"
