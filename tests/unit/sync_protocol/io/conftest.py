"""What the tests of the stores may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.places import DiskPlaces
from tests.contract.world import Node, World
from tests.unit.sync_protocol.io.estate import Estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """A hub and two spokes that hold nothing."""
    made = Estate(tmp_path)
    yield made
    made.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A hub on a disk."""
    made = World(DiskPlaces(tmp_path))
    yield made
    for node in (made.hub, *made.spokes.values()):
        node.store.close()


@pytest.fixture
def office(world: World) -> Node:
    """A spoke that holds the first subject."""
    node = world.spoke("LEI")
    world.introduce(1)
    return node
