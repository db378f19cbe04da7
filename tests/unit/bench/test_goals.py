"""What a value reaches, and which names can be measured."""

import pytest
from click.testing import CliRunner

from bench.goals import GOALS, Better, Goal, holds
from bench.measures import NAMES, WAITS_FOR, NotBuilt, UnknownMeasure, check_names, measure_of
from sync_protocol.errors import Refused
from throughcare.cli import main as throughcare


def asked(better: Better, must: float | None, goal: float | None) -> Goal:
    return Goal(
        name="w1.push", figure="ops_s", unit="x", better=better, must=must, goal=goal, says="x"
    )


@pytest.mark.parametrize(
    ("better", "value", "expected"),
    [
        ("higher", 8.0, "goal"),
        ("higher", 7.99, "must"),
        ("higher", 4.0, "must"),
        ("higher", 3.99, "no"),
        ("lower", 3.0, "goal"),
        ("lower", 8.01, "no"),
    ],
)
def test_a_value_holds_what_it_reaches(better: Better, value: float, expected: str) -> None:
    goal = asked(better, 4.0, 8.0) if better == "higher" else asked(better, 8.0, 4.0)
    assert holds(goal, value) == expected


def test_a_value_exactly_at_the_limit_holds() -> None:
    assert holds(asked("lower", 1_000, 600), 600) == "goal"
    assert holds(asked("lower", 1_000, 600), 1_000) == "must"


def test_a_line_without_a_goal_reaches_its_must_at_most() -> None:
    assert holds(asked("lower", 100, None), 1) == "must"
    assert holds(asked("lower", 100, None), 101) == "no"


def test_a_line_without_a_must_is_never_failed() -> None:
    assert holds(asked("lower", None, 2), 1.9) == "goal"
    assert holds(asked("lower", None, 2), 50) == "must"


def test_a_goal_is_never_easier_than_its_must() -> None:
    for goal in GOALS:
        if goal.must is not None and goal.goal is not None:
            assert holds(goal, goal.goal) == "goal"
            assert holds(goal, goal.must) in ("goal", "must")
            sign = 1 if goal.better == "higher" else -1
            assert sign * goal.goal >= sign * goal.must, goal.name


def test_every_line_asks_for_something_and_belongs_to_a_measure() -> None:
    names = [goal.name for goal in GOALS]
    assert len(set(names)) == len(names)
    assert {goal.name.partition(".")[0] for goal in GOALS} == set(NAMES)
    assert {goal.measure for goal in GOALS} == {measure_of(name) for name in NAMES}
    assert all(goal.must is not None or goal.goal is not None for goal in GOALS)


@pytest.mark.parametrize("name", sorted(WAITS_FOR))
def test_what_is_not_built_says_what_it_waits_for(name: str) -> None:
    with pytest.raises(NotBuilt, match=f"{name} waits for {WAITS_FOR[name]}") as told:
        check_names(("w1", name))
    assert isinstance(told.value, Refused)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownMeasure, match="w1, w2"):
        check_names(("speed",))


def test_every_built_name_is_taken() -> None:
    check_names(NAMES)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("w6", "not built yet. w6 waits for two offices"), ("speed", "no measure of this name")],
)
def test_the_command_says_so_and_measures_nothing(name: str, sentence: str) -> None:
    told = CliRunner().invoke(throughcare, ["bench", "w1", name])
    assert told.exit_code == 2
    assert sentence in told.output
