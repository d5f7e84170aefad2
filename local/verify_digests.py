"""`make verify-digests`: every conversation of the demo workspace, its digest recomputed from its items.

Exit 1 when a digest differs.
"""

import sys

from local.aws import Aws, resource
from local.main import run
from local.progress import Progress
from local.settings import LocalCloudError
from local.verified import Say, verified
from tools.verify_digests import NotVerified, verify


def main(progress: Progress) -> int:
    return verified(differing, progress)


def differing(aws: Aws, workspace: str, say: Say) -> int:
    """How many conversations of a workspace differ; each is said. Raises LocalCloudError."""
    function = resource(aws.stack_resources(), "DigestVerificationFunction")
    try:
        return verify(aws.functions, function, workspace, say)
    except NotVerified as reason:
        raise LocalCloudError(f"digest_verification did not answer: {reason}") from reason


if __name__ == "__main__":
    sys.exit(run(main))
