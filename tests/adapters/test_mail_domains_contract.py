"""What every store of claimed domains keeps to: the fake, and the table."""

from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo_accounts import DynamoWorkspaces
from letterlock.adapters.dynamo_mail_domains import DynamoMailDomains
from letterlock.adapters.dynamo_members import DynamoMembers
from letterlock.adapters.people_items import PeopleItems
from letterlock.adapters.sealing import Sealer
from letterlock.domain.accounts import Credential, CredentialKind, Member, Principal
from letterlock.domain.audit import Act
from letterlock.domain.errors import AlreadyDone, Conflict, KeyReused, NotFound
from letterlock.domain.idempotency import Once
from letterlock.domain.mail_domains import Holder, MailDomain
from letterlock.domain.permissions import Role, Scope
from letterlock.services.deeds import Asked, Deed, Deeds
from letterlock.services.mailbox_ports import MailDomains
from tests.adapters.conftest import Tables
from tests.fakes import START, FakeClock, FakeIds
from tests.fakes.keys import MemoryKeys
from tests.fakes.mailboxes import FakeMailDomains

OWN = MailDomain("dom_1", "wsp_a", "own.example", START)
LATER = MailDomain("dom_2", "wsp_b", "own.example", START + timedelta(days=4))
ONCE = Once("tok_a", "POST /v1/domains", "k", "{}")
_clock = FakeClock()
_deeds = Deeds(FakeIds(_clock), _clock)


def by(domain: MailDomain) -> Principal:
    holder = f"tok_{domain.workspace[-1]}"
    return Principal(domain.workspace, holder, Role.ADMIN, frozenset(Scope), credential=holder)


def deed(domain: MailDomain) -> Deed:
    return _deeds(domain.workspace, Asked("tok_a", "req-1"), Act.DOMAIN_CLAIMED, domain.id)


@pytest.fixture(params=["fake", "dynamo"])
def domains(request: pytest.FixtureRequest, keys: MemoryKeys, sealer: Sealer, index: BlindIndex) -> MailDomains:
    if request.param == "fake":
        return FakeMailDomains()
    tables: Tables = request.getfixturevalue("tables")
    client, accounts = tables.client, tables.accounts
    workspaces, members = (
        DynamoWorkspaces(client, accounts, sealer, keys),
        DynamoMembers(client, accounts, sealer, index),
    )
    for workspace in ("wsp_a", "wsp_b"):
        workspaces.create(workspace, workspace)
        holder = f"tok_{workspace[-1]}"
        credential = Credential(holder, CredentialKind.SERVICE, frozenset(Scope), START)
        members.add_service(Member(holder, workspace, Role.ADMIN, credentials=(credential,)), "", f"secret of {holder}")
    commits, audit = Commits(client, tables.conversations, index, _clock), AuditEntries(tables.audit, sealer)
    return DynamoMailDomains(client, PeopleItems(accounts, sealer, index), sealer, index, commits, audit)


def test_a_claim_comes_back_as_it_was_made(domains: MailDomains) -> None:
    two = replace(OWN, id="dom_3", name="two.example")
    for each in (OWN, two):
        domains.claim(each, by(each), deed(each))

    assert domains.get("wsp_a", "dom_1") == OWN
    assert domains.all("wsp_a") == [OWN, two]
    assert domains.holder("own.example") == Holder("wsp_a", "dom_1", OWN.until)
    assert domains.holder("three.example") is None


def test_another_workspaces_claim_is_none(domains: MailDomains) -> None:
    domains.claim(OWN, by(OWN), deed(OWN))

    for workspace, domain in (("wsp_b", "dom_1"), ("wsp_a", "dom_9")):
        with pytest.raises(NotFound):
            domains.get(workspace, domain)
    assert domains.all("wsp_b") == []


def test_of_two_who_claim_at_once_one_is_too_late(domains: MailDomains) -> None:
    domains.claim(OWN, by(OWN), deed(OWN))

    with pytest.raises(Conflict):
        domains.claim(LATER, by(LATER), deed(LATER))
    assert domains.holder("own.example") == Holder("wsp_a", "dom_1", OWN.until)
    assert domains.all("wsp_b") == []


def test_a_claim_is_taken_over_from_the_one_that_was_read_only(domains: MailDomains) -> None:
    domains.claim(OWN, by(OWN), deed(OWN))
    read = domains.holder("own.example")
    assert read is not None

    domains.claim(LATER, by(LATER), deed(LATER), read)

    assert domains.holder("own.example") == Holder("wsp_b", "dom_2", LATER.until)
    assert domains.get("wsp_a", "dom_1") == OWN
    again = replace(OWN, id="dom_4")
    with pytest.raises(Conflict):
        domains.claim(again, by(again), deed(again), read)


def test_sent_again_under_its_key_a_claim_has_no_second_effect(domains: MailDomains) -> None:
    domains.claim(OWN, by(OWN), deed(OWN), once=ONCE)
    again = replace(OWN, id="dom_5", name="two.example")

    with pytest.raises(AlreadyDone) as told:
        domains.claim(again, by(again), deed(again), once=ONCE)
    with pytest.raises(KeyReused):
        domains.claim(again, by(again), deed(again), once=replace(ONCE, body="other"))

    assert told.value.done == domains.done("wsp_a", ONCE)
    assert told.value.done.made == "dom_1"
    assert domains.all("wsp_a") == [OWN]
