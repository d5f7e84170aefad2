"""What the services need of the world of files; what they need of all else is in `ports`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from letterlock.domain.audit import Entry
from letterlock.domain.facts import Told
from letterlock.domain.files import Examined, Octets, Scans, Upload
from letterlock.domain.idempotency import Once
from letterlock.services.ports import MessagePlace


class Uploads(Protocol):
    """The records of uploads."""

    def count(self, workspace: str) -> None:
        """One more of the workspace in this hour. Raises TooManyRequests."""
        ...

    def add(self, upload: Upload, once: Once | None = None) -> None:
        """With the record of the key under which it was asked for. Raises AlreadyDone, KeyReused."""
        ...

    def get(self, workspace: str, attachment: str) -> Upload:
        """Consistently read. Raises NotFound, also for one that was dropped."""
        ...

    def some(self, workspace: str, attachments: Sequence[str]) -> list[Upload]:
        """Those of them that there are, consistently read, in no order."""
        ...

    def claim(self, upload: Upload, version: str) -> bool:
        """Whether this version of the object is, or now becomes, the one that is looked into."""
        ...

    def settle(self, upload: Upload, told: Sequence[Told]) -> bool:
        """What was found, with its fact. False where that was settled before, or it was dropped.

        Raises Stale where nobody could say: its object must not be deleted then.
        """
        ...


class AbandonedUploads(Protocol):
    """Uploads that nobody has attached in time. Nothing of them is unsealed."""

    def overdue(self, limit: int) -> list[Abandoned]:
        """At most `limit`, those that wait longest first. May hold some that are dropped, but not to their end."""
        ...

    def drop(self, upload: Abandoned) -> bool:
        """From now on nobody can attach it. False where a message has it."""
        ...

    def forget(self, upload: Abandoned) -> None:
        """Nothing of it is left: it is not overdue any more."""
        ...


@dataclass(frozen=True, slots=True)
class Abandoned:
    workspace: str
    attachment: str
    kept_version: str = ""
    """Of its sealed object; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a browser sends as multipart/form-data to `url`, before a last field `file` (S3: "POST Object")."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


class UploadForms(Protocol):
    def form(self, upload: Upload, now: datetime) -> Form:
        """For exactly this file: its place, its size and its type."""
        ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """An object that was stored: which upload it says to be, and its version."""

    workspace: str
    attachment: str
    version: str


class ArrivedFiles(Protocol):
    """The uploads bucket."""

    def read(self, arrived: Arrived, limit: int) -> bytes:
        """That very version. Of one that is larger than `limit`, a little more than that. Raises NotFound."""
        ...

    def discard(self, arrived: Arrived) -> None:
        """Delete that very version, for good. One that is gone already is no error."""
        ...


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Where a sealed file lies: with the message that it came with; or by itself, where the team had uploaded it."""

    workspace: str
    attachment: str
    message: MessagePlace | None = None


class SealedFiles(Protocol):
    """Files in the archive."""

    def keep_upload(self, place: FilePlace, chunks: Iterable[bytes]) -> str:
        """The version of the object."""
        ...

    def file(self, place: FilePlace) -> Iterator[bytes]:
        """Unsealed, a frame at a time. Raises NotFound, at once; IntegrityBroken, on the way: see `framing`."""
        ...


class SealedUploads(Protocol):
    """The same, for who opens none."""

    def drop(self, workspace: str, attachment: str, version: str) -> None:
        """That version, for good. One that is gone already is no error."""
        ...


class Examiner(Protocol):
    def examine(self, content: Octets, name: str, media_type: str) -> Examined:
        """What it is, and what speaks against it. `media_type` as declared. Never raises for what is in the file."""
        ...


class MessageScans(Protocol):
    def mark(self, place: MessagePlace, scans: Scans, told: Sequence[Told]) -> bool:
        """What was found in the files of a message, and its fact, once: False where it had been marked before.

        Raises NotFound, Stale.
        """
        ...

    def amend(
        self, place: MessagePlace, before: Scans, after: Scans, told: Sequence[Told] = (), entry: Entry | None = None
    ) -> bool:
        """In place of what was found, with the entry in the audit log: False where that is not `before` (any more).

        Raises NotFound, Stale.
        """
        ...


@dataclass(frozen=True, slots=True)
class Download:
    """An address from which a browser gets one file, once it asks in time."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Offered:
    """A file to be fetched: under which name, and as which type."""

    id: str
    workspace: str
    name: str
    media_type: str


class Downloads(Protocol):
    def offer(self, file: Offered, content: Octets, now: datetime) -> Download: ...


class OldDownloads(Protocol):
    def sweep(self, before: datetime) -> int:
        """Deletes what was offered before, for good: how many."""
        ...
