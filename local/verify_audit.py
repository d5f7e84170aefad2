"""`make verify-audit`: the audit logs of the local cloud, their chains held against their entries and anchors.

Asks the local cloud that runs in this checkout; when none does, starts it for as long as this takes. Waits until what
was recorded a moment ago is linked. A log that is true is anchored then, so that the next check sees what is cut off
its end. Exit 1 when something differs.
"""

import json
import sys
import time
from collections.abc import Callable

from local.aws import Aws, connect, resource
from local.cloud import running
from local.connection import read_connection
from local.lock import running_endpoint
from local.main import run
from local.progress import Progress
from local.settings import LocalCloudError, from_environment
from tools.verify_audit import verify
from tools.verify_digests import NotVerified

_SECONDS = 30.0


def main(progress: Progress) -> int:
    settings = from_environment()
    endpoint, connection = running_endpoint(settings.state), read_connection(settings.connection)
    if endpoint is not None and connection is not None:
        return 1 if differing(connect(endpoint), connection.workspace, progress.say) else 0
    said: list[str] = []
    with running(settings, progress) as (cloud, started):
        found = differing(cloud.aws, started.workspace, said.append)
    for line in said:
        progress.say(line)
    return 1 if found else 0


def differing(aws: Aws, workspace: str, say: Callable[[str], None]) -> int:
    """How many places of a workspace's log differ; each is said. Raises LocalCloudError."""
    function = resource(aws.stack_resources(), "AuditVerificationFunction")
    deadline = time.monotonic() + _SECONDS
    while True:
        said: list[str] = []
        try:
            seen = verify(aws.functions, function, workspace, said.append)
        except NotVerified as reason:
            raise LocalCloudError(f"audit_verification did not answer: {reason}") from reason
        if not seen["waiting"] or seen["differing"] or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    for line in said:
        say(line)
    if not seen["differing"] and not seen["waiting"]:
        anchor(aws)
    return seen["differing"]


def anchor(aws: Aws) -> None:
    """As the schedule does at night. Raises LocalCloudError."""
    function = resource(aws.stack_resources(), "AuditAnchorFunction")
    answer = aws.functions.invoke(FunctionName=function, Payload=json.dumps({}).encode())
    if "FunctionError" in answer:
        raise LocalCloudError("audit_anchor failed: see its log")


if __name__ == "__main__":
    sys.exit(run(main))
