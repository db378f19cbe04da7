"""Damage to disks after a whole run of faults: ops that are lost, and verdicts that are others."""

from random import Random

import msgspec

from sync_protocol.ids import OpId
from sync_protocol.io.local_check import mend_store
from sync_protocol.scope import Flag
from tests.simulation.nodes import Machine
from tests.simulation.options import Options
from tests.simulation.run import Outcome, judge, play, rest
from tests.simulation.world import World

LOST_SHARE = 0.2
OTHER_SHARE = 0.1
HELD = "subject_no IN (SELECT subject_no FROM grants)"
"""Of whom no node holds nothing is compared, so what is lost of them comes back from nobody."""


def simulate_damaged(seed: int, options: Options) -> Outcome:
    """Run one seed, damage every disk, and check once all have mended what they can."""
    # What is in escrow is not compared: there only the log is left, and nobody holds the subject.
    chosen = msgspec.structs.replace(options, leaves=0, purges=0, breaker=0, matches=0)
    world = World(seed, chosen)

    def live() -> None:
        play(world)
        world.tally["damaged"] = damage(world, Random(seed))
        rest(world)

    return judge(world, live)


def damage(world: World, drawn: Random) -> int:
    """Take ops off the hub's disk, others off the edges', and change verdicts there; how many."""
    world.is_damaged = True
    on_edges = {op_id for edge in world.edges for op_id in edge.disk.ids(f"flags & 1 AND {HELD}")}
    on_both = sorted(on_edges & world.hub.disk.ids("flags & 1"))
    at_hub = [OpId(one) for one in on_both if drawn.random() < LOST_SHARE]
    damaged = len(at_hub)
    _lose(world.hub, at_hub, [])
    for edge in world.edges:
        counting = edge.disk.ids(f"hub_seq NOT NULL AND flags & 1 AND {HELD}")
        kept = sorted(counting - set(at_hub))
        gone = [OpId(one) for one in kept if drawn.random() < LOST_SHARE]
        left = sorted(set(kept) - set(gone))
        others = [OpId(one) for one in left if drawn.random() < OTHER_SHARE]
        damaged += len(gone) + len(others)
        _lose(edge, gone, others)
    return damaged


def _lose(machine: Machine, gone: list[OpId], others: list[OpId]) -> None:
    """The disk forgets some ops and has others as suspect; the machine starts and checks itself."""
    machine.stop("damage")
    machine.disk.raw.executemany("DELETE FROM ops WHERE op_id = ?", [(one,) for one in gone])
    machine.disk.raw.executemany(
        "UPDATE ops SET flags = flags | ? WHERE op_id = ?",
        [(int(Flag.SUSPECT), one) for one in others],
    )
    machine.disk.raw.commit()
    machine.start()
    mend_store(machine.store)
