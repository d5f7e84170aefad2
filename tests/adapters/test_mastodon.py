"""Mentions and answers on a Mastodon that talks as Mastodon does."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from letterlock.adapters.mastodon import ANSWER_BYTES, LONGEST_PAUSE, MastodonStatuses
from letterlock.adapters.oauth_providers import HttpProviders
from letterlock.adapters.outgoing_http import Answer, NoAnswer, TooLarge
from letterlock.domain.connections import Tokens, challenge
from letterlock.domain.errors import ProviderBusy, ProviderRefused, ProviderSilent
from letterlock.domain.providers import MASTODON
from letterlock.services.channel_ports import Posting
from local.mastodon.peer import Peer
from tests.fakes import FakeClock

PROVIDER = MASTODON.at("https://social.example")
REDIRECT = "https://desk.example/callback"


class Social:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.peer = Peer(PROVIDER.issuer, lambda: self.clock().timestamp())
        self.lose = False
        self.instead: Answer | None = None
        self.statuses = MastodonStatuses(self.ask, self.clock)
        self.tokens = self.let_in()

    def ask(self, method: str, url: str, *, headers: dict[str, str], body: bytes, most: int = 0) -> Answer:
        if self.instead:
            return self.instead
        answer = Answer(*self.peer.answer(method, url, headers, body))
        if self.lose:
            raise NoAnswer("lost")
        if len(answer.body) > (most or ANSWER_BYTES):
            raise TooLarge("too large")
        return answer

    def let_in(self) -> Tokens:
        providers = HttpProviders(self.ask, self.clock)
        client, verifier = providers.register(PROVIDER, REDIRECT), secrets.token_urlsafe(32)
        page = providers.page(PROVIDER, client, redirect=REDIRECT, state="s", challenge=challenge(verifier))
        code = dict(parse_qsl(urlsplit(self.peer.oauth.consent(page, "desk")).query))["code"]
        return providers.exchange(PROVIDER, client, code=code, redirect=REDIRECT, verifier=verifier).tokens

    def texts(self, after: str = "") -> list[str]:
        return [each.text.strip() for each in self.statuses.heard(PROVIDER, self.tokens, after).arrived]


@pytest.fixture
def social() -> Social:
    return Social()


def test_a_mention_says_who_wrote_what(social: Social) -> None:
    social.peer.mention("desk", "ana@elsewhere.example", "Where is <it>?\n\nAna", visibility="direct")
    social.peer.mention("somebody", "ana", "not ours")
    [one] = social.statuses.heard(PROVIDER, social.tokens, "").arrived
    assert (one.sender.address, one.in_reply_to) == ("@ana@elsewhere.example", "")
    assert one.text.split() == ["Where", "is", "<it>?", "Ana"]
    assert one.message.startswith("https://elsewhere.example/users/ana/")
    assert one.at == social.clock()


def test_who_is_at_the_same_instance_is_named_with_it(social: Social) -> None:
    social.peer.mention("desk", "Ben", "Hello")
    [one] = social.statuses.heard(PROVIDER, social.tokens, "").arrived
    assert one.sender.address == "@ben@social.example"


def test_what_came_since_is_told_oldest_first_and_nothing_is_left_out_between_pages(social: Social) -> None:
    for number in range(100):
        social.peer.mention("desk", "ana", f"n{number}")
    seen, after = [], "1"
    while (heard := social.statuses.heard(PROVIDER, social.tokens, after)).after != after:
        seen += [each.text.strip() for each in heard.arrived]
        after = heard.after
    assert seen == [f"n{number}" for number in range(100)]


@pytest.mark.parametrize(
    ("visibility", "answered"),
    [("direct", "direct"), ("private", "direct"), ("public", "unlisted"), ("unlisted", "unlisted")],
)
def test_an_answer_is_seen_by_nobody_who_may_not_see_what_it_answers(
    social: Social, visibility: str, answered: str
) -> None:
    asked = social.peer.mention("desk", "ana", "Where is it?", visibility=visibility)
    [heard] = social.statuses.heard(PROVIDER, social.tokens, "").arrived
    social.statuses.post(PROVIDER, social.tokens, Posting("msg_1", "@ana On its way, & soon: ü", heard.message))
    [answer] = [each for each in social.peer.statuses if each.author == "desk"]
    assert (answer.text, answer.visibility, answer.in_reply_to) == ("@ana On its way, & soon: ü", answered, asked.id)


def test_an_answer_to_nothing_is_seen_only_by_whom_it_names(social: Social) -> None:
    social.statuses.post(PROVIDER, social.tokens, Posting("msg_1", "@ana Hello"))
    [posted] = social.peer.statuses
    assert posted.visibility == "direct"


def test_an_answer_is_posted_once_however_often_it_is_tried(social: Social) -> None:
    posting = Posting("msg_1", "@ana On its way")
    social.lose = True
    with pytest.raises(ProviderSilent):
        social.statuses.post(PROVIDER, social.tokens, posting)
    social.lose = False
    posted = [social.statuses.post(PROVIDER, social.tokens, posting) for _ in range(2)]
    assert len(social.peer.statuses) == 1
    assert len(set(posted)) == 1
    assert social.statuses.post(PROVIDER, social.tokens, Posting("msg_2", "@ana Another")) != posted[0]


def test_what_the_account_does_not_see_is_not_answered_by_it(social: Social) -> None:
    unseen = social.peer.mention("somebody", "ana", "for somebody else", visibility="direct")
    with pytest.raises(ProviderRefused) as refused:
        social.statuses.post(
            PROVIDER, social.tokens, Posting("msg_1", "Hello", f"{PROVIDER.issuer}/users/ana/statuses/{unseen.id}")
        )
    assert refused.value.word == "unknown_status"


def test_an_answer_that_is_too_long_for_the_instance_is_refused(social: Social) -> None:
    with pytest.raises(ProviderRefused) as refused:
        social.statuses.post(PROVIDER, social.tokens, Posting("msg_1", "x" * 501))
    assert refused.value.word == "status_422"


def test_what_answers_a_status_says_which_whether_that_was_told_or_posted(social: Social) -> None:
    first = social.peer.mention("desk", "ana", "one")
    social.peer.mention("desk", "ana", "two", in_reply_to=first.id)
    ours = social.statuses.post(PROVIDER, social.tokens, Posting("msg_1", "@ana yes"))
    social.peer.mention("desk", "ana", "three", in_reply_to=ours.rpartition("/")[2])
    social.peer.mention("desk", "ana", "four", in_reply_to="12345")
    one, two, three, four = social.statuses.heard(PROVIDER, social.tokens, "").arrived
    assert (two.in_reply_to, three.in_reply_to, four.in_reply_to) == (one.message, ours, "")


def test_a_line_of_warning_is_the_subject_and_pictures_are_links(social: Social) -> None:
    social.peer.mention("desk", "ana", "broken", warning="A  lamp\nof order 7", media=("https://social.example/1.png",))
    [one] = social.statuses.heard(PROVIDER, social.tokens, "").arrived
    assert one.subject == "A lamp of order 7"
    assert "https://social.example/1.png" in one.text
    assert '<a href="https://social.example/1.png">image</a>' in one.html


def test_long_statuses_come_one_by_one_where_a_page_of_them_is_too_large(social: Social) -> None:
    for number in range(12):
        social.peer.mention("desk", "ana", f"{number} " + "x" * 500_000)
    seen, after = [], "1"
    while (heard := social.statuses.heard(PROVIDER, social.tokens, after)).after != after:
        seen += [each.text.partition(" ")[0] for each in heard.arrived]
        after = heard.after
    assert seen == [str(number) for number in range(12)]


def test_a_token_that_is_revoked_there_is_told_apart_from_a_refusal(social: Social) -> None:
    social.peer.oauth.end("desk")
    with pytest.raises(ProviderRefused) as refused:
        social.texts()
    assert refused.value.word == "invalid_token"


def test_an_instance_that_is_asked_too_often_says_until_when(social: Social) -> None:
    for _ in range(300):
        social.texts()
    with pytest.raises(ProviderBusy) as busy:
        social.texts()
    assert busy.value.until == social.clock() + timedelta(minutes=5)
    social.clock.passes(minutes=6)
    assert social.texts() == []


@pytest.mark.parametrize(("said", "waits"), [("", timedelta(minutes=5)), ("nonsense", timedelta(minutes=5)),
                                             ("2999-01-01T00:00:00Z", LONGEST_PAUSE), ("1999-01-01T00:00:00Z", timedelta())])  # fmt: skip
def test_an_instance_does_not_make_us_wait_for_ever(social: Social, said: str, waits: timedelta) -> None:
    social.instead = Answer(429, {"x-ratelimit-reset": said}, b"{}")
    with pytest.raises(ProviderBusy) as busy:
        social.texts()
    assert busy.value.until == social.clock() + waits


GOOD: dict[str, Any] = {
    "id": "7",
    "type": "mention",
    "created_at": "2026-11-02T09:00:00Z",
    "account": {"acct": "ana"},
    "status": {
        "id": "1",
        "uri": "https://social.example/1",
        "content": "<p>good</p>",
        "created_at": "2026-11-02T09:00:00Z",
    },
}


@pytest.mark.attack("Mastodon, an instance that answers nonsense")
@pytest.mark.parametrize(
    "bad",
    [None, 7, [], {}, {"id": "8"}, GOOD | {"status": None}, GOOD | {"account": {"acct": "x\r\nBcc: y"}},
     GOOD | {"id": "../../x"}, GOOD | {"type": "follow"}, GOOD | {"created_at": "soon"}],
)  # fmt: skip
def test_what_an_instance_says_strangely_is_left_out_and_the_rest_is_not(social: Social, bad: Any) -> None:
    import json  # noqa: PLC0415

    social.instead = Answer(200, {}, json.dumps([bad, GOOD]).encode())
    assert social.texts() == ["good"]


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"7", b"\xff", b"[" * 200_000])
def test_an_answer_that_is_none_is_silence(social: Social, body: bytes) -> None:
    social.instead = Answer(200, {}, body)
    with pytest.raises(ProviderSilent):
        social.texts()


def test_a_page_of_nothing_that_can_be_read_is_not_asked_for_for_ever(social: Social) -> None:
    social.instead = Answer(200, {}, b'[{"id": "9", "type": "mention"}, {"id": "10"}, {"id": 11}]')
    assert social.statuses.heard(PROVIDER, social.tokens, "8").after == "10"
