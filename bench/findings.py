"""What a check of the stores can find wrong."""

from __future__ import annotations

from dataclasses import dataclass

LOST, DOUBLED, STUCK, UNTRUE = "lost", "doubled", "stuck", "untrue"
UNREACHED = "unreached"
"""A call that was to be disturbed was not made: nothing was found out."""


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    words: str
