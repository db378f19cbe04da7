"""The disk that loses power: what it may take, what it may not, and that it does take something."""

from contextlib import suppress
from random import Random

import pytest

from sync_protocol.io.connection import SqlConnection
from tests.power.disk import SectorDisk
from tests.power.sectors import PATTERNS, SECTOR_BYTES, Content, Pattern
from tests.simulation.disk import Crash

WRITES = 4
STRIDE = 3
"""The campaign takes every step."""


def _disk(patterns: tuple[Pattern, ...] = PATTERNS, seed: int = 1) -> SectorDisk:
    disk = SectorDisk(Random(seed), patterns=patterns)
    disk.connect().execute("CREATE TABLE notes(number INTEGER, text TEXT)")
    return disk


def _note(connection: SqlConnection, number: int, *, is_durable: bool = True) -> None:
    """One transaction of several pages: a note and its longer twin."""
    connection.begin(is_write=True, is_durable=is_durable)
    connection.executemany(
        "INSERT INTO notes VALUES (?, ?)", [(number, "short"), (number, "long" * 3_000)]
    )
    connection.commit()


def _numbers(disk: SectorDisk) -> list[int]:
    rows = disk.rows("SELECT number, count(*) FROM notes GROUP BY number ORDER BY number")
    assert {count for _, count in rows} <= {2}, "half a transaction"
    return [number for number, _ in rows]


def _steps() -> int:
    disk = _disk()
    connection = disk.connect()
    before = disk.fuse.burnt
    for number in range(WRITES):
        _note(connection, number)
    return disk.fuse.burnt - before


def _note_until_the_cut(disk: SectorDisk, step: int) -> list[int]:
    done = []
    connection = disk.connect()
    disk.fuse.left = step
    with suppress(Crash):
        for number in range(WRITES):
            _note(connection, number)
            done.append(number)
    return done


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_cut_leaves_what_was_committed_and_nothing_half(pattern: Pattern) -> None:
    """INV-01, INV-02."""
    undone = 0
    for step in range(0, _steps(), STRIDE):
        disk = _disk((pattern,), step)
        done = _note_until_the_cut(disk, step)
        assert disk.volume.is_off, "the power was cut"
        left = _numbers(disk)
        assert left in (done, [*done, len(done)]), f"step {step}"
        undone += left == done
        _note(disk.connect(), len(left))
        assert _numbers(disk) == [*left, len(left)]
    assert undone, "no cut ever took anything"


def test_what_did_not_wait_for_the_disk_may_go_but_only_from_the_end() -> None:
    """The last of several such transactions go first."""
    ends = set()
    for seed in range(30):
        disk = _disk(seed=seed)
        connection = disk.connect()
        for number in range(WRITES):
            connection.begin(is_write=True, is_durable=number < 2)
            connection.execute("INSERT INTO notes VALUES (?, 'a'), (?, 'b')", (number, number))
            connection.commit()
        disk.fuse.left = 0
        with pytest.raises(Crash):
            connection.execute("INSERT INTO notes VALUES (99, 'c')")
        left = [number for number in _numbers(disk) if number < WRITES]
        assert left == list(range(len(left)))
        ends.add(len(left))
    assert min(ends) >= 2, "what waited for the disk was lost"
    assert len(ends) > 1, "nothing was ever lost"


def test_a_machine_that_stops_without_a_cut_keeps_what_it_wrote() -> None:
    disk = _disk(("lost",))
    _note(disk.connect(), 1, is_durable=False)
    disk.connect()
    assert _numbers(disk) == [1]
    assert disk.cuts == 0


def test_an_image_holds_what_was_committed_and_goes_its_own_way() -> None:
    disk = _disk(("lost",))
    _note(disk.connect(), 1, is_durable=False)
    image = disk.copy()
    _note(disk.connect(), 2)
    assert _numbers(image) == [1]
    _note(image.connect(), 3)
    assert (_numbers(disk), _numbers(image)) == ([1, 2], [1, 3])


def test_a_sector_holds_after_a_cut_what_it_held_at_some_moment() -> None:
    """Never a later write of a sector without the earlier one of the same."""
    for seed in range(200):
        content = Content(b"-" * SECTOR_BYTES)
        content.write(0, b"a" * 20)
        content.write(10, b"b" * 20)
        left = bytes(content.after_cut("mixed", Random(seed)))[:30]
        assert left in (b"-" * 30, b"a" * 20 + b"-" * 10, b"a" * 10 + b"b" * 20)
