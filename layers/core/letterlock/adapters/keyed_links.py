"""The secrets of links, which follow from their ids under the stack's key."""

from __future__ import annotations

import hmac

from letterlock.adapters.blind_index import BlindIndex
from letterlock.domain.errors import Gone
from letterlock.domain.links import NO_GOOD, link_named, link_secret
from letterlock.domain.people import Link, LinkKind


class KeyedLinks:
    """`LinkSecrets`."""

    def __init__(self, index: BlindIndex) -> None:
        self._index = index

    def secret(self, link: Link) -> str:
        proof = self._index.router(f"link/{link.kind}", f"{link.workspace}|{link.id}")
        return link_secret(link, bytes.fromhex(proof))

    def read(self, secret: str, kind: LinkKind) -> Link:
        link = link_named(secret, kind)
        if not hmac.compare_digest(self.secret(link), secret):
            raise Gone(NO_GOOD)
        return link
