"""Hold the audit log's chain against its entries and anchors, and name what differs.

`python -m tools.verify_audit ENV WORKSPACE [--region REGION]`: ENV is one of samconfig.toml's (dev, prod); a function
of the stack reads the chain, and this asks it until it is done. For the local cloud: `local.verify_audit`.

`python -m tools.verify_audit --export FILE` proves an export instead, by itself: that each entry is the one that was
linked, and that each link follows the one before. The anchors are not in it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from letterlock.domain.audit import Link, StoredEntry, differences, digest_of
from tools.finish_deploy import DeployUnfinished, outputs, stack_of
from tools.verify_digests import ASKING, NotVerified, ask

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

WHAT = {
    "changed": "it is not the entry that was linked",
    "missing": "it was linked, and is gone",
    "unlinked": "no link names it: put in behind the log's back, or lost by the table's stream",
    "doubled": "it is linked twice, or the note of which link is its own was changed",
    "gap": "the link before it is gone",
    "broken": "it does not follow the link before it",
    "rewritten": "its hash is not that of its parts",
    "anchor": "it is not there, or not as it was when it was anchored",
    "late": "it was linked long after the time that it says it was written",
}
COUNTS = ("links", "entries", "waiting", "anchors")


def verify(client: LambdaClient, function: str, workspace: str, say: Callable[[str], None]) -> dict[str, int]:
    """Say what was found. How many of each, and how many differences, as `differing`. Raises NotVerified."""
    seen, differing, cursor = dict.fromkeys(COUNTS, 0), list[dict[str, str]](), ""
    while True:
        answer = ask(client, function, {"workspace": workspace, "cursor": cursor})
        seen = {name: seen[name] + answer[name] for name in COUNTS}
        differing += answer["differing"]
        cursor = answer["cursor"]
        if not cursor:
            break
        say(f"… {seen['links']} links and {seen['entries']} entries checked")
    for each in differing:
        say(f"differs: {each['place']}: {WHAT.get(each['difference'], each['difference'])}")
    waiting = f", {seen['waiting']} of them not linked yet" if seen["waiting"] else ""
    say(
        f"{seen['entries']} entries checked{waiting}, {seen['links']} links, {seen['anchors']} anchors met, "
        f"{len(differing)} differ"
    )
    return {**seen, "differing": len(differing)}


# ---- an export ------------------------------------------------------------------------------------------------------


def exported(lines: Iterable[str]) -> Iterator[tuple[Link, StoredEntry | None]]:
    """From the lines of an export. A line that leads to the next page is passed over. Raises NotVerified."""
    for number, line in enumerate(lines, start=1):
        try:
            said: dict[str, Any] = json.loads(line)
            if "seq" not in said:
                continue
            link = Link(int(said["seq"]), said["key"], said["digest"], said["previous"], said["hash"])
            stored = said["stored"]
        except (ValueError, KeyError, TypeError) as error:
            raise NotVerified(f"line {number} is none of an export of the audit log") from error
        # The very spelling that was hashed: sorted names, no spaces.
        spelt = json.dumps(stored, sort_keys=True, separators=(",", ":")).encode()
        own = said["key"] == (stored or {}).get("sk", {}).get("S")
        yield link, StoredEntry("", link.entry, digest_of(spelt)) if own else None


def verify_export(lines: Iterable[str], say: Callable[[str], None]) -> int:
    """Say what was found. How many differences. Raises NotVerified."""
    chain = list(exported(lines))
    differing = list(differences(chain))
    for place, how in differing:
        say(f"differs: {place}: {WHAT[how]}")
    say(f"{len(chain)} links with their entries checked, {len(differing)} differ")
    return len(differing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", nargs="?", help="dev or prod, as in samconfig.toml")
    parser.add_argument("workspace", nargs="?", help="the workspace's id, or stack")
    parser.add_argument("--region", help="if it is not the one of your AWS settings")
    parser.add_argument("--export", type=Path, help="a file with an export, to be proved by itself")
    arguments = parser.parse_args()
    if arguments.export is None and not (arguments.environment and arguments.workspace):
        parser.error("say which environment and workspace, or which export")
    try:
        if arguments.export:
            with arguments.export.open(encoding="utf-8") as lines:
                return 1 if verify_export(lines, print) else 0
        session = boto3.session.Session(region_name=arguments.region)
        function = outputs(session, stack_of(arguments.environment))["AuditVerificationFunctionName"]
        seen = verify(session.client("lambda", config=ASKING), function, arguments.workspace, print)
    except (NotVerified, DeployUnfinished, BotoCoreError, ClientError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if seen["differing"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
