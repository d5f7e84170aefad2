"""What files cost of a processor and of memory, each measured in a process of its own: the look into each hostile file,
and a file as large as there may be one sealed, opened and sent.

The base is what a process holds that has loaded everything and made the file, without what it had freed; the peak is
what it held at most from then on (Linux and glibc: `VmRSS`, `VmHWM`, `malloc_trim`).
"""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from botocore.response import StreamingBody

from bench.fault_children import run_in_child
from bench.hostile_files import HOSTILE, HostileFile
from letterlock.adapters.file_examiner import FileExaminer
from letterlock.adapters.framing import FileSealer
from letterlock.adapters.outgoing_mime import compose
from letterlock.adapters.s3_archive import S3Archive
from letterlock.adapters.sealing import KEY_BYTES, Sealer
from letterlock.adapters.streamed_json import MadeWhileSent, Streamed
from letterlock.domain.conversations import StoredAttachment
from letterlock.domain.files import FILE_BYTES, OCTETS
from letterlock.domain.mail import MAIL_BYTES, Address
from letterlock.domain.replies import OutgoingFile, OutgoingMail
from letterlock.services.file_ports import FilePlace
from letterlock.services.stored_files import whole_file

MEGABYTES: Final = 128
"""Above the base, at most: a function of 1 GB has that several times."""
SECONDS: Final = 10.0
"""Of a processor, at most, for a look into one file."""
PLACE: Final = FilePlace("wsp_1", "att_1")
_WIRE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Cost:
    what: str
    seconds: float
    megabytes: float
    """Above the base."""

    def __str__(self) -> str:
        return f"{self.what:<40}{self.seconds:>8.2f} s{self.megabytes:>8.1f} MB"


def measured(what: str, prepare: Callable[[], Callable[[], object]]) -> Cost:
    """`prepare` and what it answers run in a child; only the latter is measured."""
    seconds, megabytes = run_in_child(partial(_measure, prepare))
    return Cost(what, seconds, megabytes)


def _measure(prepare: Callable[[], Callable[[], object]]) -> tuple[float, float]:
    act = prepare()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew (proc_pid_clear_refs(5))
    base, began = _held("VmRSS"), time.process_time()
    act()
    return time.process_time() - began, (_held("VmHWM") - base) / 1000


def _held(which: str) -> int:
    """Kilobytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{which}:"))


# ---- the look into a file -------------------------------------------------------------------------------------------


def costs_of_looks(files: Iterable[HostileFile] = HOSTILE) -> list[Cost]:
    return [measured(each.what, partial(_look, each)) for each in files]


def _look(file: HostileFile) -> Callable[[], object]:
    return partial(FileExaminer().examine, file.make(), file.name, file.media_type)


# ---- a large file ---------------------------------------------------------------------------------------------------


class _Keys:
    """`KeySource` of one key."""

    def data_key(self, _workspace: str) -> tuple[int, bytes]:
        return 1, bytes(KEY_BYTES)

    def data_key_at(self, _workspace: str, _version: int) -> bytes:
        return bytes(KEY_BYTES)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class _Bucket:
    """S3, which takes and gives a piece at a time, from and to a disk."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "sealed"

    def put_object(self, *, Body: Any, **_: Any) -> dict[str, str]:  # noqa: N803 - S3's own word
        with self._file.open("wb") as kept:
            while piece := Body.read(_WIRE):
                kept.write(piece)
        return {"VersionId": "1"}

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": StreamingBody(self._file.open("rb"), None)}  # type: ignore[arg-type]  # any that reads


def _archive(folder: Path) -> S3Archive:
    keys: Any = _Keys()
    bucket: Any = _Bucket(folder)
    return S3Archive(bucket, "archive", Sealer(keys), FileSealer(keys))


def _content() -> bytes:
    return bytes(bytearray(range(256)) * (FILE_BYTES // 256 + 1))[:FILE_BYTES]


def costs_of_large_file(folder: Path) -> list[Cost]:
    """Sealed from memory, as an upload that was looked into; opened into memory, as a download; and as a mail."""
    stored = StoredAttachment("att_1", "film.mp4", "video/mp4", FILE_BYTES, sha256(_content()).hexdigest())
    size = FILE_BYTES // 1_000_000
    return [
        measured(f"a file of {size} MB is sealed", partial(_seal, folder)),
        measured(f"a file of {size} MB is opened", partial(_open, folder, stored)),
        measured(f"a file of {size} MB is opened and sent", partial(_send, folder, stored)),
    ]


def _seal(folder: Path) -> Callable[[], object]:
    return partial(_archive(folder).keep_upload, PLACE, [_content()])


def _open(folder: Path, stored: StoredAttachment) -> Callable[[], object]:
    return partial(whole_file, _archive(folder), PLACE, stored)


def _send(folder: Path, stored: StoredAttachment) -> Callable[[], object]:
    """Read twice, as for the signature and for the wire."""
    archive = _archive(folder)

    def send() -> None:
        file = OutgoingFile(stored.name, OCTETS, whole_file(archive, PLACE, stored))
        raw = compose(_mail(file), datetime.now(UTC))
        if len(raw) > MAIL_BYTES:
            raise AssertionError(len(raw))
        body = MadeWhileSent(b'{"Data": "UExBQ0U="}', Streamed.of(raw, b"PLACE"))
        for _ in range(2):
            body.seek(0)
            while body.read(_WIRE):
                pass

    return send


def _mail(file: OutgoingFile) -> OutgoingMail:
    sender = Address("support@acme.example", "Acme")
    return OutgoingMail(
        sender, sender, (Address("ana@customer.example"),), (), "Film", "Here.", "", "", (), files=(file,)
    )


def bounded(costs: Iterable[Cost]) -> bool:
    return all(each.megabytes < MEGABYTES and each.seconds < SECONDS for each in costs)


def worst(costs: list[Cost]) -> list[Cost]:
    """The one that takes longest, and the one that takes most."""
    found = [max(costs, key=lambda each: each.seconds), max(costs, key=lambda each: each.megabytes)]
    return found if found[0] is not found[1] else found[:1]
