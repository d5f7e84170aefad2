"""A batch of queue messages, each by itself: one that fails comes again alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from letterlock.entry.failures import count_if_broken, safe_words

logger, metrics = Logger(), Metrics()


def each_message(event: dict[str, Any], context: Any, handle: Callable[[SQSRecord], None]) -> Any:
    """SQS's partial batch response: the ids of the messages that failed (AWS: "Implementing partial batch responses").

    A failure is logged by its kind and place only; Powertools would raise, with every record's words, were all to fail.
    """

    def guarded(record: SQSRecord) -> None:
        try:
            handle(record)
        except Exception as error:
            count_if_broken(error)
            logger.warning("message failed", extra={"message_id": record.message_id, **safe_words(error)})
            raise

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event=event, record_handler=guarded, processor=processor, context=context)
    metrics.add_metric(name="MessagesFailed", unit=MetricUnit.Count, value=len(answer["batchItemFailures"]))
    return answer
