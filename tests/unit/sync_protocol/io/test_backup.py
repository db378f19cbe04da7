"""Backups: whole, encrypted, verified before they count, and gone without trace if they fail."""

import errno
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from sync_protocol.errors import NotSaved, StoreDamaged, WrongKey
from sync_protocol.io import backup as backup_module
from sync_protocol.io.backup import (
    Backup,
    free_bytes,
    latest_backup,
    prune_backups,
    remove_beyond,
    restore_backup,
    take_backup,
    verify_backup,
)
from sync_protocol.io.connection import SqlConnection, open_encrypted
from sync_protocol.io.verify import verify_store
from sync_protocol.limits import ROOM_KEPT_BYTES
from tests.contract.places import STORE_KEY, DiskPlaces
from tests.contract.world import Node, World, parcel

CANARY = "canary-of-the-parcel"
PAGE_BYTES = 4096


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Node]:
    """A spoke on a disk with forty boxes in its store."""
    folder = tmp_path / "stores"
    folder.mkdir()
    world = World(DiskPlaces(folder))
    node = world.spoke("LEI")
    for number in range(40):
        node.write({"label": f"{CANARY} {number}"}, parcel(number))
    yield node
    node.store.close()
    world.hub.store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where backups go; made by the first."""
    return tmp_path / "backups"


def _take(node: Node, folder: Path) -> Backup:
    return take_backup(node.store, STORE_KEY, folder, node.clock)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _fingerprint(path: Path) -> bytes:
    return sha256(path.read_bytes()).digest()


def test_a_backup_is_whole_verified_and_encrypted(office: Node, folder: Path) -> None:
    """INV-05, INV-01: one file, keyed as the store is, and no plain byte in it."""
    taken = _take(office, folder)
    assert (taken.ops, taken.bytes) == (40, taken.path.stat().st_size)
    assert _names(folder) == [taken.path.name]
    assert CANARY.encode() not in taken.path.read_bytes()
    assert latest_backup(folder) == taken.path
    assert verify_backup(taken.path, STORE_KEY).ops == 40


def test_writing_goes_on_while_a_backup_is_taken(office: Node, folder: Path) -> None:
    """INV-02: the copy is of one moment."""
    with office.store.reading() as reading:
        before = reading.counts()["ops"]
        taken = _take(office, folder)
        office.write({"label": "meanwhile"}, parcel(90))
    assert taken.ops == before
    assert verify_store(office.store).faults == ()


def test_verifying_changes_no_byte_and_leaves_nothing_beside(office: Node, folder: Path) -> None:
    """INV-01: a backup is looked at every day, and may lie on a medium that cannot be written."""
    taken = _take(office, folder)
    before = _fingerprint(taken.path)
    verify_backup(taken.path, STORE_KEY)
    assert _fingerprint(taken.path) == before
    assert _names(folder) == [taken.path.name]
    copy = open_encrypted(taken.path, STORE_KEY, is_read_only=True)
    assert copy.execute("PRAGMA journal_mode") == [("delete",)], "else a reader needs files beside"
    copy.close()


def test_a_backup_does_not_open_with_another_key(office: Node, folder: Path) -> None:
    """INV-05."""
    taken = _take(office, folder)
    with pytest.raises(WrongKey):
        verify_backup(taken.path, bytes(32))
    with pytest.raises(WrongKey):
        verify_backup(folder / "none.backup", STORE_KEY)
    assert _names(folder) == [taken.path.name]


@pytest.mark.parametrize("length", [0, 1, PAGE_BYTES, 7 * PAGE_BYTES, -PAGE_BYTES, -1])
def test_a_truncated_backup_does_not_verify(office: Node, folder: Path, length: int) -> None:
    """INV-01."""
    taken = _take(office, folder)
    taken.path.write_bytes(taken.path.read_bytes()[:length])
    with pytest.raises((StoreDamaged, WrongKey)):
        verify_backup(taken.path, STORE_KEY)


@pytest.mark.parametrize("page", [1, 9, -1])
def test_a_damaged_backup_does_not_verify(office: Node, folder: Path, page: int) -> None:
    """INV-01: and is never put in a store's place."""
    taken = _take(office, folder)
    raw = bytearray(taken.path.read_bytes())
    raw[(page % (len(raw) // PAGE_BYTES)) * PAGE_BYTES + 99] ^= 1
    taken.path.write_bytes(bytes(raw))
    with pytest.raises(StoreDamaged):
        verify_backup(taken.path, STORE_KEY)
    target = folder / "store.db"
    with pytest.raises(StoreDamaged):
        restore_backup(taken.path, STORE_KEY, target)
    assert not target.exists()


def test_no_page_of_a_backup_is_damaged_unnoticed(office: Node, folder: Path) -> None:
    """INV-01: nor one of the search index, which SQLite opens before it is asked for anything."""
    taken = _take(office, folder)
    sound = taken.path.read_bytes()
    for page in range(len(sound) // PAGE_BYTES):
        raw = bytearray(sound)
        raw[page * PAGE_BYTES + 2_000] ^= 1
        taken.path.write_bytes(bytes(raw))
        with pytest.raises((StoreDamaged, WrongKey)):
            verify_backup(taken.path, STORE_KEY)


def test_a_file_that_opens_but_holds_no_log_is_no_backup(folder: Path) -> None:
    """INV-01."""
    folder.mkdir()
    other = open_encrypted(folder / "other.backup", STORE_KEY)
    other.execute("CREATE TABLE t(a)")
    other.close()
    with pytest.raises(StoreDamaged):
        verify_backup(folder / "other.backup", STORE_KEY)


@pytest.mark.parametrize("step", ["copy", "full", "sync", "verify"])
def test_a_backup_that_fails_half_way_leaves_nothing(
    office: Node, folder: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-02: no file that could be taken for a backup, no mark moved; the next one succeeds."""
    with monkeypatch.context() as broken:
        _break(broken, step)
        with pytest.raises((NotSaved, StoreDamaged)):
            _take(office, folder)
    assert _names(folder) == []
    assert latest_backup(folder) is None
    assert _take(office, folder).ops == 40


def _break(broken: pytest.MonkeyPatch, step: str) -> None:
    def no_space(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    def small(path: Path, key: bytes, **words: bool) -> SqlConnection:
        connection = open_encrypted(path, key, **words)
        connection.execute("PRAGMA max_page_count = 3")
        return connection

    def damaged(path: Path, _key: bytes) -> Backup:
        raise StoreDamaged(path.name)

    match step:
        case "copy":
            broken.setattr(backup_module, "copy_store", no_space)
        case "full":
            broken.setattr(backup_module, "open_encrypted", small)
        case "sync":
            broken.setattr(backup_module, "make_certain", no_space)
        case _:
            broken.setattr(backup_module, "verify_backup", damaged)


def test_what_a_fall_left_half_done_is_swept_up(office: Node, folder: Path) -> None:
    """INV-14: a node that falls during each backup does not fill its disk with halves."""
    folder.mkdir()
    for suffix in ("", "-wal", "-shm"):
        (folder / f"000000000000001.partial{suffix}").write_bytes(b"half")
    taken = _take(office, folder)
    assert _names(folder) == [taken.path.name]


def test_a_restored_store_is_what_was_copied(office: Node, folder: Path) -> None:
    """INV-01: it then starts a life of its own, and what stood there is kept beside it."""
    taken = _take(office, folder)
    digest, life = office.store.projection_digest(), office.store.core.place().life
    office.write({"label": "since"}, parcel(90))
    office.store.close()
    assert isinstance(office.places, DiskPlaces)
    target = office.places.path(office.name)
    restored = restore_backup(taken.path, STORE_KEY, target)
    assert restored.ops == 40
    office.reopen()
    assert office.store.projection_digest() == digest
    office.store.note_restored()
    assert office.store.core.place().life != life
    assert verify_store(office.store).faults == ()
    (kept,) = [path for path in target.parent.iterdir() if "replaced" in path.name]
    old = open_encrypted(kept, STORE_KEY, must_exist=True)
    assert old.execute("SELECT count(*) FROM ops") == [(41,)]
    old.close()


def test_restoring_twice_keeps_both_that_stood_there(office: Node, folder: Path) -> None:
    """INV-01: what was replaced may be the last copy of what was written in between."""
    taken = _take(office, folder)
    assert isinstance(office.places, DiskPlaces)
    target = office.places.path(office.name)
    for number in (91, 92):
        office.write({"label": "since"}, parcel(number))
        office.store.close()
        restore_backup(taken.path, STORE_KEY, target)
        office.reopen()
    kept = [path for path in target.parent.iterdir() if "replaced" in path.name]
    counts = set()
    for path in kept:
        old = open_encrypted(path, STORE_KEY, must_exist=True)
        counts |= {old.execute("SELECT count(*) FROM ops WHERE seq = 41")[0][0]}
        old.close()
    assert (len(kept), counts) == (2, {1})


def test_a_restore_that_fails_leaves_the_store_in_place(
    office: Node, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-01."""
    taken = _take(office, folder)
    office.store.close()
    assert isinstance(office.places, DiskPlaces)
    target = office.places.path(office.name)
    before = _fingerprint(target)

    def no_space(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as broken:
        broken.setattr(backup_module, "_copy_file", no_space)
        with pytest.raises(NotSaved):
            restore_backup(taken.path, STORE_KEY, target)
    assert _fingerprint(target) == before
    assert not [path for path in target.parent.iterdir() if "partial" in path.name]
    office.reopen()


def test_pruning_keeps_the_newest(office: Node, folder: Path) -> None:
    """INV-14: and never the last."""
    taken = [_take(office, folder).path for _ in range(4)]
    assert _names(folder) == [path.name for path in taken], "names sort by time"
    prune_backups(folder, keep=2)
    assert _names(folder) == [path.name for path in taken[-2:]]
    prune_backups(folder, keep=9)
    assert latest_backup(folder) == taken[-1]
    with pytest.raises(AssertionError):
        prune_backups(folder, keep=0)


def test_what_lies_beyond_the_horizon_goes_and_the_newest_stays(office: Node, folder: Path) -> None:
    """INV-05: of whoever was let go of since, the old ones hold everything."""
    taken = [_take(office, folder).path for _ in range(3)]
    assert isinstance(office.places, DiskPlaces)
    target = office.places.path(office.name)
    asides = [target.with_name(f"{target.name}.replaced-{number}") for number in (1, 2)]
    for aside, written_s in zip(asides, (10, 2_000_000_000), strict=True):
        for suffix in ("", "-wal"):
            part = aside.with_name(aside.name + suffix)
            part.write_bytes(b"set aside")
            os.utime(part, (written_s, written_s))
    remove_beyond(folder, target, int(taken[1].stem))
    assert _names(folder) == [path.name for path in taken[1:]]
    left = sorted(path.name for path in target.parent.glob(f"{target.name}.replaced-*"))
    assert left == [asides[1].name, f"{asides[1].name}-wal"]
    remove_beyond(folder, target, int(taken[2].stem) + 1)
    assert _names(folder) == [taken[2].name]
    assert target.exists()


def test_a_backup_leaves_what_is_kept_of_the_disk(
    office: Node, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-13: else a node's own backups would keep its staff from reading."""
    taken = _take(office, folder)
    monkeypatch.setattr(
        backup_module, "free_bytes", lambda _folder: ROOM_KEPT_BYTES + taken.bytes - 1
    )
    with pytest.raises(NotSaved, match="no room for one more"):
        _take(office, folder)
    assert _names(folder) == [taken.path.name]
    assert free_bytes(folder / "nowhere") == 0
