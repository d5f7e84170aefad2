"""How tokens are spelt."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letterlock.domain.api_tokens import PREFIX, SECRET_BYTES, spell, workspace_of
from letterlock.domain.errors import Unauthenticated

WORKSPACE = "wsp_01JABCDEFGHJKMNPQRSTVWXYZ0"


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES))
def test_a_token_names_its_workspace_and_has_one_length(secret: bytes) -> None:
    token = spell(WORKSPACE, secret)
    assert workspace_of(token) == WORKSPACE
    assert token.startswith(PREFIX)
    assert len(token) == len(PREFIX) + 26 + 43 + 6
    assert set(token) <= set(string.ascii_letters + string.digits + "_")


def test_two_secrets_give_two_tokens() -> None:
    assert spell(WORKSPACE, bytes(32)) != spell(WORKSPACE, bytes(31) + b"\x01")


@given(st.integers(min_value=0, max_value=78), st.sampled_from(string.ascii_letters + string.digits))
def test_a_mistyped_token_is_told_from_a_real_one_without_a_look_up(place: int, letter: str) -> None:
    token = spell(WORKSPACE, bytes(range(SECRET_BYTES)))
    wrong = token[:place] + letter + token[place + 1 :]
    if wrong != token:
        with pytest.raises(Unauthenticated):
            workspace_of(wrong)


@pytest.mark.parametrize("noise", ["", "llw_", "ghp_abc", "llw_" + "é" * 75, spell(WORKSPACE, bytes(32)) + "\n"])
def test_noise_is_no_token(noise: str) -> None:
    with pytest.raises(Unauthenticated):
        workspace_of(noise)
