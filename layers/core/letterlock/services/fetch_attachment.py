"""A file of a message, for whoever may read the message."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.files import must_be_cleared, scan_of
from letterlock.domain.permissions import Action
from letterlock.services.changes import file_seen
from letterlock.services.file_ports import Download, Downloads, Offered, SealedFiles
from letterlock.services.ports import Clock, Conversations, Ids, MessagePlace
from letterlock.services.stored_files import place_of, whole_file


@dataclass(frozen=True, slots=True)
class FetchAttachment:
    """Unseal it to where a browser gets it, within the next minute.

    Raises Forbidden, NotFound, NotScanned, FileQuarantined, IntegrityBroken.
    """

    conversations: Conversations
    files: SealedFiles
    downloads: Downloads
    ids: Ids
    now: Clock

    def __call__(self, principal: Principal, conversation: str, message: str, attachment: str) -> Download:
        principal.may(Action.READ_CONVERSATION)
        found, file = file_seen(principal, self.conversations, conversation, message, attachment)
        scan = scan_of(found.scans, attachment)
        must_be_cleared(scan)
        place = MessagePlace(principal.workspace, conversation, message)
        content = whole_file(self.files, place_of(place, found, attachment), file)
        offered = Offered(self.ids.new("dld"), principal.workspace, file.name, scan.served_as)
        return self.downloads.offer(offered, content, self.now())
