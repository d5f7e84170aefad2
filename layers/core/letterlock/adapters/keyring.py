"""The workspaces' keys: wrapped by KMS in the `keys` table, unwrapped in this process for five minutes.

An item is `pk` = workspace, `sk` = `<purpose>#<version>`, `wrapped` (KMS's CiphertextBlob) and `created_at` (ISO 8601,
UTC). KMS unwraps a key only in the encryption context that it was made in (app, workspace, purpose, version), so an
item that was copied to another workspace is of no use there. The context names no table, bucket or region: a restored
copy opens.

Low-level clients and no PynamoDB: every function needs a key before it can read anything else, and this is all that
some of them read; two calls are not worth a model's import.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from letterlock.adapters.sealing import KEY_BYTES, KeyMissing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient

STACK: Final = "stack"
"""The stack's own keys live beside the workspaces', under this name."""

WORKSPACE_PURPOSES: Final = ("data", "index", "integrity")
STACK_PURPOSES: Final = ("router", "data")

LIFETIME: Final = timedelta(minutes=5)
"""How long a revoked or destroyed key can outlive itself in a process. A promise of the security page."""

MAX_WORKSPACES: Final = 256

Clock = Callable[[], datetime]


class KeyRefused(Exception):
    """KMS does not unwrap this key: the item was changed, moved, or wrapped by another KMS key. Carries ids only."""

    def __init__(self, workspace: str, purpose: str, version: int) -> None:
        super().__init__(f"{workspace} {purpose} version {version}")
        self.workspace, self.purpose, self.version = workspace, purpose, version


@dataclass(slots=True)
class _Entry:
    """One workspace's keys as read at `read_at`: wrapped, and those unwrapped since. Keys are (purpose, version)."""

    read_at: datetime
    wrapped: dict[tuple[str, int], bytes]
    unwrapped: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def fresh(self, now: datetime) -> bool:
        # A clock that was set back must not make a key live longer.
        return self.read_at <= now < self.read_at + LIFETIME

    def find(self, purpose: str, version: int | None) -> int | None:
        """The version asked for if it is there; without one, the newest."""
        if version is not None:
            return version if (purpose, version) in self.wrapped else None
        return max((have for name, have in self.wrapped if name == purpose), default=None)


class KmsKeyring:
    """A KeySource over KMS and the keys table.

    The clock is the wall clock, in aware datetimes: a monotonic one stands still while Lambda has the process frozen.
    Dropping a key leaves its bytes to Python's allocator: nothing here claims to wipe memory.
    """

    def __init__(
        self,
        kms_client: "KMSClient",
        keys_table_name: str,
        dynamodb_client: "DynamoDBClient",
        sealing_key_arn: str,
        clock: Clock,
        *,
        max_workspaces: int = MAX_WORKSPACES,
    ) -> None:
        self._kms = kms_client
        self._table = keys_table_name
        self._dynamodb = dynamodb_client
        self._sealing_key = sealing_key_arn
        self._clock = clock
        self._max_workspaces = max_workspaces
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def data_key(self, workspace: str) -> tuple[int, bytes]:
        """The newest version of the workspace's data key. Raises KeyMissing, KeyRefused."""
        return self._key(workspace, "data")

    def data_key_at(self, workspace: str, version: int) -> bytes:
        """One version of the workspace's data key. Raises KeyMissing, KeyRefused."""
        return self._key(workspace, "data", version)[1]

    def index_key(self, workspace: str) -> bytes:
        """The workspace's index key. Raises KeyMissing, KeyRefused."""
        return self._key(workspace, "index")[1]

    def integrity_key(self, workspace: str) -> bytes:
        """The workspace's integrity key. Raises KeyMissing, KeyRefused."""
        return self._key(workspace, "integrity")[1]

    def router_key(self) -> bytes:
        """The stack's router key. Raises KeyMissing, KeyRefused."""
        return self._key(STACK, "router")[1]

    def create(self, workspace: str, purposes: Iterable[str], *, version: int = 1) -> None:
        """Make the keys that are not there yet; may be called again, and by several at once: the first one stays.

        A higher `version` rotates a data key. Index, integrity and router keys must keep theirs: what they
        hash carries no version, so a new one finds nothing of the old.
        """
        for purpose in purposes:
            made = self._kms.generate_data_key(
                KeyId=self._sealing_key,
                NumberOfBytes=KEY_BYTES,
                EncryptionContext=_context(workspace, purpose, version),
            )
            self._put_once(workspace, purpose, version, made["CiphertextBlob"])
        self._entries.pop(workspace, None)

    def _put_once(self, workspace: str, purpose: str, version: int, wrapped: bytes) -> None:
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": workspace},
                    "sk": {"S": f"{purpose}#{version}"},
                    "wrapped": {"B": wrapped},
                    "created_at": {"S": self._clock().astimezone(UTC).isoformat()},
                },
                ConditionExpression="attribute_not_exists(pk)",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return  # Somebody was first. Ours was never used, and theirs is read like any other.

    def _key(self, workspace: str, purpose: str, version: int | None = None) -> tuple[int, bytes]:
        """One key with its version: the newest unless another is asked for."""
        entry = self._cached(workspace)
        found = entry.find(purpose, version) if entry else None
        if entry is None or found is None:
            # Not there as of the last read: another process may have made or rotated it since.
            entry = self._read(workspace)
            found = entry.find(purpose, version)
        if found is None:
            raise KeyMissing(workspace, purpose, version)
        if (purpose, found) not in entry.unwrapped:
            entry.unwrapped[purpose, found] = self._unwrap(workspace, purpose, found, entry.wrapped[purpose, found])
        return found, entry.unwrapped[purpose, found]

    def _unwrap(self, workspace: str, purpose: str, version: int, wrapped: bytes) -> bytes:
        try:
            key = self._kms.decrypt(
                KeyId=self._sealing_key,
                CiphertextBlob=wrapped,
                EncryptionContext=_context(workspace, purpose, version),
            )["Plaintext"]
        except (self._kms.exceptions.InvalidCiphertextException, self._kms.exceptions.IncorrectKeyException) as error:
            raise KeyRefused(workspace, purpose, version) from error
        if len(key) != KEY_BYTES:
            raise KeyRefused(workspace, purpose, version)
        return key

    def _cached(self, workspace: str) -> _Entry | None:
        """The workspace's entry if it is young enough. Every entry that is not goes, whoever asks."""
        now = self._clock()
        for old in [name for name, entry in self._entries.items() if not entry.fresh(now)]:
            del self._entries[old]
        if workspace in self._entries:
            self._entries.move_to_end(workspace)
        return self._entries.get(workspace)

    def _read(self, workspace: str) -> _Entry:
        """Every wrapped key of the workspace, in one consistent Query (three items of about 300 bytes: 1 read unit).

        One page (1 MB) holds over 3,000 keys, and a workspace has three, and one more for each rotation.
        """
        entry = _Entry(read_at=self._clock(), wrapped={})
        page = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="pk = :workspace",
            ExpressionAttributeValues={":workspace": {"S": workspace}},
            ConsistentRead=True,
        )
        for item in page["Items"]:
            purpose, _, version = item["sk"]["S"].partition("#")
            entry.wrapped[purpose, int(version)] = item["wrapped"]["B"]
        self._keep(workspace, entry)
        return entry

    def _keep(self, workspace: str, entry: _Entry) -> None:
        self._entries.pop(workspace, None)
        if not entry.wrapped:
            return  # A workspace without keys must not push out one that has some.
        self._entries[workspace] = entry
        if len(self._entries) > self._max_workspaces:
            self._entries.popitem(last=False)


def _context(workspace: str, purpose: str, version: int) -> dict[str, str]:
    return {"app": "letterlock", "workspace": workspace, "purpose": purpose, "version": str(version)}
