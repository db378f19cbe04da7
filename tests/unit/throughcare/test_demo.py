"""What a demonstration tells whoever started it."""

import sys
from pathlib import Path

import pytest

from throughcare.demo import PROGRAM, called


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
