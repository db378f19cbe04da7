"""Figures, rounds and rows: what a contender is, how often it is asked, and what is made of it.

Contenders take turns within each round, and the order turns too, so that whatever else the machine
does falls on all of them. A ratio is taken within a round; the median of the rounds is reported.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from bench.goals import GOALS, YARDSTICKS, Goal, holds
from sync_protocol.errors import Unavailable

OURS: Final = "throughcare"
ROUNDS_MIN: Final = 3

Figures = Mapping[str, float]
"""What one contender did in one round, by name and unit: `ops_s`, `p50_ms`, `bytes_op`…"""

Say = Callable[[str], None]


class BenchFailed(Unavailable):
    """A contender did not do what it was asked."""

    code = "bench_failed"
    hint = "Nothing was measured; look at what it printed, then run the bench again."


class Contender(Protocol):
    """One system under measure."""

    @property
    def name(self) -> str:
        """As it is called in the table and the report."""

    @property
    def measures(self) -> frozenset[str]:
        """The names under which it can be measured."""

    def measure(self, name: str, people: int, folder: Path) -> Figures:
        """One round; `folder` is empty, its own, and removed afterwards."""


class Taken(msgspec.Struct, frozen=True):
    """One contender's figures in one round of one measure."""

    name: str
    contender: str
    round: int
    figures: Figures


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One judged line: `value` is a ratio where it has an `against`, else our own figure."""

    name: str
    value: float
    unit: str
    against: str | None
    better: str
    must: float | None
    goal: float | None
    holds: str
    ours: float
    theirs: float | None
    rounds: int
    says: str


def take_rounds(
    names: Sequence[str],
    contenders: Sequence[Contender],
    *,
    people: int,
    rounds: int,
    folder: Path,
    say: Say,
) -> list[Taken]:
    """Every contender's figures of every round, in turn."""
    taken: list[Taken] = []
    for name in names:
        able = [one for one in contenders if name in one.measures]
        for number in range(rounds):
            turn = number % len(able)
            for contender in (*able[turn:], *able[:turn]):
                place = folder / f"{name}-{number}-{contender.name}"
                place.mkdir(parents=True)
                figures = contender.measure(name, people, place)
                taken.append(Taken(name, contender.name, number, figures))
                say(f"{name} round {number + 1} {contender.name}: {in_words(figures)}")
    return taken


def rows_of(taken: Sequence[Taken], goals: Sequence[Goal] = GOALS) -> list[Row]:
    """The judged lines, in the table's order; a line whose figures were not taken is left out."""
    rows = [_row(goal, taken) for goal in goals]
    return [row for row in rows if row is not None]


def median_of(taken: Sequence[Taken], name: str, contender: str, figure: str) -> float | None:
    """The median of a contender's figure over the rounds; None where it has none."""
    found = [*by_round(taken, name, contender, figure).values()]
    return statistics.median(found) if found else None


def by_round(taken: Sequence[Taken], name: str, contender: str, figure: str) -> dict[int, float]:
    """A contender's figure in each round."""
    return {
        one.round: one.figures[figure]
        for one in taken
        if (one.name, one.contender) == (name, contender) and figure in one.figures
    }


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as plain dictionaries."""
    return [msgspec.to_builtins(row) for row in rows]


def in_words(figures: Figures) -> str:
    """The figures on one line."""
    return ", ".join(f"{name} {short(value)}" for name, value in figures.items())


def short(value: float) -> str:
    """Three significant digits, or the whole number where it has more."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _row(goal: Goal, taken: Sequence[Taken]) -> Row | None:
    ours = by_round(taken, goal.measure, OURS, goal.figure)
    theirs: dict[int, float] = {}
    values = [*ours.values()]
    if goal.against is not None:
        whose = OURS if goal.against in YARDSTICKS else goal.against
        theirs = by_round(taken, goal.measure, whose, goal.their_figure)
        values = [ours[number] / theirs[number] for number in ours if theirs.get(number)]
    if not values:
        return None
    value = statistics.median(values)
    return Row(
        name=goal.name,
        value=value,
        unit=goal.unit,
        against=goal.against,
        better=goal.better,
        must=goal.must,
        goal=goal.goal,
        holds=holds(goal, value),
        ours=statistics.median(ours.values()),
        theirs=statistics.median(theirs.values()) if theirs else None,
        rounds=len(values),
        says=goal.says,
    )
