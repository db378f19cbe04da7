"""The harness on real nodes, as small as can be: its adapters must not rot between reports."""

from pathlib import Path

import pytest

from bench import run
from bench.measures import NotBuilt
from bench.ours import Throughcare


@pytest.mark.process
def test_real_nodes_are_measured_and_judged() -> None:
    rows = {row["name"]: row for row in run.main(("idle", "disk", "wire"), people=2, rounds=1)}
    assert set(rows) == {"wire.bytes", "idle.bytes", "idle.round_trips", "disk.bytes"}
    assert rows["idle.round_trips"]["value"] == 1
    assert 300 < rows["idle.bytes"]["value"] < 3_000
    # A batch holds its ops: nothing compresses a note to a tenth of gzip'd JSON, nor triples it.
    assert 0.1 < rows["wire.bytes"]["value"] < 3
    assert rows["disk.bytes"]["value"] > 1
    assert all(row["holds"] in ("goal", "must", "no") for row in rows.values())


def test_nothing_is_started_for_a_measure_that_is_not_built() -> None:
    with pytest.raises(NotBuilt):
        run.main(("idle", "w6"), people=1, rounds=1)


@pytest.mark.parametrize(("people", "rounds"), [(0, 1), (1, 0)])
def test_a_run_of_nothing_is_refused(people: int, rounds: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        run.main(("idle",), people=people, rounds=rounds)


@pytest.mark.process
def test_an_arrival_is_timed_at_each_of_its_steps(tmp_path: Path) -> None:
    (folder := tmp_path / "round").mkdir()
    steps = Throughcare(tmp_path).measure("w5", 2, folder)
    assert 0 < steps["safety_s"] <= steps["current_s"] <= steps["notes_s"] <= steps["history_s"]
