"""Files in buckets: forms, versions, signed addresses, and how names are spelt in them."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from letterlock.adapters.attachment_names import safe_name
from letterlock.adapters.framing import FRAME_BYTES, FileSealer
from letterlock.adapters.keyring import WORKSPACE_PURPOSES
from letterlock.adapters.s3_archive import S3Archive
from letterlock.adapters.s3_downloads import S3Downloads, S3OldDownloads, disposition
from letterlock.adapters.s3_sealed_uploads import S3SealedUploads
from letterlock.adapters.s3_uploads import S3ArrivedFiles, S3UploadForms, arrived_of
from letterlock.adapters.sealing import SealBroken, Sealer
from letterlock.domain.errors import NotFound
from letterlock.domain.files import Upload
from letterlock.services.file_ports import Arrived, FilePlace, Offered
from letterlock.services.ports import MessagePlace
from tests.fakes import FakeClock
from tests.fakes.keys import MemoryKeys

KEY = "arn:aws:kms:eu-west-1:123456789012:key/stack"
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with mock_aws():
        session = botocore.session.Session()
        session.set_credentials("testing", "testing")
        config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
        yield session.create_client("s3", region_name="eu-west-1", config=config)


@pytest.fixture
def bucket(s3: Any) -> Iterator[str]:
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
    yield "files"
    for each in s3.list_object_versions(Bucket="files").get("Versions", []):
        s3.delete_object(Bucket="files", Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket="files")


def upload() -> Upload:
    return Upload("att_1", "wsp_1", "tok_1", "Rechnung.pdf", "application/pdf", 7, FakeClock()())


# ---- forms ----------------------------------------------------------------------------------------------------------


def test_a_form_is_signed_for_one_place_size_type_and_key_and_for_ten_minutes(s3: Any) -> None:
    form = S3UploadForms(s3, "uploads", KEY).form(upload(), NOW)
    policy = json.loads(b64decode(form.fields["policy"]))
    for wanted in (
        {"key": "uploads/wsp_1/att_1"},
        {"bucket": "uploads"},
        {"Content-Type": "application/pdf"},
        {"x-amz-server-side-encryption": "aws:kms"},
        {"x-amz-server-side-encryption-aws-kms-key-id": KEY},
        ["content-length-range", 7, 7],
    ):
        assert wanted in policy["conditions"]
    expires = datetime.fromisoformat(policy["expiration"])
    assert timedelta(minutes=9) < expires - datetime.now(UTC) <= timedelta(minutes=10)
    assert form.expires_at == NOW + timedelta(minutes=10)
    assert "Rechnung" not in b64decode(form.fields["policy"]).decode() + repr(form)


def test_a_form_goes_to_the_regions_own_address(s3: Any) -> None:
    assert (
        urlsplit(S3UploadForms(s3, "uploads", KEY).form(upload(), NOW).url).hostname
        == "uploads.s3.eu-west-1.amazonaws.com"
    )


# ---- what came ------------------------------------------------------------------------------------------------------


def test_what_is_read_and_deleted_is_one_version(s3: Any, bucket: str) -> None:
    key, arrived = "uploads/wsp_1/att_1", S3ArrivedFiles(s3, bucket)
    first, second = (s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"] for body in (b"first", b"second"))
    assert arrived.read(Arrived("wsp_1", "att_1", first), 100) == b"first"
    arrived.discard(Arrived("wsp_1", "att_1", first))
    arrived.discard(Arrived("wsp_1", "att_1", first))
    with pytest.raises(NotFound):
        arrived.read(Arrived("wsp_1", "att_1", first), 100)
    assert arrived.read(Arrived("wsp_1", "att_1", second), 100) == b"second"


def test_of_a_larger_object_than_announced_no_more_is_read_than_shows_that(s3: Any, bucket: str) -> None:
    version = s3.put_object(Bucket=bucket, Key="uploads/wsp_1/att_1", Body=bytes(1000))["VersionId"]
    assert len(S3ArrivedFiles(s3, bucket).read(Arrived("wsp_1", "att_1", version), 7)) == 8


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("uploads/wsp_1/att_1", Arrived("wsp_1", "att_1", "v")),
        ("uploads/wsp_1%2Fatt_1", Arrived("wsp_1", "att_1", "v")),
        ("uploads/wsp_1/att_1/more", None),
        ("uploads/wsp_1", None),
        ("elsewhere/wsp_1/att_1", None),
    ],
)
def test_a_notification_tells_which_upload_came(key: str, found: Arrived | None) -> None:
    record = {"eventSource": "aws:s3", "s3": {"object": {"key": key, "versionId": "v", "size": 1}}}
    assert arrived_of(record) == found
    assert arrived_of(record | {"eventSource": "aws:ses"}) is None


# ---- sealed ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def archive(s3: Any, bucket: str) -> S3Archive:
    keys = MemoryKeys("stack")
    for workspace in ("wsp_1", "wsp_2"):
        keys.create(workspace, WORKSPACE_PURPOSES)
    return S3Archive(s3, bucket, Sealer(keys), FileSealer(keys))


@pytest.mark.parametrize("size", [0, 1, FRAME_BYTES, 2 * FRAME_BYTES + 5])
def test_an_upload_of_any_size_is_sealed_and_opens_again(archive: S3Archive, s3: Any, bucket: str, size: int) -> None:
    content, place = bytes(range(256)) * (size // 256 + 1), FilePlace("wsp_1", "att_1")
    version = archive.keep_upload(place, [content[:size]])
    assert b"".join(archive.file(place)) == content[:size]
    assert content[:64] not in s3.get_object(Bucket=bucket, Key="wsp_1/uploads/att_1")["Body"].read() or size < 64
    S3SealedUploads(s3, bucket).drop("wsp_1", "att_1", version)
    with pytest.raises(NotFound):
        archive.file(place)


def test_a_mails_file_opens_where_its_mail_lies_and_nowhere_else(archive: S3Archive, s3: Any, bucket: str) -> None:
    place = MessagePlace("wsp_1", "cnv_1", "msg_1")
    archive.keep_attachment(place, "att_1", b"a lamp")
    assert b"".join(archive.file(FilePlace("wsp_1", "att_1", place))) == b"a lamp"
    sealed = s3.get_object(Bucket=bucket, Key="wsp_1/cnv_1/msg_1/att_1")["Body"].read()
    for key, moved in (
        ("wsp_1/uploads/att_1", FilePlace("wsp_1", "att_1")),
        ("wsp_2/uploads/att_1", FilePlace("wsp_2", "att_1")),
        ("wsp_1/cnv_1/msg_2/att_1", FilePlace("wsp_1", "att_1", MessagePlace("wsp_1", "cnv_1", "msg_2"))),
        ("wsp_1/cnv_1/msg_1/att_2", FilePlace("wsp_1", "att_2", place)),
    ):
        s3.put_object(Bucket=bucket, Key=key, Body=sealed)
        with pytest.raises(SealBroken):
            b"".join(archive.file(moved))


# ---- downloads ------------------------------------------------------------------------------------------------------


def test_a_download_is_signed_for_a_minute_and_comes_as_one_to_be_saved(s3: Any, bucket: str) -> None:
    offered = Offered("dld_1", "wsp_1", "Übersicht.pdf", "application/octet-stream")
    download = S3Downloads(s3, s3, bucket).offer(offered, b"a lamp", NOW)
    asked = parse_qs(urlsplit(download.url).query)
    assert asked["X-Amz-Expires"] == ["60"]
    assert asked["response-content-type"] == ["application/octet-stream"]
    assert asked["response-cache-control"] == ["no-store"]
    assert asked["response-content-disposition"] == [
        "attachment; filename=\"_bersicht.pdf\"; filename*=UTF-8''%C3%9Cbersicht.pdf"
    ]
    assert download.expires_at == NOW + timedelta(seconds=60)
    assert urlsplit(download.url).path == "/wsp_1/dld_1"


def test_without_what_was_signed_it_is_octets_to_be_saved_and_its_name_stands_nowhere(s3: Any, bucket: str) -> None:
    offered = Offered("dld_1", "wsp_1", "Rechnung.png", "image/png")
    S3Downloads(s3, s3, bucket).offer(offered, bytearray(b"a lamp"), NOW)
    stored = s3.get_object(Bucket=bucket, Key="wsp_1/dld_1")
    assert (stored["ContentType"], stored["ContentDisposition"]) == ("application/octet-stream", "attachment")
    assert stored["Body"].read() == b"a lamp"
    assert "Rechnung" not in repr(stored)


def test_old_downloads_are_gone_for_good_and_new_ones_stay(s3: Any, bucket: str) -> None:
    old = S3OldDownloads(s3, bucket)
    assert old.sweep(datetime.now(UTC)) == 0
    for each in ("wsp_1/dld_1", "wsp_2/dld_2"):
        s3.put_object(Bucket=bucket, Key=each, Body=b"x")
    assert old.sweep(datetime.now(UTC) - timedelta(minutes=15)) == 0
    assert old.sweep(datetime.now(UTC) + timedelta(minutes=1)) == 2
    listed = s3.list_object_versions(Bucket=bucket)
    assert "Versions" not in listed
    assert "DeleteMarkers" not in listed


@settings(deadline=None)
@given(st.text(max_size=300))
def test_whatever_a_file_is_called_its_disposition_is_one_line_of_ascii_with_one_name(said: str) -> None:
    name = safe_name(said) or "file"
    written = disposition(name)
    assert written.isascii()
    assert not set(written) & set("\r\n\0")
    plain, _, extended = written.removeprefix('attachment; filename="').partition("\"; filename*=UTF-8''")
    assert not set(plain) & set('"\\%;')
    assert not set(extended) & set("\"'; ,")


def test_a_name_that_closes_its_quotes_adds_no_parameter() -> None:
    assert disposition("a\"; filename*=UTF-8''evil.exe; x=\"") == (
        "attachment; filename=\"a__ filename_=UTF-8''evil.exe_ x=_\"; "
        "filename*=UTF-8''a%22%3B%20filename%2A%3DUTF-8%27%27evil.exe%3B%20x%3D%22"
    )
