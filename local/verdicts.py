"""SES's verdicts on a mail, as a sender's envelope asks for them.

The local cloud checks no SPF, DKIM or DMARC record and scans for nothing: every verdict is PASS. A test asks for
another one with the domain of MAIL FROM or the name after EHLO. Neither is part of the mail: content cannot vouch for
itself.
"""

from dataclasses import dataclass, fields, replace
from typing import Literal

Status = Literal["PASS", "FAIL", "GRAY", "PROCESSING_FAILED"]
Policy = Literal["none", "quarantine", "reject"]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts of a receipt (AWS: "Contents of notifications for Amazon SES email receiving").

    `dmarc_policy` is the sending domain's wish; SES names it only when DMARC failed.
    """

    spam: Status = "PASS"
    virus: Status = "PASS"
    spf: Status = "PASS"
    dkim: Status = "PASS"
    dmarc: Status = "PASS"
    dmarc_policy: Policy | None = None

    def receipt(self) -> dict[str, object]:
        """The members of the notification's `receipt` that carry verdicts."""
        members: dict[str, object] = {
            f"{field.name}Verdict": {"status": getattr(self, field.name)}
            for field in fields(self)
            if field.name != "dmarc_policy"
        }
        if self.dmarc_policy is not None:
            members["dmarcPolicy"] = self.dmarc_policy
        return members


ALL_PASS = Verdicts()

# Listed in docs/local.md; a test holds the two together.
BY_DOMAIN = {
    "spam.test": replace(ALL_PASS, spam="FAIL"),
    "virus.test": replace(ALL_PASS, virus="FAIL"),
    "unscanned.test": replace(ALL_PASS, spam="PROCESSING_FAILED", virus="PROCESSING_FAILED"),
    "spf-fail.test": replace(ALL_PASS, spf="FAIL"),
    "dkim-fail.test": replace(ALL_PASS, dkim="FAIL"),
    "dmarc-fail.test": replace(ALL_PASS, spf="FAIL", dkim="FAIL", dmarc="FAIL", dmarc_policy="none"),
    "dmarc-reject.test": replace(ALL_PASS, spf="FAIL", dkim="FAIL", dmarc="FAIL", dmarc_policy="reject"),
    "no-records.test": replace(ALL_PASS, spf="GRAY", dkim="GRAY", dmarc="GRAY"),
}


def verdicts_for(mail_from: str, helo: str) -> Verdicts:
    """What SES would say of a mail with this envelope; the EHLO name speaks first, then MAIL FROM's domain."""
    domain = mail_from.rpartition("@")[2]
    return BY_DOMAIN.get(helo.lower()) or BY_DOMAIN.get(domain.lower()) or ALL_PASS
