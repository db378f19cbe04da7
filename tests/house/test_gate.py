"""The gate itself: a skip cannot pass it unseen, and a failure says how to repeat it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import source

SKIPPING = """
import pytest

def test_skipped():
    pytest.skip("no Chromium here")

@pytest.mark.xfail(reason="known", strict=True)
def test_expected_to_fail():
    raise ValueError
"""
MODULE_SKIPPING = """
import pytest

pytest.importorskip("a_module_nobody_has")
"""
FAILING = """
def test_failing(seed):
    assert seed == 0
"""
LEAKING = """
import os

def test_leaking():
    assert not [name for name in os.environ if name.startswith("THROUGHCARE_")]
"""


def _run(folder: Path, text: str, *arguments: str, forbid: str = "") -> tuple[int, str]:
    """Runs pytest over one file with our conftest; returns its exit code and what it printed."""
    file = folder / "test_sample.py"
    file.write_text(text, encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": str(source.ROOT),
        "THROUGHCARE_FORBID_SKIPS": forbid,
    }
    command = [sys.executable, "-m", "pytest", "-ra", "-p", "tests.conftest"]
    finished = subprocess.run(
        [*command, "-p", "no:cacheprovider", f"--rootdir={folder}", *arguments, str(file)],
        cwd=folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    return finished.returncode, finished.stdout + finished.stderr


@pytest.mark.process
def test_a_skip_passes_on_a_developers_machine(tmp_path: Path) -> None:
    code, printed = _run(tmp_path, SKIPPING)
    assert code == 0, printed
    assert "1 skipped, 1 xfailed" in printed


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "reason"), [(SKIPPING, "no Chromium here"), (MODULE_SKIPPING, "a_module_nobody_has")]
)
def test_a_skip_fails_at_the_gate_and_keeps_its_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    code, printed = _run(tmp_path, text, forbid="1")
    assert code != 0, printed
    assert "THROUGHCARE_FORBID_SKIPS=1 forbids this skip" in printed
    assert reason in printed


@pytest.mark.process
def test_a_failing_run_prints_the_seed_that_repeats_it(tmp_path: Path) -> None:
    code, printed = _run(tmp_path, FAILING, "--seed", "4711")
    assert code == 1, printed
    assert "--seed 4711 repeats it" in printed


@pytest.mark.process
@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_node_started_by_a_test_inherits_no_word_to_the_tests(
    tmp_path: Path, workers: str
) -> None:
    code, printed = _run(tmp_path, LEAKING, "-n", workers, forbid="1")
    assert code == 0, printed


@pytest.mark.process
def test_a_worker_forbids_skips_as_its_controller_does(tmp_path: Path) -> None:
    code, printed = _run(tmp_path, SKIPPING, "-n", "1", forbid="1")
    assert code == 1, printed
    assert "no Chromium here" in printed


def test_the_gate_is_a_program_bash_understands() -> None:
    gate = source.ROOT / ".ci" / "run"
    assert os.access(gate, os.X_OK)
    checked = subprocess.run(["bash", "-n", str(gate)], check=False, capture_output=True)
    assert checked.returncode == 0, checked.stderr
