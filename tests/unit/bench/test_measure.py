"""From figures to rows: ratios within a round, the median of the rounds, turns taken."""

from pathlib import Path

import pytest

from bench.contenders import WARM_UP_NOTES, quantiles
from bench.goals import Goal
from bench.measure import OURS, Figures, Taken, as_json, rows_of, take_rounds
from bench.plot import Bar, bars_svg

PUSH = Goal(
    name="w1.push",
    figure="ops_s",
    unit="x PouchDB",
    better="higher",
    must=4,
    goal=8,
    against="pouchdb",
    says="pushed",
)


def taken(name: str, contender: str, *values: float) -> list[Taken]:
    return [Taken(name, contender, at, {"ops_s": value}) for at, value in enumerate(values)]


def test_a_ratio_is_taken_within_its_round() -> None:
    # A machine that was slow in the second round slowed both: the ratio is five throughout.
    figures = taken("w1", OURS, 50, 5, 500) + taken("w1", "pouchdb", 10, 1, 100)
    (row,) = rows_of(figures, (PUSH,))
    assert row.value == 5
    assert (row.ours, row.theirs, row.rounds, row.holds) == (50, 10, 3, "must")


def test_one_wild_round_does_not_decide() -> None:
    figures = taken("w1", OURS, 90, 10, 90) + taken("w1", "pouchdb", 10, 10, 10)
    (row,) = rows_of(figures, (PUSH,))
    assert row.value == 9
    assert row.holds == "goal"


def test_a_line_that_was_not_measured_is_left_out() -> None:
    assert rows_of(taken("w1", OURS, 5), (PUSH,)) == []
    assert rows_of(taken("w1", "pouchdb", 5), (PUSH,)) == []


def test_a_row_says_what_was_asked_of_it() -> None:
    figures = taken("w1", OURS, 40) + taken("w1", "pouchdb", 10)
    (row,) = as_json(rows_of(figures, (PUSH,)))
    expected = {"name": "w1.push", "value": 4, "unit": "x PouchDB", "against": "pouchdb"}
    expected |= {"better": "higher", "must": 4, "goal": 8, "holds": "must"}
    assert expected.items() <= row.items()


class Fake:
    """Counts how often it was asked."""

    measures = frozenset({"w1"})

    def __init__(self, name: str, asked: list[str]) -> None:
        self.name = name
        self._asked = asked

    def measure(self, name: str, people: int, folder: Path) -> Figures:
        """Says how many people it was given."""
        assert folder.name.startswith(name)
        assert not list(folder.iterdir())
        self._asked.append(self.name)
        return {"ops_s": people}


def test_contenders_take_turns_and_so_does_their_order(tmp_path: Path) -> None:
    asked: list[str] = []
    said: list[str] = []
    contenders = (Fake("a", asked), Fake("b", asked))
    figures = take_rounds(("w1",), contenders, people=7, rounds=3, folder=tmp_path, say=said.append)
    assert asked == ["a", "b", "b", "a", "a", "b"]
    assert len(figures) == len(said) == 6
    assert all(one.figures == {"ops_s": 7} for one in figures)


def test_quantiles_leave_out_the_first_notes() -> None:
    warming = [1_000.0] * WARM_UP_NOTES
    assert quantiles([*warming, *range(1, 101)]) == {"p50_ms": 50, "p99_ms": 99}
    assert quantiles([*warming, 7.0]) == {"p50_ms": 7, "p99_ms": 7}


@pytest.mark.parametrize(("values", "is_logarithmic"), [((1, 40), False), ((1, 60), True)])
def test_a_plot_says_when_its_scale_is_logarithmic(
    values: tuple[float, float], *, is_logarithmic: bool
) -> None:
    bars = [Bar(f"<{at}>", value, f"{value} ops") for at, value in enumerate(values)]
    drawn = bars_svg("Push & pull", "more is better", bars)
    assert ("logarithmic" in drawn) == is_logarithmic
    assert "Push &amp; pull" in drawn
    assert "<0>" not in drawn
    assert drawn.count("<rect") == len(bars)
