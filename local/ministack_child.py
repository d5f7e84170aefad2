"""MiniStack in a process of its own that never outlives the one that started it.

Runs under MiniStack's interpreter, by path and with `-I`. Standard input is a pipe from the parent: its end means that
the parent is gone, however it went, and MiniStack then stops cleanly, which is when it writes its state.
"""

import os
import runpy
import shutil
import signal
import sys
import threading


def _stop_with_the_parent() -> None:
    # Unbuffered: a buffered reader's lock would still be held when the interpreter shuts down.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve until SIGTERM or until the parent is gone."""
    threading.Thread(target=_stop_with_the_parent, daemon=True).start()
    sys.argv = ["ministack"]
    try:
        runpy.run_module("ministack", run_name="__main__")
    finally:
        # The functions' code, which may lie in memory.
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


if __name__ == "__main__":
    main()
