"""Builds the functions and layers for this machine.

The recipe of each is tools/build_lambda.py, as in `make build`; only `sam build` around it is left out, which takes
longer than the work itself.
"""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.packaging import CODE_LOCATION
from local.settings import ROOT, LocalCloudError
from tools.expand_template import load

BUILD = ROOT / ".local" / "build"
BUILT_TEMPLATE = BUILD / "template.json"
_SOURCES = ("template.yaml", "functions", "layers", "uv.lock", "tools")


def python_runtime() -> str:
    """The Lambda runtime that functions get here: this interpreter's version, which is MiniStack's too."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def architecture() -> str:
    """This machine's architecture, in Lambda's words."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def sources_digest() -> str:
    """Changes with every byte that the artefacts are made of or by, and with the target."""
    digest = hashlib.sha256(f"{python_runtime()} {architecture()}".encode())
    for path in _source_files():
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build(digest: str) -> bool:
    """Build the artefacts of the sources with this digest; answers False when they are there already.

    Raises LocalCloudError with what the recipe said when one fails.
    """
    mark = BUILD.with_name("build.digest")
    BUILD.parent.mkdir(parents=True, exist_ok=True)
    with _alone():
        if mark.exists() and mark.read_text() == digest and BUILT_TEMPLATE.exists():
            return False
        mark.unlink(missing_ok=True)
        shutil.rmtree(BUILD, ignore_errors=True)
        _build_all(load(ROOT / "template.yaml"))
        mark.write_text(digest)
    return True


def _build_all(template: dict[str, Any]) -> None:
    """Every artefact in a folder of its logical id, and the template that points there, as `sam build` leaves them."""
    places = {
        logical_id: (definition.setdefault("Properties", {}), CODE_LOCATION[definition["Type"]])
        for logical_id, definition in template["Resources"].items()
        if definition["Type"] in CODE_LOCATION
    }
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for failure in pool.map(_build_one, places):
            if failure:
                raise LocalCloudError(failure)
    for logical_id, (properties, location) in places.items():
        properties[location] = logical_id
    BUILT_TEMPLATE.write_text(json.dumps(template))


def _build_one(logical_id: str) -> str | None:
    environment = {**os.environ, "LAMBDA_ARCH": "host", "LAMBDA_PYTHON": python_runtime().removeprefix("python")}
    command = [sys.executable, "-m", "tools.build_lambda", logical_id, str(BUILD / logical_id)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"{logical_id} was not built:\n{done.stdout}{done.stderr}"


@contextmanager
def _alone() -> Iterator[None]:
    """Two local clouds of one checkout share the artefacts: the second waits for the first one's build."""
    with BUILD.with_name("build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _source_files() -> Iterator[Path]:
    for name in _SOURCES:
        source = ROOT / name
        if source.is_file():
            yield source
            continue
        yield from sorted(
            path
            for path in source.rglob("*")
            if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts
        )
