"""Backs a node's store up and puts it back, from outside the node."""

from pathlib import Path

from casework.desk.backups import Keeping, back_up
from sync_protocol.io.backup import Backup, restore_backup
from sync_protocol.io.key_ring import load_key
from sync_protocol.io.system_clock import SYSTEM_CLOCK, Clock
from throughcare.estate import EstateNode
from throughcare.stores import StorePaths, check_not_lost, open_store


def back_up_node(
    paths: StorePaths, node: EstateNode, folder: Path, *, kept: int, clock: Clock = SYSTEM_CLOCK
) -> Backup:
    """A new verified backup in `folder`; the node may run meanwhile."""
    # An empty store, backed up often enough, would push out every backup of the lost one.
    check_not_lost(paths, folder)
    store = open_store(paths, node, clock=clock)
    try:
        key = load_key(paths.store_key)
        return back_up(Keeping(store, key, folder, clock, kept))
    finally:
        store.close()


def restore_node(paths: StorePaths, node: EstateNode, backup: Path) -> Backup:
    """Puts a verified backup in the store's place, under a new life; the node must not run."""
    restored = restore_backup(backup, load_key(paths.store_key), paths.store)
    store = open_store(paths, node)
    try:
        store.note_restored()
    finally:
        store.close()
    return restored
