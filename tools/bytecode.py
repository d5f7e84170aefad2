"""Bytecode for Lambda: compiled by the runtime's own Python, as if the code already lay where Lambda puts it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tools.lambda_target import BuildError, Target, interpreter

LAYER_ROOT = "/opt/python"
FUNCTION_ROOT = "/var/task"


def compile_bytecode(target: Target, folder: Path, deployed_at: str) -> None:
    """Compile every module of `folder` with paths as under `deployed_at`. Raises BuildError.

    Lambda's folders are read-only, so code without bytecode is compiled again at every cold start. An unchecked hash
    (PEP 552) is loaded without a look at the source's time, which does not survive the zip.
    """
    command = [interpreter(target.python), "-m", "compileall", "-q", "-f", "-j", "0"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", deployed_at, str(folder)]
    # Sets of constants are written in hash order: a fixed seed gives the same bytes every time.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{folder.name} does not compile:\n{done.stdout}{done.stderr}")
