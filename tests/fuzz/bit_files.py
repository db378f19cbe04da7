"""Files on a disk: a store with all that it has, its write-ahead log, and a backup of it."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from sync_protocol.errors import ThroughcareError
from sync_protocol.io.backup import take_backup, verify_backup
from sync_protocol.io.file_check import file_faults
from tests.contract.places import STORE_KEY, DiskPlaces
from tests.contract.world import World, parcel, secret

Piece = tuple[bytes, Callable[[bytes], bool]]
WRITTEN: Final = 12


class Files(msgspec.Struct, frozen=True):
    """A store as a fallen machine leaves it: the file, its write-ahead log, and a backup."""

    folder: Path
    store: bytes
    log: bytes
    backup: bytes


@contextmanager
def opened(folder: Path) -> Iterator[Files]:
    """Files of a hub with free pages, taken while it was running."""
    folder.mkdir(parents=True)
    world = World(DiskPlaces(folder))
    for number in range(WRITTEN):
        world.hub.write({"label": f"box {number}", "remarks": "x" * 900}, parcel(number))
        world.hub.write({"text": "known"}, secret(number))
    connection = world.hub.store.core.connection
    with world.hub.store.changing():
        connection.execute("CREATE TABLE gone(what TEXT)")
        connection.executemany("INSERT INTO gone VALUES (?)", [("y" * 3000,)] * 9)
    with world.hub.store.changing():
        connection.execute("DROP TABLE gone")
    assert world.hub.store.core.empty_write_ahead_log(), "nobody reads"
    assert connection.execute("PRAGMA freelist_count")[0][0] > 0, "there are free pages"
    backup = take_backup(world.hub.store, STORE_KEY, folder / "backups", world.hub.clock).path
    world.hub.write({"label": "last"}, parcel(90))
    world.hub.write({"label": "very last"}, parcel(91))
    path = folder / "HUB.db"
    spoiled = folder / "spoiled"
    spoiled.mkdir()
    yield Files(
        spoiled,
        path.read_bytes(),
        path.with_name("HUB.db-wal").read_bytes(),
        backup.read_bytes(),
    )
    world.hub.store.close()
    shutil.rmtree(folder)


def store_file(files: Files) -> list[Piece]:
    """The store's own file; its log is as it was."""
    return [(files.store, lambda raw: _has_faults(files, raw, files.log))]


def write_ahead_log(files: Files) -> list[Piece]:
    """The log beside it; the file is as it was."""
    return [(files.log, lambda raw: _has_faults(files, files.store, raw))]


def backup_file(files: Files) -> list[Piece]:
    """A backup, as it is verified each day and before it is put in a store's place."""

    def noticed(raw: bytes) -> bool:
        path = files.folder / "one.backup"
        path.write_bytes(raw)
        try:
            verify_backup(path, STORE_KEY)
        except ThroughcareError:
            return True
        return False

    assert not noticed(files.backup), "it is sound before a bit is changed"
    return [(files.backup, noticed)]


def _has_faults(files: Files, store: bytes, log: bytes) -> bool:
    path = files.folder / "store.db"
    path.write_bytes(store)
    path.with_name("store.db-wal").write_bytes(log)
    try:
        # Nobody writes to it meanwhile.
        return bool(file_faults(path, STORE_KEY, looks=1))
    except ThroughcareError:
        return True


PIECES: Final[dict[str, Callable[[Files], Sequence[Piece]]]] = {
    "store": store_file,
    "write_ahead_log": write_ahead_log,
    "backup": backup_file,
}
