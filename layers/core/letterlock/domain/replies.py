"""An agent's answer as the mail that goes out: who gets it, under which references, with what quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from letterlock.domain.accounts import Mailbox
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.conversations import Conversation, Kind, Message, Thread
from letterlock.domain.files import Octets
from letterlock.domain.mail import Address
from letterlock.domain.subjects import answers
from letterlock.domain.threading import keyed_reference, reply_address

REFERENCES_KEPT = 20
"""RFC 5322, section 3.6.4 sets no bound; a header that grows for ever ends as an unparsable mail."""
QUOTED_CHARACTERS = 20_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file that goes out with a mail, in plain."""

    name: str
    media_type: str
    content: Octets


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail before it becomes MIME. Message ids are without angle brackets."""

    sender: Address
    reply_to: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    html: str
    in_reply_to: str
    references: tuple[str, ...]
    purpose: Purpose = Purpose.REPLY
    """It says so, and unless a person wrote it also that none did (RFC 3834), so that no machine answers it."""
    files: tuple[OutgoingFile, ...] = ()


def recipients(conversation: Conversation) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """To and Cc of an answer: the requester, and every other participant."""
    to = tuple(each.address for each in conversation.participants if each.requester)
    return to, tuple(each.address for each in conversation.participants if not each.requester)


def compose(thread: Thread, reply: Message, body: str, quoted: str, mailbox: Mailbox, token: str) -> OutgoingMail:
    """The mail of `reply`: its whole text in `body`, the text of the mail it answers in `quoted`.

    It quotes only what everybody who gets it has seen: whoever joined later, or was left out once, is shown nothing by
    us that its author did not send them.
    """
    answered = last_trusted(thread, before=reply)
    if answered and not all(map(answered.seen_by, (*reply.to, *reply.cc))):
        quoted = ""
    chain = (*answered.references, answered.message_id) if answered else ()
    body = signed(body, mailbox.signature)
    references = (keyed_reference(mailbox.address, token), *[each for each in chain if each][-REFERENCES_KEPT:])
    return OutgoingMail(
        sender=mailbox.as_address(),
        reply_to=Address(reply_address(mailbox.address, token), mailbox.name),
        to=reply.to,
        cc=reply.cc,
        subject=reply_subject(thread.conversation.subject),
        text=_text(body, answered, quoted),
        html=_html(body, answered, quoted),
        in_reply_to=(answered.message_id if answered else "") or references[0],
        references=tuple(dict.fromkeys(references)),
    )


SIGNATURE_BEGINS = "-- "
"""RFC 3676, section 4.3: the line by which programs know a signature."""


def signed(body: str, signature: str) -> str:
    """With the mailbox's signature under it, once: also where whoever wrote it had put it there."""
    if not signature:
        return body
    body = body.rstrip()
    if f"\n{body}".endswith(f"\n{signature}"):
        lines = body.removesuffix(signature).rstrip().split("\n")
        body = "\n".join(lines[:-1] if lines[-1] == SIGNATURE_BEGINS.rstrip() else lines).rstrip()
    return f"{body}\n\n{SIGNATURE_BEGINS}\n{signature}"


def last_trusted(thread: Thread, before: Message) -> Message | None:
    """The mail that is answered, and quoted: the newest from outside that is not a stranger's."""
    earlier = [m for m in thread.messages if m.kind is Kind.INBOUND and m.trusted and m.id != before.id]
    return max((m for m in earlier if m.at <= before.at), key=lambda m: m.at, default=None)


def reply_subject(subject: str) -> str:
    """One `Re: `, whatever was there; line breaks and control characters, which could forge a header, become spaces."""
    subject = _CONTROL.sub(" ", subject).strip()
    return subject if answers(subject) else f"Re: {subject}".strip()


def _attribution(answered: Message) -> str:
    who = (answered.sender.name or answered.sender.address) if answered.sender else ""
    return f"On {answered.at:%a, %d %b %Y at %H:%M} UTC, {_CONTROL.sub(' ', who)} wrote:"


def _text(body: str, answered: Message | None, quoted: str) -> str:
    if answered is None or not quoted:
        return body
    lines = quoted[:QUOTED_CHARACTERS].rstrip().splitlines()
    history = "\n".join(f">{line}" if line.startswith(">") else f"> {line}" for line in lines)
    return f"{body.rstrip()}\n\n{_attribution(answered)}\n\n{history}\n"


def _html(body: str, answered: Message | None, quoted: str) -> str:
    html = f'<div dir="auto">{_as_html(body)}</div>'
    if answered is not None and quoted:
        html += (
            f'<div class="gmail_quote"><div dir="auto">{escape(_attribution(answered))}</div>'
            f'<blockquote type="cite">{_as_html(quoted[:QUOTED_CHARACTERS])}</blockquote></div>'
        )
    return html


def _as_html(text: str) -> str:
    return "<br>\n".join(escape(line) for line in text.rstrip().splitlines())
