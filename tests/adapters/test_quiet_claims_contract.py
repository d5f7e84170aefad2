"""What every note of to whom something went by itself keeps to: fake and adapter."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bench.tables import make_table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_quiet_claims import DynamoQuietClaims
from letterlock.adapters.keyring import WORKSPACE_PURPOSES
from letterlock.domain.errors import SendDelayed
from letterlock.services.people_ports import MailClaims
from tests.adapters.raw import everything
from tests.fakes import FakeClock
from tests.fakes.keys import MemoryKeys
from tests.fakes.people import FakeQuietClaims

ANA, BOB, ACME = "ana@customer.example", "bob@customer.example", "wsp_acme"
LEASE, QUIET = timedelta(minutes=2), timedelta(days=1)


@pytest.fixture(params=["fake", "dynamo"])
def claims(
    request: pytest.FixtureRequest, keys: MemoryKeys, index: BlindIndex, clock: FakeClock
) -> Iterator[MailClaims]:
    if request.param == "fake":
        yield FakeQuietClaims(clock, QUIET)
        return
    dynamodb = request.getfixturevalue("dynamodb")
    for workspace in (ACME, "wsp_other"):
        keys.create(workspace, WORKSPACE_PURPOSES)
    name = make_table(dynamodb, "LimitsTable")
    yield DynamoQuietClaims(dynamodb, name, index, clock, QUIET)
    items = everything(dynamodb, name)
    dynamodb.delete_table(TableName=name)
    assert not any(said in str(items) for said in (ANA, BOB)), "no address lies in the clear"
    assert all({"expires_at", "pk", "sk"} <= set(each) for each in items)


def test_an_address_is_claimed_once_and_is_free_when_the_quiet_is_over(claims: MailClaims, clock: FakeClock) -> None:
    assert claims.claim(ACME, ANA, LEASE)
    claims.settle(ACME, ANA)
    assert not claims.claim(ACME, ANA, LEASE)
    clock.passes(days=1, seconds=-1)
    assert not claims.claim(ACME, ANA, LEASE)
    clock.passes(seconds=1)
    assert claims.claim(ACME, ANA, LEASE)


def test_of_two_at_once_one_waits_until_it_is_known_how_the_other_ended(claims: MailClaims, clock: FakeClock) -> None:
    assert claims.claim(ACME, ANA, LEASE)
    with pytest.raises(SendDelayed):
        claims.claim(ACME, ANA, LEASE)
    claims.release(ACME, ANA)
    assert claims.claim(ACME, ANA, LEASE), "nothing went out"
    clock.passes(minutes=2)
    assert claims.claim(ACME, ANA, LEASE), "its sender died"
    claims.settle(ACME, ANA)
    assert not claims.claim(ACME, ANA, LEASE)


def test_neither_another_address_nor_another_workspace_is_kept_quiet(claims: MailClaims) -> None:
    claims.claim(ACME, ANA, LEASE)
    claims.settle(ACME, ANA)
    assert claims.claim(ACME, BOB, LEASE)
    assert claims.claim("wsp_other", ANA, LEASE)
