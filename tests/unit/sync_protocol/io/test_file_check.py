"""A store's file as it lies on the disk: what is wrong with it is told, and nothing else is."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sync_protocol.errors import StoreDamaged
from sync_protocol.io.file_check import _summed, file_faults, log_faults
from tests.contract.places import STORE_KEY, DiskPlaces
from tests.contract.world import Node, World, parcel

PAGE_BYTES = 4096
FRAME_BYTES = 24 + PAGE_BYTES


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Node]:
    """A store whose write-ahead log holds several commits."""
    world = World(DiskPlaces(tmp_path))
    for number in range(4):
        world.hub.write({"label": f"box {number}"}, parcel(number))
    yield world.hub
    world.hub.store.close()


def _path(office: Node) -> Path:
    assert isinstance(office.places, DiskPlaces)
    return office.places.path(office.name)


def _log(office: Node) -> Path:
    path = _path(office)
    return path.with_name(f"{path.name}-wal")


def test_a_running_store_is_sound(office: Node) -> None:
    assert _log(office).stat().st_size > 3 * FRAME_BYTES
    assert file_faults(_path(office), STORE_KEY) == []


def test_what_an_earlier_round_left_in_the_log_is_no_fault(office: Node) -> None:
    """The log begins again at its start and is not cut: what follows is of the round before."""
    long = _log(office).stat().st_size
    connection = office.store.core.connection
    connection.execute("PRAGMA wal_checkpoint(RESTART)")
    office.write({"label": "of the next round"}, parcel(9))
    assert _log(office).stat().st_size == long
    assert file_faults(_path(office), STORE_KEY) == []


def test_what_a_change_left_that_was_rolled_back_is_no_fault(office: Node) -> None:
    """Under the same salts as what came before it and after: no commit ends it."""
    connection = office.store.core.connection
    connection.execute("PRAGMA cache_size = 5")
    before = _log(office).stat().st_size
    with suppress(LookupError), office.store.changing():
        connection.execute("CREATE TABLE large(what TEXT)")
        connection.executemany("INSERT INTO large VALUES (?)", [("y" * 3000,)] * 90)
        raise LookupError
    assert _log(office).stat().st_size > before + 20 * FRAME_BYTES, "it was in the log already"
    office.write({"label": "after"}, parcel(9))
    assert file_faults(_path(office), STORE_KEY) == []


def test_a_commit_that_lost_the_bit_that_says_so_is_told(office: Node) -> None:
    """INV-01: with 64 pages one bit makes none of them."""
    raw = bytearray(_log(office).read_bytes())
    last = len(raw) - FRAME_BYTES
    pages = int.from_bytes(raw[last + 4 : last + 8], "big")
    assert pages
    opening, order, page = raw[24:32], "<" if raw[3] == 0x82 else ">", bytes(raw[last + 24 :])
    whole = bytes(raw[last : last + 4]) + (64).to_bytes(4, "big") + page
    before = struct.unpack(">2I", raw[last - FRAME_BYTES + 16 : last - FRAME_BYTES + 24])
    assert opening
    raw[last + 16 : last + 24] = struct.pack(">2I", *_summed(whole, order, before))
    raw[last + 4 : last + 8] = (64).to_bytes(4, "big")
    assert log_faults(bytes(raw)) == []
    raw[last + 4 : last + 8] = bytes(4)
    assert log_faults(bytes(raw))


@pytest.mark.parametrize("frame", [0, 1, -1])
@pytest.mark.parametrize("place", [0, 5, 9, 13, 17, 23, 24, FRAME_BYTES - 1])
def test_a_changed_frame_is_told(office: Node, frame: int, place: int) -> None:
    """INV-01: SQLite takes it for a torn write, and would undo what was acknowledged."""
    raw = bytearray(_log(office).read_bytes())
    frames = (len(raw) - 32) // FRAME_BYTES
    raw[32 + frame % frames * FRAME_BYTES + place] ^= 1
    assert log_faults(bytes(raw))


@pytest.mark.parametrize("place", range(32))
def test_a_changed_opening_is_told(office: Node, place: int) -> None:
    """INV-01: all that is in the log would be passed over."""
    raw = bytearray(_log(office).read_bytes())
    raw[place] ^= 1
    assert log_faults(bytes(raw))


def test_a_log_that_is_cut_off_within_its_opening_is_told(office: Node) -> None:
    assert log_faults(_log(office).read_bytes()[:31])
    assert log_faults(b"") == []


def test_a_page_that_the_log_supersedes_is_checked_too(office: Node, tmp_path: Path) -> None:
    """INV-01: nobody reads it today, and a checkpoint that fails half-way would leave it."""
    connection = office.store.core.connection
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    office.write({"label": "again"}, parcel(1))
    raw = bytearray(_path(office).read_bytes())
    copy = tmp_path / "copy.db"
    for page in range(0, len(raw) // PAGE_BYTES, 20):
        raw[page * PAGE_BYTES + 100] ^= 1
        copy.write_bytes(bytes(raw))
        assert file_faults(copy, STORE_KEY)
        raw[page * PAGE_BYTES + 100] ^= 1
    copy.write_bytes(bytes(raw))
    assert file_faults(copy, STORE_KEY) == []


def test_what_is_no_store_is_none(tmp_path: Path) -> None:
    short = tmp_path / "short.db"
    short.write_bytes(b"short")
    with pytest.raises(StoreDamaged):
        file_faults(short, STORE_KEY)
