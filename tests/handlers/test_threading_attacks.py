"""Ways into somebody else's conversation, tried on the whole handler: real mail, real tokens, real keys."""

from __future__ import annotations

import email.utils
from email import message_from_string
from typing import Any

import pytest

from bench.thread_paths import agent, mail
from letterlock.domain.threading import TOKEN_CHARACTERS, reply_address
from letterlock.entry import wiring
from tests.handlers.stack import MAILBOX, Stack, notification_of

ANA, EVE = "ana@customer.example", "eve@else.example"
SECRET = "Our account number is 7."
CONVERSATIONS = "/v1/conversations"


class Target:
    """A conversation of Ana's that was answered once, and what is known of it to whoever saw the answer."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.mails = stack, 0
        self.takes(mail(0, ANA, MAILBOX, text=SECRET), MAILBOX)
        (self.id,) = [each["id"] for each in self.all()]
        self.answer = self.answered()
        self.address = email.utils.parseaddr(str(self.answer["Reply-To"]))[1]
        self.token = self.address.partition("+")[2].partition("@")[0]
        self.message_id = "<thread-0@customer.example>"

    def takes(self, raw: bytes, *recipients: str, **verdicts: str) -> None:
        self.mails += 1
        name = f"attack{self.mails}"
        self.stack.store(name, raw)
        assert self.stack.notify(notification_of(name, recipients, **verdicts)) == {"batchItemFailures": []}

    def writes(self, sender: str, to: str, *, verdicts: dict[str, str] | None = None, **more: str) -> None:
        self.takes(mail(self.mails, sender, to, **more), to, **(verdicts or {}))

    def all(self) -> list[Any]:
        cards: list[Any] = self.stack.api("GET", CONVERSATIONS)[1]["conversations"]
        return cards

    def shown(self) -> Any:
        return self.stack.api("GET", f"{CONVERSATIONS}/{self.id}")[1]

    def others(self) -> list[Any]:
        """The conversations beside it, whole."""
        ids = [each["id"] for each in self.all() if each["id"] != self.id]
        return [self.stack.api("GET", f"{CONVERSATIONS}/{each}")[1] for each in ids]

    def answered(self) -> Any:
        self.stack.relay()
        assert self.stack.api("POST", f"{CONVERSATIONS}/{self.id}/replies", {"text": "Soon."})[0] == 202
        (fact,) = [each for each in self.stack.relay() if each["detail-type"] == "ReplyQueued"]
        assert self.stack.deliver(fact) == {"batchItemFailures": []}
        return message_from_string(self.stack.sent()[-1].raw_data)

    def untouched(self) -> bool:
        shown = self.shown()
        people = [each["address"] for each in shown["participants"]]
        return (shown["message_count"], people) == (2, [ANA])


@pytest.fixture
def target(stack: Stack) -> Target:
    return Target(stack)


def in_a_room_of_its_own(target: Target) -> bool:
    (other,) = target.others()
    return target.untouched() and other["messages"][0]["threading"]["rule"] == "new"


# ---- tokens ---------------------------------------------------------------------------------------------------------


@pytest.mark.attack("altered token")
@pytest.mark.parametrize("position", [0, 13, 25, 26, TOKEN_CHARACTERS - 1])
def test_a_token_with_one_character_changed_opens_nothing(target: Target, position: int) -> None:
    other = "b" if target.token[position] == "a" else "a"
    token = target.token[:position] + other + target.token[position + 1 :]
    target.writes(ANA, reply_address(MAILBOX, token))
    target.writes(ANA, MAILBOX, References=f"<{token}@acme.example>")
    assert target.untouched()
    assert [each["messages"][0]["threading"]["rule"] for each in target.others()] == ["new", "new"]


@pytest.mark.attack("truncated token")
@pytest.mark.parametrize("kept", [0, 1, TOKEN_CHARACTERS // 2, TOKEN_CHARACTERS - 2])
def test_a_token_that_was_cut_opens_nothing(target: Target, kept: int) -> None:
    target.writes(EVE, f"support+{target.token[:kept]}@acme.example")
    target.writes(EVE, MAILBOX, References=f"<{target.token[:kept]}@acme.example>")
    assert target.untouched()
    assert {each["messages"][0]["threading"]["rule"] for each in target.others()} == {"new"}


@pytest.mark.attack("token with more behind it")
def test_a_token_with_more_behind_it_opens_nothing(target: Target) -> None:
    target.writes(EVE, f"support+{target.token}a@acme.example")
    assert in_a_room_of_its_own(target)


@pytest.mark.attack("foreign token: of another workspace")
def test_a_token_of_another_workspace_opens_nothing(target: Target) -> None:
    made = target.stack.call("workspace_setup", {"workspace": {"name": "B"}, "mailbox": {"address": "b@acme.example"}})
    theirs = wiring.reply_tokens().mint(made["workspace"], made["mailbox"], target.id)
    target.writes(ANA, reply_address(MAILBOX, theirs))
    assert in_a_room_of_its_own(target)
    target.writes(EVE, reply_address("b@acme.example", target.token))
    assert target.untouched()
    (card,) = target.stack.api("GET", CONVERSATIONS, token=made["token"])[1]["conversations"]
    assert card["message_count"] == 1


@pytest.mark.attack("foreign token: of another mailbox")
def test_a_token_of_another_mailbox_opens_nothing(target: Target) -> None:
    other = wiring.reply_tokens().mint(target.stack.workspace, "mbx_" + "0" * 26, target.id)
    target.writes(ANA, reply_address(MAILBOX, other))
    assert in_a_room_of_its_own(target)


@pytest.mark.attack("right token, wrong sender")
def test_who_found_a_token_is_appended_unverified_and_gets_nothing(target: Target) -> None:
    target.writes(EVE, target.address, text="Send me everything.", Reply_To=EVE)

    shown = target.shown()
    assert shown["messages"][-1]["threading"]["trust"] == "unverified"
    assert [each["address"] for each in shown["participants"]] == [ANA]
    answer = target.answered()
    assert (str(answer["To"]), answer["Cc"]) == (f"<{ANA}>", None)
    assert "Send me everything" not in answer.as_string()


@pytest.mark.attack("right token under a forged sender")
def test_a_forged_participant_with_the_right_token_is_not_believed(target: Target) -> None:
    target.writes(ANA, target.address, verdicts={"dmarc": "FAIL"}, text="Send it there.", Cc=EVE)
    shown = target.shown()
    assert shown["messages"][-1]["threading"]["trust"] == "unverified"
    assert [each["address"] for each in shown["participants"]] == [ANA]


@pytest.mark.attack("CC injection")
def test_a_stranger_with_the_right_token_copies_nobody_in(target: Target) -> None:
    target.writes(EVE, target.address, text="Me too.", Cc=f"{EVE}, mallory@else.example")

    assert [each["address"] for each in target.shown()["participants"]] == [ANA]
    answer = target.answered()
    assert answer["Cc"] is None
    assert EVE not in answer.as_string()


@pytest.mark.attack("CC injection by a participant shows no history")
def test_whom_a_participant_copies_is_sent_nothing_that_came_before(target: Target) -> None:
    target.writes(ANA, target.address, text="Eve helps me.", Cc=EVE)
    text = target.answered().as_string()
    assert EVE in text
    assert SECRET not in text


@pytest.mark.attack("upper-cased token")
def test_a_token_in_capitals_is_that_token_and_no_other(target: Target) -> None:
    """Mail programs change the case of addresses: it is the same proof, and the sender is checked as ever."""
    target.writes(ANA, target.address.upper())
    target.writes(EVE, target.address.upper())
    trusts = [each["threading"]["trust"] for each in target.shown()["messages"] if each["threading"]]
    assert trusts == ["verified", "verified", "unverified"]
    assert target.others() == []


@pytest.mark.attack("token in a quoted body only")
def test_a_token_that_stands_in_the_text_is_no_evidence(target: Target) -> None:
    quoted = f"> Reply-To: {target.address}\n> References: <{target.token}@acme.example>\n"
    target.writes(EVE, MAILBOX, text=f"As I said:\n\n{quoted}", subject=f"Re: {target.address}", Reply_To=EVE)
    assert in_a_room_of_its_own(target)


# ---- what travels with every mail -----------------------------------------------------------------------------------


@pytest.mark.attack("known Message-ID from a stranger")
def test_who_knows_a_message_id_gets_a_room_of_their_own(target: Target) -> None:
    target.writes(EVE, MAILBOX, In_Reply_To=target.message_id, References=target.message_id)
    assert in_a_room_of_its_own(target)


@pytest.mark.attack("known Message-ID under a forged sender")
@pytest.mark.parametrize(
    "verdicts", [{"dmarc": "FAIL"}, {"dmarc": "GRAY", "spf": "GRAY"}, {"dmarc": "GRAY", "spf": "FAIL"}]
)
def test_a_forged_participant_with_a_known_message_id_gets_a_room_of_their_own(
    target: Target, verdicts: dict[str, str]
) -> None:
    target.writes(ANA, MAILBOX, verdicts=verdicts, In_Reply_To=target.message_id)
    assert in_a_room_of_its_own(target)


@pytest.mark.attack("thousands of references")
def test_thousands_of_references_are_bounded_reads_and_prove_nothing(target: Target) -> None:
    others = [each for each in "abcdefgh" if each != target.token[0]]
    tokens = " ".join(f"<{others[n % len(others)]}{target.token[1:]}@acme.example>" for n in range(800))
    known = " ".join(f"<{n}@else.example>" for n in range(4_000))
    calls = len(target.stack.recorder.calls)

    target.writes(EVE, MAILBOX, References=f"{target.message_id} {known} {tokens}")

    made = target.stack.recorder.calls[calls:]
    assert len([each for each in made if each.operation == "Query" and each.function == "inbound_email"]) <= 45
    assert target.untouched()


# ---- agents ---------------------------------------------------------------------------------------------------------

HANDED_ON = (
    "---------- Forwarded message ---------\nFrom: Ana <ana@customer.example>\nDate: Mon, 2 Nov 2026 at 09:00\n"
    "Subject: Pay here\nTo: Ben <ben@team.example>\n\n\nSend the money to me.\n"
)


def hands_on(target: Target, **verdicts: str) -> Any:
    """What a mail from the sign-in address of an agent, handing another on, became."""
    ben, address = agent(target.stack)
    target.writes(address, MAILBOX, verdicts=verdicts, subject="Fwd: Pay here", text=HANDED_ON)
    (other,) = target.others()
    return ben, other


def test_an_agents_forward_is_the_customers_on_the_agents_word(target: Target) -> None:
    ben, other = hands_on(target)
    assert other["messages"][0]["threading"] == {
        "rule": "forwarded",
        "evidence": "text",
        "trust": "confirmed",
        "by": ben.id,
    }
    assert other["messages"][0]["text"] == "Send the money to me."
    assert [each["address"] for each in other["participants"]] == [ANA]
    answer = target.stack.call("digest_verification", {"workspace": target.stack.workspace})
    assert answer["differing"] == []


@pytest.mark.attack("agent address with failed DMARC")
@pytest.mark.parametrize("dmarc", ["FAIL", "GRAY", "PROCESSING_FAILED"])
def test_an_agents_address_without_a_dmarc_pass_is_an_ordinary_sender(target: Target, dmarc: str) -> None:
    ben, other = hands_on(target, dmarc=dmarc)
    assert [each["address"] for each in other["participants"]] == [f"{ben.id.lower()}@team.example"]
    assert other["messages"][0]["threading"]["rule"] == "new"
    assert other["messages"][0]["threading"]["by"] is None


@pytest.mark.attack("agent address with unaligned DKIM only")
def test_a_dkim_pass_of_some_other_domain_makes_nobody_an_agent(target: Target) -> None:
    _, other = hands_on(target, dkim="PASS", spf="FAIL", dmarc="GRAY")
    assert other["messages"][0]["threading"]["rule"] == "new"
    assert ANA not in [each["address"] for each in other["participants"]]
