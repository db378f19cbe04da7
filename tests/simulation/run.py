"""Plays one seed: faults first, then calm until everybody is quiet, then every check."""

import traceback
from collections.abc import Callable
from random import Random
from typing import Final

import msgspec

from sync_protocol.author import Act, Draft
from sync_protocol.ids import RecordId, SubjectId
from sync_protocol.limits import PURGE_AFTER_MS
from tests.simulation.checkers import check_all
from tests.simulation.faults import Faults
from tests.simulation.options import Options, options_of
from tests.simulation.pictures import grants_on, unsealed_on
from tests.simulation.staff import Staff
from tests.simulation.world import HOUR_MS, World
from tests.toys import MORNING_MS, actor, id_of

BACK_MAX: Final = 2
"""How many come back to each depot in the weeks after."""
REST_MS: Final = 600_000
ROUNDS_MAX: Final = 18
"""INV-10: three virtual hours after the last fault, nothing may be left to do."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one run ended: its trace's hash, what was counted, and every fault found."""

    seed: int
    options: Options
    trace: str
    tally: dict[str, int]
    faults: tuple[str, ...]
    lines: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing was wrong."""
        return not self.faults


def simulate(seed: int, options: Options | None = None) -> Outcome:
    """Run one seed: faults first, then calm, then every check."""
    world = World(seed, options if options is not None else options_of(seed))

    def live() -> None:
        play(world)
        note_held(world)

    return judge(world, live)


def judge(world: World, live: Callable[[], None]) -> Outcome:
    """Let a world live, ask every check, and tell how it ended; whatever is raised is a fault."""
    faults: list[str] = []
    try:
        live()
        faults = check_all(world)
    except Exception:  # noqa: BLE001 - whatever a node raises is a fault of this seed.
        faults = [traceback.format_exc()]
    for machine in world.machines():
        world.trace.update(machine.store.projection_digest())
    world.tally["acknowledged"] = len(world.acknowledged)
    world.tally["power_cuts"] = world.copies.cuts()
    return Outcome(
        seed=world.seed,
        options=world.options,
        trace=world.trace.hexdigest(),
        tally=world.tally,
        faults=tuple(faults),
        lines=tuple(world.lines),
    )


def note_held(world: World) -> None:
    """How many subjects several depots hold in the end."""
    holders: dict[SubjectId, int] = {}
    for _, subject in grants_on(world.hub.disk):
        holders[subject] = holders.get(subject, 0) + 1
    world.tally["held_by_three"] = sum(count >= 3 for count in holders.values())


def play(world: World) -> None:
    """Faults first, then calm until everybody is quiet."""
    faults = Faults(world)
    Staff(world).plan()
    faults.plan()
    end_ms = MORNING_MS + (world.options.span_hours + 1) * HOUR_MS
    world.run_until(end_ms)
    world.note("calm")
    faults.calm()
    rest(world)
    if world.options.purges:
        Aftermath(world).play()


class Aftermath:
    """The weeks after: some who left come back while they lie sealed, and some when purged."""

    def __init__(self, world: World) -> None:
        """Draws from the world's seed, apart from all else."""
        self._world = world
        self._chance = Random(f"aftermath {world.seed}")

    def play(self) -> None:
        """Back within the time of backups, then beyond it."""
        self._world.skip(PURGE_AFTER_MS // 2)
        self._bring_back("sealed")
        rest(self._world)
        self._world.skip(PURGE_AFTER_MS)
        for edge in self._world.edges:
            self._world.purge(edge)
        rest(self._world)
        self._bring_back("purged")
        rest(self._world)

    def _bring_back(self, state: str) -> None:
        """The centre moves some of those who left a depot back to it."""
        world = self._world
        sql = "SELECT subject FROM departures JOIN subjects USING(subject_no) WHERE state = ?"
        for name, depot in sorted(world.depots.items()):
            sealed = {SubjectId(row[0]) for row in depot.disk.rows(sql, (state,))}
            left = sorted(sealed & set(world.subjects))
            for subject in self._chance.sample(left, min(len(left), BACK_MAX)):
                bring(world, subject, name)
                world.count(f"back_when_{state}")


def bring(world: World, subject: SubjectId, depot: str) -> None:
    """The centre writes that a subject was brought to a depot."""
    draft = Draft(
        kind="move",
        subjects=(subject,),
        record=RecordId(id_of("back", subject, depot, world.now_ms)),
        values={"depot": depot},
        happened_at=world.now_ms,
    )
    receipt = world.hub.store.write(Act(actor=actor(1), device="desk", drafts=(draft,)))
    world.acknowledged |= dict.fromkeys(receipt.op_ids, world.hub.name)


def rest(world: World) -> None:
    """Let time pass until everybody is quiet."""
    end_ms = world.now_ms
    for _ in range(ROUNDS_MAX):
        if world.options.breaker:
            world.ask_again()
        end_ms += REST_MS
        world.run_until(end_ms)
        world.back_up()
        if _is_quiet(world):
            return


def _is_quiet(world: World) -> bool:
    """Whether everybody has heard all there is and was told that the digests agree."""
    end = world.hub.store.last_hub_seq()
    heard = all(edge.is_agreed and edge.store.core.cursor().hub_seq == end for edge in world.edges)
    granted = grants_on(world.hub.disk)
    told = all(
        grants_on(edge.disk) == {one for one in granted if one[0] == edge.node}
        for edge in world.edges
    )
    unsealed = any(unsealed_on(edge.disk) for edge in world.edges)
    return heard and told and not unsealed and not world.held_back()
