"""A mail came in with files: they are looked into before anybody can fetch them."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.conversations import Kind, StoredAttachment
from letterlock.domain.errors import NotFound
from letterlock.domain.facts import MessageScanned
from letterlock.domain.files import Examined, Finding, Scan, unexamined
from letterlock.services.announce import announce
from letterlock.services.file_ports import Examiner, FilePlace, MessageScans, SealedFiles
from letterlock.services.ports import Clock, Conversations, Ids, MessagePlace
from letterlock.services.stored_files import whole_file


@dataclass(frozen=True, slots=True)
class ScanMessage:
    """Reads what was sealed when the mail was taken in, one file after the other, and notes it all on the message.

    A look may break off without a word: a file takes all the memory there is, or all the time. So the last try notes
    first that nobody could look into the files, and then tries; what is noted so is looked into once it is told again.

    Returns how many were looked into: none of a mail without files, whose files were done before, or that is no more.
    Raises Stale, and IntegrityBroken for a file that does not open.
    """

    conversations: Conversations
    files: SealedFiles
    examiner: Examiner
    scans: MessageScans
    ids: Ids
    now: Clock

    def __call__(self, place: MessagePlace, *, correlation: str, causation: str, last_try: bool = False) -> int:
        try:
            message = self.conversations.message(place.workspace, place.conversation, place.message)
        except NotFound:
            return 0
        before, nobody_could = message.scans, unexamined(each.id for each in message.attachments)
        if message.kind is not Kind.INBOUND or not message.attachments or before not in ((), nobody_could):
            return 0
        if last_try and not before and self.scans.mark(place, nobody_could, ()):
            before = nobody_could
        scans = tuple(Scan.of(each.id, self._look(place, each)) for each in message.attachments)
        fact = MessageScanned(place.workspace, place.conversation, place.message)
        told = announce([fact], self.ids, self.now, correlation=correlation, causation=causation)
        noted = self.scans.amend(place, before, scans, told) if before else self.scans.mark(place, scans, told)
        return len(scans) if noted else 0

    def _look(self, place: MessagePlace, file: StoredAttachment) -> Examined:
        try:
            content = whole_file(self.files, FilePlace(place.workspace, file.id, place), file)
        except NotFound:
            return Examined(finding=Finding.LOST)
        return self.examiner.examine(content, file.name, file.media_type)
