"""Where mail comes from, is kept and goes to, in memory."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from letterlock.domain.errors import NotFound, OriginalGone
from letterlock.domain.ledger import Reason
from letterlock.domain.mail import Content
from letterlock.domain.replies import OutgoingMail
from letterlock.services.ports import MailTags, MessagePlace

CHUNK = 1000


class FakeOriginal:
    """`Original`: one version of what lies under a key."""

    def __init__(self, key: str, raw: bytes, mails: dict[str, bytes]) -> None:
        self.size = len(raw)
        self._key, self._raw, self._mails = key, raw, mails

    def read(self) -> bytes:
        return self._raw

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self._raw), CHUNK):
            yield self._raw[start : start + CHUNK]

    def discard(self) -> None:
        if self._mails.get(self._key) is self._raw:
            del self._mails[self._key]


class FakeOriginals:
    """`Originals`. Fill it through `mails`, by object key; a mail put there anew is another version."""

    def __init__(self, mails: dict[str, bytes] | None = None) -> None:
        self.mails = dict(mails or {})

    def open(self, object_key: str) -> FakeOriginal:
        if object_key not in self.mails:
            raise OriginalGone("the raw mail is not there (any more)")
        return FakeOriginal(object_key, self.mails[object_key], self.mails)


class FakeArchive:
    """`Archive`, and the raw mails of the stack's own ledger."""

    def __init__(self) -> None:
        self.raw: dict[MessagePlace, bytes] = {}
        self.contents: dict[MessagePlace, Content] = {}
        self.attachments: dict[tuple[MessagePlace, str], bytes] = {}
        self.stack_raw: dict[str, bytes] = {}
        """By SES message id."""

    def keep_raw(self, place: MessagePlace, chunks: Iterable[bytes]) -> None:
        self.raw[place] = b"".join(chunks)

    def raw_mail(self, place: MessagePlace) -> bytes:
        if place not in self.raw:
            raise NotFound("the archive has no raw mail for this message")
        return self.raw[place]

    def keep_content(self, place: MessagePlace, content: Content) -> None:
        self.contents[place] = content

    def content(self, place: MessagePlace) -> Content:
        if place not in self.contents:
            raise NotFound("the archive has no body for this message")
        return self.contents[place]

    def keep_attachment(self, place: MessagePlace, attachment: str, content: bytes) -> None:
        self.attachments[place, attachment] = content

    def keep_stack_raw(self, ses_message_id: str, chunks: Iterable[bytes]) -> None:
        self.stack_raw[ses_message_id] = b"".join(chunks)


class FakeStackLedger:
    """`StackLedger`."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Reason] = {}
        """By SES message id and recipient."""
        self.days: dict[tuple[str, str], date] = {}
        self.raw: dict[str, bytes] = {}

    def record(self, ses_message_id: str, recipient: str, reason: Reason, at: datetime) -> bool:
        entry = (ses_message_id, recipient.strip().casefold())
        new = entry not in self.entries
        self.entries.setdefault(entry, reason)
        self.days.setdefault(entry, at.astimezone(UTC).date())
        return new

    def recorded(self, ses_message_id: str, recipient: str) -> bool:
        return (ses_message_id, recipient.strip().casefold()) in self.entries

    def ingested(self, day: date) -> Counter[Reason]:
        return Counter(reason for entry, reason in self.entries.items() if self.days[entry] == day)

    def keep_raw(self, ses_message_id: str, chunks: Iterable[bytes]) -> None:
        self.raw[ses_message_id] = b"".join(chunks)


class FakeMailer:
    """`Mailer`. `errors` are raised first, one a call; None among them lets that call through."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.sent: list[OutgoingMail] = []
        self.tags: list[MailTags] = []
        """What each of `sent` was sent for."""

    def send(self, mail: OutgoingMail, *, tags: MailTags) -> str:
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        self.sent.append(mail)
        self.tags.append(tags)
        return f"{len(self.sent):016}@eu-west-1.amazonses.com"
