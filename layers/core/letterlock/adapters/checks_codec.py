"""The verdicts on a mail, within a message's sealed value: what was not found is left out, and mostly nothing was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from letterlock.domain.authentication import Authenticity
from letterlock.domain.checks.automatic import Automatic, Automation
from letterlock.domain.checks.bounce import Bounce, BouncedRecipient, ReportedAction
from letterlock.domain.checks.examination import Checks
from letterlock.domain.checks.identity import IdentityWarning
from letterlock.domain.checks.loop import Loop
from letterlock.domain.checks.mailing_list import MailingList


def checks_row(checks: Checks) -> dict[str, Any]:
    automation, listed, bounce = checks.automation, checks.mailing_list, checks.bounce
    row = {
        "sender": checks.sender,
        "auto": [automation.kind, automation.evidence] if automation else None,
        "list": [listed.evidence, listed.id] if listed else None,
        "bounce": _bounce_row(bounce) if bounce else None,
        "loop": checks.loop,
        "warnings": list(checks.warnings) or None,
    }
    return {name: value for name, value in row.items() if value is not None}


def checks_of(row: Mapping[str, Any]) -> Checks:
    auto, listed, bounce = row.get("auto"), row.get("list"), row.get("bounce")
    return Checks(
        sender=Authenticity(row["sender"]),
        automation=Automation(Automatic(auto[0]), auto[1]) if auto else None,
        mailing_list=MailingList(*listed) if listed else None,
        bounce=_bounce_of(bounce) if bounce else None,
        loop=Loop(row["loop"]) if "loop" in row else None,
        warnings=tuple(map(IdentityWarning, row.get("warnings", ()))),
    )


def _bounce_row(bounce: Bounce) -> list[Any]:
    recipients = [[each.address, each.action, each.status, each.original] for each in bounce.recipients]
    return [bounce.message_id, bounce.message, recipients]


def _bounce_of(row: list[Any]) -> Bounce:
    message_id, message, recipients = row
    found = (BouncedRecipient(address, ReportedAction(action), *said) for address, action, *said in recipients)
    return Bounce(tuple(found), message_id, message)
