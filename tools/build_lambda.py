"""Build one artefact of the template: a function, or a layer: the core, the vendor's, Stripe's.

Called by functions/Makefile and layers/Makefile, which `sam build` calls with the logical id and ARTIFACTS_DIR.
The same sources, lock and target give the same bytes: times are fixed, bytecode carries no time and no build path.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from pathlib import Path

from tools.bytecode import FUNCTION_ROOT, LAYER_ROOT, compile_bytecode
from tools.lambda_target import ROOT, BuildError, target
from tools.vendor_layer import stripe_packages, vendor_packages

# Zip files know no time before 1980; any fixed one will do.
BUILD_TIME = 315_619_200  # 1980-01-02T00:00:00Z


def build(logical_id: str, artifacts: Path) -> None:
    """Fill `artifacts` for the function or layer of this logical id. Raises BuildError."""
    artifacts.mkdir(parents=True, exist_ok=True)
    if logical_id == "CoreLayer":
        _build_core(artifacts)
    elif logical_id == "VendorLayer":
        shutil.copytree(vendor_packages(target()), artifacts / "python", dirs_exist_ok=True)
    elif logical_id == "StripeLayer":
        shutil.copytree(stripe_packages(target()), artifacts / "python", dirs_exist_ok=True)
    elif logical_id.endswith("Function"):
        _build_function(logical_id, artifacts)
    else:
        raise BuildError(f"{logical_id} is neither a function nor a layer of this template")
    fix_times(artifacts)


def folder_of(logical_id: str) -> str:
    """InboundEmailFunction -> inbound_email: a function's folder is its logical id in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id.removesuffix("Function")).lower()


def _build_function(logical_id: str, artifacts: Path) -> None:
    source = ROOT / "functions" / folder_of(logical_id)
    if not (source / "handler.py").is_file():
        raise BuildError(f"{logical_id}: functions/{source.name}/handler.py is missing")
    for file in sorted(source.iterdir()):
        if file.suffix in {".py", ".json"}:
            shutil.copyfile(file, artifacts / file.name)
    compile_bytecode(target(), artifacts, FUNCTION_ROOT)


def _build_core(artifacts: Path) -> None:
    packages = artifacts / "python"
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "layers" / "core" / "letterlock", packages / "letterlock", ignore=ignore, dirs_exist_ok=True)
    compile_bytecode(target(), packages, LAYER_ROOT)


def fix_times(folder: Path) -> None:
    """Give every file the same time."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (BUILD_TIME, BUILD_TIME))


def main() -> int:
    """Build what the arguments name; on a BuildError say what to do and answer 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logical_id", help="InboundEmailFunction, CoreLayer, VendorLayer, ...")
    parser.add_argument("artifacts", type=Path, help="the folder to fill")
    arguments = parser.parse_args()
    try:
        build(arguments.logical_id, arguments.artifacts)
    except BuildError as error:
        print(f"build {arguments.logical_id}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
