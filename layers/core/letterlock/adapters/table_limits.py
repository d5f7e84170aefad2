"""The limits table: how often something was tried, or went out by itself, in a window; here and nowhere else.

| pk | sk | item |
|---|---|---|
| `<what is tried>#<for, from>#<keyed hash of who, or of where from>` | the window's begin | `n` |
| `<ws>#automatic#<purpose>#<what counts>#<its keyed hash>` | the day | `whole`, `h0`…`h23`, `t0`…`t143` (ten minutes) |
| `<ws>#quiet#<keyed hash of an address>` | `QUIET` | `lease_until`, `quiet_until` |

All with `expires_at` (TTL). Where those of one source are counted apart as well, the number of each stands beside `n`
under the id of each.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from letterlock.adapters.codec import instant

QUIET: Final = "QUIET"
KEPT: Final = timedelta(hours=1)
"""After its window: DynamoDB deletes late anyway."""


def limit_key(tried: str, counted: str, hashed: str) -> str:
    return f"{tried}#{counted}#{hashed}"


def window_key(began: datetime) -> str:
    return instant(began)


def automatic_key(workspace: str, purpose: str, counted: str, hashed: str) -> str:
    return f"{workspace}#automatic#{purpose}#{counted}#{hashed}"


def quiet_key(workspace: str, hashed: str) -> str:
    return f"{workspace}#quiet#{hashed}"
