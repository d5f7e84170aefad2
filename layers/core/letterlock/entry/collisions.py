"""What a refused request is told about what stands in its way: members of its problem (RFC 9457, section 3.2)."""

from __future__ import annotations

from letterlock.domain.conversations import Conversation
from letterlock.domain.errors import KeyReused, LetterlockError, Moved, RuleBroken, ShownOnce, Stale


def shown(error: LetterlockError) -> dict[str, object]:
    """Ids, times and states; never content."""
    if isinstance(error, Moved):
        return {
            "current": _state(error.current),
            "messages": [
                {"id": each.id, "kind": each.kind.value, "at": each.at.isoformat().replace("+00:00", "Z")}
                for each in error.added
            ],
        }
    if isinstance(error, KeyReused):
        done = error.done
        if done.made:
            return {"made": done.made}
        return {"conversation": done.conversation, "message": done.message or None}
    if isinstance(error, ShownOnce):
        return {"made": error.made}
    if isinstance(error, RuleBroken | Stale) and error.current:
        return {"current": _state(error.current)}
    return {}


def _state(head: Conversation) -> dict[str, object]:
    return {"version": head.version, "status": head.status.value, "assignee": head.assignee or None}
