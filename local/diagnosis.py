"""What a person needs to see when the local cloud fails: the end of its log and of what the functions wrote."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.aws import local_session
from local.settings import Settings

_LINES = 30
_OF_THE_PLATFORM = re.compile(r"(START|END|REPORT) RequestId")


@contextmanager
def logging_to(settings: Settings) -> Iterator[None]:
    """Our own warnings go to the cloud's log, not between the lines that a person reads."""
    handler = logging.FileHandler(settings.log)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s [%(name)s] %(message)s"))
    # The translator warns of a feature list that only its own service has.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


def report(settings: Settings) -> str:
    """The last lines of the cloud's log, then those of the functions' logs, as far as there are any."""
    parts = [
        ("The end of the cloud's log", _log_tail(settings)),
        ("The functions' last lines", _function_lines(settings)),
    ]
    return "\n\n".join(f"{title}:\n" + "\n".join(lines) for title, lines in parts if lines)


def _log_tail(settings: Settings) -> list[str]:
    try:
        return settings.log.read_text(errors="replace").splitlines()[-_LINES:]
    except OSError:
        return []


def _function_lines(settings: Settings) -> list[str]:
    # No stubs for this one service are installed, and it is only read here.
    logs: Any = local_session().client(
        "logs", endpoint_url=settings.endpoint, config=Config(retries={"total_max_attempts": 1}, read_timeout=5)
    )
    lines: list[str] = []
    try:
        for page in logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                name = group["logGroupName"]
                events = logs.filter_log_events(logGroupName=name, limit=10_000)["events"]
                said = [event["message"].rstrip() for event in events if not _OF_THE_PLATFORM.match(event["message"])]
                lines += [f"{name.rpartition('/')[2]}  {line}" for line in said[-_LINES:]]
    except (BotoCoreError, ClientError):
        return []
    return lines
