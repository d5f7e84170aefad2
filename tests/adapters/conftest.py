"""Both sides of a port: the fake, and the adapter on moto. The client is made once a session: it costs more than tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.sealing import Sealer
from tests.fakes.clock import FakeClock
from tests.fakes.keys import MemoryKeys
from tests.tables import make_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Tables:
    client: "DynamoDBClient"
    conversations: str
    accounts: str


@pytest.fixture(scope="session")
def dynamodb() -> Iterator["DynamoDBClient"]:
    with mock_aws():
        yield boto3.client("dynamodb", region_name="eu-west-1")


@pytest.fixture
def tables(dynamodb: "DynamoDBClient") -> Iterator[Tables]:
    """Fresh ones, for moto copies every table there is at each transaction."""
    made = Tables(dynamodb, make_table(dynamodb, "ConversationsTable"), make_table(dynamodb, "AccountsTable"))
    yield made
    for name in (made.conversations, made.accounts):
        dynamodb.delete_table(TableName=name)


@pytest.fixture
def keys() -> MemoryKeys:
    """The stack's keys; a test makes those of its workspaces."""
    return MemoryKeys("stack")


@pytest.fixture
def sealer(keys: MemoryKeys) -> Sealer:
    return Sealer(keys)


@pytest.fixture
def index(keys: MemoryKeys) -> BlindIndex:
    return BlindIndex(keys)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
