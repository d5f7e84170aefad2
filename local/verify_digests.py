"""`make verify-digests`: every conversation of the running local cloud, its digest recomputed from its items.

The demo workspace's conversations; exit 1 when one differs.
"""

import sys

from local.aws import Aws, connect, resource
from local.connection import read_connection
from local.lock import running_endpoint
from local.main import run
from local.progress import Progress
from local.settings import LocalCloudError, from_environment
from tools.verify_digests import NotVerified, verify


def main(progress: Progress) -> int:
    settings = from_environment()
    endpoint, connection = running_endpoint(settings.state), read_connection(settings.connection)
    if endpoint is None or connection is None:
        raise LocalCloudError("No local cloud runs in this checkout: start one with `make run`.")
    return 1 if differing(connect(endpoint), connection.workspace, progress) else 0


def differing(aws: Aws, workspace: str, progress: Progress) -> int:
    """How many conversations of a workspace differ; each is said. Raises LocalCloudError."""
    function = resource(aws.stack_resources(), "DigestVerificationFunction")
    try:
        return verify(aws.functions, function, workspace, progress.say)
    except NotVerified as reason:
        raise LocalCloudError(f"digest_verification did not answer: {reason}") from reason


if __name__ == "__main__":
    sys.exit(run(main))
