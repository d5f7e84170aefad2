"""How tokens are spelt."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letterlock.domain.accounts import CredentialKind
from letterlock.domain.errors import Unauthenticated
from letterlock.domain.tokens import PREFIXES, SECRET_BYTES, TOKEN, Presented, read, spell

WORKSPACE = "wsp_01JABCDEFGHJKMNPQRSTVWXYZ0"
HOLDERS = {
    CredentialKind.SERVICE: "tok_01JZYCDEFGHJKMNPQRSTVWXYZ0",
    CredentialKind.PERSONAL: "per_01JZYCDEFGHJKMNPQRSTVWXYZ0",
    CredentialKind.SESSION: "per_01JZYCDEFGHJKMNPQRSTVWXYZ0",
}


def spelt(kind: CredentialKind = CredentialKind.SERVICE, secret: bytes = bytes(32)) -> str:
    return spell(kind, WORKSPACE, HOLDERS[kind], secret)


@given(st.sampled_from(CredentialKind), st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES))
def test_a_token_names_its_kind_its_workspace_and_its_holder_and_has_one_length(
    kind: CredentialKind, secret: bytes
) -> None:
    token = spelt(kind, secret)
    assert read(token) == Presented(kind, WORKSPACE, HOLDERS[kind], token)
    assert token.startswith(PREFIXES[kind])
    assert len(token) == 4 + 26 + 26 + 43 + 6
    assert set(token) <= set(string.ascii_letters + string.digits + "_")
    assert TOKEN.search(f"token={token}&")


def test_two_secrets_give_two_tokens() -> None:
    assert spelt() != spelt(secret=bytes(31) + b"\x01")


@given(st.integers(min_value=0, max_value=104), st.sampled_from(string.ascii_letters + string.digits))
def test_a_mistyped_token_is_told_from_a_real_one_without_a_look_up(place: int, letter: str) -> None:
    token = spelt(secret=bytes(range(SECRET_BYTES)))
    wrong = token[:place] + letter + token[place + 1 :]
    if wrong != token:
        with pytest.raises(Unauthenticated):
            read(wrong)


@pytest.mark.parametrize("noise", ["", "llw_", "ghp_abc", "llw_" + "é" * 101, spelt() + "\n", " " + spelt()])
def test_noise_is_no_token(noise: str) -> None:
    with pytest.raises(Unauthenticated):
        read(noise)


def test_scanners_are_told_the_form_that_tokens_have() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "security.md").read_text()
    told = next(line for line in page.splitlines() if line.startswith("(llw_"))
    assert told == TOKEN.pattern.replace("([0-9A-HJ", "[0-9A-HJ").replace("{26})", "{26}")
