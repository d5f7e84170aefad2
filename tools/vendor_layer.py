"""The layers of others' code: the wheels that uv.lock names, for the target, without what no function uses.

Built once per lock, target and version of this module under .build-cache/, then copied.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.bytecode import LAYER_ROOT, compile_bytecode
from tools.lambda_target import ROOT, BuildError, Target, interpreter, uv

CACHE = ROOT / ".build-cache"

# The services that the functions call. botocore brings descriptions of some 400, about 25 MB of the layer.
SERVICES = frozenset({"dynamodb", "events", "kms", "s3", "secretsmanager", "sesv2", "sqs"})
# What botocore reads beside a service's own description.
SDK_FILES = frozenset({"_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"})
# What importlib.metadata is asked for at run time (version, entry points), and the licences that must travel along.
METADATA_FILES = ("METADATA", "entry_points.txt")
LICENCE_STARTS = ("licen", "copying", "notice", "authors")
NOT_FOR_RUNNING = ("tests", "test", "examples", "__pycache__")


def vendor_packages(target: Target) -> Path:
    """The folder with the layer's packages for this target, built if it is not in the cache. Raises BuildError."""
    return _packages(target, "vendor", ("--no-default-groups",), lambda _name: True)


def stripe_packages(target: Target) -> Path:
    """The same of Stripe's library, which only some functions load: it alone. The HTTP client that it asks for is not
    used (adapters/stripe_http.py), and what else it needs is in the vendor layer.
    """
    return _packages(target, "stripe", ("--only-group", "billing"), lambda name: name == "stripe")


def _packages(target: Target, layer: str, groups: Sequence[str], wanted: Callable[[str], bool]) -> Path:
    ready = CACHE / f"{layer}-{target.python}-{_platform(target)}-{_digest()}"
    if not ready.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            packages = Path(scratch) / "python"
            _install(target, packages, groups, wanted)
            _trim(packages)
            compile_bytecode(target, packages, LAYER_ROOT)
            # Two builds at once make the same thing: the first one in wins.
            if not ready.exists():
                packages.rename(ready)
    return ready


def _platform(target: Target) -> str:
    return target.wheel_platform or f"{target.architecture}-host"


def _digest() -> str:
    inputs = [ROOT / "uv.lock", ROOT / "pyproject.toml", Path(__file__)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in inputs)).hexdigest()[:16]


def _install(target: Target, packages: Path, groups: Sequence[str], wanted: Callable[[str], bool]) -> None:
    """Install exactly what the lock says for Lambda: hashes checked, wheels only, nothing resolved anew."""
    export = [uv(), "export", "--frozen", *groups, "--no-emit-project", "--no-annotate", "--no-header"]
    requirements = packages.parent / "requirements.txt"
    _run([*export, "--quiet", "--output-file", str(requirements)])
    each = re.split(r"^(?=\S)", requirements.read_text(encoding="utf-8"), flags=re.MULTILINE)
    requirements.write_text("".join(one for one in each if wanted(one.partition("==")[0])), encoding="utf-8")
    install = [uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    install += ["--requirement", str(requirements), "--target", str(packages), "--link-mode", "copy"]
    install += ["--python", interpreter(target.python), "--python-version", target.python]
    if target.wheel_platform:
        install += ["--python-platform", target.wheel_platform]
    _run(install)


def _trim(packages: Path) -> None:
    """Drop what no function uses. Every megabyte is read at a cold start's download."""
    shutil.rmtree(packages / "bin", ignore_errors=True)
    for folder in sorted(packages.rglob("*"), reverse=True):
        if folder.is_dir() and folder.name in NOT_FOR_RUNNING:
            shutil.rmtree(folder)
    for info in packages.glob("*.dist-info"):
        _trim_metadata(info)
    for data in (packages / "botocore" / "data", packages / "boto3" / "data"):
        if data.exists():
            _trim_services(data)
    for stub in [*packages.rglob("*.pyi"), packages / ".lock"]:
        stub.unlink(missing_ok=True)


def _trim_metadata(info: Path) -> None:
    for file in [path for path in info.rglob("*") if path.is_file()]:
        licence = file.name.lower().startswith(LICENCE_STARTS) or "licenses" in file.parent.parts
        if not licence and file.name not in METADATA_FILES:
            file.unlink()


def _trim_services(data: Path) -> None:
    for path in data.iterdir():
        if path.is_dir() and path.name not in SERVICES:
            shutil.rmtree(path)
        elif path.is_file() and path.name not in SDK_FILES:
            path.unlink()
    for example in data.rglob("examples-*"):
        example.unlink()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"`{' '.join(command[:4])} ...` failed:\n{done.stdout}{done.stderr}")
