"""Holding a node's folder: while a node serves from it, nobody swaps the store under it.

The system lets go when the program ends, however it ends, so nothing is left to be cleared away.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sync_protocol.errors import Unavailable

WAIT_S_MAX: Final = 2.0
ASK_EVERY_S: Final = 0.02


class NodeRuns(Unavailable):
    """The node runs, and this may only be done while it does not."""

    code = "node_runs"
    hint = "Stop the node first; in a demonstration: throughcare demo kill CODE --stay-down."


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds the folder of a store while the block lasts; NodeRuns where another program does."""
    descriptor = hold(folder)
    try:
        yield
    finally:
        os.close(descriptor)


def hold(folder: Path) -> int:
    """Holds the folder of a store until what is returned is closed, or the program ends.

    Raises NodeRuns where another program does, and goes on doing so: one that was just killed has
    let go once the last of its threads is gone.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    give_up_s = time.monotonic() + WAIT_S_MAX
    while not _is_locked(descriptor):
        if time.monotonic() > give_up_s:
            os.close(descriptor)
            raise NodeRuns(f"Another program serves from {folder}.")
        time.sleep(ASK_EVERY_S)
    return descriptor


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
