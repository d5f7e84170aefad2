"""How the secrets of links are spelt: a typed prefix, the ids of workspace and link, 256 bits, and a checksum.

The 256 bits follow from the rest under the stack's key, so a link's secret is kept nowhere and lies in no queue: what
mails it makes it anew. That a link works once, or not at all, stands in its item.
"""

from __future__ import annotations

import re
from typing import Final

from letterlock.domain.errors import Gone
from letterlock.domain.people import LINK_IDS, Link, LinkKind
from letterlock.domain.tokens import base62, checksum

PREFIXES: Final = {LinkKind.INVITATION: "lli_", LinkKind.RESET: "llr_", LinkKind.SIGN_UP: "llu_"}
_KINDS: Final = {prefix: kind for kind, prefix in PREFIXES.items()}
_ULID: Final = "[0-9A-HJKMNP-TV-Z]{26}"
LINK: Final = re.compile(rf"({'|'.join(_KINDS)})({_ULID})({_ULID})[0-9A-Za-z]{{49}}")
NO_GOOD: Final = "this link is used, revoked, too old, or was never made: ask for another"


def link_secret(link: Link, proof: bytes) -> str:
    """`proof`: 32 octets."""
    body = PREFIXES[link.kind] + link.workspace.removeprefix("wsp_") + link.id.partition("_")[2] + base62(proof)
    return body + checksum(body)


def link_named(secret: str, kind: LinkKind) -> Link:
    """What it says of itself: nothing of it is proven yet. Raises Gone, for what is no link of that kind at all too."""
    match = LINK.fullmatch(secret)
    if match is None or _KINDS[match[1]] is not kind:
        raise Gone(NO_GOOD)
    return Link(kind, f"wsp_{match[2]}", f"{LINK_IDS[kind]}_{match[3]}")
