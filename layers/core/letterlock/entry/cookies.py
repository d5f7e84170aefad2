"""The session's cookie, and what a request that comes with it must show beside it.

A browser sends a cookie by itself, also for a page that somebody else made. So a request that changes something and is
admitted by the cookie must come from our own origin (OWASP, "Cross-Site Request Forgery Prevention", verifying origin
with standard headers). `SameSite=Lax` says the same to browsers; this does not rely on them.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from letterlock.domain.accounts import Principal
from letterlock.domain.errors import Forbidden

SESSION_COOKIE = "__Host-session"
"""The prefix makes browsers refuse it without Secure, with a Domain, or on another Path (RFC 6265bis, 4.1.3.2)."""
_SAFE = ("GET", "HEAD", "OPTIONS")


def session_of(headers: dict[str, str]) -> str:
    """The session's secret, or empty. `headers` by their names in lower case."""
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    return next((value for name, _, value in pairs if name == SESSION_COOKIE), "")


def session_cookie(secret: str, seconds: int) -> str:
    """A Set-Cookie that lasts so long; with 0, one that ends it."""
    return f"{SESSION_COOKIE}={secret}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"


def refuse_foreign_origin(who: Principal, method: str, headers: dict[str, str]) -> None:
    """Raises Forbidden where a session would change something for a page that is not ours, or that does not say."""
    if not who.signed_in or method in _SAFE:
        return
    if not headers.get("origin", "") or not _is_ours(headers):
        raise Forbidden("with a session, this is asked for from our own origin: the Origin header is not")


def refuse_another_pages_request(method: str, headers: dict[str, str]) -> None:
    """Raises Forbidden where a page that is not ours would sign somebody in: to another's account, perhaps.

    Whoever is no browser says nothing of an origin.
    """
    if method not in _SAFE and "origin" in headers and not _is_ours(headers):
        raise Forbidden("this is asked for from our own origin, or without an Origin header")


def _is_ours(headers: dict[str, str]) -> bool:
    return urlsplit(headers.get("origin", "")).netloc == headers.get("host", "")
