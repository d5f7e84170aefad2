"""Answers by mail: one of the channels."""

from __future__ import annotations

from dataclasses import dataclass, replace

from letterlock.domain.conversations import Conversation, Message, Thread
from letterlock.domain.replies import OutgoingFile, compose, last_trusted
from letterlock.services.channel_ports import Prepared
from letterlock.services.contents import whole_text
from letterlock.services.file_ports import SealedFiles
from letterlock.services.ports import Archive, Mailboxes, Mailer, MessagePlace, ReplyTokens
from letterlock.services.stored_files import place_of, whole_file


@dataclass(frozen=True, slots=True)
class AnswerByMail:
    """`Channel`: from the mailbox's address, whoever of the team wrote it."""

    archive: Archive
    files: SealedFiles
    mailboxes: Mailboxes
    reply_tokens: ReplyTokens
    mailer: Mailer

    def prepared(self, thread: Thread, reply: Message) -> Prepared:
        head = thread.conversation
        answered = last_trusted(thread, before=reply)
        mail = compose(
            thread,
            reply,
            whole_text(self.archive, head, reply),
            whole_text(self.archive, head, answered) if answered else "",
            self.mailboxes.get(head.workspace, head.mailbox),
            self.reply_tokens.mint(head.workspace, head.mailbox, head.id),
        )
        mail = replace(mail, files=self._files(head, reply))
        return Prepared(lambda _author, tags: self.mailer.send(mail, tags=tags))

    def _files(self, head: Conversation, reply: Message) -> tuple[OutgoingFile, ...]:
        """Each whole, as the message names it, or none goes out."""
        place = MessagePlace(head.workspace, head.id, reply.id)
        return tuple(
            OutgoingFile(each.name, each.media_type, whole_file(self.files, place_of(place, reply, each.id), each))
            for each in reply.attachments
        )
