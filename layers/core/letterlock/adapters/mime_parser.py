"""Raw mail to `Mail`: RFC 5322 and MIME as they are really sent.

The structure comes from the pre-scan, the decoding from the standard library's C functions. Nothing that is broken
makes a mail unreadable: what can be read of it is read. The pre-scan's bounds quarantine one, or a fault of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from letterlock.adapters.attachment_names import name_of
from letterlock.adapters.html_text import to_text
from letterlock.adapters.html_tokens import TAGS_READ
from letterlock.adapters.mime_addresses import addresses
from letterlock.adapters.mime_charsets import decode
from letterlock.adapters.mime_flowed import unflowed
from letterlock.adapters.mime_header_section import Fields, read_section
from letterlock.adapters.mime_headers import Value, date_of, message_ids, raw_text, structured, text_of
from letterlock.adapters.mime_origin import one_author, said
from letterlock.adapters.mime_prescan import MailLimits, Part, scan
from letterlock.adapters.mime_protection import protection
from letterlock.adapters.mime_report import returned
from letterlock.adapters.mime_transfer import decode_base64, decode_quoted_printable, decode_uuencode
from letterlock.domain.errors import Unparsable
from letterlock.domain.ledger import Reason
from letterlock.domain.mail import Attachment, Mail

BODY_BYTES: Final = 4 * 1024 * 1024
"""Of text and HTML bodies together. A part that would go beyond is kept whole, as a file: no screen shows so much."""
CHARSET_HINT_BYTES: Final = 1024
"""HTML's own charset stands within the first 1,024 octets (HTML standard, section 4.2.5.4)."""
COMPOUND_FILE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
"""What a .msg of Outlook begins with ([MS-CFB], section 2.2): a store of properties, and no mail that was ever sent."""
SUBJECT_CHARACTERS: Final = 4_000
CONTENT_ID_CHARACTERS: Final = 998

INNER_HEADER_BYTES: Final = 64 * 1024
"""Of a mail within a mail: read for its subject alone."""

_MAILS: Final = frozenset({"message/rfc822", "message/global"})
_UUENCODE: Final = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})
_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


class MimeParser:
    """The Parser port."""

    def __init__(self, limits: MailLimits | None = None) -> None:
        self.limits = limits or MailLimits()

    def parse(self, raw: bytes) -> Mail:
        """Raises Unparsable: over_size, header_too_large, too_many_parts, nested_too_deep, unreadable."""
        if raw.startswith(COMPOUND_FILE):
            raise Unparsable(Reason.UNREADABLE)
        try:
            if b"\n" not in raw:
                raw = raw.replace(b"\r", b"\n")  # line ends of the first Macintosh
            return _mail(raw, scan(raw, self.limits))
        except Unparsable:
            raise
        except Exception:  # noqa: BLE001 - whatever else goes wrong, the mail is kept and its sender not told more
            # Not chained: the fault's own text may quote the mail.
            raise Unparsable(Reason.UNREADABLE) from None


def _mail(raw: bytes, root: Part) -> Mail:
    fields = root.fields
    bodies = _Bodies(raw)
    bodies.read(root)
    if not (bodies.attachments or any(each.strip() for each in (*bodies.texts, *bodies.htmls))):
        bodies.read_epilogue(root)
    html = _joined(bodies.htmls)
    text = _joined(bodies.texts) or to_text(html)
    charset = _charset_of_text(root)
    authors = addresses(fields.all("from"), charset)
    return Mail(
        subject=text_of(fields.first("subject"), charset)[:SUBJECT_CHARACTERS],
        sender=authors[0] if authors else None,
        co_authors=authors[1:],
        reply_to=addresses(fields.all("reply-to"), charset),
        to=addresses(fields.all("to"), charset),
        cc=addresses(fields.all("cc"), charset),
        date=date_of(fields.all("date")),
        message_id=next(iter(message_ids(fields.all("message-id"))), ""),
        in_reply_to=message_ids(fields.all("in-reply-to")),
        references=message_ids(fields.all("references")),
        delivered_to=_delivered_to(fields),
        text=text,
        html=html,
        attachments=tuple(bodies.attachments),
        one_author=one_author(fields),
        said=said(fields),
        returned=returned(root, bodies.attachments, text),
        protection=protection(root, text),
    )


def _charset_of_text(root: Part) -> str:
    """What the first text of the mail is written in: undeclared octets in its header are as a rule the same."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if part.media_type.startswith("text/"):
            return part.content_type.parameters.get("charset", "")
        waiting += reversed(part.children)
    return ""


def _delivered_to(fields: Fields) -> tuple[str, ...]:
    names = ("delivered-to", "x-forwarded-to", "x-original-to")
    values = [value for name, value in fields.items if name in names]
    return tuple(dict.fromkeys(each.address for each in addresses(values)))


def _joined(bodies: list[str]) -> str:
    return "\n".join(each.rstrip("\n") for each in bodies if each.strip())


@dataclass(slots=True)
class _Leaf:
    """A part that is no container, and what its header says of it."""

    part: Part
    in_related: bool
    has_plain_sibling: bool
    """It stands in a multipart/alternative that says the same in plain text."""
    disposition: Value = field(default_factory=Value)
    name: str = ""

    def __post_init__(self) -> None:
        self.disposition = structured(self.part.fields.first("content-disposition"))
        parameters = self.part.content_type.parameters
        self.name = self.disposition.parameters.get("filename", "") or parameters.get("name", "")

    @property
    def is_body(self) -> bool:
        """As RFC 8621, section 4.1.4: text that is not said to be a file, nor looks like one beside another part."""
        kind = self.part.media_type
        if kind.startswith("multipart/"):
            return not self.name  # a container whose delimiters are missing: what it holds is better than nothing
        if kind not in ("text/plain", "text/html") or self.disposition.word == "attachment":
            return False
        return self.part.place == 0 or not (self.in_related or self.name)


class _Bodies:
    """Walks the parts in order and sorts them into texts, HTML and files."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.texts: list[str] = []
        self.htmls: list[str] = []
        self.attachments: list[Attachment] = []
        self.body_bytes = 0
        self.tags_left = TAGS_READ

    def read(self, root: Part) -> None:
        waiting = [(root, False, False)]
        while waiting:
            part, in_related, has_plain = waiting.pop()
            if not part.children:
                self._leaf(_Leaf(part, in_related, has_plain))
                continue
            related = part.media_type == "multipart/related"
            plain = has_plain or (part.media_type == "multipart/alternative" and _has_plain_text(part))
            waiting += [(each, related, plain) for each in reversed(part.children)]

    def read_epilogue(self, root: Part) -> None:
        """What stands behind the last delimiter is no part of the mail (RFC 2046, section 5.1.1), unless it is all."""
        if 0 <= root.epilogue < root.end:
            self.texts = [_text(self.raw[root.epilogue : root.end][:BODY_BYTES], "")]

    def _leaf(self, leaf: _Leaf) -> None:
        octets = _decoded(leaf.part, self.raw[leaf.part.start : leaf.part.end])
        if leaf.is_body and self.body_bytes + len(octets) <= BODY_BYTES:
            self.body_bytes += len(octets)
            self._body(leaf, octets)
        else:
            self.attachments.append(_attachment(leaf, octets, len(self.attachments) + 1))

    def _body(self, leaf: _Leaf, octets: bytes) -> None:
        charset = leaf.part.content_type.parameters.get("charset", "")
        if leaf.part.media_type != "text/html":
            self.texts.append(_plain_text(octets, leaf.part.content_type.parameters))
            return
        if not charset and (hint := _META_CHARSET.search(octets, 0, CHARSET_HINT_BYTES)):
            charset = hint[1].decode("ascii", "replace")
        html = _text(octets, charset)
        self.htmls.append(html)
        if not leaf.has_plain_sibling:
            self.texts.append(to_text(html, self.tags_left))
            self.tags_left = max(0, self.tags_left - html.count("<"))


def _plain_text(octets: bytes, parameters: Mapping[str, str]) -> str:
    text = _text(octets, parameters.get("charset", ""))
    if parameters.get("format", "").lower() != "flowed":
        return text
    return unflowed(text, delete_space=parameters.get("delsp", "").lower() == "yes")


def _text(octets: bytes, charset: str) -> str:
    text = decode(octets, charset)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _has_plain_text(alternative: Part) -> bool:
    waiting = list(alternative.children)
    while waiting:
        part = waiting.pop()
        if part.media_type == "text/plain" and part.end > part.start:
            return True
        waiting += part.children
    return False


def _decoded(part: Part, octets: bytes) -> bytes:
    """RFC 2045, section 6, undone. An unknown encoding is taken as none."""
    words = raw_text(part.fields.first("content-transfer-encoding")).lower().replace(";", " ").split()
    encoding = words[0] if words else ""
    if encoding == "base64":
        return decode_base64(octets)
    if encoding == "quoted-printable":
        return decode_quoted_printable(octets)
    if encoding in _UUENCODE:
        return decode_uuencode(octets)
    return octets


def _attachment(leaf: _Leaf, octets: bytes, number: int) -> Attachment:
    content_ids = message_ids(leaf.part.fields.all("content-id"))
    content_id = content_ids[0][:CONTENT_ID_CHARACTERS] if content_ids else ""
    kind = leaf.part.media_type
    name = leaf.name or (_name_of_mail(octets) if kind in _MAILS else "")
    said = leaf.disposition.word
    return Attachment(
        name=name_of(name, kind, number),
        media_type=kind,
        content=octets,
        content_id=content_id,
        inline=said == "inline" or (bool(content_id) and said != "attachment"),
    )


def _name_of_mail(octets: bytes) -> str:
    """`<subject>.eml` for a mail within a mail."""
    try:
        fields, _ = read_section(octets, 0, len(octets), INNER_HEADER_BYTES)
    except Unparsable:
        return "message.eml"
    subject = text_of(fields.first("subject")).replace("/", "_").replace("\\", "_")
    return f"{subject or 'message'}.eml"
