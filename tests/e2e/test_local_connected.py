"""An account that somebody connects, on the local cloud: from its provider's page until nothing can be done with it."""

import sys

import pytest

from local.progress import Progress
from local.prove_connected import instance, proved
from tests.e2e.conftest import Running

pytestmark = pytest.mark.e2e


def test_a_connected_account_hears_answers_and_is_dead_once_revoked(local_cloud: Running) -> None:
    with instance() as server:
        figures = proved(local_cloud.cloud, local_cloud.connection, server, Progress(sys.stderr))
    assert [str(each) for each in figures if not each.held] == []
    assert len(figures) == 10
