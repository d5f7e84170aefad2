"""Once an hour: events that nobody applied, and copies that were not held against Stripe for a day."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from letterlock.entry import billing_wiring
from letterlock.entry.settings import SPARE_MILLISECONDS

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """How many of each. Workspaces that drifted, or pay twice, are named in the log: by id."""

    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < SPARE_MILLISECONDS)

    found = billing_wiring.reconcile_billing()(context.aws_request_id, enough)
    if found.drifted or found.doubled:
        logger.warning("billing drifted", extra={"drifted": found.drifted, "doubled": found.doubled})
    done = {
        "StripeEventsAppliedLate": found.events,
        "BillingAccountsLookedAt": found.accounts,
        "BillingDrifted": len(found.drifted),
        "BillingDoubled": len(found.doubled),
    }
    for name, count in done.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    return done
