"""Plans what goes wrong in a run: partitions, clocks, restores, clones, and a hostile depot."""

from collections.abc import Callable
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
from tests.simulation.options import Options
from tests.simulation.records import release
from tests.simulation.world import DAY_MS, HOUR_MS, World
from tests.toys import MORNING_MS, actor, node, raw_op

MINUTE_MS: Final = 60_000
CONFIRMED: Final = 0.7
"""How often leaves that were held back are confirmed, rather than cancelled."""
YEAR_MS: Final = 365 * 24 * HOUR_MS
SKEWS_MS: Final = (
    -10 * MINUTE_MS,
    10 * MINUTE_MS,
    10 * YEAR_MS,
    -5 * YEAR_MS,
    -HOUR_MS,
    -MORNING_MS,
    0,
    0,
)
"""How far a clock goes wrong; the last but two stands at 1970, as after a flat battery."""


class Faults:
    """Draws when and where each fault of the options strikes."""

    def __init__(self, world: World) -> None:
        """Draws from the world's seed, apart from its staff."""
        self._world = world
        self._chance = Random(f"faults {world.seed}")

    def plan(self) -> None:
        """Plan everything over the run."""
        options = self._world.options
        hours = options.span_hours
        span_ms = hours * HOUR_MS
        if options.days:
            self._work_daily(options)
        self._images(span_ms, options)
        strikes: tuple[tuple[int, Callable[[], None]], ...] = (
            (options.partitions, self._cut),
            (options.one_way, self._deafen),
            (options.skews, self._skew),
            (options.edge_rollbacks, lambda: self._roll_back(self._any_edge(), is_told=False)),
            (options.edge_restores, lambda: self._roll_back(self._any_edge(), is_told=True)),
            (options.edges_lost, self._lose),
            (options.hub_rollbacks, lambda: self._roll_back(self._world.hub, is_told=False)),
            (options.hub_restores, lambda: self._roll_back(self._world.hub, is_told=True)),
            (options.clones, lambda: self._world.clone(self._any_edge())),
            (options.upgrades, self._change_release),
            (options.hostile * 3, self._inject),
            (options.breaker * (options.days or hours), self._look_at_leaves),
        )
        for times, strike in strikes:
            for _ in range(times):
                self._at(span_ms, strike)

    def calm(self) -> None:
        """Everything is mended: lines up, clocks right, machines on, no fault strikes again."""
        world = self._world
        world.is_calm = True
        for machine in world.machines():
            machine.skew_ms = 0
            machine.restart()
        for edge in world.edges:
            edge.is_cut = edge.is_deaf = False
        world.rest_soon()

    def _work_daily(self, options: Options) -> None:
        """Every day the hub is backed up and what is over is purged, unless nobody does, or two."""
        world = self._world
        for machine in world.machines():
            for day in range(options.days):
                times = 0 if self._chance.random() < options.jobs_missed else 1
                times += self._chance.random() < options.jobs_doubled
                at_ms = day * DAY_MS + self._chance.randrange(DAY_MS)
                for _ in range(times):
                    world.after(at_ms, self._daily(machine))
                world.tally["jobs_doubled"] = world.tally.get("jobs_doubled", 0) + (times > 1)

    def _daily(self, machine: Machine) -> Any:
        def work() -> None:
            world = self._world
            if not machine.is_up:
                return
            machine.disk.look()
            if isinstance(machine, Edge):
                machine.try_to(lambda: world.purge(machine))
            elif world.options.hub_rollbacks or world.options.hub_restores:
                world.keep_image(machine)
            else:
                world.back_up()

        return work

    def _at(self, span_ms: int, call: Any) -> None:
        self._world.after(self._chance.randrange(span_ms // 10, span_ms), call)

    def _images(self, span_ms: int, options: Any) -> None:
        """Images are kept where they may be needed."""
        hub, edges = self._world.hub, self._world.edges
        kept: list[Machine] = []
        kept += [hub] if options.hub_rollbacks or options.hub_restores else []
        kept += edges if options.edge_rollbacks or options.edge_restores else []
        if options.leaves:
            # Nobody is let go of before what is known of him is in a backup.
            for _ in range(options.hours):
                self._world.after(self._chance.randrange(span_ms), self._world.back_up)
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

        self._world.after(self._how_long_ms(), mend)

    def _how_long_ms(self) -> int:
        """Minutes or hours; in a season anything up to all of it."""
        if not self._world.options.days:
            return self._chance.randrange(5 * MINUTE_MS, 3 * HOUR_MS)
        most = self._world.options.days * DAY_MS / HOUR_MS
        return int(HOUR_MS * most ** self._chance.random())

    def _deafen(self) -> None:
        """What an edge says arrives, and what it is told does not."""
        edge = self._any_edge()
        edge.is_deaf = True
        self._world.count("one_way")
        self._world.note(edge.name, "hears nothing")

        def mend() -> None:
            edge.is_deaf = False

        self._world.after(self._how_long_ms(), mend)

    def _lose(self) -> None:
        """A box burns down, or a phone is dropped into a river."""
        if not self._world.is_calm:
            self._world.lose_disk(self._any_edge())

    def _change_release(self) -> None:
        """A machine starts with another release, and later perhaps with the old one again."""
        if self._world.is_calm:
            return
        machine = self._chance.choice(self._world.machines())
        machine.stop("another release")
        is_newer = "novelty" not in machine.registry.kinds
        has_careers = bool(self._world.options.careers)
        machine.registry = release(is_newer=is_newer, has_careers=has_careers)
        machine.start()
        self._world.count("releases_changed")
        self._world.note(machine.name, "starts another release")

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
