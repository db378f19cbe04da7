"""The commands that set a node right, and those that tell what a restored centre has back."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sync_protocol.errors import LineDown
from sync_protocol.io.op_store import OpStore
from tests.receptions import received
from throughcare import making
from throughcare.cli import main
from throughcare.estate import Estate, EstateNode, folder_of
from throughcare.holding import held
from throughcare.loading import DoorLine
from throughcare.repair import NotCompared, repair_spoke
from throughcare.stores import duties_of, open_store, paths_of

pytestmark = pytest.mark.unhurried


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    made = making.make_estate(tmp_path, making.PLACES_USUAL, 18_500)
    making.write_settings(tmp_path, made)
    with _open(tmp_path, made.node("LEI")) as store:
        for act in received(3):
            store.write(act)
    with _open(tmp_path, made.hub):
        pass
    return made


@contextmanager
def _open(folder: Path, node: EstateNode) -> Iterator[OpStore]:
    with closing(open_store(paths_of(folder_of(folder, node)), node)) as store:
        yield store


class _CutLine(DoorLine):
    """A line that ends at the hub's door in the same program; it may be cut."""

    is_cut = False

    async def carry(self, request: bytes) -> bytes:
        """The hub's answer."""
        if self.is_cut:
            raise LineDown("cut")
        return await super().carry(request)


@contextmanager
def _both(folder: Path, estate: Estate) -> Iterator[tuple[OpStore, _CutLine]]:
    own = folder_of(folder, estate.hub)
    with (
        closing(open_store(paths_of(own), estate.hub, duties_of(estate))) as hub,
        _open(folder, estate.node("LEI")) as spoke,
    ):
        yield spoke, _CutLine(hub, estate)


def _run(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(main, words, input=given, env={"COLUMNS": "200"})


def _at(folder: Path, code: str = "LEI") -> tuple[str, ...]:
    return ("--dir", str(folder), "--node", code)


def test_a_spoke_is_set_right_against_the_centre(tmp_path: Path, estate: Estate) -> None:
    hub = estate.hub
    with _both(tmp_path, estate) as (spoke, line):
        first = asyncio.run(repair_spoke(spoke, "LEI", line, hub, is_trial=False))
        assert first.agrees
        assert not first.differed
    with _open(tmp_path, estate.node("LEI")) as spoke, spoke.changing() as connection:
        gone = connection.execute("SELECT op_id FROM ops ORDER BY op_no LIMIT 3")
        connection.executemany("DELETE FROM ops WHERE op_id = ?", gone)
    with _both(tmp_path, estate) as (spoke, line):
        trial = asyncio.run(repair_spoke(spoke, "LEI", line, hub, is_trial=True))
        assert (trial.agrees, trial.missing_here, trial.own_lost) == (False, 3, 3)
    with _both(tmp_path, estate) as (spoke, line):
        found = asyncio.run(repair_spoke(spoke, "LEI", line, hub, is_trial=False))
        assert (found.agrees, found.missing_here) == (True, 3)
    assert _run("verify", *_at(tmp_path)).exit_code == 0


def test_a_line_that_fails_is_told(tmp_path: Path, estate: Estate) -> None:
    with _both(tmp_path, estate) as (spoke, line):
        line.is_cut = True
        with pytest.raises(NotCompared, match="line_down"):
            asyncio.run(repair_spoke(spoke, "LEI", line, estate.hub, is_trial=False))
    said = _run("repair", *_at(tmp_path))
    assert said.exit_code == 3
    assert "could not be compared" in said.stderr


def test_the_centre_is_checked_against_its_own_log(tmp_path: Path, estate: Estate) -> None:
    with _both(tmp_path, estate) as (spoke, line):
        asyncio.run(repair_spoke(spoke, "LEI", line, estate.hub, is_trial=False))
    with _open(tmp_path, estate.hub) as hub, hub.changing() as connection:
        connection.execute("UPDATE subjects SET digest_count = digest_count + 1")
        connection.execute("UPDATE risk SET public_custody = 'low'")
    said = _run("repair", *_at(tmp_path, "CENTRE"), "--dry-run", "--json")
    assert said.exit_code == 1, said.output
    digests = json.loads(said.stdout)["digests"]
    assert digests >= 3
    assert json.loads(said.stdout)["projections"] is True
    said = _run("repair", *_at(tmp_path, "CENTRE"))
    assert said.exit_code == 0, said.output
    assert f"{digests} digests were set right" in said.stdout
    said = _run("repair", *_at(tmp_path, "CENTRE"), "--dry-run")
    assert said.exit_code == 0, said.output
    assert "nothing had to be set right" in said.stdout


def test_a_node_that_runs_is_left_alone(tmp_path: Path, estate: Estate) -> None:
    with held(folder_of(tmp_path, estate.hub).path):
        said = _run("repair", *_at(tmp_path, "CENTRE"))
        assert said.exit_code == 3
        assert "Stop the node first" in said.stderr
        assert _run("repair", *_at(tmp_path, "CENTRE"), "--dry-run").exit_code == 0


def test_a_centre_without_a_backup_is_filled_by_the_offices(tmp_path: Path, estate: Estate) -> None:
    with _both(tmp_path, estate) as (spoke, line):
        asyncio.run(repair_spoke(spoke, "LEI", line, estate.hub, is_trial=False))
    said = _run("recovery", "show", *_at(tmp_path, "CENTRE"))
    assert "never restored" in said.stdout
    own = folder_of(tmp_path, estate.hub)
    own.store.unlink()
    assert _run("recovery", "show", *_at(tmp_path, "CENTRE")).exit_code == 4
    assert _run("restore", *_at(tmp_path), "--without-backup").exit_code == 2
    said = _run("restore", *_at(tmp_path, "CENTRE"), "--without-backup")
    assert said.exit_code == 0, said.output
    with _both(tmp_path, estate) as (spoke, line):
        found = asyncio.run(repair_spoke(spoke, "LEI", line, estate.hub, is_trial=False))
        assert found.agrees
    said = _run("recovery", "show", *_at(tmp_path, "CENTRE"), "--json")
    report = json.loads(said.stdout)
    nodes = {one["node"]: one for one in report["nodes"]}
    assert report["is_recovering"]
    assert nodes["LEI"]["changes"] > 10
    assert nodes["LEI"]["gaps"] == 0
    assert not nodes["LEI"]["is_awaited"]
    assert nodes["MDI"]["is_awaited"]
    assert "awaited" in _run("recovery", "show", *_at(tmp_path, "CENTRE")).stdout
    assert _run("recovery", "show", *_at(tmp_path)).exit_code == 1


def test_two_administrators_give_an_office_up(tmp_path: Path, estate: Estate) -> None:
    with _open(tmp_path, estate.hub) as hub:
        hub.note_restored()
    at = _at(tmp_path, "CENTRE")
    words = "a long enough pass phrase"
    for name, role in (("ann", "administrator"), ("bob", "administrator"), ("cy", "staff")):
        said = _run("staff", "add", name, "--name", name, "--role", role, *at, given=words)
        assert said.exit_code == 0, said.output
    with _both(tmp_path, estate) as (_, line):
        assert line is not None
    said = _run("restore", *at, "--from", "none")
    assert said.exit_code == 1
    said = _run("backup", *at)
    assert said.exit_code == 0, said.output
    assert _run("restore", *at).exit_code == 0
    said = _run("recovery", "give-up", "MDI", "--as", "cy", *at, given=words)
    assert said.exit_code == 1
    assert "administrators" in said.stderr
    said = _run("recovery", "give-up", "MDI", "--as", "ann", *at, given=words)
    assert said.exit_code == 0, said.output
    assert "1 more administrator" in said.stdout
    assert _run("recovery", "give-up", "MDI", "--as", "ann", *at, given=words).exit_code == 1
    said = _run("recovery", "give-up", "MDI", "--as", "bob", *at, given=words)
    assert "no longer waits" in said.stdout
    assert "given up" in _run("recovery", "show", *at).stdout
