"""Reply tokens and cursors without keys: they look like the real ones and prove nothing."""

import hashlib
from base64 import b32encode

from letterlock.domain.errors import Invalid
from letterlock.domain.threading import TOKEN_CHARACTERS


class FakeReplyTokens:
    """`ReplyTokens`: 40 characters of base32, as reply addresses carry them. Knows those that it minted."""

    def __init__(self) -> None:
        self._minted: dict[tuple[str, str, str], str] = {}

    def mint(self, workspace: str, mailbox: str, conversation: str) -> str:
        digest = hashlib.sha256(f"{workspace}|{mailbox}|{conversation}".encode()).digest()
        token = b32encode(digest).decode().lower()[:TOKEN_CHARACTERS]
        self._minted[workspace, mailbox, token] = conversation
        return token

    def verify(self, workspace: str, mailbox: str, token: str) -> str:
        return self._minted.get((workspace, mailbox, token), "")


class FakeCursors:
    """`Cursors`. Knows those that it sealed."""

    def __init__(self) -> None:
        self._sealed: dict[str, tuple[str, str, str]] = {}

    def seal(self, workspace: str, asked: str, place: str) -> str:
        cursor = hashlib.sha256(f"{workspace}|{asked}|{place}".encode()).hexdigest()[:32]
        self._sealed[cursor] = (workspace, asked, place)
        return cursor

    def open(self, workspace: str, asked: str, cursor: str) -> str:
        sealed_for, sealed_asked, place = self._sealed.get(cursor, ("", "", ""))
        if (sealed_for, sealed_asked) != (workspace, asked):
            raise Invalid("this cursor is none of this list's: start again without it")
        return place
