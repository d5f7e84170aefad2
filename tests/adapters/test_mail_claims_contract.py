"""What every store of what was mailed about keeps to: the fake, and the table."""

from datetime import timedelta

import pytest

from letterlock.adapters.dynamo_mail_claims import DynamoMailClaims
from letterlock.domain.errors import SendDelayed
from letterlock.services.people_ports import MailClaims
from tests.adapters.conftest import Tables
from tests.fakes import FakeClock, FakeMailClaims

LEASE = timedelta(minutes=2)
FACT = ("wsp_acme", "fct_1")


@pytest.fixture(params=["fake", "dynamo"])
def claims(request: pytest.FixtureRequest, clock: FakeClock) -> MailClaims:
    if request.param == "fake":
        return FakeMailClaims(clock)
    tables: Tables = request.getfixturevalue("tables")
    return DynamoMailClaims(tables.client, tables.accounts, clock)


def test_a_fact_is_one_senders_for_as_long_as_its_lease(claims: MailClaims, clock: FakeClock) -> None:
    assert claims.claim(*FACT, LEASE)
    with pytest.raises(SendDelayed):
        claims.claim(*FACT, LEASE)
    assert claims.claim("wsp_acme", "fct_2", LEASE)
    assert claims.claim("wsp_other", "fct_1", LEASE)

    clock.at += LEASE
    assert claims.claim(*FACT, LEASE), "whoever had it has died"


def test_a_fact_that_is_released_is_anybodys(claims: MailClaims) -> None:
    claims.claim(*FACT, LEASE)
    claims.release(*FACT)
    assert claims.claim(*FACT, LEASE)


def test_a_fact_that_is_settled_is_nobodys_any_more(claims: MailClaims, clock: FakeClock) -> None:
    claims.claim(*FACT, LEASE)
    claims.settle(*FACT)
    assert not claims.claim(*FACT, LEASE)
    clock.at += timedelta(days=13)
    assert not claims.claim(*FACT, LEASE)
