"""One local cloud per state folder."""

import fcntl
import os
from pathlib import Path

from local.settings import LocalCloudError


class StateLock:
    """Held by the process that runs the cloud; the system lets go of it however that process ends."""

    def __init__(self, state: Path) -> None:
        self._path = state / "lock"
        self._file: int | None = None

    def acquire(self, endpoint: str) -> None:
        """Take the lock and note the cloud's endpoint. Raises LocalCloudError naming the process that has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            holder, _ = _noted(self._path)
            raise LocalCloudError(
                f"A local cloud is running already in this checkout (process {holder}). "
                f"Use it, or stop it: Ctrl-C in its terminal, or kill {holder}"
            ) from None
        os.truncate(file, 0)
        os.write(file, f"{os.getpid()} {endpoint}\n".encode())
        self._file = file

    def release(self) -> None:
        """Let go; does nothing when it was not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def running_endpoint(state: Path) -> str | None:
    """The endpoint of the cloud that runs on that state folder now; None when none does."""
    path = state / "lock"
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return _noted(path)[1]
    finally:
        os.close(file)
    return None


def _noted(path: Path) -> tuple[str, str]:
    holder, _, endpoint = path.read_text().strip().partition(" ")
    return holder, endpoint
