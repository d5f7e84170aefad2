"""Which Python and which processor a build is for, and that Python's own interpreter to compile bytecode with.

Environment:
  LAMBDA_PYTHON  "3.13" (default: the template's PythonRuntime)
  LAMBDA_ARCH    arm64 | x86_64 | host (default: arm64, the template's default)
  UV             the uv binary (default: .tools/bin/uv, else the one on PATH)
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Lambda's Amazon Linux 2023 has glibc 2.34: manylinux_2_28 is the newest level in common use that it can load.
WHEEL_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
HOST_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "amd64": "x86_64", "x86_64": "x86_64"}


class BuildError(Exception):
    """The build cannot go on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a build is for: `python` is "3.13", `architecture` is Lambda's name for the processor."""

    python: str
    architecture: str
    is_host: bool

    @property
    def wheel_platform(self) -> str | None:
        """The platform of the wheels as uv calls it; None takes the wheels of this machine."""
        return None if self.is_host else WHEEL_PLATFORMS[self.architecture]


def target(environment: Mapping[str, str] = os.environ) -> Target:
    """Read the target from the environment. Raises BuildError on a value that names none."""
    python = environment.get("LAMBDA_PYTHON") or template_default("PythonRuntime").removeprefix("python")
    if not re.fullmatch(r"3\.\d+", python):
        raise BuildError(f"LAMBDA_PYTHON={python}: want a version like 3.13")
    wanted = environment.get("LAMBDA_ARCH") or template_default("Architecture")
    if wanted == "host":
        machine = platform.machine().lower()
        if machine not in HOST_ARCHITECTURES:
            raise BuildError(f"LAMBDA_ARCH=host: this machine's processor ({machine}) is none that Lambda has")
        return Target(python, HOST_ARCHITECTURES[machine], is_host=True)
    if wanted not in WHEEL_PLATFORMS:
        raise BuildError(f"LAMBDA_ARCH={wanted}: want arm64, x86_64 or host")
    return Target(python, wanted, is_host=False)


def template_default(parameter: str) -> str:
    """The default of a template parameter, read without a YAML parser: the build needs nothing but Python."""
    template = (ROOT / "template.yaml").read_text()
    found = re.search(rf"^  {parameter}:\n(?:    .*\n)*?    Default: (\S+)$", template, re.MULTILINE)
    if found is None:
        raise BuildError(f"template.yaml: no default for the parameter {parameter}")
    return found.group(1).strip("\"'")


def uv() -> str:
    """The uv binary. Raises BuildError when there is none."""
    own = ROOT / ".tools" / "bin" / "uv"
    found = os.environ.get("UV") or (str(own) if own.exists() else shutil.which("uv"))
    if not found:
        raise BuildError("uv is missing: run `make setup`, or name the binary in UV")
    return found


def interpreter(python: str) -> str:
    """An interpreter of exactly this minor version: only it can write bytecode that Lambda's will load."""
    for candidate in _candidates(python):
        if _version(candidate) == python:
            return candidate
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise BuildError(
        f"no Python {python} here to compile the bytecode with: install one (`{uv()} python install {python}`),\n"
        f"or build and deploy for the Python you have: `make build LAMBDA_PYTHON={here}`"
    )


def _candidates(python: str) -> Iterator[str]:
    yield sys.executable
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(f"python{python}", path=folder)
        if found:
            yield found
    command = [uv(), "python", "find", python, "--no-python-downloads", "--no-project"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        yield answer.stdout.strip()


def _version(candidate: str) -> str | None:
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([candidate, "-I", "-c", question], capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else None
