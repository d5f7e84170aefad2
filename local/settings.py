"""Where the local cloud lives: its ports, its folder, its dummy account."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
STACK = "letterlock"
MAIL_DOMAIN = "demo.test"
MAILBOX = f"support@{MAIL_DOMAIN}"
HOST = "127.0.0.1"

DEFAULT_PORTS = {"CLOUD_PORT": 4566, "API_PORT": 8080, "SMTP_PORT": 2525, "STRIPE_PORT": 12111}


class LocalCloudError(Exception):
    """The local cloud cannot go on; the message says why and what to do, for a person at a terminal."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One local cloud: its ports and the folder that holds all its state.

    `auth` turns on MiniStack's IAM enforcement: every function then runs as its own role and nothing more.
    `stripe_port` is where Stripe's stand-in answers; with 0 the operator charges for nothing, and there is none.
    """

    state: Path
    cloud_port: int
    api_port: int
    smtp_port: int
    auth: bool = False
    stripe_port: int = 0

    @property
    def endpoint(self) -> str:
        """MiniStack's address: every AWS client of the local cloud talks to it."""
        return f"http://{HOST}:{self.cloud_port}"

    @property
    def api(self) -> str:
        """The REST API's address as a user of the local cloud sees it."""
        return f"http://{HOST}:{self.api_port}"

    @property
    def smtp(self) -> str:
        """The SMTP door's address, host:port."""
        return f"{HOST}:{self.smtp_port}"

    @property
    def bills(self) -> bool:
        """Whether workspaces pay."""
        return self.stripe_port > 0

    @property
    def stripe(self) -> str:
        """The address of Stripe's stand-in: its API and its pages."""
        return f"http://{HOST}:{self.stripe_port}"

    @property
    def log(self) -> Path:
        """What MiniStack and the functions wrote."""
        return self.state / "cloud.log"

    @property
    def outbox(self) -> Path:
        """What SES sent, one .eml a mail."""
        return self.state / "outbox"

    @property
    def connection(self) -> Path:
        """How a client reaches this cloud; holds a token, so only its owner may read it."""
        return self.state / "connection.json"


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The checkout's own cloud: ports from CLOUD_PORT, API_PORT, SMTP_PORT and STRIPE_PORT, state in `.local/`.

    Workspaces pay, unless BILLING=false.
    """
    ports = {name: _port(name, environment.get(name, str(default))) for name, default in DEFAULT_PORTS.items()}
    return Settings(
        state=ROOT / ".local",
        cloud_port=ports["CLOUD_PORT"],
        api_port=ports["API_PORT"],
        smtp_port=ports["SMTP_PORT"],
        auth=environment.get("AUTH", "").lower() == "true",
        stripe_port=0 if environment.get("BILLING", "").lower() == "false" else ports["STRIPE_PORT"],
    )


def _port(name: str, value: str) -> int:
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise LocalCloudError(f"{name}={value} is not a port: give a number from 1 to 65535.")
    return int(value)
