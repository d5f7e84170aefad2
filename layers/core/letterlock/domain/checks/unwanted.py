"""Is it something that nobody wants? SES looked; its word is taken as it is."""

from __future__ import annotations

from enum import StrEnum

from letterlock.domain.mail import Verdict, Verdicts


class Unwanted(StrEnum):
    VIRUS = "virus"
    """It is quarantined, unread."""
    SPAM = "spam"
    """A conversation that it opens has that status."""


def unwanted(verdicts: Verdicts) -> Unwanted | None:
    """Only a failed check says so: one that did not run, or is undecided (GRAY), keeps no mail from anybody."""
    if verdicts.virus is Verdict.FAIL:
        return Unwanted.VIRUS
    return Unwanted.SPAM if verdicts.spam is Verdict.FAIL else None
