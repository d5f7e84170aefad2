"""Build every function for this machine and import its handler with nothing on the path but the artefacts.

What is missing from a layer, or was only ever found in a development environment, fails here and not in production.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.build_lambda import build
from tools.expand_template import load
from tools.lambda_target import BuildError, interpreter, target

LAYERS = ("CoreLayer", "VendorLayer", "StripeLayer")
# The standard library stays (`python -I` drops the user's and the current folder, -S drops site-packages).
PROBE = """
import os, sys, time
sys.path[:0] = sys.argv[1:]
before = time.process_time()
import handler
assert callable(handler.handler), "handler.py has no callable named handler"
print(f"{(time.process_time() - before) * 1000:.0f} {len(sys.modules)}")
"""
# What the first request loads must be there as well: Stripe's library, without the HTTP client that it asks for.
ALONE = {"StripeLayer": "import letterlock.adapters.stripe_http, letterlock.adapters.stripe_payments"}
# What Lambda sets for every function.
LAMBDA_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "placeholder",
    "AWS_SECRET_ACCESS_KEY": "placeholder",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "TZ": ":UTC",
    "LANG": "en_US.UTF-8",
}


def functions(template: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Each function's logical id, with the environment that the template gives it."""
    common = _variables(template.get("Globals", {}).get("Function", {}))
    return {
        logical_id: _placeholders({**common, **_variables(resource["Properties"])})
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def layers_of(template: dict[str, Any]) -> dict[str, list[str]]:
    """Those that everybody has, and a function's own (AWS SAM: "Globals", lists are added)."""
    common = template.get("Globals", {}).get("Function", {}).get("Layers", [])
    return {
        logical_id: [each["Ref"] for each in [*common, *resource["Properties"].get("Layers", [])]]
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def import_handler(logical_id: str, artifacts: Path, environment: dict[str, str], layers: list[str]) -> str:
    """Import the built handler; answers "<CPU ms> <modules>". Raises BuildError with what Python said."""
    path = [str(artifacts / logical_id), *(str(artifacts / layer / "python") for layer in layers)]
    done = subprocess.run(
        [interpreter(target().python), "-I", "-S", "-c", PROBE + ALONE.get(layers[-1], ""), *path],
        env={"PATH": os.defpath, "AWS_LAMBDA_FUNCTION_NAME": logical_id, **LAMBDA_ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode != 0:
        raise BuildError(done.stderr.strip() or f"exit {done.returncode}")
    return done.stdout.strip()


def _variables(properties: dict[str, Any]) -> dict[str, Any]:
    variables: dict[str, Any] = properties.get("Environment", {}).get("Variables", {})
    return variables


def _placeholders(variables: dict[str, Any]) -> dict[str, str]:
    """A literal as it is; a reference as a name that looks like one."""
    shown = {
        name: value if isinstance(value, str) else f"placeholder-{name.lower()}" for name, value in variables.items()
    }
    # Powertools refuses a level that is none.
    return shown | {"POWERTOOLS_LOG_LEVEL": "INFO"}


def main() -> int:
    """Print a line for each handler, and at the end how many of them import."""
    os.environ["LAMBDA_ARCH"] = "host"
    os.environ.setdefault("LAMBDA_PYTHON", f"{sys.version_info.major}.{sys.version_info.minor}")
    template = load()
    wanted, layers = functions(template), layers_of(template)
    imported = 0
    with tempfile.TemporaryDirectory() as folder:
        artifacts = Path(folder)
        try:
            for layer in LAYERS:
                build(layer, artifacts / layer)
        except BuildError as error:
            print(error, file=sys.stderr)
            return 1
        for logical_id, environment in wanted.items():
            started = time.monotonic()
            try:
                build(logical_id, artifacts / logical_id)
                milliseconds, modules = import_handler(logical_id, artifacts, environment, layers[logical_id]).split()
            except BuildError as error:
                print(f"{logical_id:28} FAILED after {time.monotonic() - started:.1f} s\n{error}")
            else:
                imported += 1
                print(f"{logical_id:28} {milliseconds:>5} ms CPU  {modules:>5} modules")
    print(f"{imported} of {len(wanted)} handlers import", flush=True)
    return 0 if imported == len(wanted) else 1


if __name__ == "__main__":
    raise SystemExit(main())
