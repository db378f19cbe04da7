"""What a demonstration tells whoever started it."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.programs import free_base
from throughcare.children import write_own_pid
from throughcare.demo import (
    PID_NAME,
    PROGRAM,
    AlreadyRuns,
    BadPortBase,
    CannotStart,
    Running,
    Wanted,
    called,
    check,
    run,
)
from throughcare.line_proxy import PortTaken
from throughcare.making import LINE_PORTS_FROM, PLACES_USUAL, NotOurs, make_estate


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program as `make setup` puts it in place, where no shell looks."""
    program = tmp_path / ".venv" / "bin" / PROGRAM
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


def test_the_commands_it_prints_can_be_typed_in_the_folder_of_the_project(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert called() == f".venv/bin/{PROGRAM}"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert called() == str(installed)


def test_where_the_shell_finds_it_the_name_is_enough(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(installed.parent))
    assert called() == PROGRAM


@pytest.fixture
def base() -> Iterator[int]:
    """A first port; at those of the second node and of its line is somebody else."""
    first = free_base()
    ports = [first + 1, first + 1 + LINE_PORTS_FROM]
    others = [socket.create_server(("127.0.0.1", port)) for port in ports]
    yield first
    for other in others:
        other.close()


async def nobody_visits(_running: Running) -> None:
    raise AssertionError("it did not start")


def test_a_taken_port_is_told_before_anything_is_removed_or_made(tmp_path: Path, base: int) -> None:
    folder = tmp_path / "estate"
    make_estate(folder, PLACES_USUAL, base)
    before = sorted(folder.rglob("*"))
    wanted = Wanted(folder=folder, is_fresh=True, port_base=base, people=4)
    with pytest.raises(PortTaken) as told:
        run(wanted, nobody_visits)
    line = base + 1 + LINE_PORTS_FROM
    assert told.value.detail == f"In use: {base + 1} (LEI), {line} (the line of LEI)."
    assert "--port-base" in told.value.hint
    assert sorted(folder.rglob("*")) == before


def test_a_taken_port_is_told_before_a_new_estate_is_made(tmp_path: Path, base: int) -> None:
    folder = tmp_path / "estate"
    with pytest.raises(PortTaken):
        run(Wanted(folder=folder, is_fresh=False, port_base=base, people=4), nobody_visits)
    assert not folder.exists()


def test_every_fault_is_told_at_once_each_with_what_to_do(tmp_path: Path, base: int) -> None:
    (tmp_path / "thesis.txt").write_text("somebody else's")
    wanted = Wanted(folder=tmp_path, is_fresh=True, port_base=base, people=4)
    with pytest.raises(CannotStart) as told:
        check(wanted)
    first, second = told.value.detail.splitlines()
    assert NotOurs.hint in first
    assert PortTaken.hint in second
    assert str(base + 1) in second
    assert (tmp_path / "thesis.txt").exists()


def test_the_ports_of_one_that_runs_already_are_no_fault_of_their_own(
    tmp_path: Path, base: int
) -> None:
    write_own_pid(tmp_path / PID_NAME)
    with pytest.raises(AlreadyRuns):
        check(Wanted(folder=tmp_path, is_fresh=False, port_base=base, people=4))
    with pytest.raises(CannotStart) as told:
        check(Wanted(folder=tmp_path, is_fresh=False, port_base=80, people=4))
    assert BadPortBase.hint in told.value.detail
    assert AlreadyRuns.hint in told.value.detail
