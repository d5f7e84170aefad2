"""What nobody attached, and what was fetched, does not stay."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.files import DOWNLOADS_SWEPT_AFTER
from letterlock.services.file_ports import Abandoned, AbandonedUploads, OldDownloads, SealedUploads
from letterlock.services.ports import Clock

DROPPED_A_RUN = 50
"""The next run comes a minute later."""


@dataclass(frozen=True, slots=True)
class DropAbandoned:
    """Uploads of a day ago that no message has. First nobody can attach it, then its sealed object goes, then its mark:
    a run that was broken off is ended by the next one. Returns how many were dropped.
    """

    uploads: AbandonedUploads
    files: SealedUploads

    def __call__(self) -> int:
        return sum(self._drop(each) for each in self.uploads.overdue(DROPPED_A_RUN))

    def _drop(self, upload: Abandoned) -> bool:
        if not self.uploads.drop(upload):
            return False
        if upload.kept_version:
            self.files.drop(upload.workspace, upload.attachment, upload.kept_version)
        self.uploads.forget(upload)
        return True


@dataclass(frozen=True, slots=True)
class SweepDownloads:
    """Returns how many went."""

    downloads: OldDownloads
    now: Clock

    def __call__(self) -> int:
        return self.downloads.sweep(self.now() - DOWNLOADS_SWEPT_AFTER)
