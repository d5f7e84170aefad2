"""Recompute every conversation's digest from its items, and name those that differ.

`python -m tools.verify_digests ENV WORKSPACE [--region REGION]`: ENV is one of samconfig.toml's (dev, prod). The
digests are keyed, so they are recomputed by a function of the stack, which may use the keys; this asks it until it is
done. For the local cloud: `local.verify_digests`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tools.finish_deploy import DeployUnfinished, outputs, stack_of

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ASKING = Config(retries={"total_max_attempts": 2}, read_timeout=330)
"""Longer than the function's own timeout."""
WHAT = {
    "digest": "its messages are not those that its head was told of",
    "count": "it has more messages than its head was told of, or fewer",
    "seal": "a message does not open: damaged, or moved here from elsewhere",
    "item": "an item lacks what every item of its kind has",
    "head": "its head is gone",
}


class NotVerified(Exception):
    """The function did not answer as it should; the message says why."""


def verify(client: LambdaClient, function: str, workspace: str, say: Callable[[str], None]) -> int:
    """Say what was found. How many conversations differ. Raises NotVerified."""
    checked, differing, cursor = 0, list[dict[str, str]](), ""
    while True:
        answer = ask(client, function, {"workspace": workspace, "cursor": cursor})
        checked, differing = checked + answer["checked"], differing + answer["differing"]
        cursor = answer["cursor"]
        if not cursor:
            break
        say(f"… {checked} conversations checked")
    for each in differing:
        say(f"differs: {each['conversation']}: {WHAT.get(each['difference'], each['difference'])}")
    say(f"{checked} conversations checked, {checked - len(differing)} digests true, {len(differing)} differ")
    return len(differing)


def ask(client: LambdaClient, function: str, payload: dict[str, str]) -> dict[str, Any]:
    answer = client.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer or "error" in said:
        raise NotVerified(said.get("error", {}).get("detail") or said.get("errorType") or "no reason given")
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", help="dev or prod, as in samconfig.toml")
    parser.add_argument("workspace", help="the workspace's id")
    parser.add_argument("--region", help="if it is not the one of your AWS settings")
    arguments = parser.parse_args()
    session = boto3.session.Session(region_name=arguments.region)
    try:
        function = outputs(session, stack_of(arguments.environment))["DigestVerificationFunctionName"]
        return 1 if verify(session.client("lambda", config=ASKING), function, arguments.workspace, print) else 0
    except (NotVerified, DeployUnfinished, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
