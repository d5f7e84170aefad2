"""People at the stack: how they get in, as a browser does it."""

import re
from dataclasses import dataclass, field
from typing import Any

from bench import authenticator
from bench.stack import Stack
from letterlock.entry import wiring

HOST = "api.acme.example"
REFUSED = 300
"""HTTP statuses from here on are no success."""
PASSWORD = "a long enough phrase"  # noqa: S105 - nobody's
ANA = "ana@team.example"
LINK = re.compile(r"ll[iru]_[0-9A-Za-z]{101}")


class Unexpected(Exception):
    """A request that had to be granted was not."""


@dataclass
class Browser:
    """Keeps the cookie, and says where its requests come from."""

    stack: Stack
    cookie: str = ""
    headers: dict[str, list[str]] = field(default_factory=dict)
    """Of the last answer."""

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        sent = {"Host": HOST, "Origin": f"https://{HOST}", "User-Agent": "Browser/1"} | more.pop("headers", {})
        if self.cookie:
            sent["Cookie"] = f"__Host-session={self.cookie}"
        status, answer, self.headers = self.stack.api(method, path, body, token="", headers=sent, **more)
        for each in self.headers.get("Set-Cookie", []):
            self.cookie = each.partition("=")[2].partition(";")[0]
        return status, answer

    def must(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        status, answer = self.ask(method, path, body, **more)
        if status >= REFUSED:
            raise Unexpected(answer)
        return answer

    def sign_in(self, email: str = ANA, password: str = PASSWORD, **more: Any) -> tuple[int, Any]:
        return self.ask("POST", "/v1/sessions", {"email": email, "password": password, **more})


def link_mailed(stack: Stack) -> str:
    """The token in the newest mail that goes out now."""
    found: list[str] = [each for mail in stack.mailed() for each in LINK.findall(mail)]
    return found[-1]


def owner(stack: Stack, email: str = ANA) -> Browser:
    """Of a workspace that they sign up: they are signed in."""
    browser = Browser(stack)
    browser.must("POST", "/v1/sign-ups", {"email": email, "workspace_name": "Ana's"})
    new = {"token": link_mailed(stack), "name": "Ana", "password": PASSWORD}
    browser.must("POST", "/v1/sign-ups/complete", new)
    return browser


def joined(host: Browser, email: str, role: str = "agent", **more: Any) -> Browser:
    """Somebody whom `host` invites, and who accepts: they are signed in."""
    host.must("POST", "/v1/invitations", {"email": email, "role": role, **more})
    browser = Browser(host.stack)
    new = {"token": link_mailed(host.stack), "name": email.partition("@")[0], "password": PASSWORD}
    browser.must("POST", "/v1/invitations/accept", new)
    return browser


def me(browser: Browser) -> str:
    found: str = browser.must("GET", "/v1/me")["id"]
    return found


def code_of(secret: str, seconds: int = 0) -> str:
    """What an authenticator shows so many seconds from now."""
    return authenticator.code_of(secret, wiring.now().timestamp() + seconds)


def enrolled(browser: Browser, password: str = PASSWORD) -> tuple[str, list[str]]:
    """The authenticator's secret, and the recovery codes."""
    secret = browser.must("POST", "/v1/me/totp", {"password": password})["secret"]
    codes = browser.must("POST", "/v1/me/totp/confirm", {"code": code_of(secret)})["recovery_codes"]
    return secret, codes
