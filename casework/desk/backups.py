"""The node's own backups: taken while it serves, verified before they count, the oldest let go."""

from pathlib import Path

import msgspec

from sync_protocol.io.backup import Backup, prune_backups, take_backup
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.system_clock import Clock


class Keeping(msgspec.Struct, frozen=True):
    """Where a node keeps its backups, under which key, and how many."""

    store: OpStore
    key: bytes
    folder: Path
    clock: Clock
    kept: int


def back_up(keeping: Keeping) -> Backup:
    """A new verified backup; older ones than the newest `kept` are removed after it stands."""
    backup = take_backup(keeping.store, keeping.key, keeping.folder, keeping.clock)
    prune_backups(keeping.folder, keeping.kept)
    return backup
