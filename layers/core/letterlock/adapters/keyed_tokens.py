"""Values that prove we made them: the tokens of reply addresses, and cursors."""

from __future__ import annotations

import hmac
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

from ulid import ULID

from letterlock.adapters.blind_index import BlindIndex
from letterlock.domain.errors import Invalid
from letterlock.services.notify_ports import AnswerPlace

_CONVERSATION_BYTES = 16
_TAG_BYTES = 9
_ANSWER_TAG_BYTES = 8
_CURSOR_TAG_BYTES = 16


class KeyedReplyTokens:
    """`ReplyTokens`: base32 of a conversation's ULID and a truncated HMAC that binds it to workspace and mailbox.

    16 + 9 bytes are 40 characters of base32 without padding, in lower case: mail systems on the way may fold case.
    """

    def __init__(self, index: BlindIndex) -> None:
        self._index = index

    def mint(self, workspace: str, mailbox: str, conversation: str) -> str:
        place = ULID.from_str(conversation.removeprefix("cnv_")).bytes
        return b32encode(place + self._tag(workspace, mailbox, place)).decode("ascii").lower()

    def verify(self, workspace: str, mailbox: str, token: str) -> str:
        octets = b32decode(token.upper())
        place, tag = octets[:_CONVERSATION_BYTES], octets[_CONVERSATION_BYTES:]
        if not hmac.compare_digest(tag, self._tag(workspace, mailbox, place)):
            return ""
        return f"cnv_{ULID.from_bytes(place)}"

    def _tag(self, workspace: str, mailbox: str, place: bytes) -> bytes:
        return self._index.mac(workspace, "reply", mailbox.encode() + b"|" + place)[:_TAG_BYTES]


class KeyedAnswerTokens:
    """`AnswerTokens`: base32 of a conversation's ULID and a truncated HMAC that binds it to workspace, mailbox and
    person, and to the last time that everybody was signed out.

    16 + 8 bytes are 39 characters of base32 without padding. 2^64 guesses at a mail each, and the person's own domain
    has to vouch for every one of them.
    """

    def __init__(self, index: BlindIndex) -> None:
        self._index = index

    def mint(self, place: AnswerPlace, conversation: str) -> str:
        octets = ULID.from_str(conversation.removeprefix("cnv_")).bytes
        return b32encode(octets + self._tag(place, octets)).decode("ascii").lower().rstrip("=")

    def verify(self, place: AnswerPlace, token: str) -> str:
        octets = b32decode(token.upper() + "=" * (-len(token) % 8))
        conversation, tag = octets[:_CONVERSATION_BYTES], octets[_CONVERSATION_BYTES:]
        if not hmac.compare_digest(tag, self._tag(place, conversation)):
            return ""
        return f"cnv_{ULID.from_bytes(conversation)}"

    def _tag(self, place: AnswerPlace, conversation: bytes) -> bytes:
        bound = "|".join((place.mailbox, place.person, place.since)).encode()
        return self._index.mac(place.workspace, "answer", bound + b"|" + conversation)[:_ANSWER_TAG_BYTES]


class KeyedCursors:
    """`Cursors`: the place and an HMAC over workspace, question and place, in base64url."""

    def __init__(self, index: BlindIndex) -> None:
        self._index = index

    def seal(self, workspace: str, asked: str, place: str) -> str:
        octets = place.encode()
        return urlsafe_b64encode(self._tag(workspace, asked, octets) + octets).decode("ascii").rstrip("=")

    def open(self, workspace: str, asked: str, cursor: str) -> str:
        try:
            octets = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (Base64Error, ValueError) as error:
            raise Invalid(_BAD_CURSOR) from error
        tag, place = octets[:_CURSOR_TAG_BYTES], octets[_CURSOR_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(workspace, asked, place)):
            raise Invalid(_BAD_CURSOR)
        return place.decode()

    def _tag(self, workspace: str, asked: str, place: bytes) -> bytes:
        return self._index.mac(workspace, "cursor", asked.encode() + b"\x1f" + place)[:_CURSOR_TAG_BYTES]


_BAD_CURSOR = "this cursor is none of this list's: start again without it"
