"""Artefacts as zips in an S3 bucket, named by their content, as `sam package` would leave them."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from mypy_boto3_s3 import S3Client

BUCKET = "letterlock-artefacts"
CODE_LOCATION = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
# What ZIP can express as "no time at all": the same files then make the same archive.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def upload(template: Mapping[str, Any], folder: Path, s3: S3Client) -> None:
    """Upload every function's and layer's folder, and point the built template's resources at the objects."""
    _require_bucket(s3)
    for definition in template["Resources"].values():
        location = CODE_LOCATION.get(definition["Type"])
        if location is None:
            continue
        archive = zipped(folder / definition["Properties"][location])
        key = f"{hashlib.sha256(archive).hexdigest()}.zip"
        if not _exists(s3, key):
            s3.put_object(Bucket=BUCKET, Key=key, Body=archive)
        definition["Properties"][location] = f"s3://{BUCKET}/{key}"


def zipped(folder: Path) -> bytes:
    """A folder as a ZIP archive: the same bytes for the same files.

    Stored, not deflated: MiniStack unpacks them at every cold start.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _NO_TIME)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return content.getvalue()


def _require_bucket(s3: S3Client) -> None:
    try:
        s3.head_bucket(Bucket=BUCKET)
    except ClientError:
        s3.create_bucket(Bucket=BUCKET)


def _exists(s3: S3Client, key: str) -> bool:
    try:
        s3.head_object(Bucket=BUCKET, Key=key)
    except ClientError:
        return False
    return True
