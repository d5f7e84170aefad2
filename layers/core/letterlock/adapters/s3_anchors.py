"""Anchors of the audit log's chains, in a bucket that lets nobody change or delete them (S3 Object Lock).

An anchor's key says all of it: `anchors/<workspace>/<time>/<12 digits of the number>-<hash>`. So one listing brings
every anchor there ever was, and an object that was hidden behind a delete marker is still among the versions.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from letterlock.adapters.codec import instant
from letterlock.domain.audit import Anchor

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX: Final = "anchors/"
_KEY: Final = re.compile(rf"{PREFIX}(?P<workspace>[^/]+)/(?P<at>[^/]+)/(?P<seq>\d{{12}})-(?P<hash>[0-9a-f]{{64}})")


class S3Anchors:
    """`Anchors`."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def keep(self, anchor: Anchor) -> None:
        """One PutObject. The bucket's own default retention locks it; the same key again is one more version of it."""
        at = instant(anchor.at)
        said = {"workspace": anchor.workspace, "seq": anchor.seq, "hash": anchor.hash, "at": at}
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{PREFIX}{anchor.workspace}/{at}/{anchor.seq:012}-{anchor.hash}",
            Body=json.dumps(said).encode(),
            ContentType="application/json",
        )

    def of(self, workspace: str) -> list[Anchor]:
        """One ListObjectVersions for each thousand, which is nearly three years."""
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=f"{PREFIX}{workspace}/"
        )
        keys = {each["Key"] for page in pages for each in page.get("Versions", [])}
        return [_anchor(found) for found in map(_KEY.fullmatch, sorted(keys)) if found]


def _anchor(found: re.Match[str]) -> Anchor:
    return Anchor(found["workspace"], int(found["seq"]), found["hash"], datetime.fromisoformat(found["at"]))
