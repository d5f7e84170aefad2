"""Once a minute: connections that were revoked here are revoked at their providers, until these say so."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from letterlock.entry import connection_wiring
from letterlock.entry.settings import PROVIDERS_TOLD, SPARE_MILLISECONDS

logger, metrics = Logger(), Metrics()


@metrics.log_metrics
@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < SPARE_MILLISECONDS)

    confirmed, silent = connection_wiring.tell_providers()(PROVIDERS_TOLD, enough)
    metrics.add_metric(name="RevocationsConfirmed", unit=MetricUnit.Count, value=confirmed)
    metrics.add_metric(name="ProvidersSilent", unit=MetricUnit.Count, value=silent)
    return {"RevocationsConfirmed": confirmed, "ProvidersSilent": silent}
