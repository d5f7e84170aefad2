"""`make verify-digests`: every conversation of the demo workspace, its digest recomputed from its items.

Asks the local cloud that runs in this checkout. When none does, starts it for as long as this takes: with what it holds
from before, or, on its first start, with the sample mails. Exit 1 when a digest differs.
"""

import sys
from collections.abc import Callable

from local.aws import Aws, connect, resource
from local.client import Api
from local.cloud import running
from local.connection import read_connection
from local.inbox import mailbox_id
from local.lock import running_endpoint
from local.main import run
from local.progress import Progress
from local.run import send_samples
from local.settings import LocalCloudError, from_environment
from tools.verify_digests import NotVerified, verify


def main(progress: Progress) -> int:
    settings = from_environment()
    endpoint, connection = running_endpoint(settings.state), read_connection(settings.connection)
    if endpoint is not None and connection is not None:
        return 1 if differing(connect(endpoint), connection.workspace, progress.say) else 0
    said: list[str] = []
    with running(settings, progress) as (cloud, started):
        if cloud.is_new:
            api = Api(started)
            send_samples(started, api, mailbox_id(api, started.mailbox), progress)
        found = differing(cloud.aws, started.workspace, said.append)
    for line in said:
        progress.say(line)
    return 1 if found else 0


def differing(aws: Aws, workspace: str, say: Callable[[str], None]) -> int:
    """How many conversations of a workspace differ; each is said. Raises LocalCloudError."""
    function = resource(aws.stack_resources(), "DigestVerificationFunction")
    try:
        return verify(aws.functions, function, workspace, say)
    except NotVerified as reason:
        raise LocalCloudError(f"digest_verification did not answer: {reason}") from reason


if __name__ == "__main__":
    sys.exit(run(main))
