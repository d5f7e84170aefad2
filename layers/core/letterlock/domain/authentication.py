"""Is a mail from whom it says? What SES checked, and nothing that the mail says of itself."""

from __future__ import annotations

from enum import StrEnum

from letterlock.domain.mail import Address, Delivery, Verdict


class Authenticity(StrEnum):
    AUTHENTICATED = "authenticated"
    """The domain in From vouches for the mail."""
    UNKNOWN = "unknown"
    """The domain says nothing of its mail, or the check did not run."""
    DISOWNED = "disowned"
    """The domain says: this is not ours."""


def authenticity(sender: Address | None, delivery: Delivery) -> Authenticity:
    """DMARC (RFC 7489) decides where the domain has a policy; else an aligned SPF pass vouches, a bare failure disowns.

    A DKIM pass alone does not vouch: SES's verdict does not say for which domain.
    """
    verdicts = delivery.verdicts
    if verdicts.dmarc is Verdict.FAIL:
        return Authenticity.DISOWNED
    if verdicts.dmarc is Verdict.PASS or (verdicts.spf is Verdict.PASS and _aligned(sender, delivery.mail_from)):
        return Authenticity.AUTHENTICATED
    if verdicts.spf is Verdict.FAIL and verdicts.dkim is not Verdict.PASS:
        return Authenticity.DISOWNED
    return Authenticity.UNKNOWN


def _aligned(sender: Address | None, mail_from: str) -> bool:
    """Relaxed alignment (RFC 7489, section 3.1.2): one domain, or one within the other."""
    checked = mail_from.rpartition("@")[2].casefold()
    return sender is not None and related(sender.domain, checked)


def related(one: str, other: str) -> bool:
    """One domain, or one within the other; both in lower case."""
    return bool(one and other) and (f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}"))
