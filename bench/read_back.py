"""What became of one delivery, read back from where it was stored: ledger, message, archive. Nothing is parsed anew."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from letterlock.adapters.framing import FileSealer
from letterlock.adapters.sealing import Place
from letterlock.domain.checks.bounce import Bounce
from letterlock.domain.conversations import Message, StoredAttachment
from letterlock.domain.errors import NotFound
from letterlock.domain.ledger import IngestRecord
from letterlock.domain.mail import Content
from letterlock.domain.spans import visible
from letterlock.domain.threading import Threading
from letterlock.entry import wiring
from letterlock.services.ports import MessagePlace

Line = dict[str, Any]
"""One line of the result, as JSON has it."""

NOTHING: Final[Line] = {
    "message_id": "",
    "in_reply_to": "",
    "subject": "",
    "from": [],
    "to": [],
    "cc": [],
    "date": None,
    "text": "",
    "html": "",
    "visible_text": "",
    "attachments": [],
    "auto": False,
    "bounce": None,
    "threading": None,
}
"""What is said of a mail that left no message."""


class Differs(Exception):
    """What is stored is not what the message says is stored."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Reads the archive of the stack on moto."""

    workspace: str
    mailbox: str
    bucket: str

    def entry(self, ses_message_id: str) -> IngestRecord | None:
        """The ledger's."""
        return wiring.conversations().recorded(self.workspace, self.mailbox, ses_message_id)

    def line(self, entry: IngestRecord) -> Line:
        """All that a line says of the mail itself. Raises Differs."""
        if not entry.message:
            return dict(NOTHING)
        message = wiring.conversations().message(self.workspace, entry.conversation, entry.message)
        place = MessagePlace(self.workspace, entry.conversation, entry.message)
        content = self._content(place, message)
        authors = ([message.sender] if message.sender else []) + list(message.co_authors)
        return {
            "message_id": message.message_id,
            "in_reply_to": " ".join(message.in_reply_to),
            "subject": message.subject or self._subject(entry),
            "from": _addresses(authors),
            "to": _addresses(message.to),
            "cc": _addresses(message.cc),
            "date": _instant(message.date),
            "text": content.text,
            "html": content.html,
            "visible_text": visible(content.text, message.hidden),
            "attachments": [self._attachment(place, each) for each in message.attachments],
            "auto": bool(message.checks and message.checks.automation),
            "bounce": _bounce(message.checks.bounce if message.checks else None),
            "threading": _threading(message.threading),
        }

    def _subject(self, entry: IngestRecord) -> str:
        """A message has one of its own where it differs from its conversation's."""
        return wiring.conversations().get(self.workspace, entry.conversation).subject

    def _content(self, place: MessagePlace, message: Message) -> Content:
        if not message.has_content:
            return Content(message.text)
        content = wiring.archive().content(place)
        if content.sha256 != message.content_sha256:
            raise Differs
        return content

    def _attachment(self, place: MessagePlace, stored: StoredAttachment) -> Line:
        octets = self._file(place, stored.id)
        if (len(octets), hashlib.sha256(octets).hexdigest()) != (stored.size, stored.sha256):
            raise Differs
        return {
            "name": stored.name,
            "type": stored.media_type,
            "size": stored.size,
            "sha256": stored.sha256,
            "inline": stored.inline,
        }

    def _file(self, place: MessagePlace, name: str) -> bytes:
        """A file of the archive, unsealed, by the keys and places that `S3Archive` describes. Raises NotFound."""
        client = wiring.client("s3")
        key = f"{place.workspace}/{place.conversation}/{place.message}/{name}"
        try:
            sealed = client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except client.exceptions.NoSuchKey:
            raise NotFound(name) from None
        sealed_as = Place(place.workspace, "archive", f"{place.conversation}/{place.message}", name)
        return FileSealer(wiring.keyring()).unseal_file(sealed_as, sealed)


def _addresses(found: Any) -> list[dict[str, str]]:
    return [{"name": each.name, "address": each.address} for each in found]


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _bounce(found: Bounce | None) -> dict[str, str] | None:
    """Of a report on several recipients, the one whom the mail reached least."""
    if found is None:
        return None
    worst = found.worst
    return {
        "action": worst.action.value,
        "status": worst.status,
        "recipient": worst.address,
        "message_id": found.message_id,
    }


def _threading(found: Threading | None) -> dict[str, str] | None:
    return {"rule": found.rule, "evidence": found.evidence, "trust": found.trust} if found else None
