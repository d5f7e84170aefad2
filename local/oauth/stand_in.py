"""An OAuth 2 server in memory, on Authlib: what it refuses is refused by that library and not by a wish of ours.

Authorization code with PKCE S256 (RFC 7636), `iss` (RFC 9207), refresh tokens that rotate, and of which a used one ends
the whole grant (RFC 9700, section 4.14.2), revocation (RFC 7009), and apps by asking as Mastodon has it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc9207 import IssuerParameter

Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]
ACCESS_SECONDS: Final = 7200
_AUTHENTICATION: Final = ["client_secret_basic", "client_secret_post", "none"]


@dataclass
class App(ClientMixin):  # type: ignore[misc] # Authlib has no types
    """A client."""

    id: str
    secret: str
    redirects: tuple[str, ...]
    scopes: frozenset[str]

    @property
    def client_id(self) -> str:
        return self.id

    def get_client_id(self) -> str:
        return self.id

    def get_default_redirect_uri(self) -> str:
        return self.redirects[0]

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(each for each in (scope or "").split() if each in self.scopes)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirects

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(self.secret, client_secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method != "none" or not self.secret

    def check_response_type(self, response_type: str) -> bool:
        return bool(response_type == "code")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


@dataclass
class Code:
    value: str
    app: str
    user: str
    redirect: str
    scope: str
    code_challenge: str
    code_challenge_method: str
    used: str = ""
    """The grant that it was used for."""

    def get_redirect_uri(self) -> str:
        return self.redirect

    def get_scope(self) -> str:
        return self.scope


@dataclass
class Token:
    """One pair. All pairs that came of one consent are one grant."""

    access: str
    refresh: str
    app: str
    user: str
    scope: str
    grant: str
    until: float
    used: bool = False
    """The refresh token was."""
    opened: bool = False
    """The access token was used."""

    def check_client(self, client: App) -> bool:
        return self.app == client.id

    def get_scope(self) -> str:
        return self.scope


@dataclass
class Request:
    """One request on its way through Authlib. `answered` has what it made of it."""

    method: str
    url: str
    headers: Headers
    form: dict[str, str] = field(default_factory=dict)


class _OAuthRequest(OAuth2Request):  # type: ignore[misc]
    def __init__(self, request: Request) -> None:
        super().__init__(request.method, request.url, headers=request.headers)
        self._query = dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))
        self._form = request.form
        self.payload = BasicOAuth2Payload({**self._query, **self._form})

    @property
    def args(self) -> dict[str, str]:
        return self._query

    @property
    def form(self) -> dict[str, str]:
        return self._form


@dataclass
class _Answered:
    """What Authlib's extensions may change on its way out."""

    status: int
    body: Any
    headers: Headers

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @location.setter
    def location(self, to: str) -> None:
        self.headers["Location"] = to


class OAuthServer(AuthorizationServer):  # type: ignore[misc]
    """`issuer` is where it stands, with no slash at its end."""

    def __init__(self, issuer: str, now: Callable[[], float]) -> None:
        super().__init__()
        self.issuer, self.now = issuer, now
        self.forgives = False
        """As Doorkeeper does, on which Mastodon is built: a refresh token is good until what it gave is used."""
        self.apps: dict[str, App] = {}
        self.codes: dict[str, Code] = {}
        self.tokens: list[Token] = []
        self.ended: set[str] = set()
        """Grants that are no more."""
        self.revocations: list[str] = []
        """Tokens that it was asked to revoke, in this order, known or not."""
        self.register_token_generator("default", self._made)
        self.register_grant(_CodeGrant, [CodeChallenge(required=True)])
        self.register_grant(_RefreshGrant)
        self.register_endpoint(_Revocation)
        self.register_extension(_issuer_of(issuer)())

    # ---- what a browser and a client meet ---------------------------------------------------------------------------

    def consent(self, url: str, user: str | None) -> str:
        """Whoever is sent to this page agrees as `user`, or refuses (None): where their browser is sent on to."""
        request = Request("GET", url, {})
        grant = self.get_consent_grant(request, user)
        answered = self.create_authorization_response(request, grant_user=user, grant=grant)
        return str(answered.location)

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        form = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True))
        request = Request(method, url, dict(headers), form)
        match (method, urlsplit(url).path):
            case ("POST", "/api/v1/apps"):
                return self._app(form)
            case ("POST", "/oauth/token"):
                return _spelt(self.create_token_response(request))
            case ("POST", "/oauth/revoke"):
                self.revocations.append(form.get("token", ""))
                return _spelt(self.create_endpoint_response("revocation", request))
            case ("GET", "/api/v1/accounts/verify_credentials"):
                token = self.bearer(headers)
                return _json(200, {"acct": token.user}) if token else _json(401, {"error": "invalid_token"})
        return _json(404, {"error": "not_found"})

    def bearer(self, headers: Mapping[str, str]) -> Token | None:
        """The live token of a request (RFC 6750)."""
        said = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
        found = next((each for each in self.tokens if said == f"Bearer {each.access}"), None)
        if found is None or found.grant in self.ended or self.now() >= found.until:
            return None
        found.opened = True
        return found

    def is_reuse(self, token: Token) -> bool:
        later = self.tokens[self.tokens.index(token) + 1 :]
        return token.used and not (
            self.forgives and not any(each.opened for each in later if each.grant == token.grant)
        )

    def end(self, user: str) -> None:
        """That person takes the permission away, at this end."""
        self.ended |= {each.grant for each in self.tokens if each.user == user}

    def _app(self, form: dict[str, str]) -> Answer:
        made = App(
            generate_token(24),
            generate_token(48),
            tuple(form.get("redirect_uris", "").split()),
            frozenset(form.get("scopes", "read").split()),
        )
        self.apps[made.id] = made
        return _json(200, {"client_id": made.id, "client_secret": made.secret, "name": form.get("client_name", "")})

    # ---- what Authlib asks for --------------------------------------------------------------------------------------

    def _made(self, *, scope: str, include_refresh_token: bool = True, **_: object) -> dict[str, Any]:
        made: dict[str, Any] = {
            "token_type": "Bearer",
            "access_token": generate_token(42),
            "expires_in": ACCESS_SECONDS,
            "scope": scope,
        }
        return made | ({"refresh_token": generate_token(48)} if include_refresh_token else {})

    def query_client(self, client_id: str) -> App | None:
        return self.apps.get(client_id)

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        before: Token | None = request.refresh_token
        grant = before.grant if before else generate_token(16)
        if request.authorization_code:
            request.authorization_code.used = grant
        self.tokens.append(
            Token(
                token["access_token"],
                token.get("refresh_token", ""),
                request.client.id,
                request.user,
                token["scope"],
                grant,
                self.now() + token["expires_in"],
            )
        )

    def create_oauth2_request(self, request: Request | OAuth2Request) -> OAuth2Request:
        return request if isinstance(request, OAuth2Request) else _OAuthRequest(request)

    def handle_response(self, status: int, body: Any, headers: Any) -> _Answered:
        return _Answered(status, body, dict(headers))

    def send_signal(self, *_: object, **__: object) -> None:
        return


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _AUTHENTICATION

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        said = request.payload.data
        self.server.codes[code] = Code(
            code,
            request.client.id,
            request.user,
            request.payload.redirect_uri,
            request.scope,
            said.get("code_challenge", ""),
            said.get("code_challenge_method", ""),
        )

    def query_authorization_code(self, code: str, client: App) -> Code | None:
        found: Code | None = self.server.codes.get(code)
        if found and found.used:
            self.server.ended.add(found.used)  # RFC 6749, section 4.1.2: what it was used for is taken back
            return None
        return found if found and found.app == client.id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Kept, so that a second use is known."""

    def authenticate_user(self, authorization_code: Code) -> str:
        return authorization_code.user


class _RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _AUTHENTICATION
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        server = self.server
        found = next((each for each in server.tokens if each.refresh and each.refresh == refresh_token), None)
        if found and server.is_reuse(found):
            server.ended.add(found.grant)
        return found if found and found.grant not in server.ended else None

    def authenticate_user(self, refresh_token: Token) -> str:
        return refresh_token.user

    def revoke_old_credential(self, refresh_token: Token) -> None:
        refresh_token.used = True


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = _AUTHENTICATION

    def query_token(self, token_string: str, _token_type_hint: str) -> Token | None:
        return next((each for each in self.server.tokens if token_string in (each.access, each.refresh)), None)

    def revoke_token(self, token: Token, _request: OAuth2Request) -> None:
        self.server.ended.add(token.grant)


def _issuer_of(issuer: str) -> type[IssuerParameter]:
    class Issuer(IssuerParameter):  # type: ignore[misc]
        def get_issuer(self) -> str:
            return issuer

    return Issuer


def _spelt(answered: _Answered) -> Answer:
    return _json(answered.status, answered.body)


def _json(status: int, said: Any) -> Answer:
    return status, {"content-type": "application/json"}, json.dumps(said).encode()
