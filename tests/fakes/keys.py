"""Keys in memory: a KeySource with the keyring's contract (tests/adapters/test_keyring.py holds both to it)."""

import hashlib
from collections.abc import Iterable

from letterlock.adapters.sealing import KeyMissing


class MemoryKeys:
    """Keys that follow from their names, so that two runs seal alike. Without `create` there are none."""

    def __init__(self, *workspaces: str) -> None:
        self._keys: dict[tuple[str, str, int], bytes] = {}
        for workspace in workspaces:
            self.create(workspace, ["data", "index", "integrity", "router"])

    def create(self, workspace: str, purposes: Iterable[str], *, version: int = 1) -> None:
        for purpose in purposes:
            self.put(workspace, purpose, version, hashlib.sha256(f"{workspace} {purpose} {version}".encode()).digest())

    def put(self, workspace: str, purpose: str, version: int, key: bytes) -> None:
        self._keys.setdefault((workspace, purpose, version), key)

    def data_key(self, workspace: str) -> tuple[int, bytes]:
        return self._newest(workspace, "data")

    def data_key_at(self, workspace: str, version: int) -> bytes:
        if (workspace, "data", version) not in self._keys:
            raise KeyMissing(workspace, "data", version)
        return self._keys[workspace, "data", version]

    def index_key(self, workspace: str) -> bytes:
        return self._newest(workspace, "index")[1]

    def integrity_key(self, workspace: str) -> bytes:
        return self._newest(workspace, "integrity")[1]

    def router_key(self) -> bytes:
        return self._newest("stack", "router")[1]

    def _newest(self, workspace: str, purpose: str) -> tuple[int, bytes]:
        versions = [version for (owner, name, version) in self._keys if (owner, name) == (workspace, purpose)]
        if not versions:
            raise KeyMissing(workspace, purpose)
        return max(versions), self._keys[workspace, purpose, max(versions)]
