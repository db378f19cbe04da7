"""The courier's commands: a file there and a file back, and what is said where one is wrong."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sync_protocol.io.courier_file import MAGIC
from tests.receptions import received
from throughcare import courier, making
from throughcare.cli import main
from throughcare.estate import Estate, folder_of
from throughcare.stores import open_store, paths_of

pytestmark = pytest.mark.unhurried


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """An estate in which one person waits at Leeds for a line."""
    made = making.make_estate(tmp_path / "estate", making.PLACES_USUAL, 18_400)
    making.write_settings(tmp_path / "estate", made)
    for node in made.nodes:
        store = open_store(paths_of(folder_of(tmp_path / "estate", node)), node)
        for act in received(1) if node.code == "LEI" else ():
            store.write(act)
        store.close()
    return made


def _at(tmp_path: Path, code: str, *words: str) -> Result:
    place = ("--dir", str(tmp_path / "estate"), "--node", code)
    return CliRunner().invoke(main, ["courier", *words, *place], env={"COLUMNS": "200"})


def _export(tmp_path: Path, code: str, name: str, *words: str) -> Path:
    said = _at(tmp_path, code, "export", "--to", str(tmp_path / name), *words)
    assert said.exit_code == 0, said.output
    return tmp_path / name


def _acts(tmp_path: Path, estate: Estate, code: str) -> list[str]:
    node = estate.node(code)
    store = open_store(paths_of(folder_of(tmp_path / "estate", node)), node)
    with store.reading() as reading:
        rows = reading.select("SELECT act, detail FROM audit WHERE act LIKE 'courier%'")
    store.close()
    return [f"{act} {detail.split()[0]}" for act, detail in rows]


def test_a_file_there_and_a_file_back_are_as_good_as_a_line(tmp_path: Path, estate: Estate) -> None:
    asked = _export(tmp_path, "LEI", "asked")
    assert stat.S_IMODE(asked.stat().st_mode) == 0o600
    taken = _at(tmp_path, "CENTRE", "import", str(asked))
    assert taken.exit_code == 0, taken.output
    assert "changes from LEI." in taken.stdout
    assert "courier export --for LEI" in taken.stdout
    answered = _export(tmp_path, "CENTRE", "answered", "--for", "lei")
    came = _at(tmp_path, "LEI", "import", str(answered))
    assert came.exit_code == 0, came.output
    assert "Taken in: 0 changes from elsewhere;" in came.stdout
    said = CliRunner().invoke(main, ["verify", "--dir", str(tmp_path / "estate"), "--json"])
    reports = {one["name"]: one for one in json.loads(said.stdout)["nodes"]}
    assert reports["LEI"]["unsent"] == 0
    assert reports["CENTRE"]["ops"] == reports["LEI"]["ops"] > 0
    assert reports["LEI"]["faults"] == reports["CENTRE"]["faults"] == []
    lei, centre = estate.node("LEI").id, estate.hub.id
    assert _acts(tmp_path, estate, "LEI") == [f"courier_written {centre}", f"courier_read {centre}"]
    assert _acts(tmp_path, estate, "CENTRE") == [f"courier_read {lei}", f"courier_written {lei}"]


def test_in_a_folder_a_file_is_named_by_who_wrote_it_for_whom(
    tmp_path: Path, estate: Estate
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    said = _at(tmp_path, "LEI", "export", "--to", str(stick))
    (file,) = stick.iterdir()
    assert file.name.startswith("LEI-to-CENTRE-")
    assert f"courier import {file.name}" in said.stdout
    assert "Only CENTRE opens it." in said.stdout


def test_every_wrong_file_is_told_as_what_it_is(tmp_path: Path, estate: Estate) -> None:
    asked = _export(tmp_path, "LEI", "asked")
    raw = asked.read_bytes()
    for content, words in (
        (b"", "This is no courier file, or its beginning was cut off."),
        (b"Dear colleague", "Name the file that `courier export` wrote"),
        (raw[:-1], "it was cut short or changed on its way"),
        (raw[:200], "have it exported again; nothing was taken in"),
        (raw.replace(bytes.fromhex(estate.node("LEI").id), bytes(16)), "not in this estate"),
    ):
        (tmp_path / "wrong").write_bytes(content)
        said = _at(tmp_path, "CENTRE", "import", str(tmp_path / "wrong"))
        assert said.exit_code == 1
        assert words in said.stderr
    other = _at(tmp_path, "MDI", "import", str(asked))
    assert other.exit_code == 1
    assert "It is for CENTRE, and this is MDI." in other.stderr
    assert _at(tmp_path, "CENTRE", "import", str(asked)).exit_code == 0
    twice = _at(tmp_path, "CENTRE", "import", str(asked))
    assert twice.exit_code == 1
    assert "taken in before" in twice.stderr
    assert "nothing is lost" in twice.stderr


def test_a_file_for_a_stranger_says_so(tmp_path: Path, estate: Estate) -> None:
    raw = bytearray(_export(tmp_path, "LEI", "asked").read_bytes())
    raw[len(MAGIC) + 17 : len(MAGIC) + 33] = bytes(16)
    (tmp_path / "strange").write_bytes(raw)
    said = _at(tmp_path, "CENTRE", "import", str(tmp_path / "strange"))
    assert "which this estate does not know, and this is CENTRE" in said.stderr


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _export(tmp_path, "LEI", "asked")
    monkeypatch.setattr(courier, "COURIER_BYTES_MAX", 100)
    assert "It is over 100 bytes." in _at(tmp_path, "CENTRE", "import", str(asked)).stderr


def test_a_courier_goes_between_an_office_and_the_centre(tmp_path: Path, estate: Estate) -> None:
    for code, words in (
        ("CENTRE", ()),
        ("CENTRE", ("--for", "CENTRE")),
        ("LEI", ("--for", "MDI")),
    ):
        said = _at(tmp_path, code, "export", "--to", str(tmp_path / "no"), *words)
        assert said.exit_code == 1
        assert "name an office with --for" in said.stderr
    nobody = _at(tmp_path, "CENTRE", "export", "--for", "MDI", "--to", str(tmp_path / "no"))
    assert nobody.exit_code == 1
    assert "No courier file of that node is to be answered." in nobody.stderr
    assert not (tmp_path / "no").exists()


def test_nothing_is_written_over_and_no_folder_is_made(tmp_path: Path, estate: Estate) -> None:
    there = tmp_path / "thesis.txt"
    there.write_text("mine")
    for place, words in ((there, "is there already"), (tmp_path / "no" / "file", "no folder")):
        said = _at(tmp_path, "LEI", "export", "--to", str(place))
        assert said.exit_code == 1
        assert words in said.stderr
        assert "Name another place with --to" in said.stderr
    assert there.read_text() == "mine"
