"""Ops taken off disks after a whole run of faults: what stands on any disk stands on all again."""

from random import Random

import msgspec
import pytest

from sync_protocol.ids import OpId
from sync_protocol.io.local_check import mend_store
from tests.simulation.checkers import check_all
from tests.simulation.nodes import Machine
from tests.simulation.options import options_of
from tests.simulation.run import play, rest
from tests.simulation.world import World

GATE_SEEDS = (3,)
MORE_SEEDS = (1, 2, 4, 5, 7, 8, 9, 10, 27, 29, 33)
LOST_SHARE = 0.2


def _lose(machine: Machine, op_ids: list[OpId]) -> None:
    """The disk forgets these ops, and the machine starts and checks itself."""
    machine.stop("damage")
    gone = [(op_id,) for op_id in op_ids]
    machine.disk.raw.executemany("DELETE FROM ops WHERE op_id = ?", gone)
    machine.disk.raw.commit()
    machine.start()
    mend_store(machine.store)


def _damage(world: World, drawn: Random) -> int:
    """Take ops off the hub's disk, and others off the edges' disks; how many in all."""
    world.is_damaged = True
    on_edges = {op_id for edge in world.edges for op_id in edge.disk.ids("flags & 1")}
    on_both = sorted(on_edges & world.hub.disk.ids("flags & 1"))
    at_hub = [OpId(one) for one in on_both if drawn.random() < LOST_SHARE]
    lost = len(at_hub)
    _lose(world.hub, at_hub)
    for edge in world.edges:
        kept = sorted(edge.disk.ids("hub_seq NOT NULL AND flags & 1") - set(at_hub))
        gone = [OpId(one) for one in kept if drawn.random() < LOST_SHARE]
        lost += len(gone)
        _lose(edge, gone)
    return lost


def _assert_mended(seed: int) -> None:
    # What is in escrow is not compared: there only the log is left, and nobody holds the subject.
    world = World(seed, msgspec.structs.replace(options_of(seed), leaves=0, purges=0, breaker=0))
    play(world)
    lost = _damage(world, Random(seed))
    rest(world)
    faults = check_all(world)
    assert not faults, f"seed {seed}, {lost} lost: {faults[:8]}"


@pytest.mark.parametrize("seed", GATE_SEEDS)
def test_what_one_disk_lost_another_gives_back(seed: int) -> None:
    """INV-01, INV-04."""
    _assert_mended(seed)


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_whatever_failed_before(seed: int) -> None:
    """Twins, restored hubs and snapshots among them."""
    _assert_mended(seed)
