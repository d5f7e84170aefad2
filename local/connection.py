"""connection.json: how a client reaches a running local cloud."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Connection:
    """Addresses and the demo workspace: `mailbox` is an e-mail address, `smtp` host:port, `outbox` an absolute path.

    The last four are for who imports old mail (`tools.import_target`).
    """

    api: str
    token: str
    smtp: str
    mailbox: str
    workspace: str
    outbox: str
    mailbox_id: str = ""
    stack: str = ""
    region: str = ""
    endpoint: str = ""

    def write(self, path: Path) -> None:
        """Write it whole or not at all, readable by its owner only: the token is a secret."""
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(self), file, indent=2)
            file.write("\n")
        partial.rename(path)

    @property
    def smtp_address(self) -> tuple[str, int]:
        """Host and port of the SMTP door."""
        host, _, port = self.smtp.rpartition(":")
        return host, int(port)


def read_connection(path: Path) -> Connection | None:
    """The connection that an earlier start wrote; None when there is none that can be read."""
    try:
        return Connection(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
