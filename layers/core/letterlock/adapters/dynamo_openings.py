"""A workspace's first mailbox and its owner's invitation in DynamoDB: both or neither."""

from __future__ import annotations

from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo_accounts import DynamoMailboxes
from letterlock.adapters.dynamo_links import DynamoLinks
from letterlock.domain.accounts import Mailbox
from letterlock.domain.audit import Entry
from letterlock.domain.people import Invitation
from letterlock.services.deeds import Deed


class DynamoOpenings:
    """`Openings`."""

    def __init__(self, mailboxes: DynamoMailboxes, links: DynamoLinks, commits: Commits) -> None:
        self._mailboxes, self._links, self._commits = mailboxes, links, commits

    def open(self, mailbox: Mailbox, entry: Entry, invitation: Invitation, deed: Deed) -> None:
        steps = [*self._mailboxes.steps(mailbox, entry), *self._links.steps(invitation, deed)]
        self._mailboxes.judge(self._commits.commit(steps, mailbox.workspace, deed.told))
