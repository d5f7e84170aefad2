"""What the stand-in knows, on disk: it stays for the next start, as the workspaces do that are its customers."""

from __future__ import annotations

import json
import os
from pathlib import Path

from local.stripe.stand_in import StandIn


def save(stand_in: StandIn, path: Path) -> None:
    """Whole or not at all; readable by its owner only, for it has the addresses of who pays."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(
            {"kept": stand_in.kept, "events": stand_in.events, "once": stand_in.once, "made": stand_in.made}, file
        )
    partial.rename(path)


def load(stand_in: StandIn, path: Path) -> None:
    """What an earlier start saved; nothing where there was none."""
    if not path.exists():
        return
    saved = json.loads(path.read_text())
    stand_in.kept |= saved["kept"] | {"price": stand_in.kept["price"]}  # of the plans as they are now
    stand_in.events += saved["events"]
    stand_in.once |= {
        key: ((wish[0], wish[1]), (answer[0], answer[1])) for key, (wish, answer) in saved["once"].items()
    }
    stand_in.made = saved["made"]
