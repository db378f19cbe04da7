"""The commands of the synthetic estate say what they made, and refuse in a sentence."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from throughcare.cli import main
from throughcare.people import shelf

pytestmark = pytest.mark.unhurried

SMALL = ["estate", "generate", "--people", "1", "--years", "1", "--out"]


def test_what_was_generated_is_told(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, [*SMALL, str(tmp_path / "estate"), "--json"])
    assert told.exit_code == 0, told.output
    figures = json.loads(told.stdout.strip().splitlines()[-1])
    manifest = shelf.read_manifest(tmp_path / "estate")
    assert figures["people"] == 1
    assert figures["ops"] == manifest.ops == sum(figures["kinds"].values())
    assert figures["offices"] == len(manifest.offices)


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all,")
    told = CliRunner().invoke(main, [*SMALL, str(tmp_path)])
    assert told.exit_code == 1
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]


def test_loading_what_was_not_generated_is_refused(tmp_path: Path) -> None:
    told = CliRunner().invoke(
        main, ["estate", "load", str(tmp_path), "--into", str(tmp_path / "new")]
    )
    assert told.exit_code == 1
    assert not (tmp_path / "new").exists()
