"""What a function is told by its environment: typed, read once, and nothing assumed.

Limits that an operator may want to see in one place stand here too; those that a standard or AWS sets stand beside the
code that keeps them.
"""

from __future__ import annotations

import os
from functools import cache


class SettingMissing(Exception):
    """The template did not give this function a variable that its code reads."""


def setting(name: str) -> str:
    """The environment variable `name`. Raises SettingMissing: a default would hide a hole in the template."""
    try:
        return os.environ[name]
    except KeyError:
        raise SettingMissing(name) from None


@cache
def number(name: str) -> int:
    return int(setting(name))


def billed() -> bool:
    """Whether the operator charges for workspaces."""
    return setting("BILLING_ENABLED") == "true"


REPLY_CHARACTERS = 200_000
"""The longest reply or note: SES takes 40 MB, people read less."""
PAGE_SIZE = 25
PAGE_LIMIT = 100
BACKOFF_SECONDS = 30
"""The first pause before a reply is tried again; each further one is twice as long."""
BACKOFF_LIMIT_SECONDS = 3600
CALL_SECONDS = 10
"""How long one call to AWS may take before it counts as lost."""
LOCAL_ACCOUNT = "000000000000"
"""The local cloud's. AWS gives no account this number: whatever a template says, nobody is called without TLS there."""
NO_APPS = "none"
"""In place of a secret's name: the operator has no apps at providers."""
SPARE_MILLISECONDS = 20_000
"""What a function that works until its time is up keeps of it: enough for one more conversation, and its answer."""
CONNECTIONS_HEARD = 200
"""How many connected accounts a run asks what they were told; those that waited longest come first."""
PROVIDERS_TOLD = 50
"""How many revoked connections a run tells their providers of."""
SETTLING_SECONDS = 60
"""When a revocation that leaves nothing to do is looked at once more: lists lag, and requests that were let in before
may run for half a minute.
"""
