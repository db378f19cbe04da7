"""Backups: a consistent encrypted copy, opened again and checked before it counts.

A backup is keyed as the store is, so it needs the store's key and nothing else. Only a verified one
moves the `stable` marks. A store that comes out of a backup starts a new life, and a hub a new
incarnation (`OpStore.note_restored`): what happened after the copy is then offered again.
"""

import os
import shutil
from pathlib import Path
from typing import Final

import msgspec

from sync_protocol.errors import NotSaved, StoreDamaged
from sync_protocol.io.connection import (
    SqlConnection,
    make_certain,
    open_encrypted,
    translated,
)
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.system_clock import Clock
from sync_protocol.limits import ROOM_KEPT_BYTES

SUFFIX: Final = ".backup"
PARTIAL: Final = ".partial"
REPLACED: Final = ".replaced-"
PAGE_SIZE: Final = "PRAGMA cipher_page_size"


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A verified backup: its file, how many ops it holds, and the hub's number that it reaches."""

    path: Path
    ops: int
    hub_seq: int
    bytes: int


def take_backup(store: OpStore, key: bytes, folder: Path, clock: Clock) -> Backup:
    """Copy the store to a new file in `folder`, verify the copy, and advance the stable marks.

    Raises NotSaved where the disk refuses or would have no more left than what is kept for the
    audit, and StoreDamaged where the copy does not verify; the marks then stay, and no file is left
    that could be taken for a backup.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{clock.now_ms():015d}{SUFFIX}"
    partial = path.with_suffix(PARTIAL)
    try:
        # Halves of backups during which the node fell; one is taken at a time.
        for half in folder.glob(f"*{PARTIAL}*"):
            half.unlink()
        _check_room(store, folder)
        _copy_running(store, key, partial)
        backup = verify_backup(partial, key)
        make_certain(partial)
        partial.rename(path)
        make_certain(folder)
    except OSError as fault:
        raise NotSaved(type(fault).__name__) from fault
    finally:
        _remove(partial)
    advance_stable(store, backup.hub_seq)
    return msgspec.structs.replace(backup, path=path)


def copy_store(source: SqlConnection, key: bytes, target: Path) -> None:
    """One consistent snapshot of an open store as a file of its own; the store goes on working."""
    _remove(target)
    copy = open_encrypted(target, key)
    try:
        with translated():
            source.raw.backup(copy.raw)
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()


def verify_backup(path: Path, key: bytes) -> Backup:
    """What a backup holds; raises WrongKey or StoreDamaged for one that would not restore."""
    connection = open_encrypted(path, key, is_read_only=True)
    try:
        faults = connection.execute("PRAGMA cipher_integrity_check")
        # Where a page does not open, looking further may fall over it.
        if not faults:
            checked = connection.execute("PRAGMA quick_check")
            faults = [row for row in checked if row[0] != "ok"]
        if faults:
            raise StoreDamaged(f"{path.name}: {len(faults)} faults")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ops'"):
            raise StoreDamaged(f"{path.name}: holds no op log")
        rows = connection.execute("SELECT count(*), coalesce(max(hub_seq), 0) FROM ops")
    finally:
        connection.close()
    return Backup(path=path, ops=rows[0][0], hub_seq=rows[0][1], bytes=path.stat().st_size)


def restore_backup(backup: Path, key: bytes, target: Path) -> Backup:
    """Put a verified copy of `backup` at `target`; what stood there is kept beside it.

    The caller then opens the store and calls `note_restored` before anything is served.
    """
    verified = verify_backup(backup, key)
    partial = target.with_suffix(PARTIAL)
    try:
        _copy_file(backup, partial)
        set_aside(target)
        partial.rename(target)
        make_certain(target.parent)
    except OSError as fault:
        raise NotSaved(type(fault).__name__) from fault
    finally:
        _remove(partial)
    return verified


def latest_backup(folder: Path) -> Path | None:
    """The newest backup in `folder`, None where there is none."""
    found = sorted(folder.glob(f"*{SUFFIX}"))
    return found[-1] if found else None


def prune_backups(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` backups."""
    assert keep >= 1, "the newest backup is never removed"
    for old in sorted(folder.glob(f"*{SUFFIX}"))[:-keep]:
        _remove(old)


def remove_beyond(folder: Path, target: Path, before_ms: int) -> None:
    """Remove the backups of a store that were taken before then, and the stores set aside before.

    INV-05: whoever was let go of since can be read in them. The newest backup is never removed.
    """
    for old in sorted(folder.glob(f"*{SUFFIX}"))[:-1]:
        if old.stem.isdigit() and int(old.stem) < before_ms:
            _remove(old)
    for aside in target.parent.glob(f"{target.name}{REPLACED}*[0-9]"):
        parts = [aside.with_name(aside.name + suffix) for suffix in ("", "-wal", "-shm")]
        written_s = max(part.stat().st_mtime for part in parts if part.exists())
        if written_s * 1000 < before_ms:
            _remove(aside)


def free_bytes(folder: Path) -> int:
    """How much room the disk of this folder has; none where it cannot be asked."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _check_room(store: OpStore, folder: Path) -> None:
    with store.reading() as reading:
        (pages,), (page_bytes,) = *reading.select("PRAGMA page_count"), *reading.select(PAGE_SIZE)
    if free_bytes(folder) < int(pages) * int(page_bytes) + ROOM_KEPT_BYTES:
        raise NotSaved("there is no room for one more backup")


def _copy_running(store: OpStore, key: bytes, target: Path) -> None:
    source = store.core.parts.open_reader()
    assert isinstance(source, SqlConnection), "a copy is made page by page"
    try:
        copy_store(source, key, target)
    finally:
        source.close()


def advance_stable(store: OpStore, hub_seq: int) -> None:
    """Everything numbered up to `hub_seq` is in a verified backup: say so to the authors."""
    if not store.core.parts.is_hub:
        return
    core = store.core
    with core.transaction():
        core.set_meta({"stable_hub_seq": hub_seq})
        # Whoever waits to be permitted to let go of somebody is answered now.
        core.note_change()
        tips = core.connection.execute("SELECT chain_after, life_no FROM tips")
        for chain_after, life_no in tips:
            rows = core.connection.execute(
                "SELECT last_seq, chain_after FROM segments WHERE life_no = ?"
                " AND last_hub_seq <= ? ORDER BY last_seq DESC LIMIT 1",
                (life_no, hub_seq),
            )
            if rows:
                core.connection.execute(
                    "UPDATE tips SET stable_seq = ?, stable_chain = ? WHERE chain_after = ?",
                    (*rows[0], chain_after),
                )


def set_aside(target: Path) -> None:
    """Keep what stands at `target` beside it, under a number that nothing has yet.

    It may be the last copy of what was written since the backup.
    """
    number = 1 + len(list(target.parent.glob(f"{target.name}{REPLACED}*")))
    while target.with_name(f"{target.name}{REPLACED}{number}").exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):
        old = target.with_name(target.name + suffix)
        if old.exists():
            # SQLite finds a write-ahead log by the name of its file, so the number goes before.
            old.rename(target.with_name(f"{target.name}{REPLACED}{number}{suffix}"))


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("wb") as writing:
        while part := reading.read(1 << 20):
            writing.write(part)
        writing.flush()
        os.fsync(writing.fileno())


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
