"""Providers as data: what an operator may say of one, and what each says on the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from letterlock.adapters.oauth_providers import HttpProviders
from letterlock.adapters.outgoing_http import Answer
from letterlock.adapters.provider_apps import ProviderApps
from letterlock.domain.connections import Client, Returned, Start, Tokens, refuse_another
from letterlock.domain.errors import Invalid, NotTheirs, ProviderRefused, Unavailable
from letterlock.domain.providers import BUILT_IN, GOOGLE, MICROSOFT, Provider, configured, instance_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
APP = Client("app", "secret")
SSO: dict[str, Any] = {
    "issuer": "https://sso.example",
    "authorization": "https://sso.example/authorize",
    "token": "https://sso.example/token",
    "account": "https://sso.example/userinfo",
    "scopes": ["openid", "email"],
}


class Server:
    """Answers what it is given, and notes what it is asked."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, _method: str, url: str, *, headers: dict[str, str], body: bytes) -> Answer:
        assert headers
        self.asked.append((url, dict(parse_qsl(body.decode()))))
        status, said = self.answers.pop(0)
        return Answer(status, {}, json.dumps(said).encode())

    def providers(self) -> HttpProviders:
        return HttpProviders(self, lambda: NOW)


@pytest.mark.parametrize("provider", [GOOGLE, MICROSOFT], ids=["google", "microsoft"])
def test_who_connects_is_sent_to_the_page_with_pkce_and_the_least_scopes(provider: Provider) -> None:
    page = Server().providers().page(provider, APP, redirect="https://a/cb", state="s", challenge="c")
    said = dict(parse_qsl(urlsplit(page).query))
    assert page.startswith(f"{provider.authorization}?")
    assert (said["code_challenge"], said["code_challenge_method"], said["state"]) == ("c", "S256", "s")
    assert said["scope"].split() == list(provider.scopes)
    assert "secret" not in page


def test_google_gives_what_was_asked_for_though_in_another_order_and_a_refresh_token() -> None:
    given = {"token_type": "Bearer", "access_token": "a", "refresh_token": "r", "expires_in": 3599}
    server = Server((200, given | {"scope": "https://www.googleapis.com/auth/userinfo.email openid"}))
    granted = server.providers().exchange(GOOGLE, APP, code="c", redirect="https://a/cb", verifier="v")
    assert not GOOGLE.lacks(granted.scopes)
    assert granted.tokens == Tokens("a", "r", NOW + timedelta(seconds=3599))


def test_microsoft_does_not_name_the_scope_that_a_refresh_token_stands_for() -> None:
    assert not MICROSOFT.lacks(("openid", "email", "profile"))
    assert MICROSOFT.lacks(("openid", "offline_access"))


def test_a_token_that_google_knows_no_more_is_revoked() -> None:
    server = Server((400, {"error": "invalid_token"}), (400, {"error": "invalid_token"}))
    server.providers().revoke(GOOGLE, APP, Tokens("a", "r"))
    assert [asked["token"] for _, asked in server.asked] == ["r", "a"]


def test_a_provider_that_refuses_to_revoke_says_so() -> None:
    server = Server((401, {"error": "invalid_client"}))
    with pytest.raises(ProviderRefused, match="invalid_client"):
        server.providers().revoke(GOOGLE, APP, Tokens("a", "r"))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"acct": "ana"}, "ana"),
        ({"email": "ana@a.example", "sub": "7"}, "ana@a.example"),
        ({"email": "ana\r\n@a.example", "sub": "7"}, "7"),
        ({"acct": {"a": 1}, "preferred_username": "ana"}, "ana"),
        ({"sub": "7" * 999}, "7" * 320),
        ({}, ""),
    ],
)
def test_an_account_is_called_what_can_be_read_of_it(said: Any, name: str) -> None:
    assert Server((200, said)).providers().account(GOOGLE, Tokens("a")) == name


def test_an_operator_describes_a_provider() -> None:
    provider = configured("sso", SSO | {"sends_issuer": True})
    assert (provider.name, provider.issuer, provider.scopes) == ("sso", "https://sso.example", ("openid", "email"))
    assert (provider.revocation, provider.sends_issuer, provider.per_instance) == ("", True, False)


@pytest.mark.attack("OAuth, a provider's endpoint that is no https address")
@pytest.mark.parametrize("field", ["issuer", "authorization", "token", "account", "revocation"])
@pytest.mark.parametrize(
    "url", ["http://sso.example/x", "https://u@sso.example/x", "https://sso.example/x#y", "ftp://x"]
)
def test_endpoints_are_https(field: str, url: str) -> None:
    with pytest.raises(Invalid):
        configured("sso", SSO | {field: url})


@pytest.mark.attack("OAuth, mix-up: an answer without an issuer, of a provider that always says it")
def test_a_provider_that_always_says_who_it_is_is_not_believed_without() -> None:
    provider = configured("sso", SSO | {"sends_issuer": True})
    start = Start("verifier", "con_1.chance", "ses_1", "https://a/cb", NOW + timedelta(minutes=1))
    for issuer in ("", "https://evil.example", "https://sso.example/", "https://SSO.example"):
        with pytest.raises(NotTheirs):
            refuse_another(start, provider, Returned("con_1.chance", "code", "", issuer), "ses_1", NOW)
    refuse_another(start, provider, Returned("con_1.chance", "code", "", "https://sso.example"), "ses_1", NOW)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SSO", SSO),
        ("", SSO),
        ("sso", SSO | {"registration": "https://sso.example/apps"}),
        ("sso", SSO | {"scopes": "openid"}),
        ("sso", SSO | {"scopes": [""]}),
        ("sso", SSO | {"issuer": ""}),
        ("google", SSO),
        ("mastodon", {}),
    ],
)
def test_what_is_no_provider_is_refused(name: str, said: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        configured(name, said)


def test_apps_are_the_operators_by_the_providers_name() -> None:
    both = {"google": {"client_id": "g", "client_secret": "s"}, "sso": SSO | {"client_id": "public"}}
    apps = ProviderApps(lambda: json.dumps(both))
    assert (apps.provider("google"), apps.client("google")) == (BUILT_IN["google"], Client("g", "s"))
    assert apps.client("sso") == Client("public", "")
    assert (apps.provider("microsoft"), apps.client("microsoft")) == (None, None)


@pytest.mark.parametrize(
    "text", ["{", "[]", "7", "null", '{"google": 7}', '{"google": {}}', '{"x": {"client_id": "s3cret"}}']
)
def test_what_is_wrong_with_them_is_said_without_what_stands_in_them(text: str) -> None:
    with pytest.raises(Unavailable) as refused:
        ProviderApps(lambda: text).provider("google")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "said", ["social.example", "@ana@Social.example", "https://social.example/", " social.example "]
)
def test_an_instance_is_typed_in_several_ways(said: str) -> None:
    assert instance_of(said) == "social.example"
