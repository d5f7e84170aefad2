"""What a team chooses for one of its mailboxes: sections of switches and numbers, each with what holds unasked.

A further setting is a field here with its default, and one in `entry/mailbox_shapes.py`; a further section is a class,
a field of `MailboxSettings`, and a shape. Nothing else has to know of it: what was chosen is kept, sealed, with the
mailbox, and what nobody chose follows the default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Final

from letterlock.domain.errors import Invalid

WINDOW_DAYS_AT_MOST: Final = 90
TEXT_OCTETS: Final = 1_000
"""Of an acknowledgement: it lies with the mailbox, which each mail to it reads."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")
"""Not a tab, nor a newline: what goes into a mail as it is."""

Chosen = Mapping[str, Mapping[str, Any]]
"""By section and name: `{"threading": {"by_subject": True}}`."""


@dataclass(frozen=True, slots=True)
class ThreadingSettings:
    by_subject: bool = False
    """A mail that proves nothing joins a conversation of its sender's under the same subject."""
    window_days: int = 7
    """For how long after the last message it still does."""

    def refuse_unusable(self) -> None:
        """Raises Invalid."""
        if not 1 <= self.window_days <= WINDOW_DAYS_AT_MOST:
            raise Invalid(f"threading.window_days is from 1 to {WINDOW_DAYS_AT_MOST}")

    @property
    def window(self) -> timedelta:
        return timedelta(days=self.window_days)


@dataclass(frozen=True, slots=True)
class AcknowledgementSettings:
    enabled: bool = False
    """Whoever opens a conversation is told that their mail has come: see `domain.acknowledgement`."""
    text: str = ""
    """What they are told, in plain text; kept while it is off."""

    def refuse_unusable(self) -> None:
        """Raises Invalid."""
        if len(self.text.encode("utf-8", "surrogatepass")) > TEXT_OCTETS or _CONTROL.search(self.text):
            raise Invalid(f"acknowledgement.text has {TEXT_OCTETS} octets of plain text at most")
        if self.enabled and not self.text.strip():
            raise Invalid("acknowledgement.text says what an acknowledgement is to say: it is empty")

    @property
    def tidied(self) -> AcknowledgementSettings:
        """Lines that end with a newline each, and no empty ones around the text."""
        return replace(self, text=self.text.replace("\r\n", "\n").strip("\n").rstrip())

    @property
    def on(self) -> bool:
        return self.enabled and bool(self.text)


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    threading: ThreadingSettings = ThreadingSettings()
    acknowledgement: AcknowledgementSettings = AcknowledgementSettings()

    def with_chosen(self, chosen: Chosen) -> MailboxSettings:
        """What is not named stays. Raises Invalid."""
        wanted = _with(self, chosen)
        wanted = replace(wanted, acknowledgement=wanted.acknowledgement.tidied)
        wanted.threading.refuse_unusable()
        wanted.acknowledgement.refuse_unusable()
        return wanted

    @property
    def chosen(self) -> Chosen:
        """What differs from the defaults."""
        return _differing(asdict(self), asdict(MailboxSettings()))

    @classmethod
    def of(cls, chosen: Chosen) -> MailboxSettings:
        """From what was kept; never refused, for mail is to be taken in. A name that this release does not know is left
        out: another release may have kept it.
        """
        there_are = asdict(cls())
        known = {
            section: {name: value for name, value in values.items() if name in there_are[section]}
            for section, values in chosen.items()
            if section in there_are
        }
        return _with(cls(), known)

    def differing(self, other: MailboxSettings) -> list[str]:
        """The names of what is not the same: `threading.by_subject`."""
        return [
            f"{section}.{name}"
            for section, values in _differing(asdict(self), asdict(other)).items()
            for name in values
        ]


def _with(settings: MailboxSettings, chosen: Chosen) -> MailboxSettings:
    return replace(settings, **{name: replace(getattr(settings, name), **values) for name, values in chosen.items()})


def _differing(these: Chosen, those: Chosen) -> Chosen:
    found = {
        section: {name: value for name, value in values.items() if value != those[section][name]}
        for section, values in these.items()
    }
    return {section: values for section, values in found.items() if values}
