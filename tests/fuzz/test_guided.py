"""Coverage-guided fuzzing: each target for a moment, and what the command says where it cannot."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz import guided
from tests.fuzz.target import Target

SECONDS_EACH = "0.7"
HAS_ATHERIS = find_spec("atheris") is not None


@pytest.mark.slow
def test_what_follows_coverage_finds_nothing_in_any_target(tmp_path: Path) -> None:
    """INV-09, INV-14: without atheris the command says so, and what to do instead."""
    command = [sys.executable, "-m", "tests.fuzz.guided", guided.ALL, "--seconds", SECONDS_EACH]
    ran = subprocess.run(
        [*command, "--into", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if not HAS_ATHERIS:
        assert (ran.returncode, ran.stderr.strip()) == (guided.EXIT_UNKNOWN, guided.NO_ATHERIS)
        return
    told = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert [one for one in told if one["finds"]] == []
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert len(told) > 15
    assert all(one["runs"] > 50 for one in told)


def test_without_atheris_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "atheris", None)
    assert guided.main(["op"]) == guided.EXIT_UNKNOWN
    assert "make setup" in capsys.readouterr().err


def test_what_falls_is_kept_once_for_each_place(tmp_path: Path) -> None:
    def falls(raw: bytes) -> bool:
        return bool(raw[3])

    watch = guided.Watch(Target("falls", tuple, falls), tmp_path, float("inf"))
    for raw in (b"", b"a", b"long enough"):
        watch.take(raw)
    assert (watch.runs, watch.read, len(watch.finds)) == (3, 1, 1)
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("falls-")
