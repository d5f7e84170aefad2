"""Codes of an authenticator, and recovery codes: which count, and that each counts once."""

from datetime import UTC, datetime
from random import Random

import pytest

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.second_factors import SecondFactors
from letterlock.domain.errors import SecondFactorRequired
from tests.fakes.keys import MemoryKeys
from tests.fakes.people_desk import ANA, ASKED, PASSWORD, WORKSPACE, PeopleDesk

RFC_6238 = b"12345678901234567890"
EPOCH = datetime.fromtimestamp(0, UTC)


@pytest.fixture
def factors() -> SecondFactors:
    return SecondFactors(BlindIndex(MemoryKeys("stack")), Random(5).randbytes)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(factors: SecondFactors, seconds: int, code: str) -> None:
    """Appendix B, SHA-1; the last six of its eight digits."""
    now = datetime.fromtimestamp(seconds, UTC)
    assert factors.step(RFC_6238, code, now, 0) == seconds // 30
    assert factors.step(RFC_6238, code, now, seconds // 30) is None


@pytest.mark.parametrize(("seconds", "good"), [(-31, False), (-30, True), (59, True), (60, False)])
def test_a_clock_may_be_off_by_one_step(factors: SecondFactors, seconds: int, good: bool) -> None:
    """The code of the step that begins at 1111111110."""
    now = datetime.fromtimestamp(1111111110 + seconds, UTC)
    assert (factors.step(RFC_6238, "050471", now, 0) is not None) == good


@pytest.mark.parametrize("code", ["", "05047", "0504711", "05047x", "٠٥٠٤٧١", "\ud800"])
def test_what_is_no_code_is_none(factors: SecondFactors, code: str) -> None:
    assert factors.step(RFC_6238, code, datetime.fromtimestamp(1111111111, UTC), 0) is None


def test_an_authenticator_reads_the_same_secret_from_the_uri(factors: SecondFactors) -> None:
    uri = factors.uri(RFC_6238, "a+b@team.example")
    assert uri == (
        "otpauth://totp/Letterlock:a%2Bb@team.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "&issuer=Letterlock&algorithm=SHA1&digits=6&period=30"
    )
    assert len(factors.new_secret()) == 20


def test_a_recovery_code_is_the_same_however_it_is_typed_and_one_persons(factors: SecondFactors) -> None:
    [code] = factors.new_codes(1)
    kept = factors.kept("per_ana", code)
    for typed in (code.upper(), code.replace("-", ""), code.replace("-", " ")):
        assert factors.kept("per_ana", typed) == kept
    assert factors.kept("per_ben", code) != kept
    assert code not in kept


# ---- in use ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk()


def test_of_the_codes_that_are_good_at_once_an_older_one_is_not_used_after_a_newer(desk: PeopleDesk) -> None:
    _, secret, _ = desk.enrolled(desk.joined())
    desk.clock.passes(minutes=5)
    before, now, after = (desk.code(secret, seconds) for seconds in (-30, 0, 30))

    desk.signs_in(code=f" {now[:3]} {now[3:]} ")
    for used in (before, now):
        with pytest.raises(SecondFactorRequired):
            desk.sign_in(ANA, PASSWORD, ASKED, code=used)
    desk.signs_in(code=after)
    desk.clock.passes(seconds=30)
    with pytest.raises(SecondFactorRequired):
        desk.sign_in(ANA, PASSWORD, ASKED, code=after)


def test_each_recovery_code_works_once_and_the_last_one_too(desk: PeopleDesk) -> None:
    who, _, codes = desk.enrolled(desk.joined())
    for number, code in enumerate(codes):
        desk.clock.passes(minutes=15)
        desk.signs_in(code=code)
        assert len(desk.people.of_person(WORKSPACE, who.id).recovery) == 9 - number
        with pytest.raises(SecondFactorRequired):
            desk.sign_in(ANA, PASSWORD, ASKED, code=code)


def test_a_recovery_code_uses_no_code_of_the_authenticator_up(desk: PeopleDesk) -> None:
    _, secret, codes = desk.enrolled(desk.joined())
    desk.clock.passes(seconds=30)
    desk.signs_in(code=codes[0])
    assert desk.signs_in(code=desk.code(secret))
    assert "recovery_code_used" in desk.acts()
