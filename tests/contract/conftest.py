"""Worlds over every kind of store that there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.couriers import Pair, send_parcel
from tests.contract.places import DiskPlaces, MemoryPlaces, Places
from tests.contract.world import Node, World


@pytest.fixture(params=[pytest.param("disk", marks=pytest.mark.slow), "memory"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """Plain memory in every `make check`, and in `make test` encrypted files as well."""
    return DiskPlaces(tmp_path) if request.param == "disk" else MemoryPlaces()


@pytest.fixture
def world(places: Places) -> Iterator[World]:
    """A hub without spokes."""
    made = World(places)
    yield made
    for node in (made.hub, *made.spokes.values()):
        node.store.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[World]:
    """A hub without spokes whose store is a file: for what memory cannot do."""
    made = World(DiskPlaces(tmp_path))
    yield made
    for node in (made.hub, *made.spokes.values()):
        node.store.close()


@pytest.fixture
def leeds(world: World) -> Node:
    """A first spoke."""
    return world.spoke("LEI")


@pytest.fixture
def moorland(world: World, leeds: Node) -> Node:
    """A second spoke."""
    return world.spoke("MDI")


@pytest.fixture
def pair(world: World, leeds: Node, moorland: Node) -> tuple[World, Node, Node]:
    """A hub and two spokes, all of which hold the first subject and owe nobody anything."""
    world.introduce(1)
    return world, leeds, moorland


@pytest.fixture
def parcelled(world: World, leeds: Node, moorland: Node) -> Pair:
    """A hub and two spokes, all of which know one parcel and owe nobody anything."""
    send_parcel(world)
    return world, leeds, moorland
