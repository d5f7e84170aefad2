"""With whose account an answer is posted, and what is made of it when that does not go well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar, cast

import pytest

from letterlock.domain.connections import Connection, ConnectionState, Tokens
from letterlock.domain.conversations import Conversation, Kind, Message, Sending, SendState, StoredAttachment, Thread
from letterlock.domain.errors import (
    LetterlockError,
    NotFound,
    ProviderBusy,
    ProviderRefused,
    ProviderSilent,
    RuleBroken,
    SendDelayed,
    SendRefused,
    SendUncertain,
    Stale,
    Unavailable,
)
from letterlock.domain.mail import Address
from letterlock.domain.providers import GOOGLE, MASTODON, Provider
from letterlock.domain.threading import Rule, Threading, Trust
from letterlock.services.answer_by_status import REPEATED_FOR, AnswerByStatus
from letterlock.services.channel_ports import Heard, Posting
from letterlock.services.connection_ports import Connections
from letterlock.services.deeds import Asked
from letterlock.services.ports import MailTags
from letterlock.services.use_connection import UseConnection
from tests.fakes import FakeArchive, FakeClock

T = TypeVar("T")
PROVIDER = MASTODON.at("https://social.example")
ANA, CUSTOMER = "per_ana", Address("@zoe@elsewhere.example")
TAGS = MailTags("wsp_1", "cnv_1", "msg_2", 1)
MINE = Connection("con_1", "wsp_1", ANA, PROVIDER, ConnectionState.ACTIVE, "mbx_1")


class Listed:
    def __init__(self, *found: Connection) -> None:
        self.found = found

    def listed(self, workspace: str, person: str = "") -> Sequence[Connection]:
        return [each for each in self.found if (each.workspace, each.person) == (workspace, person)]


class Using:
    """`UseConnection`, whose token is the connection's id."""

    def doing(self, connection: Connection, _asked: Asked, act: Callable[[Tokens], T]) -> T:
        return act(Tokens(connection.id))


class Statuses:
    def __init__(self) -> None:
        self.posted: list[tuple[str, Posting]] = []
        self.error: LetterlockError | None = None

    def heard(self, provider: Provider, tokens: Tokens, after: str) -> Heard:
        raise AssertionError("to answer asks for no mentions")

    def post(self, _provider: Provider, tokens: Tokens, posting: Posting) -> str:
        if self.error:
            raise self.error
        self.posted.append((tokens.access, posting))
        return "https://social.example/1"


class Desk:
    def __init__(self, *connections: Connection) -> None:
        self.clock, self.statuses = FakeClock(), Statuses()
        self.channel = AnswerByStatus(
            FakeArchive(),
            cast("Connections", Listed(*connections)),
            cast("UseConnection", Using()),
            self.statuses,
            self.clock,
        )

    def answers(self, author: str = ANA, files: tuple[StoredAttachment, ...] = ()) -> str:
        at = self.clock()
        head = Conversation("cnv_1", "wsp_1", "mbx_1", 1, "", at)
        trusted = Threading(Rule.NEW, "", Trust.VERIFIED)
        asked = Message("msg_1", Kind.INBOUND, at, "Hi", sender=CUSTOMER, message_id="uri:1", threading=trusted)
        reply = Message(
            "msg_2", Kind.REPLY, at, "Soon.", author=author, to=(CUSTOMER,), attachments=files,
            sending=Sending(SendState.QUEUED),
        )  # fmt: skip
        post = self.channel.prepared(Thread(head, (asked, reply)), reply)
        self.clock.at += self.later
        return post.send(author, TAGS)

    later = timedelta()


def test_it_names_whom_it_is_for_and_what_it_answers_under_the_messages_own_key() -> None:
    desk = Desk(MINE)
    assert desk.answers() == "https://social.example/1"
    assert desk.statuses.posted == [("con_1", Posting("msg_2", "@zoe@elsewhere.example Soon.", "uri:1"))]


@pytest.mark.parametrize(
    "other",
    [
        replace(MINE, person="per_ben"),
        replace(MINE, workspace="wsp_2"),
        replace(MINE, mailbox="mbx_2"),
        replace(MINE, provider=GOOGLE),
        *[replace(MINE, state=each) for each in ConnectionState if each is not ConnectionState.ACTIVE],
    ],
)
def test_anothers_another_mailboxs_or_a_dead_connection_is_none(other: Connection) -> None:
    desk = Desk(other)
    with pytest.raises(SendRefused, match="no_connection"):
        desk.answers()
    assert desk.statuses.posted == []


def test_of_several_it_is_the_one_that_was_connected_last() -> None:
    desk = Desk(replace(MINE, id="con_2"), MINE)
    desk.answers()
    assert desk.statuses.posted[0][0] == "con_2"


def test_an_answer_with_files_does_not_go_out_without_them() -> None:
    desk = Desk(MINE)
    with pytest.raises(SendRefused, match="carries_no_files"):
        desk.answers(files=(StoredAttachment("att_1", "a.pdf", "application/pdf", 1, ""),))
    assert desk.statuses.posted == []


@pytest.mark.parametrize(
    ("error", "means", "reason"),
    [
        (NotFound("gone"), SendRefused, "no_connection"),
        (RuleBroken("ended"), SendRefused, "no_connection"),
        (ProviderRefused("unknown_status"), SendRefused, "unknown_status"),
        (ProviderRefused("status_422"), SendRefused, "status_422"),
        (ProviderBusy(FakeClock()()), SendDelayed, "provider_busy"),
        (Stale("refreshing"), SendDelayed, "provider_busy"),
        (ProviderSilent("nobody knows"), SendDelayed, "provider_silent"),
        (Unavailable("the store does not answer"), SendDelayed, "provider_silent"),
    ],
)
def test_what_the_provider_says_is_a_no_or_a_not_now(
    error: LetterlockError, means: type[LetterlockError], reason: str
) -> None:
    desk = Desk(MINE)
    desk.statuses.error = error
    with pytest.raises(means) as raised:
        desk.answers()
    assert getattr(raised.value, "reason") == reason  # noqa: B009 - of three classes


def test_silence_when_the_instance_may_have_forgotten_the_key_is_not_answered_by_another_try() -> None:
    desk = Desk(MINE)
    desk.statuses.error, desk.later = ProviderSilent("nobody knows"), REPEATED_FOR + timedelta(seconds=1)
    with pytest.raises(SendUncertain, match="provider_silent"):
        desk.answers()
