"""Backs a node's store up and puts it back, from outside the node."""

from pathlib import Path

from casework.desk.backups import Keeping, back_up
from sync_protocol.io.backup import Backup, restore_backup, set_aside
from sync_protocol.io.key_ring import load_key
from sync_protocol.io.system_clock import SYSTEM_CLOCK, Clock
from throughcare.estate import EstateNode
from throughcare.stores import HubDuties, StorePaths, check_not_lost, open_store


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


def restore_node(
    paths: StorePaths, node: EstateNode, backup: Path, duties: HubDuties | None = None
) -> Backup:
    """Puts a verified backup in the store's place, under a new life; the node must not run.

    The hub is handed its `duties`, which name the nodes that it then awaits.
    """
    restored = restore_backup(backup, load_key(paths.store_key), paths.store)
    _note_restored(paths, node, duties)
    return restored


def rebuild_hub(paths: StorePaths, hub: EstateNode, duties: HubDuties) -> None:
    """Begins the hub's store anew, empty, to be filled from the nodes; it must not run.

    What stood in its place is kept beside it.
    """
    set_aside(paths.store)
    paths.mark.unlink(missing_ok=True)
    _note_restored(paths, hub, duties)


def _note_restored(paths: StorePaths, node: EstateNode, duties: HubDuties | None) -> None:
    store = open_store(paths, node, duties)
    try:
        store.note_restored()
    finally:
        store.close()
