"""Whom a mail can be believed to be from."""

from datetime import UTC, datetime

import pytest

from letterlock.domain.authentication import Authenticity, authenticity
from letterlock.domain.mail import Address, Delivery, Verdict, Verdicts

ANA = Address("ana@customer.example")
AT = datetime(2026, 3, 1, tzinfo=UTC)
PASS, FAIL, GRAY = Verdict.PASS, Verdict.FAIL, Verdict.GRAY


def judged(spf: Verdict, dkim: Verdict, dmarc: Verdict, mail_from: str = "ana@customer.example") -> Authenticity:
    verdicts = Verdicts(spf=spf, dkim=dkim, dmarc=dmarc, spam=PASS, virus=PASS)
    return authenticity(ANA, Delivery("ses", "inbound/ses", ("s@acme.example",), verdicts, AT, mail_from))


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((PASS, PASS, PASS), Authenticity.AUTHENTICATED),
        ((FAIL, FAIL, PASS), Authenticity.AUTHENTICATED),
        ((PASS, PASS, FAIL), Authenticity.DISOWNED),
        ((PASS, GRAY, GRAY), Authenticity.AUTHENTICATED),
        ((GRAY, PASS, GRAY), Authenticity.UNKNOWN),
        ((GRAY, GRAY, GRAY), Authenticity.UNKNOWN),
        ((FAIL, GRAY, GRAY), Authenticity.DISOWNED),
        ((FAIL, PASS, GRAY), Authenticity.UNKNOWN),
        ((Verdict.DISABLED, Verdict.DISABLED, Verdict.PROCESSING_FAILED), Authenticity.UNKNOWN),
    ],
)
def test_the_domains_policy_decides_and_without_one_an_aligned_spf_pass(
    verdicts: tuple[Verdict, Verdict, Verdict], expected: Authenticity
) -> None:
    assert judged(*verdicts) is expected


@pytest.mark.parametrize("mail_from", ["", "bounce@else.example", "ana@notcustomer.example"])
def test_an_spf_pass_of_another_domain_vouches_for_nothing(mail_from: str) -> None:
    assert judged(PASS, GRAY, GRAY, mail_from) is Authenticity.UNKNOWN


def test_a_subdomain_that_sends_bounces_is_aligned() -> None:
    assert judged(PASS, GRAY, GRAY, "b@mail.Customer.Example") is Authenticity.AUTHENTICATED


def test_a_mail_without_a_sender_is_never_authenticated_by_spf() -> None:
    verdicts = Verdicts(spf=PASS, dkim=GRAY, dmarc=GRAY, spam=PASS, virus=PASS)
    delivery = Delivery("ses", "inbound/ses", (), verdicts, AT, "ana@customer.example")
    assert authenticity(None, delivery) is Authenticity.UNKNOWN
