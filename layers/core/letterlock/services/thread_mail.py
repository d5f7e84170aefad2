"""Which conversation a mail belongs to, and how far it is trusted there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from letterlock.domain.accounts import Mailbox
from letterlock.domain.authentication import Authenticity, authenticity
from letterlock.domain.conversations import Conversation
from letterlock.domain.errors import NotFound
from letterlock.domain.mail import Delivery, Mail
from letterlock.domain.threading import Rule, Threading, Trust, message_ids_seen, tokens_seen
from letterlock.services.ports import Conversations, ReplyTokens

EVIDENCE_TRIED = 20
"""A mail may carry thousands of references; the honest ones stand among the newest."""


@dataclass(frozen=True, slots=True)
class Match:
    """`conversation` is None when the mail opens its own; `linked` is one it named without proof."""

    conversation: Conversation | None
    threading: Threading
    linked: str = ""


@dataclass(frozen=True, slots=True)
class ThreadMail:
    """The rules of `domain.threading`, tried in order against what is stored."""

    conversations: Conversations
    reply_tokens: ReplyTokens

    def __call__(self, mail: Mail, delivery: Delivery, mailbox: Mailbox) -> Match:
        return (
            self._by_token(mail, delivery, mailbox)
            or self._by_message_id(mail, delivery, mailbox)
            or Match(None, Threading(Rule.NEW, "", _unless_disowned(mail, delivery)))
        )

    def _by_token(self, mail: Mail, delivery: Delivery, mailbox: Mailbox) -> Match | None:
        for seen in islice(tokens_seen(mail, delivery.recipients, mailbox.address), EVIDENCE_TRIED):
            verified = self.reply_tokens.verify(mailbox.workspace, mailbox.id, seen.token)
            conversation = self._existing(mailbox.workspace, verified)
            if conversation:
                return Match(conversation, Threading(seen.rule, seen.evidence, _trust(conversation, mail, delivery)))
        return None

    def _by_message_id(self, mail: Mail, delivery: Delivery, mailbox: Mailbox) -> Match | None:
        named = message_ids_seen(mail)[:EVIDENCE_TRIED]
        located = self.conversations.locate(mailbox.workspace, mailbox.id, named) if named else None
        conversation = self._existing(mailbox.workspace, located.conversation) if located else None
        if located is None or conversation is None:
            return None
        evidence = "In-Reply-To" if located.message_id in mail.in_reply_to else "References"
        # A Message-ID is no secret, so here the sender's domain must vouch for the mail.
        if _trust(conversation, mail, delivery, Authenticity.AUTHENTICATED) is Trust.VERIFIED:
            return Match(conversation, Threading(Rule.MESSAGE_ID, evidence, Trust.VERIFIED))
        # It is known to everybody who ever saw the mail: who names it and is not known gets a room of their own.
        return Match(None, Threading(Rule.NEW, evidence, Trust.UNVERIFIED), linked=conversation.id)

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
