"""A mail came in with files: they are looked into before anybody can fetch them."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.conversations import Kind, StoredAttachment
from letterlock.domain.errors import NotFound
from letterlock.domain.facts import MessageScanned
from letterlock.domain.files import Examined, Finding, Scan
from letterlock.services.announce import announce
from letterlock.services.file_ports import Examiner, FilePlace, MessageScans, SealedFiles
from letterlock.services.ports import Clock, Conversations, Ids, MessagePlace
from letterlock.services.stored_files import whole_file


@dataclass(frozen=True, slots=True)
class ScanMessage:
    """Reads what was sealed when the mail was taken in, one file after the other, and notes it all on the message.

    Returns how many were looked into: none of a mail without files, whose files were done before, or that is no more.
    Raises Stale, and IntegrityBroken for a file that does not open.
    """

    conversations: Conversations
    files: SealedFiles
    examiner: Examiner
    scans: MessageScans
    ids: Ids
    now: Clock

    def __call__(self, place: MessagePlace, *, correlation: str, causation: str) -> int:
        try:
            message = self.conversations.message(place.workspace, place.conversation, place.message)
        except NotFound:
            return 0
        if message.kind is not Kind.INBOUND or len(message.scans) == len(message.attachments):
            return 0
        scans = tuple(Scan.of(each.id, self._look(place, each)) for each in message.attachments)
        fact = MessageScanned(place.workspace, place.conversation, place.message)
        told = announce([fact], self.ids, self.now, correlation=correlation, causation=causation)
        return len(scans) if self.scans.mark(place, scans, told) else 0

    def _look(self, place: MessagePlace, file: StoredAttachment) -> Examined:
        try:
            content = whole_file(self.files, FilePlace(place.workspace, file.id, place), file)
        except NotFound:
            return Examined(finding=Finding.LOST)
        return self.examiner.examine(content, file.name, file.media_type)
