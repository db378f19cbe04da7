"""Runs that once failed, each kept under a name as what it takes to run it again."""

from pathlib import Path
from typing import Final

import msgspec

from tests.simulation.options import Options
from tests.simulation.run import Outcome

FOLDER: Final = Path(__file__).parent


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A seed and its options, and what was wrong when it was found."""

    seed: int
    options: Options
    was_wrong: str


def keep_scenario(name: str, outcome: Outcome) -> str:
    """Write a failing run down as a scenario; the name of its file."""
    was_wrong = outcome.faults[0].splitlines()[-1] if outcome.faults else ""
    scenario = Scenario(seed=outcome.seed, options=outcome.options, was_wrong=was_wrong)
    path = FOLDER / f"{name.replace(' ', '_')}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(scenario), indent=2) + b"\n")
    return path.name


def scenarios() -> dict[str, Scenario]:
    """Every scenario that is kept, by its name."""
    return {
        path.stem: msgspec.json.decode(path.read_bytes(), type=Scenario)
        for path in sorted(FOLDER.glob("*.json"))
    }
