"""What the attachments API takes and gives, as pydantic models: the edge, and nothing behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from letterlock.domain.files import FILE_BYTES, Finding, ScanState, Upload
from letterlock.services.file_ports import Download, Form

NAME_CHARACTERS = 255


class UploadIn(BaseModel):
    """A file that is to come. What comes must be exactly that."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)

    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS, examples=["invoice.pdf"])]
    media_type: Annotated[
        str,
        Field(
            max_length=127,
            pattern=r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$",
            description="RFC 6838, section 4.2, in lower case and without parameters",
            examples=["application/pdf"],
        ),
    ]
    size: Annotated[int, Field(ge=1, description=f"in octets, {FILE_BYTES} at most", examples=[48213])]


class FormOut(BaseModel):
    """Send `fields`, each as a form field, and then the file as `file`, in one multipart/form-data POST to `url`,
    before `expires_at`. S3 answers 204; another size, type or place it refuses.
    """

    url: str
    fields: dict[str, str]
    expires_at: datetime


class ReleaseIn(BaseModel):
    """What is asked of a quarantined file: there is one thing."""

    model_config = ConfigDict(extra="forbid")

    state: Literal[ScanState.RELEASED]


class UploadOut(BaseModel):
    id: str
    name: str
    media_type: str
    size: int
    state: Annotated[ScanState, Field(description="only what is clean can be attached")]
    finding: Annotated[Finding | None, Field(description="why it is quarantined")]
    attached: Annotated[bool, Field(description="a message has it: it is used up")]

    @classmethod
    def of(cls, upload: Upload) -> UploadOut:
        return cls(
            id=upload.id,
            name=upload.name,
            media_type=upload.media_type,
            size=upload.size,
            state=upload.state,
            finding=upload.scan.finding if upload.scan else None,
            attached=upload.attached,
        )


class StartedUploadOut(UploadOut):
    form: Annotated[FormOut | None, Field(description="null where something has been sent already")]

    @classmethod
    def started(cls, upload: Upload, form: Form | None) -> StartedUploadOut:
        shown = form and FormOut(url=form.url, fields=form.fields, expires_at=form.expires_at)
        return cls(**UploadOut.of(upload).model_dump(), form=shown)


class DownloadOut(BaseModel):
    """An address to get the file from, without any credential, until `expires_at`."""

    url: str
    expires_at: datetime

    @classmethod
    def of(cls, download: Download) -> DownloadOut:
        return cls(url=download.url, expires_at=download.expires_at)
