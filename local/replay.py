"""`make replay`: every raw mail of the demo workspace, parsed and threaded as it would be done today.

Exit 1 when a message would be another one.
"""

import sys

from local.aws import Aws, resource
from local.main import run
from local.progress import Progress
from local.settings import LocalCloudError
from local.verified import Say, verified
from tools.replay import replay
from tools.verify_digests import NotVerified


def main(progress: Progress) -> int:
    return verified(differing, progress)


def differing(aws: Aws, workspace: str, say: Say) -> int:
    """How many messages of a workspace would be others; each is said. Raises LocalCloudError."""
    function = resource(aws.stack_resources(), "MailReplayFunction")
    try:
        return replay(aws.functions, function, workspace, say)
    except NotVerified as reason:
        raise LocalCloudError(f"mail_replay did not answer: {reason}") from reason


if __name__ == "__main__":
    sys.exit(run(main))
