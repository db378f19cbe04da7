"""The campaigns of a soak: what each runs at a time, and which of its figures are kept."""

import sys
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tests.fuzz.targets import TARGETS
from tests.simulation.options import MANY_SEEDS

PYTHON: Final = (sys.executable, "-m")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign: a command that plays `size` seeds more and prints its totals as JSON.

    `weight` is its share of the time. `kept` are the figures that are added up over runs, and
    `wrong` those that must stay nought or empty.
    """

    name: str
    command: tuple[str, ...]
    size: int
    weight: int
    kept: tuple[str, ...]
    wrong: tuple[str, ...]
    first_seed: int = 1

    def words(self, first: int) -> list[str]:
        """The command line for the seeds from `first` on."""
        last = first + self.size - 1
        given = {
            "FIRST": str(first),
            "SPAN": f"{first}..{last}",
            "SIZE": str(self.size),
            "ONE": TARGET_NAMES[first % len(TARGET_NAMES)],
        }
        return [given.get(word, word) for word in self.command]

    def faults(self, totals: Mapping[str, Any]) -> list[str]:
        """What went wrong in a run, in words."""
        return [f"{self.name}: {name} {totals[name]}" for name in self.wrong if totals.get(name)]


TARGET_NAMES: Final = sorted(TARGETS)
PLAY: Final = (*PYTHON, "throughcare", "simulate", "--workers", "1", "--no-shrink", "--json")
SIMULATE: Final = Part(
    name="simulated",
    command=(*PLAY, "--seeds", "SPAN"),
    size=20,
    weight=4,
    kept=("seeds", "node_years", "acknowledged", "lost_excused", "power_cuts", "kills"),
    wrong=("lost_unexcused", "diverged", "stalled", "failed"),
)
SEASONS: Final = msgspec.structs.replace(
    SIMULATE,
    name="seasons",
    command=(*PLAY, "--seasons", "--seeds", "SPAN"),
    first_seed=MANY_SEEDS + 1,
    size=100,
    weight=20,
)
POWER: Final = Part(
    name="power",
    command=(*PYTHON, "tests.power.campaign", "--seeds", "SPAN", "--json"),
    size=4,
    weight=5,
    kept=("seeds", "power_cuts", "second_cuts", "converged", "went_on"),
    wrong=("faults",),
)
KILLS: Final = Part(
    name="killed",
    command=(*PYTHON, "tests.process.kills", "--seed", "FIRST", "--kills", "40", "--json"),
    size=1,
    weight=1,
    kept=("kills", "acknowledged", "restarts"),
    wrong=("lost", "doubled", "unwitnessed"),
)
BITS: Final = Part(
    name="bits",
    command=(*PYTHON, "tests.fuzz.one_bit", "--samples", "2500", "--seed", "FIRST", "--json"),
    size=1,
    weight=1,
    kept=("changed", "noticed"),
    wrong=("unnoticed",),
)
FUZZ: Final = Part(
    name="fuzzed",
    command=(*PYTHON, "tests.fuzz.guided", "ONE", "--seconds", "20"),
    size=1,
    weight=1,
    kept=("runs", "read"),
    wrong=("finds",),
)
PARTS: Final = {part.name: part for part in (SIMULATE, SEASONS, POWER, KILLS, BITS, FUZZ)}
