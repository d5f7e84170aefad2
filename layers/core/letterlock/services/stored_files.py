"""Files of messages, as they lie sealed in the archive."""

from __future__ import annotations

import hashlib

from letterlock.domain.conversations import Kind, Message, StoredAttachment
from letterlock.domain.errors import IntegrityBroken
from letterlock.services.file_ports import FilePlace, SealedFiles
from letterlock.services.ports import MessagePlace


def place_of(place: MessagePlace, message: Message, attachment: str) -> FilePlace:
    """Where a file of a message lies: what a mail brought, with it; what the team uploaded, by itself."""
    return FilePlace(place.workspace, attachment, place if message.kind is Kind.INBOUND else None)


def whole_file(files: SealedFiles, place: FilePlace, file: StoredAttachment) -> bytearray:
    """A file's octets, held against what its message says of them. Raises NotFound, IntegrityBroken.

    In memory once: a mail's files are 40 MB at most.
    """
    content, at = bytearray(file.size), 0  # of just the size: one that grows is copied as often as it does
    for frame in files.file(place):
        content[at : at + len(frame)] = frame
        at += len(frame)
    if at != file.size or hashlib.sha256(content).hexdigest() != file.sha256:
        raise IntegrityBroken("the archive holds another file than the message names")
    return content
