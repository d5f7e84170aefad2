"""What the local cloud's commands have in common: how they end."""

import signal
import sys
from collections.abc import Callable
from types import FrameType

from local.progress import Progress
from local.settings import LocalCloudError


class Stopped(BaseException):
    """Ctrl-C or SIGTERM: not an error, so that no handler of errors takes it for one."""


def run(command: Callable[[Progress], int]) -> int:
    """Run one command to its exit code. SIGINT and SIGTERM unwind it, so that it takes down what it started."""

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
        return 0
    except LocalCloudError as error:
        step = f" at the step “{progress.failed_step}”" if progress.failed_step else ""
        print(f"\nFailed{step}: {error}", file=sys.stderr)
        return 1
