"""What the local cloud's commands have in common: how they end."""

import signal
import sys
from collections.abc import Callable
from types import FrameType

from local.progress import Progress
from local.settings import LocalCloudError


class Stopped(BaseException):
    """Ctrl-C or SIGTERM: not an error, so that no handler of errors takes it for one."""


# What a shell reports for a program that Ctrl-C ended.
_INTERRUPTED = 130


def run(command: Callable[[Progress], int], *, when_stopped: int = _INTERRUPTED) -> int:
    """Run one command to its exit code. SIGINT and SIGTERM unwind it, so that it takes down what it started.

    `when_stopped` is the exit code then: 0 for a command that lasts until it is stopped.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # A second one must not interrupt the taking down.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Stopped

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    progress = Progress()
    try:
        return command(progress)
    except Stopped:
        progress.say("\nStopped.")
        return when_stopped
    except LocalCloudError as error:
        step = f" at the step “{progress.failed_step}”" if progress.failed_step else ""
        print(f"\nFailed{step}: {error}", file=sys.stderr)
        return 1
