"""What the demo and `make run` look at through the API: the mailbox, its conversations, their messages."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from local.client import Api
from local.settings import LocalCloudError

_T = TypeVar("_T")
_POLL_SECONDS = 0.1


def mailbox_id(api: Api, address: str) -> str:
    """The id of the mailbox with that address. Raises LocalCloudError when the workspace has none."""
    for mailbox in _ask(api, "/v1/mailboxes")["mailboxes"]:
        if mailbox["address"] == address:
            return str(mailbox["id"])
    raise LocalCloudError("The workspace has no mailbox with the connection's address.")


def conversations(api: Api, mailbox: str) -> list[dict[str, Any]]:
    """The newest conversations of a mailbox."""
    listed: list[dict[str, Any]] = _ask(api, f"/v1/conversations?mailbox={mailbox}")["conversations"]
    return listed


def conversation(api: Api, conversation_id: str) -> dict[str, Any]:
    """One conversation with its messages."""
    read: dict[str, Any] = _ask(api, f"/v1/conversations/{conversation_id}")
    return read


def wait_for(what: str, look: Callable[[], _T | None], seconds: float) -> _T:
    """Look again and again until there is something. Raises LocalCloudError when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise LocalCloudError(f"{what}: not within {seconds:.0f} s.")
        time.sleep(_POLL_SECONDS)


def _ask(api: Api, path: str) -> Any:
    status, body = api.get(path)
    if status != 200:
        detail = body.get("detail", "") if isinstance(body, dict) else ""
        raise LocalCloudError(f"GET {path.partition('?')[0]} answered {status}. {detail}".rstrip())
    return body
