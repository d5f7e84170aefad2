"""One local cloud for all end-to-end tests: on free ports, with its state in a temporary folder."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from pytest_socket import enable_socket

from local.client import Api
from local.cloud import LocalCloud, running
from local.connection import Connection
from local.inbox import mailbox_id
from local.ports import free_ports
from local.progress import Progress
from local.settings import from_environment


@dataclass(frozen=True)
class Running:
    """A cloud that is up: its parts for looking inside, its connection for use from outside."""

    cloud: LocalCloud
    connection: Connection

    @property
    def api(self) -> Api:
        """The demo workspace's API."""
        return Api(self.connection)

    @property
    def mailbox(self) -> str:
        """The id of the demo mailbox."""
        return mailbox_id(self.api, self.connection.mailbox)


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Started by the first test that wants it, stopped after the last one. AUTH=true holds for it too."""
    enable_socket()
    cloud_port, api_port, smtp_port, stripe_port = free_ports(4)
    state = tmp_path_factory.mktemp("local-cloud")
    settings = replace(
        from_environment(),
        state=state,
        cloud_port=cloud_port,
        api_port=api_port,
        smtp_port=smtp_port,
        stripe_port=stripe_port,
    )
    with running(settings, Progress(sys.stderr)) as (cloud, connection):
        yield Running(cloud, connection)
