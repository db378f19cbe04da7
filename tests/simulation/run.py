"""Runs one seed, or many: `python -m tests.simulation.run --seeds 1..400`, `--seed 7` to replay.

A failing run prints its seed and its options; `--without crash,clones` replays it with faults off.
"""

import sys
import traceback
from argparse import ArgumentParser, Namespace
from random import Random
from typing import Final

import msgspec

from sync_protocol.author import Act, Draft
from sync_protocol.ids import RecordId, SubjectId
from sync_protocol.limits import PURGE_AFTER_MS
from tests.simulation.checkers import check_all
from tests.simulation.faults import Faults
from tests.simulation.options import Options, only, options_of, without
from tests.simulation.staff import Staff
from tests.simulation.world import HOUR_MS, World, grants_on, unsealed_on
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
    chosen = options if options is not None else options_of(seed)
    world = World(seed, chosen)
    faults: list[str] = []
    try:
        play(world)
        note_held(world)
        faults = check_all(world)
    except Exception:  # noqa: BLE001 - whatever a node raises is a fault of this seed.
        faults = [traceback.format_exc()]
    for machine in world.machines():
        world.trace.update(machine.store.projection_digest())
    world.tally["acknowledged"] = len(world.acknowledged)
    return Outcome(
        seed=seed,
        options=chosen,
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
    hours = world.options.hours
    faults = Faults(world)
    Staff(world).plan(world.options.incidents, hours)
    faults.plan(hours)
    end_ms = MORNING_MS + (hours + 1) * HOUR_MS
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
            with edge.store.core.transaction():
                purged = edge.store.spoke.departures.purge_due(edge.now_ms())
            self._world.tally["purged"] = self._world.tally.get("purged", 0) + purged
        rest(self._world)
        self._bring_back("purged")
        rest(self._world)

    def _bring_back(self, state: str) -> None:
        """The centre moves some of those who left a depot back to it."""
        world = self._world
        sql = "SELECT subject FROM departures JOIN subjects USING(subject_no) WHERE state = ?"
        for name, depot in sorted(world.depots.items()):
            left = sorted(SubjectId(row[0]) for row in depot.disk.rows(sql, (state,)))
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


def main() -> int:
    """The number of seeds that failed, at most 1."""
    asked = _asked()
    seeds = [asked.seed] if asked.seed is not None else _span(asked.seeds)
    off = [name for name in asked.without.split(",") if name]
    totals: dict[str, int] = {}
    failed = 0
    for seed in seeds:
        options = without(options_of(seed), off)
        if asked.leaves:
            options = msgspec.structs.replace(options, leaves=1)
        outcome = simulate(seed, only(options, asked.only.split(",")) if asked.only else options)
        for name, count in outcome.tally.items():
            totals[name] = totals.get(name, 0) + count
        failed += not outcome.is_sound
        if not outcome.is_sound or asked.trace:
            _tell(outcome, is_traced=asked.trace)
    totals |= {"seeds": len(seeds), "failed": failed}
    lines = [f"{name:>24} {totals[name]}" for name in sorted(totals)]
    sys.stdout.write(msgspec.json.encode(totals).decode() if asked.json else "\n".join(lines))
    sys.stdout.write("\n")
    return min(failed, 1)


def _asked() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.simulation.run", description=__doc__)
    parser.add_argument("--seeds", default="1..20", help="the first and the last seed: 1..400")
    parser.add_argument("--seed", type=int, help="one seed")
    parser.add_argument("--without", default="", help="faults to leave out, with commas")
    parser.add_argument("--only", default="", help="the faults to keep, with commas")
    parser.add_argument("--leaves", action="store_true", help="subjects leave as they move on")
    parser.add_argument("--json", action="store_true", help="totals as JSON")
    parser.add_argument("--trace", action="store_true", help="every line of the trace")
    return parser.parse_args()


def _span(text: str) -> list[int]:
    first, _, last = text.partition("..")
    return list(range(int(first), int(last or first) + 1))


def _tell(outcome: Outcome, *, is_traced: bool) -> None:
    shown = {k: v for k, v in msgspec.structs.asdict(outcome.options).items() if v}
    lines = [f"seed {outcome.seed} options {shown}", *outcome.faults[:12]]
    lines += outcome.lines if is_traced else ()
    sys.stderr.write("\n  ".join(lines) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
