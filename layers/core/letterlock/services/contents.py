"""A message's whole bodies, held against what the message says of them, where they are read."""

from __future__ import annotations

from letterlock.domain.conversations import Conversation, Message
from letterlock.domain.errors import IntegrityBroken, NotFound
from letterlock.domain.mail import Content
from letterlock.services.ports import Archive, MessagePlace


def whole(archive: Archive, place: MessagePlace, message: Message) -> Content:
    """For a message that has content in the archive. Raises NotFound, and IntegrityBroken when it is not what was kept.

    The seal binds an object to its message, not to its version: an older object of the same message would open. The
    digest of the conversation covers the hash that the message carries, and through it the archive.
    """
    content = archive.content(place)
    if content.sha256 != message.content_sha256:
        raise IntegrityBroken("the archive holds another content than the message names")
    return content


def whole_text(archive: Archive, head: Conversation, message: Message) -> str:
    """As much as there is. What somebody of the team wrote goes out whole or not at all: NotFound."""
    if not message.has_content:
        return message.text
    try:
        return whole(archive, MessagePlace(head.workspace, head.id, message.id), message).text
    except NotFound:
        if message.sending:
            raise
        return message.text
