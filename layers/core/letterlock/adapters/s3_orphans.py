"""Raw mails that were forgotten in the inbound bucket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from letterlock.adapters.ses_notification import SETUP_NOTIFICATION
from letterlock.adapters.ses_stored_mail import TOP_BYTES, receipt_of
from letterlock.domain.errors import OriginalGone
from letterlock.domain.mail import IMPORT_PREFIX, Delivery
from letterlock.services.ports import Orphan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX: Final = "inbound/"
"""Where the receipt rule of the template has SES put the mails; the rest of a key is SES's message id."""
PAGES: Final = 10
"""How many pages of 1,000 keys are looked through at most for old ones that are due."""


class S3Orphans:
    """`Orphans`. One ListObjectsV2 where the bucket is nearly empty, as it should be; one GetObject an orphan."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def stored_before(self, at: datetime) -> Iterator[list[Orphan]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX)
        for page in islice(pages, PAGES):
            old = (each for each in page.get("Contents", []) if each["LastModified"] < at)
            orphans = [Orphan(each["Key"].removeprefix(PREFIX), each["Key"], each["LastModified"]) for each in old]
            yield [each for each in orphans if not _is_no_arrival(each)]

    def delivery(self, orphan: Orphan) -> Delivery | None:
        receipt = receipt_of(self._top(orphan.object_key), orphan.ses_message_id)
        if receipt is None:
            return None
        return Delivery(
            ses_message_id=orphan.ses_message_id,
            object_key=orphan.object_key,
            recipients=(receipt.recipient,),
            verdicts=receipt.verdicts,
            received_at=orphan.stored_at,
            mail_from=receipt.mail_from,
        )

    def _top(self, key: str) -> bytes:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, Range=f"bytes=0-{TOP_BYTES - 1}")
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code in ("NoSuchKey", "404"):
                raise OriginalGone(key) from None
            if code in ("InvalidRange", "416"):  # an empty object has no first byte
                return b""
            raise
        return answer["Body"].read()


def _is_no_arrival(orphan: Orphan) -> bool:
    """SES's own word, or what an operator imports: that says nothing of itself, and whoever imports brings it again."""
    return orphan.ses_message_id == SETUP_NOTIFICATION or orphan.ses_message_id.startswith(IMPORT_PREFIX)
