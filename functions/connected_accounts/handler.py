"""Once a minute: connections that were revoked here are revoked at their providers, until these say so; and what others
wrote to connected accounts is taken in.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from letterlock.entry import connection_wiring
from letterlock.entry.failures import count_if_broken, safe_words
from letterlock.entry.settings import CONNECTIONS_HEARD, PROVIDERS_TOLD, SPARE_MILLISECONDS

logger, metrics = Logger(), Metrics()


class ConnectionsFailed(Exception):
    """Says how many; why is in the log, in words that may stand there."""


@metrics.log_metrics
@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """How much of each was done. Revocations come first: nothing keeps them waiting."""

    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < SPARE_MILLISECONDS)

    told = connection_wiring.tell_providers()(PROVIDERS_TOLD, enough)
    done = Counter(
        RevocationsConfirmed=told.confirmed,
        RevocationsLetGo=told.let_go,
        ProvidersSilent=told.silent,
        ProvidersRefusing=told.refusing,
        RevocationsOverdue=told.overdue,
    )
    for error in told.failures:
        count_if_broken(error)
        logger.warning("a provider could not be told", extra=safe_words(error))
    failed = len(told.failures)
    take = connection_wiring.take_in_mentions()
    for turn in take.due(CONNECTIONS_HEARD):
        if enough():
            break
        try:
            done.update(take.one(turn, enough))
        except Exception as error:  # noqa: BLE001 - each connection by itself; that one failed is raised below
            failed += 1
            count_if_broken(error)
            logger.warning("mentions not taken in", extra={"connection": turn.connection, **safe_words(error)})
    for name, count in done.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    if failed:
        raise ConnectionsFailed(str(failed))
    return dict(done)
