"""What must be put right in MiniStack's saved state before it is loaded again."""

import re
from pathlib import Path

# In lambda.json: how many records each reader of a table's stream has had.
_POSITIONS = re.compile(rb'"dynamodb_stream_positions": \{"__account_region_scoped__": true, "data": \{[^{}]*\}')
_POSITION = re.compile(rb": \d+")
# Queue URLs and layer locations carry the port that the cloud had when they were made.
_OWN_ADDRESS = re.compile(rb"http://localhost:\d+/(?=\d{12}/|_ministack/)")
_WITH_ADDRESSES = ("sqs.json", "lambda.json", "cloudformation.json")


def prepare(folder: Path, cloud_port: int) -> None:
    """Let readers of streams begin anew, and addresses carry this start's port.

    MiniStack saves how far a reader came, but not the stream: it would skip as many new records. And it finds a queue
    by its whole URL: after a change of port it would find none.
    """
    for name in _WITH_ADDRESSES:
        file = folder / name
        if file.exists():
            _rewrite(file, f"http://localhost:{cloud_port}/".encode())


def _rewrite(file: Path, address: bytes) -> None:
    content = file.read_bytes()
    prepared = _OWN_ADDRESS.sub(address, content)
    prepared = _POSITIONS.sub(lambda found: _POSITION.sub(b": 0", found[0]), prepared)
    if prepared != content:
        partial = file.with_suffix(".partial")
        partial.write_bytes(prepared)
        partial.rename(file)
