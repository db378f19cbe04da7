"""Stable marks: what a verified backup holds may be let go of, and nothing else."""

from pathlib import Path

import pytest

from sync_protocol.io.backup import take_backup
from sync_protocol.io.own_chain import take_marks
from sync_protocol.messages import Mark
from tests.contract.places import STORE_KEY
from tests.contract.world import Node, World


@pytest.fixture
def office(disk: World) -> Node:
    """A spoke on a disk that holds the first subject."""
    node = disk.spoke("LEI")
    disk.introduce(1)
    return node


def _stable_seq(node: Node) -> int:
    with node.store.core.transaction():
        return int(node.store.core.meta("stable_seq", 0))


def _back_up(world: World, folder: Path) -> None:
    take_backup(world.hub.store, STORE_KEY, folder, world.hub.clock)


def test_what_is_received_is_stable_only_after_a_verified_backup(
    disk: World, office: Node, tmp_path: Path
) -> None:
    """INV-01."""
    office.write({"label": "boots"})
    disk.settle()
    assert _stable_seq(office) == 0
    _back_up(disk, tmp_path / "backups")
    office.write({"colour": "red"})
    disk.settle()
    assert _stable_seq(office) == 1
    _back_up(disk, tmp_path / "backups")
    disk.exchange(office)
    assert _stable_seq(office) == 2


def test_the_stable_mark_is_reset_with_the_life(disk: World, office: Node, tmp_path: Path) -> None:
    """INV-01: the numbers of a new life begin again; the old mark says nothing of them."""
    for number in range(3):
        office.write({"label": f"boots {number}"})
    disk.settle()
    _back_up(disk, tmp_path / "backups")
    disk.exchange(office)
    assert _stable_seq(office) == 3
    office.store.note_restored()
    assert _stable_seq(office) == 0
    office.write({"colour": "red"})
    disk.settle()
    assert _stable_seq(office) == 0


def test_the_stable_mark_is_reset_with_the_incarnation(
    disk: World, office: Node, tmp_path: Path
) -> None:
    """INV-01: a hub restored from before the backup does not have what that backup had."""
    disk.hub.keep_copy("older")
    office.write({"label": "boots"})
    disk.settle()
    _back_up(disk, tmp_path / "backups")
    disk.exchange(office)
    assert _stable_seq(office) == 1
    disk.hub.roll_back("older")
    disk.hub.store.note_restored()
    disk.settle()
    assert _stable_seq(office) == 0


def test_a_stable_mark_counts_only_where_this_log_passes_through_it(
    disk: World, office: Node
) -> None:
    """INV-08: the stable point of a twin's branch is no proof for this one."""
    office.write({"label": "boots"})
    place = office.store.core.place()
    mark = Mark(place.life, place.seq, place.chain, stable_seq=1, stable_chain=b"x" * 32)
    with office.store.core.transaction():
        take_marks(office.store.core, [mark])
    assert _stable_seq(office) == 0
