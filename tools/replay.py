"""Parse and thread a workspace's archived mails as it would be done today, and name the messages that would be others.

`python -m tools.replay ENV WORKSPACE [--region REGION]`: ENV is one of samconfig.toml's (dev, prod). The archive is
sealed, so a function of the stack does it; this asks it until it is done. For the local cloud: `local.replay`.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.finish_deploy import DeployUnfinished, outputs, stack_of
from tools.verify_digests import ASKING, NotVerified, ask

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def replay(client: LambdaClient, function: str, workspace: str, say: Callable[[str], None]) -> int:
    """Say what was found. How many messages would be others. Raises NotVerified."""
    mails, in_part, differing, cursor = 0, 0, list[dict[str, Any]](), ""
    while True:
        answer = ask(client, function, {"workspace": workspace, "cursor": cursor})
        mails, in_part, cursor = mails + answer["mails"], in_part + answer["in_part"], answer["cursor"]
        differing += answer["differing"]
        if not cursor:
            break
        say(f"… {mails} mails replayed")
    for each in differing:
        say(f"differs: {each['conversation']} {each['message']}: {', '.join(each['changes'])}")
    kinds = Counter(change for each in differing for change in each["changes"])
    if kinds:
        say("by kind: " + ", ".join(f"{kind} {times}" for kind, times in kinds.most_common()))
    say(
        f"{mails} mails replayed, {mails - len(differing)} as they are kept, {len(differing)} differ; "
        f"of {in_part} the envelope is not known, so they were not threaded again"
    )
    return len(differing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", help="dev or prod, as in samconfig.toml")
    parser.add_argument("workspace", help="the workspace's id")
    parser.add_argument("--region", help="if it is not the one of your AWS settings")
    arguments = parser.parse_args()
    session = boto3.session.Session(region_name=arguments.region)
    try:
        function = outputs(session, stack_of(arguments.environment))["MailReplayFunctionName"]
        return 1 if replay(session.client("lambda", config=ASKING), function, arguments.workspace, print) else 0
    except (NotVerified, DeployUnfinished, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
