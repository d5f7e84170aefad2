"""What a refused request is told about what stands in its way: members of its problem (RFC 9457, section 3.2)."""

from __future__ import annotations

from letterlock.domain.errors import KeyReused, LetterlockError, Moved, ShownOnce


def shown(error: LetterlockError) -> dict[str, object]:
    """Ids, times and states; never content."""
    if isinstance(error, Moved):
        now = error.current
        return {
            "current": {"version": now.version, "status": now.status.value, "assignee": now.assignee or None},
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
    return {}
