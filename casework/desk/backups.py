"""The node's own backups: taken while it serves, verified before they count, the oldest let go."""

from pathlib import Path

import msgspec

from sync_protocol.io.backup import Backup, prune_backups, remove_beyond, take_backup
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.system_clock import Clock
from sync_protocol.limits import PURGE_AFTER_MS


class Keeping(msgspec.Struct, frozen=True):
    """Where a node keeps its backups, under which key, and how many.

    `store_file` is the store itself: what a restore has set aside lies beside it.
    """

    store: OpStore
    key: bytes
    folder: Path
    clock: Clock
    kept: int
    store_file: Path | None = None


def back_up(keeping: Keeping) -> Backup:
    """A new verified backup; older ones than the newest `kept` are removed after it stands."""
    backup = take_backup(keeping.store, keeping.key, keeping.folder, keeping.clock)
    prune_backups(keeping.folder, keeping.kept)
    return backup


def remove_old(keeping: Keeping) -> None:
    """Remove backups, and stores that a restore has set aside, from before the backups' horizon."""
    if keeping.store_file is not None:
        before_ms = keeping.clock.now_ms() - PURGE_AFTER_MS
        remove_beyond(keeping.folder, keeping.store_file, before_ms)
