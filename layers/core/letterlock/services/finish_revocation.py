"""What hangs on something that was revoked is ended: lists, links, assignments. Every step may be done again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from letterlock.domain.conversations import Status
from letterlock.domain.errors import NotFound, Stale
from letterlock.services.announce import announce
from letterlock.services.ports import Clock, Conversations, Ids, Members
from letterlock.services.token_ports import Remains

PAGE = 100
FRESH_READS = 3


class Left(Enum):
    """What is still to be done when a run ends."""

    NOTHING = "nothing"
    MORE = "more"
    SETTLING = "settling"
    """Nothing was found any more; but lists lag, and a request that was let in before may have assigned something to
    them since. A look a minute later, which finds nothing, is the last one.
    """


@dataclass(frozen=True, slots=True)
class Run:
    """One delivery of the fact. `settled`: the run before found nothing. `enough`: its time is up."""

    workspace: str
    fact: str
    occurred_at: datetime
    correlation: str
    settled: bool
    enough: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class FinishRevocation:
    """Raises Stale when a conversation would not hold still: the whole comes again, and finds less to do."""

    members: Members
    remains: Remains
    conversations: Conversations
    ids: Ids
    now: Clock

    def __call__(
        self,
        name: str,
        data: Mapping[str, str],
        *,
        fact: str,
        occurred_at: datetime,
        correlation: str,
        settled: bool,
        enough: Callable[[], bool],
    ) -> Left:
        """One fact, by its name; one that it does not know is left alone."""
        run = Run(data["workspace"], fact, occurred_at, correlation, settled, enough)
        match name:
            case "CredentialRevoked":
                return self.credential(run, data["credential"], data.get("holder", ""))
            case "PersonRemoved":
                return self.person(run, data["person"])
            case "EverybodySignedOut":
                return self.everybody(run)
        return Left.NOTHING

    def credential(self, run: Run, credential: str, holder: str) -> Left:
        """A session, or an API token; what else is revoked has nothing that hangs on it."""
        if not credential.startswith(("ses_", "tok_")):
            return Left.NOTHING
        service = credential == holder
        self.remains.note_revoked(run.workspace, credential, run.occurred_at, finished=not service)
        return self._end(run, holder) if service else Left.NOTHING

    def person(self, run: Run, person: str) -> Left:
        try:
            member = self.members.get(run.workspace, person)
        except NotFound:  # the workspace is no more
            return Left.NOTHING
        for each in member.credentials:
            self.remains.note_revoked(run.workspace, each.id, run.occurred_at, finished=True)
        while self.remains.end_links(run.workspace, person, run.occurred_at, PAGE):
            if run.enough():
                return Left.MORE
        while self.remains.end_connections(run.workspace, person, run.occurred_at, PAGE):
            if run.enough():
                return Left.MORE
        self.remains.forget_sign_in(run.workspace, person)
        return self._end(run, person)

    def everybody(self, run: Run) -> Left:
        """A service is gone with its one token; people stay, and sign in again."""
        after = ""
        while page := self.remains.outlived(run.workspace, after=after, limit=PAGE):
            for credential, holder in page:
                if run.enough():
                    return Left.MORE
                self.remains.take_out(run.workspace, holder, [credential])
                if credential == holder and self._unassign(run, holder) is Left.MORE:
                    return Left.MORE
                self.remains.note_revoked(run.workspace, credential, run.occurred_at, finished=True)
                after = credential
        return Left.NOTHING

    def _end(self, run: Run, member: str) -> Left:
        """Of somebody who is gone for good."""
        left = self._unassign(run, member)
        if left is Left.NOTHING:
            self.remains.finish(run.workspace, member, self.now())
        return left

    def _unassign(self, run: Run, member: str) -> Left:
        """Oldest first: what moves meanwhile moves to the end of its list, and is met there."""
        found = False
        for status in Status:
            after = ""
            while page := self.conversations.assigned(run.workspace, member, status, after=after, limit=PAGE):
                for _, conversation in page:
                    if run.enough():
                        return Left.MORE
                    found |= self._taken_from(run, member, conversation)
                after = page[-1][0]
        return Left.NOTHING if run.settled and not found else Left.SETTLING

    def _taken_from(self, run: Run, member: str, conversation: str) -> bool:
        """Whether it was theirs. The list may lag behind the conversation."""
        for _ in range(1 + FRESH_READS):
            try:
                head = self.conversations.get(run.workspace, conversation)
            except NotFound:
                return False
            if head.assignee != member:
                return False
            head.assign("")
            told = announce(head.facts, self.ids, self.now, correlation=run.correlation, causation=run.fact)
            try:
                self.conversations.save(head, told)
            except Stale:
                continue
            return True
        raise Stale("the conversation is being written at this moment")
