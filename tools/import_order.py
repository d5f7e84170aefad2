"""The mails of an old mailbox in the order in which they are imported: a mail that answers another comes after it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bench.mail_files import FoundMail, Place, envelope_sender, header_of
from letterlock.adapters.mime_parser import MimeParser
from letterlock.domain.errors import Unparsable
from letterlock.domain.mail import IMPORT_PREFIX, MAIL_BYTES, Delivery, Mail, Verdict, Verdicts
from letterlock.domain.threading import message_ids_seen
from tools.import_target import object_key

UNCHECKED: Final = Verdicts(*[Verdict.DISABLED] * 5)
"""SES never saw it, so nobody says from whom it is."""
FIRST: Final = datetime(1970, 1, 2, tzinfo=UTC)
ANSWERS_LOOKED_AT: Final = 20
_ID_CHARACTERS: Final = 40


@dataclass(frozen=True, slots=True)
class OldMail:
    """As much of a mail as its turn depends on. `id` follows from its octets: the same mail is the same import."""

    name: str
    place: Place
    id: str
    at: datetime
    """When it was written, by its own word; by its file's, where it has none. Never later than now."""
    mail_from: str
    message_id: str = ""
    answers: tuple[str, ...] = ()
    """Message-IDs."""

    def delivery(self, mailbox: str) -> Delivery:
        """As if SES had received it then, and checked nothing."""
        return Delivery(self.id, object_key(self.id), (mailbox,), UNCHECKED, self.at, self.mail_from)


def old_mail(found: FoundMail, now: datetime) -> OldMail | str:
    """Or why it is left out."""
    if found.unread or found.place is None:
        return found.unread or "no file"
    if len(found.raw) > MAIL_BYTES:
        return "larger than the 40 MB that a mail may have"
    said = _header(found.raw)
    written = said.date or datetime.fromtimestamp(found.place.path.stat().st_mtime, UTC)
    return OldMail(
        found.name,
        found.place,
        f"{IMPORT_PREFIX}{hashlib.sha256(found.raw).hexdigest()[:_ID_CHARACTERS]}",
        min(max(written, FIRST), now),
        envelope_sender(found.raw),
        said.message_id,
        tuple(message_ids_seen(said)[:ANSWERS_LOOKED_AT]),
    )


def _header(raw: bytes) -> Mail:
    try:
        return MimeParser().parse(header_of(raw) + b"\n\n")
    except Unparsable:  # it will be quarantined, and has no turn to wait for
        return Mail(subject="", sender=None)


def in_order(mails: Iterable[OldMail]) -> Iterator[OldMail]:
    """By time, but for clocks that were wrong: what a mail answers comes before it. Each id once."""
    each_once = {each.id: each for each in mails}
    known = {each.message_id: each for each in each_once.values() if each.message_id}
    seen, done = set[str](), set[str]()
    for mail in sorted(each_once.values(), key=lambda each: (each.at, each.id)):
        stack = [mail]
        while stack:
            top = stack[-1]
            seen.add(top.id)
            first = [known[each] for each in top.answers if each in known and known[each].id not in seen]
            if first:
                stack.extend(first)
                continue
            stack.pop()
            if top.id not in done:
                done.add(top.id)
                yield top
