"""OAuth 2 spoken to providers: RFC 6749 with PKCE (RFC 7636), and revocation (RFC 7009)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from letterlock.adapters.outgoing_http import Answer, NoAnswer, NotAllowed
from letterlock.domain.connections import Client, Tokens
from letterlock.domain.errors import ProviderRefused, ProviderSilent
from letterlock.domain.providers import Provider
from letterlock.services.connection_ports import Granted
from letterlock.services.ports import Clock

APP_NAME: Final = "Letterlock"
TOKEN_CHARACTERS: Final = 8_192
"""A JWT of a large organisation is some kilobytes."""
ACCOUNT_CHARACTERS: Final = 320
_ERROR: Final = re.compile(r"[a-z_]{1,40}")
_TOKEN: Final = re.compile(r"[\x20-\x7e]+")
"""RFC 6749, appendix A.12."""
_LONGEST: Final = timedelta(days=365)
_FAILED, _TOO_MANY, _OK = 500, 429, range(200, 300)


class HttpProviders:
    """`Providers`."""

    def __init__(self, http: Callable[..., Answer], now: Clock) -> None:
        """`http`: an `OutgoingHttp`."""
        self._http, self._now = http, now

    def register(self, provider: Provider, redirect: str) -> Client:
        said = self._json(
            self._post(
                provider.registration,
                {"client_name": APP_NAME, "redirect_uris": redirect, "scopes": " ".join(provider.scopes)},
            )
        )
        return Client(_word(said, "client_id"), _word(said, "client_secret"))

    def page(self, provider: Provider, client: Client, *, redirect: str, state: str, challenge: str) -> str:
        asked = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": redirect,
            "scope": " ".join(provider.scopes),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **dict(provider.also),
        }
        mark = "&" if "?" in provider.authorization else "?"
        return f"{provider.authorization}{mark}{urlencode(asked, quote_via=quote)}"

    def exchange(self, provider: Provider, client: Client, *, code: str, redirect: str, verifier: str) -> Granted:
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        return self._granted(provider, self._post(provider.token, asked, client))

    def refresh(self, provider: Provider, client: Client, refresh: str) -> Granted:
        asked = {"grant_type": "refresh_token", "refresh_token": refresh}
        return self._granted(provider, self._post(provider.token, asked, client))

    def revoke(self, provider: Provider, client: Client, tokens: Tokens) -> None:
        for token, hint in ((tokens.refresh, "refresh_token"), (tokens.access, "access_token")):
            if token:
                answer = self._post(provider.revocation, {"token": token, "token_type_hint": hint}, client)
                self._refuse(answer, known_to_be_gone=True)

    def account(self, provider: Provider, tokens: Tokens) -> str:
        answer = self._ask("GET", provider.account, {"Authorization": f"Bearer {tokens.access}"})
        said = self._json(answer)
        names = (said.get(each) for each in ("acct", "email", "preferred_username", "sub"))
        readable = (each for each in names if isinstance(each, str) and each.isprintable() and each)
        return next(readable, "")[:ACCOUNT_CHARACTERS]

    # ---- on the wire ------------------------------------------------------------------------------------------------

    def _post(self, url: str, asked: dict[str, str], client: Client | None = None) -> Answer:
        """A client with a secret shows it as RFC 6749, section 2.3.1, has it; one without says who it is."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if client and client.secret:
            both = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode('ascii')}"
        elif client:
            asked = asked | {"client_id": client.id}
        return self._ask("POST", url, headers, urlencode(asked).encode("ascii"))

    def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        try:
            return self._http(method, url, headers=headers, body=body)
        except NotAllowed:
            raise ProviderRefused("not_allowed") from None
        except NoAnswer:
            raise ProviderSilent("the provider did not answer") from None

    def _json(self, answer: Answer) -> dict[str, Any]:
        self._refuse(answer)
        try:
            said = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise ProviderSilent("the provider's answer is not read") from None
        if not isinstance(said, dict):
            raise ProviderSilent("the provider's answer is not read")
        return said

    def _refuse(self, answer: Answer, *, known_to_be_gone: bool = False) -> None:
        """Raises ProviderRefused or ProviderSilent unless it is 2xx. `known_to_be_gone`: a token it does not know."""
        if answer.status in _OK:
            return
        if answer.status >= _FAILED or answer.status == _TOO_MANY:
            raise ProviderSilent("the provider is not able to answer")
        word = _error(answer)
        if known_to_be_gone and word in ("invalid_token", "invalid_grant"):
            return  # not what RFC 7009 asks for, but what Google says of a token that is revoked
        raise ProviderRefused(word)

    def _granted(self, provider: Provider, answer: Answer) -> Granted:
        said = self._json(answer)
        if str(said.get("token_type", "")).lower() != "bearer":
            raise ProviderRefused("not_bearer")
        given = said.get("scope")
        scopes = tuple(given.split()) if isinstance(given, str) else provider.scopes
        return Granted(Tokens(_word(said, "access_token"), _word(said, "refresh_token", ""), self._end(said)), scopes)

    def _end(self, said: dict[str, Any]) -> datetime | None:
        seconds = said.get("expires_in")
        if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():
            seconds = int(seconds[:10])
        if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
            return None
        return self._now() + min(timedelta(seconds=min(seconds, 10**9)), _LONGEST)


def _word(said: dict[str, Any], name: str, otherwise: str | None = None) -> str:
    found = said.get(name, otherwise)
    if found == otherwise and otherwise is not None:
        return otherwise
    if not isinstance(found, str) or not _TOKEN.fullmatch(found) or len(found) > TOKEN_CHARACTERS:
        raise ProviderSilent("the provider's answer lacks what was asked for")
    return found


def _error(answer: Answer) -> str:
    """RFC 6749, section 5.2: one of its words, or none at all of theirs."""
    try:
        said = json.loads(answer.body)
        word = said.get("error") if isinstance(said, dict) else None
    except (ValueError, RecursionError):
        word = None
    return word if isinstance(word, str) and _ERROR.fullmatch(word) else f"status_{answer.status}"
