"""A mail's file that is quarantined is let through, by somebody who answers for it."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.domain.conversations import StoredAttachment
from letterlock.domain.errors import Stale
from letterlock.domain.files import Scan, ScanState, released, scan_of
from letterlock.domain.permissions import Action
from letterlock.services.changes import file_seen
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.file_ports import MessageScans
from letterlock.services.ports import Conversations, MessagePlace


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """Whoever may read the message can fetch it from then on. On record, with what it was quarantined for.

    Asked again it is as it was. Raises Forbidden, NotFound, NotScanned, RuleBroken, Stale.
    """

    conversations: Conversations
    scans: MessageScans
    deeds: Deeds

    def __call__(
        self, principal: Principal, conversation: str, message: str, attachment: str, asked: Asked
    ) -> tuple[StoredAttachment, Scan]:
        principal.may(Action.RELEASE_FILE)
        found, file = file_seen(principal, self.conversations, conversation, message, attachment)
        scan = scan_of(found.scans, attachment)
        if scan.state is ScanState.RELEASED:
            return file, scan
        after = released(found.scans, attachment)
        entry = self.deeds(
            principal.workspace, asked, Act.FILE_RELEASED, attachment, before=str(scan.finding), after=message
        ).entry
        if not self.scans.amend(
            MessagePlace(principal.workspace, conversation, message), found.scans, after, (), entry
        ):
            raise Stale("another file of the message is being released at this moment: ask again")
        return file, scan_of(after, attachment)
