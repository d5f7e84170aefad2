"""Once a minute: what was due and did not happen (facts nobody published, replies nobody sent, mails nobody took in),
and what is not to stay (uploads that nobody attached, files that were fetched).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from letterlock.entry import file_wiring, mail_wiring
from letterlock.entry.failures import safe_words

logger, metrics = Logger(), Metrics()


class SweepFailed(Exception):
    """Says which; why is in the log, in words that may stand there."""


def publish_overdue_facts() -> dict[str, int]:
    overdue, published = mail_wiring.republish_overdue()()
    return {
        "OutboxesRepublished": overdue - len(published.refused),
        "OutboxesRefused": len(published.refused),
        "OutboxesLeftMarked": published.still_marked,
    }


def settle_overdue_replies() -> dict[str, int]:
    return {"RepliesGivenUp": mail_wiring.settle_overdue()()}


def requeue_orphaned_mail() -> dict[str, int]:
    swept = mail_wiring.requeue_orphans()()
    return {"MailRequeued": swept.queued, "MailUnattributed": swept.unattributed}


def drop_abandoned_uploads() -> dict[str, int]:
    return {"UploadsDropped": file_wiring.drop_abandoned()()}


def sweep_downloads() -> dict[str, int]:
    return {"DownloadsSwept": file_wiring.sweep_downloads()()}


SWEEPS: tuple[Callable[[], dict[str, int]], ...] = (
    publish_overdue_facts,
    settle_overdue_replies,
    requeue_orphaned_mail,
    drop_abandoned_uploads,
    sweep_downloads,
)


@metrics.log_metrics
@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """How much of each was done. A sweep that fails does not keep the others from running."""
    done: dict[str, int] = {}
    failed = []
    for sweep in SWEEPS:
        try:
            done |= sweep()
        except Exception as error:  # noqa: BLE001 - each sweep by itself; that one failed is raised below
            failed.append(sweep.__name__)
            logger.warning("sweep failed", extra={"sweep": sweep.__name__, **safe_words(error)})
    for name, count in done.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    if failed:
        raise SweepFailed(", ".join(failed))
    return done
