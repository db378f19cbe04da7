"""Many seeds, one after another or on several cores at once, and what they came to together."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Final

import msgspec

from tests.simulation.options import Options, only, options_of, without
from tests.simulation.run import Outcome, simulate

TWICE: Final = 100
"""One seed in so many runs twice: the traces must be equal (INV-12)."""
AHEAD: Final = 3
"""How many seeds a worker has waiting for it."""
SOMETIMES: Final = (
    "acts",
    "back_when_purged",
    "back_when_sealed",
    "back_within_the_hour",
    "careers_written",
    "clones",
    "conflicts",
    "crashes",
    "disks_full",
    "disks_lost",
    "edge_lost_while_hub_recovers",
    "edge_restores",
    "edge_rollbacks",
    "excused",
    "held_by_three",
    "hub_restores",
    "hub_rollbacks",
    "jobs_doubled",
    "leaves_confirmed",
    "mangled",
    "match_closed",
    "match_open",
    "not_saved",
    "one_way",
    "parked",
    "partitions",
    "purged",
    "received_while_cut",
    "releases_changed",
    "replayed",
    "replies_astray",
    "replies_lost",
    "requests_repeated",
    "sealed",
    "skews",
    "taken_in_while_cut",
)
"""What must have happened in some run of every campaign of a hundred seeds and more."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A seed that failed: how to run it again, and what was wrong."""

    seed: int
    options: Options
    faults: tuple[str, ...]


class Totals(msgspec.Struct, kw_only=True):
    """What many seeds came to."""

    seeds: int = 0
    node_years: float = 0.0
    acknowledged: int = 0
    lost_unexcused: int = 0
    lost_excused: int = 0
    diverged: int = 0
    stalled: int = 0
    power_cuts: int = 0
    kills: int = 0
    planted: int = 0
    caught: int = 0
    season_ops: int = 0
    """Those of the acknowledged ops that were written in seasons, by whose years they count."""
    failures: list[Failure] = []
    happened: dict[str, int] = {}

    def add(self, outcome: Outcome) -> None:
        """One more seed."""
        tally = outcome.tally
        self.seeds += 1
        self.node_years = round(self.node_years + outcome.options.node_years, 3)
        self.acknowledged += tally.get("acknowledged", 0)
        self.season_ops += tally.get("acknowledged", 0) if outcome.options.days else 0
        self.lost_excused += tally.get("excused", 0)
        self.power_cuts += tally.get("power_cuts", 0)
        self.kills += tally.get("crashes", 0)
        self.lost_unexcused += sum(one.startswith(LOSING) for one in outcome.faults)
        self.stalled += any(one.startswith(STALLING) for one in outcome.faults)
        self.diverged += any(not one.startswith(LOSING + STALLING) for one in outcome.faults)
        for name, count in tally.items():
            self.happened[name] = self.happened.get(name, 0) + count
        if outcome.faults:
            self.failures.append(
                Failure(seed=outcome.seed, options=outcome.options, faults=outcome.faults)
            )

    def told(self) -> str:
        """The totals in a line."""
        return (
            f"{self.seeds} seeds, {self.node_years:.0f} node-years,"
            f" {self.acknowledged:,} ops acknowledged, {self.lost_unexcused} lost,"
            f" {self.lost_excused} lost with every disk, {self.diverged} diverged,"
            f" {self.stalled} stalled, {self.kills:,} stops"
        )

    def missed(self) -> list[str]:
        """The rare states that no run came to."""
        return [name for name in SOMETIMES if not self.happened.get(name)]

    @property
    def is_sound(self) -> bool:
        """Whether no run failed."""
        return not self.failures


LOSING: Final = ("INV-01", "INV-11")
STALLING: Final = ("INV-10",)


class Change(msgspec.Struct, frozen=True):
    """What of each seed's own options is otherwise."""

    own: Options | None = None
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def options_of(self, seed: int) -> Options:
        """The options to play a seed with."""
        options = self.own if self.own is not None else options_of(seed)
        options = without(options, list(self.without))
        return only(options, list(self.only)) if self.only else options


AS_DRAWN: Final = Change()


def play_one(seed: int, change: Change = AS_DRAWN) -> Outcome:
    """One seed; one in a hundred twice, and then both traces must be equal."""
    options = change.options_of(seed)
    outcome = simulate(seed, options)
    if seed % TWICE == 1 and simulate(seed, options).trace != outcome.trace:
        fault = "INV-12 the same seed gave another trace"
        outcome = msgspec.structs.replace(outcome, faults=(*outcome.faults, fault))
    return outcome


def play_seeds(
    seeds: Iterable[int], workers: int = 1, change: Change = AS_DRAWN
) -> Iterator[Outcome]:
    """The outcome of each seed as it ends; in order where there is one worker."""
    if workers <= 1:
        yield from (play_one(seed, change) for seed in seeds)
        return
    waiting: set[Future[Outcome]] = set()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            for seed in seeds:
                waiting.add(pool.submit(play_one, seed, change))
                if len(waiting) >= workers * AHEAD:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (one.result() for one in done)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
        finally:
            pool.shutdown(cancel_futures=True)


def total_of(seeds: Iterable[int], workers: int = 1) -> Totals:
    """What these seeds come to together."""
    totals = Totals()
    for outcome in play_seeds(seeds, workers):
        totals.add(outcome)
    return totals
