"""Programs of ours: started, killed, and never left behind, even by a run that was killed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from throughcare.children import (
    Child,
    PidFile,
    read_pid,
    started_at,
    stop_all,
    stop_stale,
    write_own_pid,
)

pytestmark = pytest.mark.process

SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True); time.sleep(60)"
)


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    made = _child(tmp_path, SLEEPS)
    yield made
    made.kill()


def _child(folder: Path, program: str) -> Child:
    return Child(
        command=(sys.executable, "-c", program),
        environment=os.environ,
        log=folder / "log.txt",
        pid_file=folder / "pid",
    )


def _until_up(folder: Path) -> None:
    give_up_s = time.monotonic() + 10
    while "up" not in (folder / "log.txt").read_text():
        assert time.monotonic() < give_up_s
        time.sleep(0.01)


def test_a_child_runs_until_it_is_stopped(child: Child, tmp_path: Path) -> None:
    assert (child.is_running, child.pid, child.exit_code) == (False, None, None)
    child.start()
    named = read_pid(tmp_path / "pid")
    assert named is not None
    assert named.pid == child.pid
    child.stop()
    assert not child.is_running
    assert not (tmp_path / "pid").exists()


def test_a_killed_child_is_gone_at_once(child: Child) -> None:
    child.start()
    child.kill()
    assert child.exit_code == -9


def test_a_child_may_be_started_again(child: Child) -> None:
    child.start()
    first = child.pid
    child.kill()
    child.start()
    assert child.is_running
    assert child.pid != first


def test_a_child_that_does_not_listen_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("throughcare.children.STOP_S_MAX", 0.2)
    deaf = _child(tmp_path, DEAF)
    deaf.start()
    _until_up(tmp_path)
    stop_all([deaf])
    assert deaf.exit_code == -9


def test_what_a_killed_run_left_is_stopped(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", SLEEPS])
    named = PidFile(left.pid, started_at(left.pid) or 0)
    (tmp_path / "pid").write_bytes(msgspec.json.encode(named))
    assert stop_stale(tmp_path / "pid")
    assert left.wait(5) == -15


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", SLEEPS])
    try:
        wrong = PidFile(stranger.pid, (started_at(stranger.pid) or 0) - 1)
        (tmp_path / "pid").write_bytes(msgspec.json.encode(wrong))
        assert not stop_stale(tmp_path / "pid")
        assert stranger.poll() is None
        assert not (tmp_path / "pid").exists()
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("content", [b"", b"12", b'{"pid": "x"}', b'{"pid": 99999999,"started":1}'])
def test_a_pid_file_that_names_nobody_is_no_harm(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pid").write_bytes(content)
    assert read_pid(tmp_path / "pid") is None
    assert not stop_stale(tmp_path / "pid")


def test_the_present_program_names_itself(tmp_path: Path) -> None:
    write_own_pid(tmp_path / "pid")
    named = read_pid(tmp_path / "pid")
    assert named is not None
    assert named.pid == os.getpid()


def test_its_last_words_are_kept(tmp_path: Path) -> None:
    failing = _child(tmp_path, "raise SystemExit('no such key')")
    assert failing.last_words() == ""
    failing.start()
    give_up_s = time.monotonic() + 10
    while failing.is_running and time.monotonic() < give_up_s:
        time.sleep(0.01)
    assert failing.last_words() == "no such key"
    assert failing.exit_code == 1
