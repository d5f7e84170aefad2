"""What the operator is answered, who invokes a function directly, when that cannot be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from letterlock.domain.errors import LetterlockError

if TYPE_CHECKING:
    from pydantic import ValidationError


def refusal(error: ValidationError | LetterlockError) -> dict[str, Any]:
    """`{"error": {"type", "detail"}}`: which field is wrong, and how, never what stood there; or the domain's words."""
    if isinstance(error, LetterlockError):
        return {"error": {"type": type(error).__name__.lower(), "detail": str(error)}}
    where = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return {"error": {"type": "invalid", "detail": where}}
