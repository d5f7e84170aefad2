"""Both sides of a port: the fake, and the adapter on moto. The client is made once a module: it costs more than tables."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from bench.tables import make_table
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_conversations import DynamoConversations
from letterlock.adapters.keyring import WORKSPACE_PURPOSES
from letterlock.adapters.sealing import Sealer
from letterlock.services.ports import Conversations
from tests.adapters.given import MAILBOX, WORKSPACE, Desk
from tests.adapters.people_given import Office, opened, over_fakes, over_tables
from tests.adapters.raw import Item
from tests.fakes import FakeClock, FakeConversations, FakeIds
from tests.fakes.keys import MemoryKeys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Tables:
    client: "DynamoDBClient"
    conversations: str
    accounts: str
    audit: str


Call = tuple[str, dict[str, Any]]


@dataclass
class Calls:
    """Every request made of DynamoDB, as (operation, parameters)."""

    made: list[Call] = field(default_factory=list)

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.made.append((model.name, deepcopy(params)))

    def names(self) -> list[str]:
        return [name for name, _ in self.made]

    def puts(self) -> list[Item]:
        """The items of the one transaction that was made."""
        [_] = [call for call in self.made if call[0] == "TransactWriteItems"]
        return self.puts_of_all()

    def puts_of_all(self) -> list[Item]:
        """The items of every transaction that was made."""
        made = [params["TransactItems"] for name, params in self.made if name == "TransactWriteItems"]
        return [step["Put"]["Item"] for steps in made for step in steps]


@pytest.fixture(scope="module")
def dynamodb() -> Iterator["DynamoDBClient"]:
    with mock_aws():
        yield boto3.client("dynamodb", region_name="eu-west-1")


@pytest.fixture
def tables(dynamodb: "DynamoDBClient") -> Iterator[Tables]:
    """Fresh ones, for moto copies every table there is at each transaction."""
    names = [make_table(dynamodb, name) for name in ("ConversationsTable", "AccountsTable", "AuditTable")]
    yield Tables(dynamodb, *names)
    for name in names:
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


@pytest.fixture
def calls(dynamodb: "DynamoDBClient") -> Iterator[Calls]:
    calls = Calls()
    dynamodb.meta.events.register("provide-client-params.dynamodb.*", calls.note)
    yield calls
    dynamodb.meta.events.unregister("provide-client-params.dynamodb.*", calls.note)


@pytest.fixture(params=["fake", "dynamo"])
def store(request: pytest.FixtureRequest, sealer: Sealer, index: BlindIndex, clock: FakeClock) -> Conversations:
    if request.param == "fake":
        return FakeConversations(clock)
    tables: Tables = request.getfixturevalue("tables")
    return DynamoConversations(tables.client, tables.conversations, sealer, index, clock)


@pytest.fixture
def desk(store: Conversations, clock: FakeClock, keys: MemoryKeys) -> Desk:
    keys.create("wsp_acme", WORKSPACE_PURPOSES)
    return Desk(store, clock, FakeIds(clock), "wsp_acme", "mbx_support")


@pytest.fixture
def table_desk(tables: Tables, sealer: Sealer, index: BlindIndex, clock: FakeClock, keys: MemoryKeys) -> Desk:
    """Over the table only, with ids as long as the real ones."""
    keys.create(WORKSPACE, WORKSPACE_PURPOSES)
    store = DynamoConversations(tables.client, tables.conversations, sealer, index, clock)
    return Desk(store, clock, FakeIds(clock), WORKSPACE, MAILBOX)


@pytest.fixture(params=["fake", "dynamo"])
def office(request: pytest.FixtureRequest, keys: MemoryKeys, clock: FakeClock) -> Office:
    if request.param == "fake":
        return opened(over_fakes(clock))
    return opened(over_tables(request.getfixturevalue("tables"), keys, clock))
