"""What must hold of a store whose power was cut: said in words where it does not."""

from collections.abc import Iterator
from random import Random
from typing import Final

from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.errors import ThroughcareError
from sync_protocol.io.connection import PAGE_BYTES_MIN
from sync_protocol.io.local_check import mend_store
from sync_protocol.io.verify import verify_store
from tests.contract.world import HUB, Node, parcel
from tests.power.raw import STORE, SectorConnection, SectorRaw, set_up
from tests.power.recording import GivenPlaces, PowerWorld, State, state_of
from tests.power.replay import Promise, Replay
from tests.power.sectors import PATTERNS
from tests.power.volume import Volume
from tests.simulation.disk import Crash

QUARTER_MS: Final = 16 * 60_000
RECOVERY_STEPS: Final = 120
GOING_ON: Final = parcel(90)
"""A subject of which no story tells: whoever goes on writes of it."""


class Bench:
    """Opens stores on volumes that came through a cut."""

    def __init__(self, seed: int) -> None:
        """`seed` names what is drawn."""
        self.chance = Random(f"power bench {seed}")
        self._boots = 0
        self._world = PowerWorld(GivenPlaces({HUB: _opened(Volume())}), "bench")

    def node(self, name: str, connection: SectorConnection) -> Node:
        """A node started on a store, with nobody to talk to."""
        world = self._world
        self._boots += 1
        world.boot = f"boot {self._boots}"
        world.places = GivenPlaces({name: connection})
        parts = world._hub_parts if name == HUB else world._spoke_parts
        return Node(name, world.places, parts)

    def world(self, volumes: dict[str, Volume], replay: Replay) -> PowerWorld:
        """Hub and spokes started on their volumes, after a while."""
        scene = replay.scene()
        self._boots += 1
        opened = {name: _opened(volume) for name, volume in volumes.items()}
        world = PowerWorld(GivenPlaces(opened), f"boot {self._boots}")
        world.holders = {subject: set(nodes) for subject, nodes in scene.holders.items()}
        for name in volumes:
            node = world.hub if name == HUB else world.spoke(name)
            node.clock.ms = scene.now_ms + QUARTER_MS
        return world


def opened_raw(volume: Volume) -> SectorConnection:
    """A connection to the store on a volume, not yet set up."""
    return SectorConnection(SectorRaw(volume))


def _opened(volume: Volume) -> SectorConnection:
    return set_up(opened_raw(volume))


def _started_on(volume: Volume) -> State:
    connection = _opened(volume)
    try:
        return state_of(connection.raw.serialize())
    finally:
        connection.close()


def has_store(volume: Volume) -> bool:
    """Whether a node that starts finds a store that it would open."""
    content = volume.files.get(STORE)
    return content is not None and len(content.now) >= PAGE_BYTES_MIN


def is_as_promised(connection: SectorConnection, state: State, promise: Promise) -> Iterator[str]:
    """INV-01, INV-02: page for page what was committed, and not before what waited for the disk."""
    if state not in promise.allowed:
        yield "INV-02 the store is in no state that it was ever committed in, or in one too old"
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ops'"):
        held = {row[0] for row in connection.execute("SELECT op_id FROM ops")}
    else:
        held = set()
    if promise.op_ids - held:
        yield f"INV-01 {len(promise.op_ids - held)} acknowledged ops are gone"


def agrees_with_itself(node: Node, *, is_plain: bool) -> Iterator[str]:
    """INV-02: log, chains, digests, projections and audit say the same."""
    yield from (f"INV-02 {one}" for one in verify_store(node.store).faults)
    if is_plain:
        lines = node.count("SELECT count(*) FROM audit WHERE act = 'write'")
        own = node.count(
            "SELECT count(*) FROM ops JOIN lives USING(life_no) WHERE node = ?", node.id
        )
        if lines != own:
            yield f"INV-02 {own} ops were written here, and {lines} lines of the audit tell of them"


def is_a_whole_backup(volume: Volume, name: str) -> Iterator[str]:
    """A name that says so is given once the copy was checked and is certain."""
    try:
        raw = SectorRaw(volume.copy(), name=name)
        if raw.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
            yield f"{name} is damaged"
        raw.execute("SELECT count(*) FROM ops").fetchall()
        raw.close()
    except sqlcipher.DatabaseError as fault:
        yield f"{name} is no backup: {fault}"


def goes_on(bench: Bench, name: str, volume: Volume) -> Iterator[str]:
    """What is written after a cut outlives the next one."""
    node = bench.node(name, _opened(volume))
    number = 900 + bench.chance.randrange(90)
    told = node.write({"label": "after the cut"}, parcel(90, number)).op_ids
    again = volume.after_cut(bench.chance.choice(PATTERNS), bench.chance)
    volume.is_off = True
    connection = opened_raw(again)
    held = {row[0] for row in connection.execute("SELECT op_id FROM ops")}
    if set(told) - held:
        yield "INV-01 what was written after the first cut is gone after the second"
    connection.close()


def outlives_a_second_cut(
    bench: Bench, name: str, volume: Volume, promise: Promise
) -> Iterator[str]:
    """Recovery itself may be cut off: after it, as if it had been cut off once.

    Or as a start leaves it by itself, which gives a backup that was just put back its log.
    """
    if promise.is_replacing and not has_store(volume):
        # The backup had not taken its name yet: a node refuses to start (`StoreLost`).
        return
    promise = promise._replace(allowed=promise.allowed | {_started_on(volume.copy())})
    volume.fuse.left = bench.chance.randrange(RECOVERY_STEPS)
    node = None
    try:
        node = bench.node(name, _opened(volume))
        node.store.core.empty_write_ahead_log()
        node.store.close()
        volume.is_off = True
    except Crash:
        node = None
    again = volume.after_cut(bench.chance.choice(PATTERNS), bench.chance)
    if promise.is_begun and not has_store(again):
        yield "INV-01 the store is gone after the second cut"
        return
    if not has_store(again):
        return
    connection = opened_raw(again)
    if promise.is_begun:
        state = state_of(connection.raw.serialize())
        found = is_as_promised(connection, state, promise)
        yield from (f"after a second cut: {one}" for one in found)
    connection.close()


def converges(bench: Bench, replay: Replay, name: str, volume: Volume) -> Iterator[str]:
    """INV-01, INV-04, INV-10: with peers that were not touched, as if nothing had been."""
    volumes = {name: volume}
    for other in replay.recording.volumes:
        if other != name and has_store(replay.volume(other)):
            volumes[other] = replay.untouched(other)
    if HUB not in volumes:
        return
    told = replay.told()
    world = bench.world(volumes, replay)
    try:
        for one in (world.hub, *world.spokes.values()):
            if replay.is_damaged(one.name):
                mend_store(one.store)
        fresh = [
            one.write({"label": "on"}, parcel(90, 800 + at)).op_ids[0]
            for at, one in enumerate((world.hub, *world.spokes.values()))
        ]
        world.settle()
        for one in (world.hub, *world.spokes.values()):
            one.clock.ms += QUARTER_MS
        world.settle()
    except (AssertionError, ThroughcareError) as fault:
        yield f"INV-10 {type(fault).__name__}: {fault}"
        return
    with world.hub.store.reading() as reading:
        held = {row[0] for row in reading.select("SELECT op_id FROM ops")}
    if lost := (told | set(fresh)) - held:
        yield f"INV-01 {len(lost)} acknowledged ops are not at the hub"
    for node in (world.hub, *world.spokes.values()):
        yield from (f"INV-02 {node.name}: {one}" for one in verify_store(node.store).faults)
        yield from _holds_what_the_hub_holds(world, node)


def _holds_what_the_hub_holds(world: PowerWorld, node: Node) -> Iterator[str]:
    with node.store.reading() as here, world.hub.store.reading() as there:
        own, theirs = here.digests(), there.digests()
        held = [
            row[0]
            for row in there.select(
                "SELECT subject FROM grants JOIN subjects USING(subject_no) WHERE node = ?",
                (node.id,),
            )
        ]
    for subject in held:
        if own.get(subject) != theirs.get(subject):
            yield f"INV-04 {node.name} differs from the hub about {subject.hex()[:8]}"
