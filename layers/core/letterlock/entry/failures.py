"""What may be said of a failure in a log: its kind and its place. Never its words, which may quote somebody's mail."""

from __future__ import annotations

import traceback
from pathlib import Path

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from letterlock.domain.errors import IntegrityBroken, LetterlockError

logger = Logger()


def safe_words(error: BaseException) -> dict[str, str]:
    """The error's class, the innermost line of code it came from, AWS's error code, and our own errors' words."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    said = {"error": type(error).__name__, "place": place}
    if isinstance(error, LetterlockError):
        said["reason"] = str(error)
    code = _aws_code(error)
    if code:
        said["aws_code"] = code
    return said


def count_if_broken(error: BaseException) -> None:
    """A metric of its own for what did not open where it lies: an alarm of the template watches it."""
    if isinstance(error, IntegrityBroken):
        with single_metric(name="SealsBroken", unit=MetricUnit.Count, value=1) as metric:
            metric.add_dimension(name="check", value="seal")


def refusal_not_recorded(error: Exception) -> None:
    """Whoever was refused hears the same; the operator hears of this by an alarm of the template."""
    count_if_broken(error)
    logger.error("a refusal is not in the audit log", extra=safe_words(error))
    with single_metric(name="RefusalsNotRecorded", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension(name="check", value="audit")


def _aws_code(error: BaseException | None) -> str:
    """The code of the botocore ClientError that an error is, or wraps."""
    while error is not None:
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
        error = error.__cause__ or getattr(error, "cause", None)
    return ""
