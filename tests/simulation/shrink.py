"""Makes a failing run smaller, until nothing can be left out of it without it being sound."""

from collections.abc import Callable
from typing import Final

import msgspec

from tests.simulation.options import FAULTS, Options
from tests.simulation.run import Outcome, simulate

RUNS_MAX: Final = 60
STORY_LINES: Final = 60
LEAST: Final = {"edges": 2, "phones": 0, "hours": 1, "days": 0, "incidents": 1, "ops": 20}


def shrink(
    failing: Outcome,
    run: Callable[[int, Options], Outcome] = simulate,
    runs_max: int = RUNS_MAX,
) -> Outcome:
    """The smallest run found that fails in the same way, with its trace.

    Faults are switched off one after another, then everything else is halved; what makes the fault
    go away is taken back. At most `runs_max` runs are tried.
    """
    wrong = kind_of(failing)
    smallest = run(failing.seed, failing.options)
    tried = 0
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for less in LESS:
            options = less(smallest.options)
            if options == smallest.options or tried >= runs_max:
                continue
            tried += 1
            outcome = run(failing.seed, options)
            if kind_of(outcome) == wrong:
                smallest, is_smaller = outcome, True
    return smallest


def kind_of(outcome: Outcome) -> str:
    """What is wrong, in a word: the invariant's number, or the error's name; empty where sound."""
    if not outcome.faults:
        return ""
    first = outcome.faults[0]
    return first.splitlines()[-1].split(":")[0] if first.startswith("Trace") else first.split()[0]


def _without(name: str) -> Callable[[Options], Options]:
    return lambda options: msgspec.structs.replace(options, **{name: 0})


def _half(name: str) -> Callable[[Options], Options]:
    def halve(options: Options) -> Options:
        size = getattr(options, name)
        is_season = name == "days" and size
        least = max(1, LEAST[name]) if is_season else LEAST[name]
        return msgspec.structs.replace(options, **{name: min(size, max(least, size // 2))})

    return halve


LESS: Final = (*(_without(name) for name in FAULTS), *(_half(name) for name in LEAST))
"""Ways to make a run smaller: without a fault, or with half of something."""


def story_of(outcome: Outcome) -> str:
    """A failing run told: its seed, what is on in it, how it went in the end, and what is wrong."""
    shown = {
        name: value for name, value in msgspec.structs.asdict(outcome.options).items() if value
    }
    lines = [f"seed {outcome.seed}, options {msgspec.json.encode(shown).decode()}"]
    left_out = len(outcome.lines) - STORY_LINES
    lines += [f"... {left_out} lines before"] if left_out > 0 else []
    lines += outcome.lines[-STORY_LINES:]
    return "\n  ".join([*lines, *outcome.faults[:12]])
