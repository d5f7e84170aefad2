"""Which conversation a mail belongs to, and how far it is trusted there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from letterlock.domain.accounts import Mailbox
from letterlock.domain.authentication import Authenticity, authenticity
from letterlock.domain.conversations import Card, Conversation, Status
from letterlock.domain.errors import NotFound
from letterlock.domain.mail import Address, Delivery, Mail
from letterlock.domain.subjects import bare, is_telling
from letterlock.domain.threading import Rule, Threading, Trust, message_ids_seen, tokens_seen
from letterlock.services.ports import Contacts, Conversations, ReplyTokens
from letterlock.services.read_forward import Forward

EVIDENCE_TRIED = 20
"""A mail may carry thousands of references; the honest ones stand among the newest."""
CONVERSATIONS_TRIED = 20
"""Of those that a sender takes part in, the newest."""
LIKELY_TRIED = 3
"""Of these, by what their cards show."""


@dataclass(frozen=True, slots=True)
class Match:
    """`conversation` is None when the mail opens its own; `linked` is one it named without proof."""

    conversation: Conversation | None
    threading: Threading
    linked: str = ""
    forward: Forward | None = None
    """The mail hands on another: that one opens the conversation."""


@dataclass(frozen=True, slots=True)
class ThreadMail:
    """The rules of `domain.threading`, tried in order against what is stored."""

    conversations: Conversations
    contacts: Contacts
    reply_tokens: ReplyTokens
    read_forward: Callable[[Mail, Delivery, Mailbox], Forward | None]

    def __call__(self, mail: Mail, delivery: Delivery, mailbox: Mailbox) -> Match:
        if delivery.imported:
            return self._among_imported(mail, mailbox)
        proven = self._by_token(mail, delivery, mailbox) or self._by_message_id(mail, delivery, mailbox)
        if proven and proven.conversation:
            return proven
        return (
            self._forwarded(mail, delivery, mailbox, linked=proven.linked if proven else "")
            or proven
            or self._by_subject(mail, delivery, mailbox)
            or Match(None, Threading(Rule.NEW, "", _unless_disowned(mail, delivery)))
        )

    def _by_token(self, mail: Mail, delivery: Delivery, mailbox: Mailbox) -> Match | None:
        for seen in islice(tokens_seen(mail, delivery.recipients, mailbox.address), EVIDENCE_TRIED):
            verified = self.reply_tokens.verify(mailbox.workspace, mailbox.id, seen.token)
            conversation = self._existing(mailbox.workspace, verified)
            if conversation:
                return Match(conversation, Threading(seen.rule, seen.evidence, _trust(conversation, mail, delivery)))
        return None

    def _among_imported(self, mail: Mail, mailbox: Mailbox) -> Match:
        """An archive is threaded by its own Message-IDs, whoever wrote: there are no verdicts to ask. So it leads to
        conversations that an archive opened, and never into one that came by mail, whatever it carries.
        """
        named, conversation = self._named(mail, mailbox)
        if conversation and conversation.imported:
            return Match(conversation, Threading(Rule.MESSAGE_ID, named, Trust.IMPORTED))
        linked = conversation.id if conversation else ""
        return Match(None, Threading(Rule.NEW, named, Trust.IMPORTED), linked)

    def _by_message_id(self, mail: Mail, delivery: Delivery, mailbox: Mailbox) -> Match | None:
        evidence, conversation = self._named(mail, mailbox)
        if conversation is None:
            return None
        # A Message-ID is no secret, so here the sender's domain must vouch for the mail.
        if _trust(conversation, mail, delivery, Authenticity.AUTHENTICATED) is Trust.VERIFIED:
            return Match(conversation, Threading(Rule.MESSAGE_ID, evidence, Trust.VERIFIED))
        # It is known to everybody who ever saw the mail: who names it and is not known gets a room of their own.
        return Match(None, Threading(Rule.NEW, evidence, Trust.UNVERIFIED), linked=conversation.id)

    def _named(self, mail: Mail, mailbox: Mailbox) -> tuple[str, Conversation | None]:
        """The header field by which a mail answers one that the mailbox has, and that one's conversation."""
        named = message_ids_seen(mail)[:EVIDENCE_TRIED]
        located = self.conversations.locate(mailbox.workspace, mailbox.id, named) if named else None
        conversation = self._existing(mailbox.workspace, located.conversation) if located else None
        if located is None or conversation is None:
            return "", None
        return "In-Reply-To" if located.message_id in mail.in_reply_to else "References", conversation

    def _forwarded(self, mail: Mail, delivery: Delivery, mailbox: Mailbox, linked: str) -> Match | None:
        forward = self.read_forward(mail, delivery, mailbox)
        if forward is None:
            return None
        threading = Threading(Rule.FORWARDED, forward.evidence, Trust.CONFIRMED, forward.by)
        return Match(None, threading, linked, forward)

    def _by_subject(self, mail: Mail, delivery: Delivery, mailbox: Mailbox) -> Match | None:
        """Off unless the mailbox wants it. Few reads, whatever there is: which conversations the sender takes part in,
        what they show, and those that may fit.
        """
        subject = bare(mail.subject) if mailbox.settings.threading.by_subject else ""
        if not is_telling(subject) or not mail.sender or not mail.one_author:
            return None
        if authenticity(mail.sender, delivery) is not Authenticity.AUTHENTICATED:
            return None
        since = delivery.received_at - mailbox.settings.threading.window
        likely = [each for each in self._cards(mailbox, mail.sender) if _may_be(each, subject, since)]
        for card in sorted(likely, key=lambda each: each.activity, reverse=True)[:LIKELY_TRIED]:
            head = self._existing(mailbox.workspace, card.conversation)
            if head and _fits(head, mail.sender, subject, since):
                return Match(head, Threading(Rule.SUBJECT, "Subject", Trust.VERIFIED))
        return None

    def _cards(self, mailbox: Mailbox, sender: Address) -> list[Card]:
        contact = self.contacts.id_of(mailbox.workspace, sender)
        try:
            page = self.contacts.conversations(mailbox.workspace, contact, limit=CONVERSATIONS_TRIED)
        except NotFound:
            return []
        return [each for each in page.cards if each.mailbox == mailbox.id]

    def _existing(self, workspace: str, conversation: str) -> Conversation | None:
        if not conversation:
            return None
        try:
            return self.conversations.get(workspace, conversation)
        except NotFound:
            return None


def _trust(conversation: Conversation, mail: Mail, delivery: Delivery, *needed: Authenticity) -> Trust:
    """A participant, as far as it is known to be one; `needed` narrows how well."""
    accepted = needed or (Authenticity.AUTHENTICATED, Authenticity.UNKNOWN)
    if conversation.has_participant(mail.sender) and authenticity(mail.sender, delivery) in accepted:
        return Trust.VERIFIED
    return Trust.UNVERIFIED


def _unless_disowned(mail: Mail, delivery: Delivery) -> Trust:
    disowned = authenticity(mail.sender, delivery) is Authenticity.DISOWNED
    return Trust.UNVERIFIED if disowned else Trust.VERIFIED


_LIVE = (Status.OPEN, Status.PENDING)


def _may_be(card: Card, subject: str, since: datetime) -> bool:
    """As far as a card tells: it may have cut the subject."""
    active = datetime.fromisoformat(card.activity.partition("#")[0])
    return card.status in _LIVE and active >= since and subject.startswith(bare(card.subject))


def _fits(head: Conversation, sender: Address, subject: str, since: datetime) -> bool:
    """As it stands now, whole."""
    active = (head.last_at or head.opened_at) >= since
    return active and head.status in _LIVE and head.has_participant(sender) and bare(head.subject) == subject
