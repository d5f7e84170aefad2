"""Whom a mail brings into its conversation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from letterlock.domain.authentication import Authenticity, authenticity
from letterlock.domain.checks.automatic import automatic
from letterlock.domain.conversations import Conversation
from letterlock.domain.mail import Address, Delivery, Mail
from letterlock.domain.participants import Participant, participants_of, strangers_addressed
from letterlock.domain.threading import Trust
from letterlock.services.ports import Mailboxes


@dataclass(frozen=True, slots=True)
class LetIn:
    """Costs nothing where the mail addresses nobody new."""

    mailboxes: Mailboxes

    def opening(
        self, mail: Mail, workspace: str, ours: Collection[str], *, imported: bool = False
    ) -> list[Participant]:
        """Who takes part in a conversation that it opens. `ours`: addresses of the mailboxes that it came to."""
        found = participants_of(mail, ours, imported=imported)
        written_by = {mail.sender.key} if mail.sender else set()
        copied = [each.address for each in found if not each.requester and each.address.key not in written_by]
        ours_too = self._ours(workspace, copied)
        return [each for each in found if each.requester or each.address.key not in ours_too]

    def copied(
        self, mail: Mail, delivery: Delivery, conversation: Conversation, trust: Trust, ours: Collection[str]
    ) -> list[Address]:
        """Whom a further mail lets in: only a participant may, and only where their domain vouches for the mail. Who
        merely knows a token brings nobody in, nor themselves.
        """
        vouched_for = authenticity(mail.sender, delivery) is Authenticity.AUTHENTICATED and mail.one_author
        if trust is not Trust.VERIFIED or not vouched_for or automatic(mail, delivery):
            return []
        found = strangers_addressed(mail, ours, conversation.participants, conversation.removed)
        ours_too = self._ours(conversation.workspace, found)
        return [each for each in found if each.key not in ours_too]

    def _ours(self, workspace: str, addresses: list[Address]) -> set[str]:
        """A mailbox that an answer of ours would come to, by another delivery, is nobody outside."""
        return self.mailboxes.ours(workspace, [each.key for each in addresses]) if addresses else set()
