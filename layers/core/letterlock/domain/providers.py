"""Where accounts may be connected from, as data: what a provider of OAuth 2 is called, where it answers, what is asked.

A provider is one of this table, or one that the operator describes (`configured`). Nothing of it is code: PKCE S256
(RFC 7636), `state`, `iss` (RFC 9207) and revocation (RFC 7009) are the same everywhere. Mastodon is not one server but
many, each by its own name, so its entry has paths, and the app is registered with an instance when the first account of
it is connected. With every other one the operator has an app, or it is not offered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from letterlock.domain.errors import Invalid

INSTANCE: Final = "{instance}"
"""Stands in an entry for `https://` and the instance's name."""

OFFLINE: Final = "offline_access"
"""OpenID Connect Core 1.0, section 11."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Endpoints are https URLs. What is empty is not there."""

    name: str
    issuer: str
    """What `iss` must say, where the provider sends it (RFC 9207)."""
    authorization: str
    token: str
    revocation: str
    account: str
    """Says whose account it is, to the token."""
    scopes: tuple[str, ...]
    """The least that what it is for needs."""
    registration: str = ""
    """Where an app is made by asking (Mastodon: "POST /api/v1/apps"); elsewhere the operator has made one."""
    sends_issuer: bool = False
    """It always says `iss`: an answer without one is somebody else's."""
    also: tuple[tuple[str, str], ...] = ()
    """Parameters of its own in the authorization request."""

    def lacks(self, given: Sequence[str]) -> bool:
        """Whether less was given than is needed. That one may stay is told by a refresh token, and not as a scope."""
        return bool(set(self.scopes) - set(given) - {OFFLINE})

    @property
    def per_instance(self) -> bool:
        return INSTANCE in self.issuer

    def at(self, base: str) -> Provider:
        """Of one instance: `base` is `https://` and its name."""
        return replace(
            self,
            **{
                each: getattr(self, each).replace(INSTANCE, base)
                for each in ("issuer", "authorization", "token", "revocation", "account", "registration")
            },
        )


MASTODON: Final = Provider(
    name="mastodon",
    issuer=INSTANCE,
    authorization=f"{INSTANCE}/oauth/authorize",
    token=f"{INSTANCE}/oauth/token",
    revocation=f"{INSTANCE}/oauth/revoke",
    account=f"{INSTANCE}/api/v1/accounts/verify_credentials",
    registration=f"{INSTANCE}/api/v1/apps",
    scopes=("read:accounts", "read:notifications", "read:search", "read:statuses", "write:statuses"),
)
"""Source: Mastodon's documentation, "OAuth" and "apps API methods"."""

GOOGLE: Final = Provider(
    name="google",
    issuer="https://accounts.google.com",
    authorization="https://accounts.google.com/o/oauth2/v2/auth",
    token="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
    revocation="https://oauth2.googleapis.com/revoke",
    account="https://openidconnect.googleapis.com/v1/userinfo",
    scopes=("openid", "https://www.googleapis.com/auth/userinfo.email"),
    also=(("access_type", "offline"), ("prompt", "consent")),
)
"""Source: Google Identity, "Using OAuth 2.0 for Web Server Applications"; a refresh token comes with these two only."""

MICROSOFT: Final = Provider(
    name="microsoft",
    issuer="https://login.microsoftonline.com/organizations/v2.0",
    authorization="https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize",
    token="https://login.microsoftonline.com/organizations/oauth2/v2.0/token",  # noqa: S106 - an address
    revocation="",
    account="https://graph.microsoft.com/oidc/userinfo",
    scopes=("openid", "email", "offline_access"),
)
"""Source: Microsoft identity platform, "OAuth 2.0 authorization code flow". It has no revocation endpoint: a token
that is destroyed here lives on there until it runs out, and the connection says so.
"""

BUILT_IN: Final = {each.name: each for each in (MASTODON, GOOGLE, MICROSOFT)}

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,30}")
_URL: Final = re.compile(r"https://[^\s/?#@]+(/[^\s?#]*)?")
_HOST: Final = re.compile(r"(?=.{4,253}$)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)[a-z][a-z0-9-]{1,62}(?<!-)")


_FIELDS: Final = frozenset({"issuer", "authorization", "token", "revocation", "account", "scopes", "sends_issuer"})


def configured(name: str, said: Mapping[str, Any]) -> Provider:
    """One that the operator names: of this table by its name alone, or another one with all that there is to say of it.

    Raises Invalid, in words for the operator that quote nothing.
    """
    if name in BUILT_IN:
        if said or BUILT_IN[name].registration:
            raise Invalid("of a provider that is known here nothing is said but its app, and of Mastodon not even that")
        return BUILT_IN[name]
    if set(said) - _FIELDS:
        raise Invalid("a provider has fields that are not known")
    texts: dict[str, Any] = {each: str(said.get(each, "")) for each in _FIELDS - {"scopes", "sends_issuer"}}
    if not _NAME.fullmatch(name):
        raise Invalid("a provider's name is of lower-case letters, digits and hyphens")
    for each in ("issuer", "authorization", "token", "account"):
        if not _URL.fullmatch(texts[each]):
            raise Invalid(f"a provider's {each} is an https address")
    if texts["revocation"] and not _URL.fullmatch(texts["revocation"]):
        raise Invalid("a provider's revocation is an https address, or empty")
    scopes = said.get("scopes")
    if not isinstance(scopes, list) or not all(isinstance(each, str) and each for each in scopes):
        raise Invalid("a provider's scopes are a list of words")
    return Provider(name, **texts, scopes=tuple(scopes), sends_issuer=said.get("sends_issuer") is True)


def instance_of(said: str) -> str:
    """A host's name as somebody types it: `mastodon.example`, `@ana@mastodon.example`, `https://mastodon.example/`.

    Raises Invalid.
    """
    host = said.strip().lower().removeprefix("https://").rstrip("/").rpartition("@")[2]
    if not _HOST.fullmatch(host):
        raise Invalid("an instance is the name of its host, such as mastodon.example")
    return host
