"""Answers on a social network: one of the channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from letterlock.domain.channels import is_listened_to
from letterlock.domain.connections import Connection, ConnectionState
from letterlock.domain.conversations import Conversation, Message, Thread
from letterlock.domain.errors import (
    NotFound,
    ProviderBusy,
    ProviderRefused,
    RuleBroken,
    SendDelayed,
    SendRefused,
    SendUncertain,
    Stale,
)
from letterlock.domain.facts import code
from letterlock.domain.mail import Address
from letterlock.domain.replies import last_trusted
from letterlock.services.channel_ports import Posting, Prepared, Statuses
from letterlock.services.connection_ports import Connections
from letterlock.services.contents import whole_text
from letterlock.services.deeds import Asked
from letterlock.services.ports import Archive, Clock, MailTags
from letterlock.services.use_connection import UseConnection

NO_CONNECTION: Final = "no_connection"
"""Whoever answers has connected no account for this mailbox, or not any more."""
CARRIES_NO_FILES: Final = "carries_no_files"
BUSY: Final = "provider_busy"
SILENT: Final = "provider_silent"
REPEATED_FOR: Final = timedelta(minutes=30)
"""After it was written. An instance knows a key again for an hour (Mastodon's documentation, "statuses API methods"),
and the pause before the try after this is as long as the rest of that.
"""


@dataclass(frozen=True, slots=True)
class AnswerByStatus:
    """`Channel`: from the account that whoever answers has connected for the mailbox, and no other. Nobody speaks with
    what a colleague connected.
    """

    archive: Archive
    connections: Connections
    use_connection: UseConnection
    statuses: Statuses
    now: Clock

    def prepared(self, thread: Thread, reply: Message) -> Prepared:
        head = thread.conversation
        answered = last_trusted(thread, before=reply)
        text = addressed_to((*reply.to, *reply.cc), whole_text(self.archive, head, reply))
        posting = Posting(reply.id, text, answered.message_id if answered else "")

        def post(author: str, tags: MailTags) -> str:
            if reply.attachments:
                raise SendRefused(CARRIES_NO_FILES)
            return self._posted(head, author, posting, tags, since=reply.at)

        return Prepared(post, again=self.now() - reply.at <= REPEATED_FOR)

    def _connection(self, workspace: str, author: str, mailbox: str) -> Connection:
        """Of several the one that was connected last."""
        found = [
            each
            for each in self.connections.listed(workspace, author)
            if each.state is ConnectionState.ACTIVE and each.mailbox == mailbox and is_listened_to(each.provider)
        ]
        if not found:
            raise SendRefused(NO_CONNECTION)
        return max(found, key=lambda each: each.id)

    def _posted(self, head: Conversation, author: str, posting: Posting, tags: MailTags, *, since: datetime) -> str:
        try:
            connection = self._connection(head.workspace, author, head.mailbox)
            return self.use_connection.doing(
                connection,
                Asked(author, tags.message),
                lambda tokens: self.statuses.post(connection.provider, tokens, posting),
            )
        except SendRefused:
            raise
        except (NotFound, RuleBroken):
            raise SendRefused(NO_CONNECTION) from None
        except (Stale, ProviderBusy):
            raise SendDelayed(BUSY) from None
        except ProviderRefused as refused:
            raise SendRefused(code(refused.word)) from None
        except Exception as error:
            # It may be there. The key keeps it from being there twice, as long as the instance knows that.
            if self.now() - since > REPEATED_FOR:
                raise SendUncertain(SILENT) from error
            raise SendDelayed(SILENT) from error


def addressed_to(people: tuple[Address, ...], text: str) -> str:
    """Who is to see it is named in it: a network tells nobody else."""
    return " ".join([*dict.fromkeys(each.key for each in people), text])
