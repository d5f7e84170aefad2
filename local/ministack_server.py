"""MiniStack, which plays AWS, as a child process of the local cloud."""

import hashlib
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from local.saved_state import prepare
from local.settings import HOST, REGION, ROOT, LocalCloudError, Settings

_PYTHON = ROOT / ".venv-ministack" / "bin" / "python"
_CHILD = Path(__file__).with_name("ministack_child.py")
_START_SECONDS = 60.0
_MEMORY = Path("/dev/shm")  # noqa: S108 (the folder in it is made by us alone, mode 0700)
# A function's process takes 50 MB of it; this leaves room for many, in a container's 64 MB there is none.
_ROOMY_BYTES = 4 * 1024**3
_GRACE_SECONDS = 4.0
_STOP_ATTEMPTS = 8


class MiniStack:
    """One MiniStack, bound to 127.0.0.1. Its state is written when it stops cleanly, and only then."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, ses_endpoint: str) -> None:
        """Start it and wait until it answers; `ses_endpoint` is where functions find SES.

        Raises LocalCloudError when its virtual environment is missing or it does not come up.
        """
        if not _PYTHON.exists():
            raise LocalCloudError("MiniStack is not installed: `make setup` installs it.")
        environment = _environment(self._settings, ses_endpoint)
        shutil.rmtree(environment["TMPDIR"], ignore_errors=True)
        for folder in ("STATE_DIR", "S3_DATA_DIR", "TMPDIR"):
            Path(environment[folder]).mkdir(mode=0o700, parents=True, exist_ok=True)
        if Path(environment["TMPDIR"]).stat().st_uid != os.getuid():
            raise LocalCloudError(f"{environment['TMPDIR']} belongs to another user.")
        prepare(Path(environment["STATE_DIR"]), self._settings.cloud_port)
        with self._settings.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(_PYTHON), "-I", str(_CHILD)],
                cwd=self._settings.state,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A session of its own: Ctrl-C reaches us alone, and we stop it in order.
                start_new_session=True,
            )
        self._wait_until_ready(self._process)

    @property
    def was_started(self) -> bool:
        """Whether there is a process to ask and to stop."""
        return self._process is not None

    @property
    def process_id(self) -> int:
        """Of MiniStack, whose children run the functions. Raises LocalCloudError where it was not started."""
        if self._process is None:
            raise LocalCloudError("MiniStack was not started.")
        return self._process.pid

    def check(self) -> None:
        """Raise LocalCloudError if it has ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise LocalCloudError(f"MiniStack ended by itself (exit {self._process.returncode}).")

    def stop(self) -> None:
        """Stop it cleanly, so that it writes its state. Functions under way get a few seconds to end.

        It may wait for them, and they for it; a delivery that they leave open comes again after the next start.
        """
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        for _ in range(_STOP_ATTEMPTS):
            if _has_ended(process, _GRACE_SECONDS):
                break
            _signal_group(process, signal.SIGTERM)
        _signal_group(process, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
        shutil.rmtree(_scratch(self._settings), ignore_errors=True)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise LocalCloudError(f"MiniStack did not start (exit {process.returncode}).")
            if _answers(f"{self._settings.endpoint}/_ministack/ready"):
                return
            time.sleep(0.05)
        raise LocalCloudError(f"MiniStack did not answer within {_START_SECONDS:.0f} s.")


def _scratch(settings: Settings) -> Path:
    """Where each function's process has its code unpacked: in memory if there is room, for it is thousands of files."""
    try:
        space = os.statvfs(_MEMORY)
        has_room = os.access(_MEMORY, os.W_OK) and space.f_blocks * space.f_frsize >= _ROOMY_BYTES
    except OSError:
        has_room = False
    name = hashlib.sha256(str(settings.state.resolve()).encode()).hexdigest()[:16]
    return _MEMORY / f"letterlock-{os.getuid()}-{name}" if has_room else settings.state / "tmp"


def _environment(settings: Settings, ses_endpoint: str) -> Mapping[str, str]:
    """What MiniStack gets, and through it every function: nothing of our own environment but the way to programs.

    A PYTHONPATH that leaked in would let a function find a module that its artefact lacks.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(settings.state),
        "TMPDIR": str(_scratch(settings)),
        "PYTHONUTF8": "1",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(settings.cloud_port),
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(settings.state / "ministack"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(settings.state / "s3"),
        "AUTH": "true" if settings.auth else "false",
        "LOG_LEVEL": "WARNING",
        # The SDK reads this name itself, so a function's SES client finds our stand-in and all else MiniStack.
        "AWS_ENDPOINT_URL_SESV2": ses_endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal MiniStack and its functions, which are one process group; none may be left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _has_ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 (our own http address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
