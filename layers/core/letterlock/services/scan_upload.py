"""An object was stored for an upload: it is looked into, sealed, and gone from where it came in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from letterlock.domain.errors import NotFound
from letterlock.domain.facts import AttachmentScanned
from letterlock.domain.files import Examined, Finding, Scan, ScanState, Upload
from letterlock.services.announce import announce
from letterlock.services.file_ports import Arrived, ArrivedFiles, Examiner, FilePlace, SealedFiles, Uploads
from letterlock.services.ports import Clock, Ids


class Ended(StrEnum):
    CLEAN = "clean"
    QUARANTINED = "quarantined"
    NOT_WANTED = "not_wanted"
    """Nothing asked for it, or something else came first: deleted unread."""


@dataclass(frozen=True, slots=True)
class ScanUpload:
    """Whatever is done here is done again where it was broken off, and ends alike.

    The first version that is looked at is the one: what is claimed, sealed and settled is bound to it, and it is
    deleted last.
    """

    uploads: Uploads
    arrived: ArrivedFiles
    files: SealedFiles
    examiner: Examiner
    ids: Ids
    now: Clock

    def __call__(self, arrived: Arrived) -> Ended:
        upload = self._wanted(arrived)
        if upload is None:
            self.arrived.discard(arrived)
            return Ended.NOT_WANTED
        content = self._content(arrived, upload.size)
        found = self._found(upload, content)
        scanned = replace(upload, version=arrived.version, scan=Scan.of(upload.id, found))
        if scanned.state is ScanState.CLEAN:
            kept = self.files.keep_upload(FilePlace(upload.workspace, upload.id), [content])
            scanned = replace(scanned, sha256=hashlib.sha256(content).hexdigest(), kept_version=kept)
        fact = AttachmentScanned(upload.workspace, upload.id, scanned.state.value)
        self.uploads.settle(scanned, announce([fact], self.ids, self.now, correlation=upload.id))
        self.arrived.discard(arrived)
        return Ended(scanned.state.value)

    def _wanted(self, arrived: Arrived) -> Upload | None:
        """The upload that this object, in this version, is the file of; None where it is to be deleted unread."""
        try:
            upload = self.uploads.get(arrived.workspace, arrived.attachment)
        except NotFound:
            return None
        if upload.state is not ScanState.WAITING or not self.uploads.claim(upload, arrived.version):
            return None
        return upload

    def _content(self, arrived: Arrived, size: int) -> bytes:
        try:
            return self.arrived.read(arrived, size)
        except NotFound:
            return b""

    def _found(self, upload: Upload, content: bytes) -> Examined:
        if not content:
            return Examined(finding=Finding.LOST)
        if len(content) != upload.size:
            return Examined(finding=Finding.SIZE)
        return self.examiner.examine(content, upload.name, upload.media_type)
