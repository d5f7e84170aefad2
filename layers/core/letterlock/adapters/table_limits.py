"""The limits table: how often something was tried in a window, here and nowhere else.

| pk | sk | item |
|---|---|---|
| `<what is tried>#<keyed hash of who, or of where from>` | the window's begin | `n`, and `expires_at` (TTL) |

Where those of one source are counted apart as well, the number of each stands beside `n` under the id of each.
"""

from __future__ import annotations

from datetime import datetime

from letterlock.adapters.codec import instant


def limit_key(tried: str, counted: str, hashed: str) -> str:
    return f"{tried}#{counted}#{hashed}"


def window_key(began: datetime) -> str:
    return instant(began)
