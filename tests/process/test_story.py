"""The story of a day, played by real programs: cut, killed with SIGKILL, restarted, restored."""

import json
import re
from pathlib import Path

import pytest

from tests.process.programs import free_base, run

pytestmark = pytest.mark.process


@pytest.mark.parametrize("clock", [(), ("--clock-shift", "30d")], ids=["now", "shifted"])
def test_the_story_is_so_and_the_count_adds_up(tmp_path: Path, clock: tuple[str, ...]) -> None:
    place = ("--dir", str(tmp_path / "demo"), "--port-base", str(free_base()), *clock)
    told = run("demo", *place, "--people", "20", "--story", "--json", timeout_s=200)
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout.splitlines()[-1])
    assert figures["lost"] == 0
    assert figures["parked"] == 0
    assert figures["written"] == figures["applied"] > 400
    assert figures["conflicts_opened"] == figures["conflicts_settled"] == 9
    assert figures["receipts"] == 1
    words = r"receipt [0-9A-F]{8} of Leeds \(HMP\), sealed \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    assert re.search(words, told.stderr)
    assert 0 < figures["note_to_other_office_ms"] < 5_000
    assert figures["digests_equal"] is True
    assert figures["projections_equal"] is True
    assert not list((tmp_path / "demo").glob("*/pid")), "every program was stopped"
