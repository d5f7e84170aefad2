"""The keyring: keys that are made once, unwrapped only in their own context, and forgotten within five minutes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from moto import mock_aws

from letterlock.adapters.keyring import STACK, STACK_PURPOSES, WORKSPACE_PURPOSES, KeyRefused, KmsKeyring
from letterlock.adapters.sealing import KeyMissing, Place, Sealer
from tests.fakes.keys import MemoryKeys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient

TABLE = "keys"
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
numbers = count(1)


@dataclass
class Cloud:
    """KMS and the keys table, and every call that was made of them, as (operation, parameters)."""

    kms: "KMSClient"
    dynamodb: "DynamoDBClient"
    key_arn: str
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.calls.append((model.name, dict(params)))

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def item(self, workspace: str, sort_key: str) -> dict[str, Any]:
        found = self.dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": workspace}, "sk": {"S": sort_key}})
        return cast("dict[str, Any]", found["Item"])

    def destroy(self, workspace: str) -> None:
        for purpose in WORKSPACE_PURPOSES:
            self.dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": workspace}, "sk": {"S": f"{purpose}#1"}})


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(scope="module")
def shared_cloud() -> Iterator[Cloud]:
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        kms = boto3.client("kms", region_name="eu-west-1")
        dynamodb = boto3.client("dynamodb", region_name="eu-west-1")
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        cloud = Cloud(kms, dynamodb, kms.create_key()["KeyMetadata"]["Arn"])
        for client in (kms, dynamodb):
            client.meta.events.register("provide-client-params.*", cloud.note)
        yield cloud


@pytest.fixture
def cloud(shared_cloud: Cloud) -> Cloud:
    shared_cloud.calls.clear()
    return shared_cloud


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace() -> str:
    return f"wsp_{next(numbers)}"


def keyring(cloud: Cloud, clock: Clock, *, kms: Any = None, max_workspaces: int = 256) -> KmsKeyring:
    return KmsKeyring(kms or cloud.kms, TABLE, cloud.dynamodb, cloud.key_arn, clock, max_workspaces=max_workspaces)


class TestEveryKeySource:
    """What the keyring and its stand-in for other tests both promise."""

    @pytest.fixture(params=["kms", "memory"])
    def keys(self, request: pytest.FixtureRequest, cloud: Cloud, clock: Clock) -> "KmsKeyring | MemoryKeys":
        return keyring(cloud, clock) if request.param == "kms" else MemoryKeys()

    def test_keys_are_32_bytes_and_none_is_like_another(self, keys: "KmsKeyring | MemoryKeys", workspace: str) -> None:
        other = f"{workspace}b"
        for each in (workspace, other):
            keys.create(each, WORKSPACE_PURPOSES)
        keys.create(STACK, STACK_PURPOSES)
        made = [keys.router_key(), keys.data_key(STACK)[1]]
        for each in (workspace, other):
            made += [keys.data_key(each)[1], keys.index_key(each), keys.integrity_key(each)]
        assert {len(key) for key in made} == {32}
        assert len(set(made)) == len(made) == 8

    def test_making_the_keys_again_changes_nothing(self, keys: "KmsKeyring | MemoryKeys", workspace: str) -> None:
        keys.create(workspace, ["data"])
        before = keys.data_key(workspace)
        keys.create(workspace, WORKSPACE_PURPOSES)
        assert keys.data_key(workspace) == before == (1, keys.data_key_at(workspace, 1))

    def test_after_a_rotation_the_newest_seals_and_the_old_one_is_still_there(
        self, keys: "KmsKeyring | MemoryKeys", workspace: str
    ) -> None:
        keys.create(workspace, ["data"])
        old = keys.data_key(workspace)
        for version in (10, 9):
            keys.create(workspace, ["data"], version=version)
        assert keys.data_key(workspace) == (10, keys.data_key_at(workspace, 10))
        assert old == (1, keys.data_key_at(workspace, 1))
        assert len({keys.data_key_at(workspace, version) for version in (1, 9, 10)}) == 3

    def test_a_key_that_was_never_made_is_missing_by_name(
        self, keys: "KmsKeyring | MemoryKeys", workspace: str
    ) -> None:
        keys.create(workspace, ["data"])
        with pytest.raises(KeyMissing, match=f"^{workspace} index$"):
            keys.index_key(workspace)
        with pytest.raises(KeyMissing, match=f"^{workspace} data version 2$"):
            keys.data_key_at(workspace, 2)
        with pytest.raises(KeyMissing, match=r"^wsp_nobody data$"):
            keys.data_key("wsp_nobody")

    def test_a_value_sealed_under_these_keys_opens(self, keys: "KmsKeyring | MemoryKeys", workspace: str) -> None:
        keys.create(workspace, ["data"])
        sealer, place = Sealer(keys), Place(workspace, "message", "msg_1", "subject")
        assert sealer.unseal(place, sealer.seal(place, b"Invoice 12")) == b"Invoice 12"


def test_the_table_holds_wrapped_keys_and_their_date_in_utc(cloud: Cloud, clock: Clock, workspace: str) -> None:
    clock.now = NOON.astimezone(timezone(timedelta(hours=2)))
    keys = keyring(cloud, clock)
    keys.create(workspace, ["data"])
    item = cloud.item(workspace, "data#1")
    assert set(item) == {"pk", "sk", "wrapped", "created_at"}
    assert item["created_at"] == {"S": "2026-11-02T12:00:00+00:00"}
    assert keys.data_key(workspace)[1] not in item["wrapped"]["B"]


def test_the_context_names_the_workspace_the_purpose_and_the_version_both_ways(
    cloud: Cloud, clock: Clock, workspace: str
) -> None:
    keys = keyring(cloud, clock)
    keys.create(workspace, ["integrity"])
    keys.integrity_key(workspace)
    asked = {name: params for name, params in cloud.calls if name in ("GenerateDataKey", "Decrypt")}
    context = {"app": "letterlock", "workspace": workspace, "purpose": "integrity", "version": "1"}
    assert asked["GenerateDataKey"]["EncryptionContext"] == asked["Decrypt"]["EncryptionContext"] == context
    assert asked["GenerateDataKey"]["KeyId"] == asked["Decrypt"]["KeyId"] == cloud.key_arn


@pytest.mark.parametrize("slot", ["other data#1", "index#1", "data#2"])
def test_a_wrapped_key_copied_to_another_slot_is_refused(cloud: Cloud, clock: Clock, workspace: str, slot: str) -> None:
    keyring(cloud, clock).create(workspace, ["data"])
    owner, sort_key = (f"{workspace}b", "data#1") if slot == "other data#1" else (workspace, slot)
    moved = {**cloud.item(workspace, "data#1"), "pk": {"S": owner}, "sk": {"S": sort_key}}
    cloud.dynamodb.put_item(TableName=TABLE, Item=moved)
    keys = keyring(cloud, clock)
    with pytest.raises(KeyRefused, match=f"^{owner} {sort_key.replace('#', ' version ')}$"):
        keys.index_key(owner) if sort_key == "index#1" else keys.data_key(owner)


def test_a_wrapped_key_that_was_changed_is_refused(cloud: Cloud, clock: Clock, workspace: str) -> None:
    keyring(cloud, clock).create(workspace, ["data"])
    item = cloud.item(workspace, "data#1")
    wrapped = item["wrapped"]["B"]
    cloud.dynamodb.put_item(TableName=TABLE, Item={**item, "wrapped": {"B": wrapped[:-1] + bytes([wrapped[-1] ^ 1])}})
    with pytest.raises(KeyRefused):
        keyring(cloud, clock).data_key(workspace)


def test_a_key_of_another_length_is_refused(cloud: Cloud, clock: Clock, workspace: str) -> None:
    context = {"app": "letterlock", "workspace": workspace, "purpose": "data", "version": "1"}
    short = cloud.kms.generate_data_key(KeyId=cloud.key_arn, NumberOfBytes=16, EncryptionContext=context)
    item = {"pk": {"S": workspace}, "sk": {"S": "data#1"}, "wrapped": {"B": short["CiphertextBlob"]}}
    cloud.dynamodb.put_item(TableName=TABLE, Item=cast("Any", item))
    with pytest.raises(KeyRefused):
        keyring(cloud, clock).data_key(workspace)


class Overtaken:
    """KMS for a creator that another one overtakes between its key's making and its put."""

    def __init__(self, kms: "KMSClient", other: KmsKeyring, workspace: str) -> None:
        self._kms, self._other, self._workspace = kms, other, workspace
        self.winners: tuple[int, bytes] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kms, name)

    def generate_data_key(self, **params: Any) -> Any:
        made = self._kms.generate_data_key(**params)
        self._other.create(self._workspace, ["data"])
        self.winners = self._other.data_key(self._workspace)
        return made


def test_of_two_creators_at_once_the_first_wins_and_both_use_its_key(
    cloud: Cloud, clock: Clock, workspace: str
) -> None:
    overtaken = Overtaken(cloud.kms, keyring(cloud, clock), workspace)
    late = keyring(cloud, clock, kms=overtaken)
    late.create(workspace, ["data"])
    assert late.data_key(workspace) == overtaken.winners
    assert keyring(cloud, clock).data_key(workspace) == overtaken.winners


def test_a_workspace_costs_one_consistent_query_and_one_decrypt_for_each_key_in_use(
    cloud: Cloud, clock: Clock, workspace: str
) -> None:
    keyring(cloud, clock).create(workspace, WORKSPACE_PURPOSES)
    cloud.calls.clear()
    keys = keyring(cloud, clock)
    for _ in range(3):
        version, _ = keys.data_key(workspace)
        keys.data_key_at(workspace, version)
        keys.index_key(workspace)
    assert cloud.names() == ["Query", "Decrypt", "Decrypt"]
    assert cloud.calls[0][1]["ConsistentRead"] is True


def test_a_destroyed_key_is_dead_within_five_minutes(cloud: Cloud, clock: Clock, workspace: str) -> None:
    keys = keyring(cloud, clock)
    keys.create(workspace, WORKSPACE_PURPOSES)
    keys.data_key(workspace)
    cloud.destroy(workspace)
    clock.passes(minutes=4, seconds=59)
    keys.data_key(workspace)
    clock.passes(seconds=1)
    with pytest.raises(KeyMissing):
        keys.data_key(workspace)


def test_using_a_key_does_not_lengthen_its_life(cloud: Cloud, clock: Clock, workspace: str) -> None:
    keys = keyring(cloud, clock)
    keys.create(workspace, WORKSPACE_PURPOSES)
    keys.data_key(workspace)
    cloud.calls.clear()
    for _ in range(5):
        clock.passes(minutes=1)
        keys.data_key(workspace)
    assert cloud.names() == ["Query", "Decrypt"]


def test_a_key_unwrapped_late_dies_with_the_others(cloud: Cloud, clock: Clock, workspace: str) -> None:
    keys = keyring(cloud, clock)
    keys.create(workspace, WORKSPACE_PURPOSES)
    keys.data_key(workspace)
    clock.passes(minutes=4)
    keys.index_key(workspace)
    cloud.destroy(workspace)
    clock.passes(minutes=1)
    with pytest.raises(KeyMissing):
        keys.index_key(workspace)


def test_a_clock_that_was_set_back_lengthens_no_keys_life(cloud: Cloud, clock: Clock, workspace: str) -> None:
    keys = keyring(cloud, clock)
    keys.create(workspace, WORKSPACE_PURPOSES)
    keys.data_key(workspace)
    cloud.destroy(workspace)
    clock.passes(hours=-1)
    with pytest.raises(KeyMissing):
        keys.data_key(workspace)


def test_a_key_that_nobody_asks_for_any_more_is_dropped_too(cloud: Cloud, clock: Clock, workspace: str) -> None:
    keys, other = keyring(cloud, clock), f"{workspace}b"
    for each in (workspace, other):
        keys.create(each, ["data"])
    keys.data_key(other)
    clock.passes(minutes=5)
    keys.data_key(workspace)
    # There is no way to see this from outside, which is why it is worth a look inside.
    assert list(keys._entries) == [workspace]


def test_the_workspace_not_used_for_longest_makes_room(cloud: Cloud, clock: Clock, workspace: str) -> None:
    keys = keyring(cloud, clock, max_workspaces=2)
    quiet, busy, new = (f"{workspace}{letter}" for letter in "abc")
    for each in (busy, quiet, new):
        keys.create(each, ["data"])
    for each in (busy, quiet, busy, new):
        keys.data_key(each)
    cloud.calls.clear()
    keys.data_key(busy)
    keys.data_key(new)
    assert cloud.names() == []
    keys.data_key(quiet)
    assert cloud.names() == ["Query", "Decrypt"]


def test_asking_for_workspaces_without_keys_pushes_nobody_out(cloud: Cloud, clock: Clock, workspace: str) -> None:
    keys = keyring(cloud, clock, max_workspaces=1)
    keys.create(workspace, ["data"])
    keys.data_key(workspace)
    with pytest.raises(KeyMissing):
        keys.data_key("wsp_nobody")
    cloud.calls.clear()
    keys.data_key(workspace)
    assert cloud.names() == []


def test_what_another_process_sealed_with_a_new_key_opens_at_once(cloud: Cloud, clock: Clock, workspace: str) -> None:
    here, there = keyring(cloud, clock), keyring(cloud, clock)
    there.create(workspace, ["data"])
    here.data_key(workspace)
    there.create(workspace, ["data"], version=2)
    assert (2, here.data_key_at(workspace, 2)) == there.data_key(workspace)


def test_a_workspace_that_was_asked_for_too_early_is_found_once_it_is_made(
    cloud: Cloud, clock: Clock, workspace: str
) -> None:
    here, there = keyring(cloud, clock), keyring(cloud, clock)
    there.create(workspace, ["data"])
    here.data_key(workspace)
    with pytest.raises(KeyMissing):
        here.index_key(workspace)
    there.create(workspace, ["index"])
    assert here.index_key(workspace) == there.index_key(workspace)


def test_a_fault_of_kms_is_not_taken_for_a_refusal(cloud: Cloud, clock: Clock, workspace: str) -> None:
    keyring(cloud, clock).create(workspace, ["data"])
    elsewhere = KmsKeyring(cloud.kms, TABLE, cloud.dynamodb, "arn:aws:kms:eu-west-1:123456789012:key/none", clock)
    with pytest.raises(cloud.kms.exceptions.ClientError):
        elsewhere.data_key(workspace)
