"""`throughcare simulate`: what it prints, and what it says of what it does not understand."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.simulation import campaign
from tests.simulation.options import Options, options_of
from tests.simulation.run import Outcome
from throughcare.simulate_command import FIGURES, simulate_command

SMALL = Options(edges=2, hours=1, incidents=2)


def _run(*words: str) -> Result:
    return CliRunner().invoke(simulate_command, list(words))


def _given(options: Options) -> str:
    return json.dumps({name: getattr(options, name) for name in ("edges", "hours", "incidents")})


def test_it_prints_the_figures_as_json() -> None:
    ran = _run("--seeds", "2..3", "--workers", "1", "--options", _given(SMALL), "--json")
    told = json.loads(ran.stdout)
    assert ran.exit_code == 0
    assert set(FIGURES) <= told.keys()
    assert (told["seeds"], told["lost_unexcused"], told["failed"]) == (2, 0, [])
    assert told["acknowledged"] > 0


def test_it_prints_a_table_for_people_and_what_never_happened() -> None:
    ran = _run("--seeds", "2", "--workers", "1", "--options", _given(SMALL))
    assert "acknowledged" in ran.stdout
    assert "Never happened in these seeds: back_when_purged" in ran.stdout


def test_faults_are_left_out_and_kept_by_name() -> None:
    change = campaign.Change(own=None, without=("crash",), only=("crash", "clones"))
    options = change.options_of(7)
    assert (options.crash, options.skews) == (0, 0)
    assert options.clones == options_of(7).clones


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seeds", "4..x"), "two numbers"),
        (("--seeds", "9..4"), "names no seed"),
        (("--without", "rain"), "no such faults: rain"),
        (("--options", '{"edges": "many"}'), "These are no options of a run"),
    ],
)
def test_what_it_does_not_understand_it_says(words: tuple[str, ...], said: str) -> None:
    ran = _run(*words)
    assert ran.exit_code != 0
    assert said in ran.output


def test_a_failing_seed_is_told_kept_and_made_smaller(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from tests.simulation import found, run, shrink

    def failing(seed: int, options: Options | None = None) -> Outcome:
        chosen = SMALL if options is None else options
        wrong = ("INV-01 it is nowhere",) if chosen.drop else ()
        return Outcome(
            seed=seed, options=chosen, trace="", tally={}, faults=wrong, lines=("a step",)
        )

    monkeypatch.setattr(campaign, "simulate", failing)
    monkeypatch.setattr(run, "simulate", failing)
    monkeypatch.setattr(shrink.shrink, "__defaults__", (failing, shrink.RUNS_MAX))
    monkeypatch.setattr(found, "FOLDER", tmp_path)
    options = '{"edges": 4, "hours": 4, "incidents": 8, "drop": 0.2, "slow": 0.1}'
    ran = _run("--seeds", "2", "--workers", "1", "--options", options, "--keep", "it is nowhere")
    assert ran.exit_code == 1
    kept = found.scenarios()["it_is_nowhere"]
    assert kept.was_wrong == "INV-01 it is nowhere"
    assert (kept.options.drop, kept.options.slow) == (0.2, 0)
    assert (kept.options.edges, kept.options.hours, kept.options.incidents) == (2, 1, 1)
    assert "a step" in ran.output
    assert "Again: throughcare simulate --seeds 2 --options" in ran.output
