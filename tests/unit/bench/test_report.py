"""The report says what was measured, how it was judged, and when it is only a trial."""

from pathlib import Path

import pytest

from bench.measure import OURS, Taken, rows_of
from bench.report import write_report
from bench.run import PEOPLE, Run
from tests.house.test_addresses import _MACHINE_PATH


def run_of(people: int, rounds: int, ops_s: float = 30_000) -> Run:
    taken = [
        Taken("w1", contender, number, {"ops_s": value})
        for number in range(rounds)
        for contender, value in ((OURS, ops_s), ("pouchdb", 5_000.0), ("floor", 200_000.0))
    ]
    return Run(people, rounds, tuple(taken), tuple(rows_of(taken)))


def test_the_report_shows_each_line_with_what_it_holds(tmp_path: Path) -> None:
    text = write_report(run_of(PEOPLE, 3), tmp_path).read_text("utf-8")
    assert "(`w1.push`) | 6 x PouchDB | ≥ 4 | ≥ 8 | must | 30,000 | 5,000 |" in text
    assert "trial" not in text
    assert "**no**" not in text


def test_a_failed_must_is_told_as_loudly_as_a_goal(tmp_path: Path) -> None:
    text = write_report(run_of(PEOPLE, 3, ops_s=5_000), tmp_path).read_text("utf-8")
    assert "| **no** |" in text


@pytest.mark.parametrize(("people", "rounds"), [(PEOPLE - 1, 3), (PEOPLE, 2)])
def test_a_small_run_calls_itself_a_trial(tmp_path: Path, people: int, rounds: int) -> None:
    assert "A trial, not a measurement" in write_report(run_of(people, rounds), tmp_path).read_text(
        "utf-8"
    )


def test_every_picture_named_is_there_and_old_ones_are_gone(tmp_path: Path) -> None:
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "w9-old.svg").write_text("<svg/>")
    text = write_report(run_of(PEOPLE, 3), tmp_path).read_text("utf-8")
    pictures = [path.name for path in (tmp_path / "plots").iterdir()]
    assert pictures == ["w1-ops_s.svg"]
    assert "(plots/w1-ops_s.svg)" in text
    drawn = (tmp_path / "plots" / pictures[0]).read_text("utf-8")
    assert all(label in drawn for label in ("Throughcare", "PouchDB", "floor: plain log"))


def test_the_report_names_no_path_of_this_machine(tmp_path: Path) -> None:
    assert not _MACHINE_PATH.search(write_report(run_of(PEOPLE, 3), tmp_path).read_text("utf-8"))
