"""Plans what goes wrong in a run: partitions, clocks, restores, clones, and a hostile depot."""

from hashlib import sha256
from random import Random
from typing import Any, Final

import msgspec

from sync_protocol.author import Written
from sync_protocol.io.op_log import Arrival
from sync_protocol.io.op_store import OpStore
from sync_protocol.op import OpBytes, hash_raw, op_id_of
from sync_protocol.scope import UNJUDGED
from sync_protocol.seal import Segment, segment_chain
from tests.simulation.nodes import Edge, Machine
from tests.simulation.world import HOUR_MS, World
from tests.toys import actor, node, raw_op

MINUTE_MS: Final = 60_000
CONFIRMED: Final = 0.7
"""How often leaves that were held back are confirmed, rather than cancelled."""
YEAR_MS: Final = 365 * 24 * HOUR_MS
SKEWS_MS: Final = (-10 * MINUTE_MS, 10 * MINUTE_MS, 10 * YEAR_MS, -HOUR_MS, 0, 0)


class Faults:
    """Draws when and where each fault of the options strikes."""

    def __init__(self, world: World) -> None:
        """Draws from the world's seed, apart from its staff."""
        self._world = world
        self._chance = Random(f"faults {world.seed}")

    def plan(self, hours: int) -> None:
        """Plan everything over that time."""
        options = self._world.options
        span_ms = hours * HOUR_MS
        self._images(span_ms, options)
        for _ in range(options.partitions):
            self._at(span_ms, self._cut)
        for _ in range(options.skews):
            self._at(span_ms, self._skew)
        for _ in range(options.edge_rollbacks):
            self._at(span_ms, lambda: self._roll_back(self._any_edge(), is_told=False))
        for _ in range(options.edge_restores):
            self._at(span_ms, lambda: self._roll_back(self._any_edge(), is_told=True))
        for _ in range(options.hub_rollbacks):
            self._at(span_ms, lambda: self._roll_back(self._world.hub, is_told=False))
        for _ in range(options.hub_restores):
            self._at(span_ms, lambda: self._roll_back(self._world.hub, is_told=True))
        for _ in range(options.clones):
            self._at(span_ms, lambda: self._world.clone(self._any_edge()))
        for _ in range(options.hostile * 3):
            self._at(span_ms, self._inject)
        for _ in range(options.breaker * hours):
            self._at(span_ms, self._look_at_leaves)

    def calm(self) -> None:
        """Everything is mended: lines up, clocks right, machines on, no fault strikes again."""
        world = self._world
        world.is_calm = True
        for machine in world.machines():
            machine.skew_ms = 0
            machine.restart()
        for edge in world.edges:
            edge.is_cut = False

    def _at(self, span_ms: int, call: Any) -> None:
        self._world.after(self._chance.randrange(span_ms // 10, span_ms), call)

    def _images(self, span_ms: int, options: Any) -> None:
        """Images are kept where they may be needed."""
        hub, edges = self._world.hub, self._world.edges
        kept: list[Machine] = []
        kept += [hub] if options.hub_rollbacks or options.hub_restores else []
        kept += edges if options.edge_rollbacks or options.edge_restores else []
        for machine in kept:
            for _ in range(6):
                delay_ms = self._chance.randrange(span_ms)
                self._world.after(delay_ms, self._keeping(machine))

    def _keeping(self, machine: Machine) -> Any:
        return lambda: self._world.keep_image(machine)

    def _any_edge(self) -> Edge:
        return self._chance.choice(self._world.edges)

    def _roll_back(self, machine: Machine, *, is_told: bool) -> None:
        if not self._world.is_calm:
            self._world.roll_back(machine, is_told=is_told)

    def _cut(self) -> None:
        edge = self._any_edge()
        edge.is_cut = True
        self._world.count("partitions")
        self._world.note(edge.name, "is cut off")

        def mend() -> None:
            edge.is_cut = False

        self._world.after(self._chance.randrange(5 * MINUTE_MS, 3 * HOUR_MS), mend)

    def _skew(self) -> None:
        machine = self._chance.choice(self._world.machines())
        machine.skew_ms = self._chance.choice(SKEWS_MS)
        self._world.count("skews")
        self._world.note(machine.name, "clock is off by", machine.skew_ms)

    def _look_at_leaves(self) -> None:
        """Somebody at the centre confirms the leaves that were held back, or cancels them."""
        world = self._world
        for depot in world.held_back():
            is_confirmed = self._chance.random() < CONFIRMED
            world.decide_leaves(depot, is_confirmed=is_confirmed)

    def _inject(self) -> None:
        edge = self._world.edges[0]
        if edge.is_up and not self._world.is_calm:
            raws = self._rubbish(edge)
            count = edge.try_to(lambda: write_raw(edge.store, raws))
            self._world.note(edge.name, "injects", count)

    def _rubbish(self, edge: Edge) -> list[OpBytes]:
        chance, place = self._chance, edge.store.core.place()
        usual: dict[str, Any] = {"node": place.node, "life": place.life, "actor": actor(1)}
        salt = chance.randrange(1 << 30)
        choices = (
            OpBytes(chance.randbytes(40), chance.randbytes(9)),
            OpBytes(b"", b""),
            OpBytes(chance.randbytes(12), None, sha256(b"%d" % salt).digest()),
            raw_op(salt, {"label": "elsewhere"}, **usual | {"node": node(9)}),
            raw_op(salt, {"label": "out of turn"}, **usual),
            raw_op(salt, {"not a name": 1}, **usual),
        )
        unique = {hash_raw(one): one for one in chance.sample(choices, chance.randint(1, 4))}
        return [one for found, one in unique.items() if not _is_held(edge, found)]


def write_raw(store: OpStore, raws: list[OpBytes]) -> int:
    """Seal bytes that no author of ours would write into the node's own chain; how many."""
    core = store.core
    if not raws:
        return 0
    with core.transaction():
        place = core.place()
        hashes = [hash_raw(raw) for raw in raws]
        segment = Segment(place.seq + 1, place.epoch, tuple(raws))
        chain = segment_chain(place.chain, place.epoch, segment.first_seq, hashes)
        after = msgspec.structs.replace(place, seq=segment.last_seq, chain=chain)
        life_no = core.log.add_life(place.node, place.life)
        arrivals = [
            Arrival(
                op_id=op_id_of(found),
                op=None,
                raw=raw,
                life_no=life_no,
                seq=segment.first_seq + at,
                hub_seq=None,
                verdict=UNJUDGED,
            )
            for at, (raw, found) in enumerate(zip(raws, hashes, strict=True))
        ]
        first = core.folding.append(arrivals, core.parts.clock.now_ms())
        core.insert_segments(Written((), (segment,), (chain,), after), first, None)
        core.set_place(after)
    return len(raws)


def _is_held(edge: Edge, header_hash: bytes) -> bool:
    return op_id_of(header_hash) in edge.disk.ids()
