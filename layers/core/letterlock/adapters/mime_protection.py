"""Whether a sender signed or encrypted a mail: S/MIME (RFC 8551), PGP/MIME (RFC 3156), or PGP within the text."""

from __future__ import annotations

from typing import Final

from letterlock.adapters.mime_prescan import Part
from letterlock.domain.mail import Protection

_CMS: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNED_CMS: Final = frozenset({"signed-data", "compressed-data", "certs-only"})
"""Values of smime-type that hide nothing from a reader; without one it is encrypted (RFC 8551, section 3.2)."""
_PGP_MESSAGE: Final = "-----BEGIN PGP MESSAGE-----"
_PGP_SIGNED: Final = "-----BEGIN PGP SIGNED MESSAGE-----"


def protection(root: Part, text: str) -> Protection | None:
    """Of the mail itself: what lies in a mail within it is that one's. What is encrypted hides whether it is signed."""
    found = {_of_part(part) for part in _parts(root)} | {_of_text(text)}
    return next((each for each in Protection if each in found), None)


def _parts(root: Part) -> list[Part]:
    parts = [root]
    for part in parts:
        parts += part.children
    return parts


def _of_part(part: Part) -> Protection | None:
    kind, parameters = part.media_type, part.content_type.parameters
    if kind == "multipart/encrypted":
        return Protection.PGP_ENCRYPTED
    if kind == "multipart/signed":
        is_pgp = "pgp" in parameters.get("protocol", "").lower()
        return Protection.PGP_SIGNED if is_pgp else Protection.SMIME_SIGNED
    if kind in _CMS:
        signed = parameters.get("smime-type", "").lower() in _SIGNED_CMS
        return Protection.SMIME_SIGNED if signed else Protection.SMIME_ENCRYPTED
    return None


def _of_text(text: str) -> Protection | None:
    begins = text.lstrip()
    if begins.startswith(_PGP_MESSAGE):
        return Protection.PGP_ENCRYPTED
    return Protection.PGP_SIGNED if begins.startswith(_PGP_SIGNED) else None
