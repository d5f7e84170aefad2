"""In-memory fakes of the ports, small enough to be read; tests/adapters/test_*_contract.py hold them to it."""

from tests.fakes.accounts import FakeMailboxes, FakeMembers, FakeWorkspaces
from tests.fakes.audit import FakeAnchors, FakeAudit
from tests.fakes.bus import FakeBus, FakeOutboxes
from tests.fakes.clock import START, FakeClock, FakeIds
from tests.fakes.contacts import FakeContacts
from tests.fakes.conversations import FakeConversations
from tests.fakes.digests import FakeDigests
from tests.fakes.mail import FakeArchive, FakeMailer, FakeOriginal, FakeOriginals, FakeStackLedger
from tests.fakes.notify import FakeAnswerTokens, FakeMailCaps, FakeNotificationMailer, FakeTeam
from tests.fakes.orphans import FakeInboundQueue, FakeOrphans, FakeSweepNotes
from tests.fakes.people import (
    FakeAccountMailer,
    FakeLimits,
    FakeMailClaims,
    FakeOpenings,
    FakePasswords,
    FakePeople,
)
from tests.fakes.revocation import FakeTokens
from tests.fakes.tokens import FakeCursors, FakeReplyTokens

__all__ = [
    "START",
    "FakeAccountMailer",
    "FakeAnchors",
    "FakeAnswerTokens",
    "FakeArchive",
    "FakeAudit",
    "FakeBus",
    "FakeClock",
    "FakeContacts",
    "FakeConversations",
    "FakeCursors",
    "FakeDigests",
    "FakeIds",
    "FakeInboundQueue",
    "FakeLimits",
    "FakeMailCaps",
    "FakeMailClaims",
    "FakeMailboxes",
    "FakeMailer",
    "FakeMembers",
    "FakeNotificationMailer",
    "FakeOpenings",
    "FakeOriginal",
    "FakeOriginals",
    "FakeOrphans",
    "FakeOutboxes",
    "FakePasswords",
    "FakePeople",
    "FakeReplyTokens",
    "FakeStackLedger",
    "FakeSweepNotes",
    "FakeTeam",
    "FakeTokens",
    "FakeWorkspaces",
]
