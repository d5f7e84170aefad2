"""What the operator has verified, of the demo workspace: of the local cloud that runs in this checkout, or of one that
is started for as long as this takes, with what it holds from before, or, on its first start, with the sample mails.
"""

from collections.abc import Callable

from local.aws import Aws, connect
from local.client import Api
from local.cloud import running
from local.connection import read_connection
from local.inbox import mailbox_id
from local.lock import running_endpoint
from local.progress import Progress
from local.run import send_samples
from local.settings import from_environment

Say = Callable[[str], None]
Differing = Callable[[Aws, str, Say], int]
"""How many differ, of a workspace; each is said. Raises LocalCloudError."""


def verified(differing: Differing, progress: Progress) -> int:
    """The exit status: 1 when something differs."""
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
