"""What every count of mails that go out by themselves keeps to: fake and adapter."""

from collections.abc import Iterator
from typing import Any

import pytest

from bench.tables import make_table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_mail_caps import DynamoMailCaps
from letterlock.adapters.keyring import WORKSPACE_PURPOSES
from letterlock.domain.automatic_mail import CAPS, Counted
from letterlock.domain.checks.loop import Purpose
from letterlock.services.notify_ports import MailCaps
from tests.adapters.raw import everything, size
from tests.fakes import FakeClock, FakeMailCaps
from tests.fakes.keys import MemoryKeys

ANA, BOB = "ana@customer.example", "bob@customer.example"
NOTIFICATION = Purpose.NOTIFICATION


@pytest.fixture(params=["fake", "dynamo"])
def caps(request: pytest.FixtureRequest, keys: MemoryKeys, index: BlindIndex, clock: FakeClock) -> Iterator[MailCaps]:
    if request.param == "fake":
        yield FakeMailCaps(clock)
        return
    dynamodb = request.getfixturevalue("dynamodb")
    for workspace in ("wsp_acme", "wsp_other"):
        keys.create(workspace, WORKSPACE_PURPOSES)
    name = make_table(dynamodb, "LimitsTable")
    yield DynamoMailCaps(dynamodb, name, index, clock)
    items: list[dict[str, Any]] = everything(dynamodb, name)
    dynamodb.delete_table(TableName=name)
    assert not any(said in str(items) for said in (ANA, BOB)), "no address lies in the clear"
    assert all(clock().timestamp() < int(each["expires_at"]["N"]) for each in items if each["sk"]["S"] == _day(clock))
    assert all(size(each) < 2048 for each in items)


def _day(clock: FakeClock) -> str:
    return clock().date().isoformat()


def taken(caps: MailCaps, address: str = ANA, conversation: str = "cnv_1", workspace: str = "wsp_acme") -> bool:
    return caps.take(NOTIFICATION, workspace, {Counted.CONVERSATION: conversation, Counted.CONTACT: address})


def test_a_conversation_causes_so_many_in_ten_minutes_and_more_after(caps: MailCaps, clock: FakeClock) -> None:
    most = CAPS[NOTIFICATION][Counted.CONVERSATION].ten_minutes
    assert [taken(caps) for _ in range(most + 2)] == [True] * most + [False] * 2
    clock.passes(minutes=10)
    assert taken(caps)


def test_the_hours_and_the_days_caps_hold_however_it_is_spread(caps: MailCaps, clock: FakeClock) -> None:
    cap = CAPS[NOTIFICATION][Counted.CONVERSATION]
    sent = 0
    for _ in range(6):
        sent += sum(taken(caps) for _ in range(cap.ten_minutes))
        clock.passes(minutes=10)
    assert sent == cap.hour
    for _ in range(10):
        sent += sum(taken(caps) for _ in range(cap.ten_minutes))
        clock.passes(hours=1)
    assert sent == cap.day
    clock.passes(hours=5)
    assert taken(caps), "another day, in UTC"


def test_what_is_refused_uses_nothing_up(caps: MailCaps, clock: FakeClock) -> None:
    for _ in range(CAPS[NOTIFICATION][Counted.CONVERSATION].hour + 1):
        taken(caps)
    clock.passes(minutes=10)
    assert taken(caps)


def test_one_address_in_ever_new_conversations_is_capped_and_others_are_not(caps: MailCaps) -> None:
    most = CAPS[NOTIFICATION][Counted.CONTACT].ten_minutes
    assert sum(taken(caps, conversation=f"cnv_{number}") for number in range(most * 2)) == most
    assert taken(caps, BOB, "cnv_bob")
    assert taken(caps, workspace="wsp_other"), "nor is another workspace"
