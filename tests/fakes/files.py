"""Files on their way in and out, in memory."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from letterlock.domain.audit import Entry
from letterlock.domain.errors import AlreadyDone, KeyReused, NotFound, TooManyRequests
from letterlock.domain.facts import Told
from letterlock.domain.files import (
    DOWNLOAD_LIVES,
    FORM_LIVES,
    UPLOAD_LIVES,
    UPLOADS_AN_HOUR,
    Examined,
    Octets,
    Scans,
    ScanState,
    Upload,
)
from letterlock.domain.idempotency import HELD, Done, Once
from letterlock.services.file_ports import Abandoned, Arrived, Download, FilePlace, Form, Offered
from letterlock.services.ports import Clock, MessagePlace
from tests.fakes.clock import FakeClock
from tests.fakes.conversations import FakeConversations

CHUNK = 1000
Place = tuple[str, str]


class FakeUploads:
    """`Uploads` and `AbandonedUploads`."""

    def __init__(self, now: Clock | None = None) -> None:
        self.announced: list[Told] = []
        self.stored: dict[Place, Upload] = {}
        self._now = now or FakeClock()
        self._counted: Counter[tuple[str, datetime]] = Counter()
        self._keyed: dict[tuple[str, str], tuple[str, Done, datetime]] = {}
        self._dropped: set[Place] = set()
        self._forgotten: set[Place] = set()

    def count(self, workspace: str) -> None:
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        self._counted[workspace, hour] += 1
        if self._counted[workspace, hour] > UPLOADS_AN_HOUR:
            raise TooManyRequests(int((hour + timedelta(hours=1) - self._now()).total_seconds()))

    def add(self, upload: Upload, once: Once | None = None) -> None:
        if once:
            body, done, until = self._keyed.get((upload.workspace, once.scope), ("", Done(), self._now()))
            if until > self._now():
                raise AlreadyDone(done) if body == once.body else KeyReused(done)
            self._keyed[upload.workspace, once.scope] = (once.body, Done(made=upload.id), self._now() + HELD)
        self.stored[upload.workspace, upload.id] = upload

    def get(self, workspace: str, attachment: str) -> Upload:
        if (workspace, attachment) not in self.stored or (workspace, attachment) in self._dropped:
            raise NotFound("no such attachment")
        return self.stored[workspace, attachment]

    def some(self, workspace: str, attachments: Sequence[str]) -> list[Upload]:
        places = [(workspace, each) for each in attachments]
        return [self.stored[each] for each in places if each in self.stored and each not in self._dropped]

    def claim(self, upload: Upload, version: str) -> bool:
        stands = self.stored[upload.workspace, upload.id]
        if stands.state is not ScanState.WAITING or stands.version not in ("", version):
            return False
        self.stored[upload.workspace, upload.id] = replace(stands, version=version)
        return True

    def settle(self, upload: Upload, told: Sequence[Told]) -> bool:
        stands = self.stored[upload.workspace, upload.id]
        dropped = (upload.workspace, upload.id) in self._dropped
        if dropped or stands.state is not ScanState.WAITING or stands.version != upload.version:
            return False
        self.stored[upload.workspace, upload.id] = upload
        self.announced += told
        return True

    def attach(self, workspace: str, attachments: Sequence[str]) -> bool:
        """As the transaction of a message does."""
        wanted = self.some(workspace, attachments)
        if len(wanted) < len(attachments) or any(each.attached or each.state is not ScanState.CLEAN for each in wanted):
            return False
        self.stored |= {(workspace, each.id): replace(each, attached=True) for each in wanted}
        return True

    def overdue(self, limit: int) -> list[Abandoned]:
        late = [
            Abandoned(each.workspace, each.id, each.kept_version)
            for place, each in self.stored.items()
            if not each.attached and each.at + UPLOAD_LIVES <= self._now() and place not in self._forgotten
        ]
        return late[:limit]

    def drop(self, upload: Abandoned) -> bool:
        stands = self.stored.get((upload.workspace, upload.attachment))
        if stands is None or stands.attached:
            return False
        self._dropped.add((upload.workspace, upload.attachment))
        return True

    def forget(self, upload: Abandoned) -> None:
        self._forgotten.add((upload.workspace, upload.attachment))


class FakeUploadForms:
    """`UploadForms`."""

    def form(self, upload: Upload, now: datetime) -> Form:
        return Form("https://uploads.example", {"key": f"{upload.workspace}/{upload.id}"}, now + FORM_LIVES)


class FakeArrivedFiles:
    """`ArrivedFiles`. Fill it through `store`."""

    def __init__(self) -> None:
        self.stored: dict[Arrived, bytes] = {}

    def store(self, upload: Upload, version: str, content: bytes) -> Arrived:
        arrived = Arrived(upload.workspace, upload.id, version)
        self.stored[arrived] = content
        return arrived

    def read(self, arrived: Arrived, limit: int) -> bytes:
        if arrived not in self.stored:
            raise NotFound("this version is gone")
        return self.stored[arrived][: limit + 1]

    def discard(self, arrived: Arrived) -> None:
        self.stored.pop(arrived, None)


class FakeSealedFiles:
    """`SealedFiles` and `SealedUploads`. Fill it through `kept`."""

    def __init__(self) -> None:
        self.kept: dict[FilePlace, bytes] = {}

    def keep_upload(self, place: FilePlace, chunks: Iterable[bytes]) -> str:
        self.kept[place] = b"".join(chunks)
        return hashlib.sha256(self.kept[place]).hexdigest()

    def file(self, place: FilePlace) -> Iterator[bytes]:
        if place not in self.kept:
            raise NotFound("the archive has no such file")
        content = self.kept[place]
        return iter([content[at : at + CHUNK] for at in range(0, len(content), CHUNK)])

    def drop(self, workspace: str, attachment: str, version: str) -> None:
        place = FilePlace(workspace, attachment)
        if place in self.kept and hashlib.sha256(self.kept[place]).hexdigest() == version:
            del self.kept[place]


class FakeExaminer:
    """`Examiner`: says what it was told to say of a content, and nothing against any other."""

    def __init__(self) -> None:
        self.says: dict[bytes, Examined] = {}
        self.asked: list[tuple[str, str]] = []

    def examine(self, content: Octets, name: str, media_type: str) -> Examined:
        self.asked.append((name, media_type))
        return self.says.get(bytes(content), Examined("application/pdf"))


class FakeMessageScans:
    """`MessageScans`, over conversations in memory."""

    def __init__(self, conversations: FakeConversations) -> None:
        self._conversations = conversations

    def mark(self, place: MessagePlace, scans: Scans, told: Sequence[Told]) -> bool:
        return self._conversations.mark_scanned(place, scans, told)

    def amend(
        self, place: MessagePlace, before: Scans, after: Scans, told: Sequence[Told] = (), entry: Entry | None = None
    ) -> bool:
        amended = self._conversations.amend_scanned(place, before, after, told)
        self._conversations.audited += [entry] if entry and amended else []
        return amended


class FakeDownloads:
    """`Downloads`."""

    def __init__(self) -> None:
        self.offered: list[tuple[Offered, bytes]] = []

    def offer(self, file: Offered, content: Octets, now: datetime) -> Download:
        self.offered.append((file, bytes(content)))
        return Download(f"https://downloads.example/{file.id}", now + DOWNLOAD_LIVES)


class FakeOldDownloads:
    """`OldDownloads`. Fill it through `offered`."""

    def __init__(self, *offered: datetime) -> None:
        self.offered = list(offered)

    def sweep(self, before: datetime) -> int:
        left = [each for each in self.offered if each >= before]
        swept, self.offered = len(self.offered) - len(left), left
        return swept
