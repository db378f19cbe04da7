"""The demonstration as a program: up, cut and killed by its door, stopped with nothing left."""

import signal
import socket
import stat
import time
from pathlib import Path

import httpx
import pytest

from tests.process.programs import Demo, free_base, run, running_demo
from throughcare.children import started_at
from throughcare.making import SIGN_INS_NAME, read_sign_ins

pytestmark = pytest.mark.process


def _until(demo: Demo, words: str) -> None:
    give_up_s = time.monotonic() + 30
    while words not in demo.said():
        assert time.monotonic() < give_up_s, demo.said()
        time.sleep(0.05)


def test_it_comes_up_takes_orders_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder, base = tmp_path / "demo", free_base()
    here = ("demo", "--dir", str(folder))
    with running_demo(folder, base) as demo:
        for port in range(base, base + 4):
            assert httpx.get(f"http://127.0.0.1:{port}/ready", trust_env=False).status_code == 200
        for one in read_sign_ins(folder):
            if one.role == "staff":
                assert one.user_name in (folder / SIGN_INS_NAME).read_text()
        assert stat.S_IMODE((folder / SIGN_INS_NAME).stat().st_mode) == 0o600

        states = run(*here, "states").stdout
        assert states.count("its line is up") == 3
        assert "The line of LEI is down." in run(*here, "line", "lei", "down").stdout
        assert "LEI is none of" not in run(*here, "states").stdout
        unknown = run(*here, "line", "WEI", "down")
        assert unknown.returncode == 1
        assert "WEI is none of CENTRE, LEI, MDI, N55LEE" in unknown.stderr
        assert run(*here, "line", "LEI", "up").returncode == 0

        before = {named.pid for named in demo.pids()}
        assert "it starts again by itself" in run(*here, "kill", "MDI").stdout
        _until(demo, "MDI was started again.")
        assert len({named.pid for named in demo.pids()} - before) == 1
        assert run(*here, "start", "MDI").returncode == 0

        twice = run(*here, "--port-base", str(base))
        assert twice.returncode == 3
        assert "This demonstration runs already." in twice.stderr

        pids = demo.pids()
        assert demo.stop() == 0
        assert "Stopping every node." in demo.said()
        assert [started_at(named.pid) for named in pids] == [None] * 4
        assert not list(folder.glob("*/pid"))
    gone = run(*here, "states")
    assert gone.returncode == 3
    assert "No demonstration runs on this folder." in gone.stderr


def test_what_a_killed_demonstration_left_is_taken_over(tmp_path: Path) -> None:
    folder, base = tmp_path / "demo", free_base()
    with running_demo(folder, base) as demo:
        left = demo.pids()
        signs = (folder / SIGN_INS_NAME).read_bytes()
        demo.program.kill()
        demo.program.wait()
        assert [started_at(named.pid) == named.started for named in left] == [True] * 4
        began_s = time.monotonic()
        with running_demo(folder, base) as again:
            assert time.monotonic() - began_s < 15
            assert not {one.pid for one in again.pids()} & {one.pid for one in left}
            assert [started_at(one.pid) for one in left] == [None] * 4
            assert (folder / SIGN_INS_NAME).read_bytes() == signs


def test_it_stops_everything_when_it_is_terminated(tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo", free_base()) as demo:
        pids = demo.pids()
        demo.program.send_signal(signal.SIGTERM)
        demo.program.wait(30)
        assert [started_at(named.pid) for named in pids] == [None] * 4


def test_stopped_while_it_starts_it_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = Demo(folder, free_base())
    give_up_s = time.monotonic() + 60
    while len(list(folder.glob("*/pid"))) < 4:
        assert time.monotonic() < give_up_s, demo.said()
        time.sleep(0.01)
    pids = demo.pids()
    demo.program.send_signal(signal.SIGTERM)
    assert demo.program.wait(30) in (0, 3)
    assert [started_at(named.pid) for named in pids] == [None] * 4


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    base = free_base()
    with socket.create_server(("127.0.0.1", base + 1)):
        said = run(
            "demo", "--dir", str(tmp_path / "demo"), "--port-base", str(base), "--people", "4"
        )
    assert said.returncode == 3
    assert f"In use: {base + 1} (LEI)." in said.stderr
    assert "--port-base" in said.stderr
    assert not (tmp_path / "demo").exists(), "nothing is made where it cannot start"


@pytest.mark.parametrize("base", ["80", "65500", "-3"])
def test_a_port_that_cannot_be_is_refused(tmp_path: Path, base: str) -> None:
    said = run("demo", "--dir", str(tmp_path / "demo"), "--port-base", base)
    assert said.returncode == 1
    assert "Name a port from 1024" in said.stderr


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    said = run("demo", "--dir", str(tmp_path), "--fresh")
    assert said.returncode == 1
    assert "Name another folder with --dir." in said.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
