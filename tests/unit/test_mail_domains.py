"""Who may claim a domain, until when, and what proves it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.domain.accounts import Principal
from letterlock.domain.errors import AlreadyDone, Conflict, DomainRefused, Forbidden, Invalid, NotFound
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.mail_domains import (
    CLAIM,
    DomainState,
    Identity,
    domain_name,
    records,
    refuse_nobodys,
    refuse_reserved,
)
from letterlock.domain.permissions import Role
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.manage_domains import ClaimDomain, ReadDomain, ShowDomain
from tests.fakes import FakeClock, FakeIds
from tests.fakes.mailboxes import FakeKeyedNames, FakeMailDomains, FakeMailIdentities

ANA = Principal("wsp_a", "per_ana", Role.ADMIN, signed_in=True)
EVE = Principal("wsp_e", "per_eve", Role.ADMIN, signed_in=True)
ASKED = Asked("per_ana", "req-1")
OWN = "own.example"


class Given:
    def __init__(self) -> None:
        self.clock, self.domains, self.identities = FakeClock(), FakeMailDomains(), FakeMailIdentities()
        ids, names = FakeIds(self.clock), FakeKeyedNames()
        show = ShowDomain(self.domains, self.identities, names, "eu-west-1")
        self.claim = ClaimDomain(
            self.domains, self.identities, names, show, Deeds(ids, self.clock), ids, self.clock, "stack.test"
        )
        self.read = ReadDomain(self.domains, show)


@pytest.fixture
def given() -> Given:
    return Given()


def test_a_domain_is_spelt_as_dns_has_it() -> None:
    assert domain_name(" Münster.Example. ") == "xn--mnster-3ya.example"


@pytest.mark.parametrize("name", ["", "example", "a b.example", "-a.example", "a..b", "1.2.3.4", "x" * 64 + ".example"])
def test_what_is_no_domain_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        domain_name(name)


@pytest.mark.parametrize("name", ["gmail.com", "printer.local", "stack.test", "mail.stack.test", "x.onion"])
def test_some_domains_are_nobodys(name: str) -> None:
    with pytest.raises(DomainRefused):
        refuse_nobodys(name, "stack.test")
    refuse_nobodys("notstack.test", "stack.test")


@pytest.mark.parametrize("local", ["admin", "postmaster", "webmaster", "hostmaster", "administrator", "abuse"])
def test_addresses_that_get_certificates_are_the_operators(local: str) -> None:
    with pytest.raises(DomainRefused):
        refuse_reserved(f"{local}@stack.test")
    refuse_reserved("support@stack.test")


def test_a_claim_is_pending_until_both_proofs_stand(given: Given) -> None:
    shown = given.claim(ANA, OWN, ASKED)
    assert shown.state is DomainState.PENDING

    given.identities.found[OWN] = replace(given.identities.found[OWN], dkim="success")
    assert given.read(ANA, shown.domain.id).state is DomainState.PENDING

    given.identities.verify(OWN)
    assert given.read(ANA, shown.domain.id).state is DomainState.VERIFIED


def test_a_claim_keeps_others_out_for_three_days(given: Given) -> None:
    hers = given.claim(EVE, OWN, ASKED).domain
    given.clock.passes(seconds=CLAIM.total_seconds() - 1)
    with pytest.raises(Conflict):
        given.claim(ANA, OWN, ASKED)

    given.clock.passes(seconds=2)

    assert given.claim(ANA, OWN, ASKED).state is DomainState.PENDING
    assert given.read(EVE, hers.id).state is DomainState.TAKEN
    with pytest.raises(Conflict):
        given.claim(EVE, OWN, ASKED)


def test_a_claim_does_not_last_longer_for_being_made_again(given: Given) -> None:
    first = given.claim(EVE, OWN, ASKED).domain
    given.clock.passes(hours=71)

    assert given.claim(EVE, OWN, ASKED).domain == first

    given.clock.passes(hours=2)
    assert given.claim(ANA, OWN, ASKED).domain.workspace == ANA.workspace


def test_who_has_proven_a_domain_keeps_it_although_nobody_looked(given: Given) -> None:
    given.claim(EVE, OWN, ASKED)
    given.identities.verify(OWN)
    given.clock.passes(hours=1000)

    with pytest.raises(Conflict):
        given.claim(ANA, OWN, ASKED)


def test_the_proof_of_one_workspace_is_not_anothers(given: Given) -> None:
    """Its keys in DNS stay when a claim changes hands; the subdomain that is looked for does not."""
    given.claim(EVE, OWN, ASKED)
    given.identities.verify(OWN)
    given.identities.found[OWN] = replace(given.identities.found[OWN], mail_from_status="failed")
    given.clock.passes(hours=73)

    taken = given.claim(ANA, OWN, ASKED)

    assert taken.identity is not None
    assert taken.identity.dkim == "success"
    assert taken.state is DomainState.PENDING


def test_a_domain_of_something_else_in_the_account_is_taken(given: Given) -> None:
    given.identities.found[OWN] = Identity(False, "success", (), "", "", "")

    with pytest.raises(Conflict):
        given.claim(ANA, OWN, ASKED)
    assert given.domains.claims == {}


def test_sent_again_under_its_key_a_claim_is_told_so(given: Given) -> None:
    once = Once("per_ana", "POST /v1/domains", "k", "{}")
    given.claim(ANA, OWN, ASKED, once)

    with pytest.raises(AlreadyDone) as told:
        given.claim(ANA, OWN, ASKED, once)
    assert given.claim.again(ANA, told.value.done).domain.name == OWN


def test_what_a_claim_did_not_come_to_is_done_when_it_is_sent_again_under_its_key(given: Given) -> None:
    once = Once("per_ana", "POST /v1/domains", "k", "{}")
    claimed = given.claim(ANA, OWN, ASKED, once).domain
    del given.identities.found[OWN]  # as if the first try had ended there

    assert given.claim.again(ANA, Done(made=claimed.id)).identity is not None


def test_sent_again_under_its_key_a_claim_that_another_workspace_has_by_now_changes_nothing(given: Given) -> None:
    lapsed = given.claim(ANA, OWN, ASKED).domain
    given.clock.passes(seconds=CLAIM.total_seconds() + 1)
    given.claim(EVE, OWN, ASKED)
    held = dict(given.identities.found)

    assert given.claim.again(ANA, Done(made=lapsed.id)).state is DomainState.TAKEN
    assert given.identities.found == held


def test_domains_are_for_admins_of_their_workspace(given: Given) -> None:
    domain = given.claim(ANA, OWN, ASKED).domain

    with pytest.raises(NotFound):
        given.read(EVE, domain.id)
    with pytest.raises(Forbidden):
        given.claim(replace(ANA, role=Role.AGENT), "two.example", ASKED)


def test_the_records_name_the_keys_the_subdomain_and_where_mail_comes_in() -> None:
    identity = Identity(True, "pending", ("k1",), "dkim.amazonses.com", "", "")

    found = {(each.type, each.name): each.value for each in records(OWN, f"mail-x.{OWN}", identity, "eu-west-1")}

    assert found == {
        ("CNAME", f"k1._domainkey.{OWN}"): "k1.dkim.amazonses.com",
        ("MX", f"mail-x.{OWN}"): "10 feedback-smtp.eu-west-1.amazonses.com",
        ("TXT", f"mail-x.{OWN}"): '"v=spf1 include:amazonses.com -all"',
        ("TXT", f"_dmarc.{OWN}"): '"v=DMARC1; p=quarantine; adkim=r; aspf=r"',
        ("MX", OWN): "10 inbound-smtp.eu-west-1.amazonaws.com",
    }
    assert timedelta(days=3) == CLAIM
