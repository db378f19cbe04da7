"""S1, S3, S12: the commands about nodes: found an estate, invite, approve by another, revoke."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casework.access.enrolment import read_code, read_invitation
from edge.services.enrolment import KeyFiles, ask, words_here
from throughcare.cli import main
from throughcare.estate import ESTATE_NAME, read_estate
from throughcare.node_commands import _centre

pytestmark = pytest.mark.slow

PASSWORD = "three plain words here"
RECOVERY = "ab" * 32
CODE = re.compile(r"Code: (\S+)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new estate, whose centre has two administrators and a caseworker."""
    made = tmp_path / "estate"
    said = _run("node", "found", "--dir", str(made), *FOUND)
    assert said.exit_code == 0, said.output
    for name, role in (("ada", "administrator"), ("bob", "administrator"), ("cas", "staff")):
        opened = _run("staff", "add", name, "--name", name, "--role", role, *_at(made))
        assert opened.exit_code == 0, opened.output
    return made


FOUND = ("--name", "Test", "--url", "https://centre.example:8443", "--recovery-key", RECOVERY)
NEW = ("--kind", "prison", "--name", "Leeds (HMP)", "--host", "leeds.example", "--why", "It opens.")


def _run(*words: str, given: str = f"{PASSWORD}\n") -> Result:
    return CliRunner().invoke(main, words, input=given, env={"COLUMNS": "200"})


def _at(folder: Path) -> tuple[str, ...]:
    return ("--settings", str(folder / "CENTRE" / "settings.env"))


def _as(name: str, folder: Path) -> tuple[str, ...]:
    return ("--as", name, *_at(folder))


def _comes(folder: Path, name: str = "ada", box: str = "box") -> str:
    """Leeds is invited, and a computer comes with the code; the six words that it shows."""
    file = folder / f"{box}.json"
    known = () if box != "box" else NEW
    why = () if known else ("--why", "The box was stolen.")
    invite = ("node", "invite", "lei", *known, *why, "--to", str(file), *_as(name, folder))
    said = _run(*invite)
    assert said.exit_code == 0, said.output
    found = CODE.search(said.stdout)
    assert found is not None
    code = read_code(found[1])
    invitation = read_invitation(file.read_bytes(), code)
    (folder / box).mkdir()
    keys = KeyFiles(*(folder / box / f"{one}.key" for one in ("signing", "box", "tls")))
    asked = ask(invitation, code, keys)
    with _centre(None, None, folder / "CENTRE" / "settings.env") as centre:
        centre.joining.take(asked)
    return " ".join(words_here(invitation, asked))


def _states(folder: Path) -> dict[str, str]:
    said = _run("node", "list", "--json", *_at(folder))
    assert said.exit_code == 0, said.output
    return {one["place"]: one["state"] for one in json.loads(said.stdout)["nodes"]}


def test_an_estate_is_founded_once_and_without_the_recovery_s_secret(folder: Path) -> None:
    estate = read_estate(folder / ESTATE_NAME)
    assert (estate.purpose, estate.spokes, estate.recovery_key) == ("production", (), RECOVERY)
    own = folder / "CENTRE"
    for file in (*own.glob("*.key"), own / "settings.env", folder / ESTATE_NAME):
        assert file.stat().st_mode & 0o077 == 0, file
    again = _run("node", "found", "--dir", str(folder), *FOUND)
    assert again.exit_code == 1
    assert "There is an estate in this folder already" in again.stderr
    assert read_estate(folder / ESTATE_NAME) == estate


def test_what_no_estate_can_be_made_of_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    words = ("--name", "Test", "--url", "centre", "--recovery-key", "12")
    said = _run("node", "found", "--dir", str(tmp_path / "estate"), *words)
    assert said.exit_code == 1
    assert "'centre' is not an address" in said.stderr
    assert "the recovery key must be 64" in said.stderr
    assert not (tmp_path / "estate").exists()


def test_an_empty_estate_says_what_to_do(folder: Path) -> None:
    assert "No office is known. Invite one" in _run("node", "list", *_at(folder)).stdout


def test_another_administrator_lets_in_whom_the_first_invited(folder: Path) -> None:
    """S3: each by their own password."""
    words = _comes(folder)
    assert _states(folder) == {"LEI": "waiting"}
    assert words in _run("node", "list", *_at(folder)).stdout
    same = _run("node", "approve", "LEI", "--words", words, *_as("ada", folder))
    assert same.exit_code == 1
    assert "Whoever invited a node cannot approve it" in same.stderr
    wrong = _run("node", "approve", "LEI", "--words", "one two", *_as("bob", folder))
    assert "These are not the words" in wrong.stderr
    done = _run("node", "approve", "lei", "--words", words, *_as("bob", folder))
    assert done.exit_code == 0, done.output
    assert _states(folder) == {"LEI": "active"}
    other = _run("node", "approve", "LEI", "--words", words, *_as("bob", folder))
    assert "No node of this id waits" in other.stderr


@pytest.mark.parametrize("command", ["approve", "refuse", "revoke", "trust-again", "invite"])
def test_only_an_administrator_does_any_of_it(folder: Path, command: str) -> None:
    """S3: with the right password, which is not enough, and with a wrong one."""
    more = ("--words", "a") if command == "approve" else ("--why", "Because.")
    words = ("node", command, "LEI", *more)
    said = _run(*words, *_as("cas", folder))
    assert said.exit_code == 1
    assert "for administrators of the centre" in said.stderr
    wrong = _run(*words, *_as("ada", folder), given="not the password\n")
    assert wrong.exit_code == 1
    assert _states(folder) == {}


def test_an_office_is_revoked_and_another_box_takes_its_place(folder: Path) -> None:
    """S12: the place keeps its node, and the second box is let in by two people as the first."""
    _run("node", "approve", "LEI", "--words", _comes(folder), *_as("bob", folder))
    said = _run("node", "revoke", "LEI", "--why", "Stolen.", *_as("ada", folder))
    assert said.exit_code == 0, said.output
    assert _states(folder) == {"LEI": "revoked"}
    again = _run("node", "revoke", "LEI", "--why", "Stolen.", *_as("ada", folder))
    assert again.exit_code == 1
    words = _comes(folder, "bob", "another")
    assert _states(folder) == {"LEI": "revoked"}
    _run("node", "approve", "LEI", "--words", words, *_as("ada", folder))
    assert _states(folder) == {"LEI": "active"}


def test_the_estate_file_follows_who_is_let_in(folder: Path) -> None:
    """S12: a centre whose store is lost knows its offices, and by which keys."""
    words = _comes(folder)
    assert read_estate(folder / ESTATE_NAME).spokes == ()
    _run("node", "approve", "LEI", "--words", words, *_as("bob", folder))
    (first,) = read_estate(folder / ESTATE_NAME).spokes
    assert (first.code, first.url) == ("LEI", "https://leeds.example:8443")
    words = _comes(folder, "bob", "another")
    _run("node", "approve", "LEI", "--words", words, *_as("ada", folder))
    (second,) = read_estate(folder / ESTATE_NAME).spokes
    assert second.id == first.id
    assert second.public_key != first.public_key
    assert _states(folder) == {"LEI": "active"}


def test_an_office_that_is_known_may_move(folder: Path) -> None:
    """What is named is another than it was, and the rest stays."""
    _comes(folder)
    moved = ("--why", "It moves.", "--host", "10.0.0.9", "--to", str(folder / "moved.json"))
    said = _run("node", "invite", "LEI", *moved, *_as("ada", folder))
    assert said.exit_code == 0, said.output
    with _centre(None, None, folder / "CENTRE" / "settings.env") as centre:
        entry = centre.entry("LEI")
    assert (entry.hosts, entry.name, entry.port) == (("10.0.0.9",), "Leeds (HMP)", 8443)


def test_a_revoked_office_is_trusted_again(folder: Path) -> None:
    """S12: as it was, under the key that it has."""
    _run("node", "approve", "LEI", "--words", _comes(folder), *_as("bob", folder))
    _run("node", "revoke", "LEI", "--why", "Lost.", *_as("ada", folder))
    said = _run("node", "trust-again", "LEI", "--why", "In the safe.", *_as("bob", folder))
    assert "is trusted again" in said.stdout
    assert _states(folder) == {"LEI": "active"}
    not_revoked = _run("node", "trust-again", "LEI", "--why", "Again.", *_as("bob", folder))
    assert not_revoked.exit_code == 1


def test_who_waits_is_refused(folder: Path) -> None:
    """S3."""
    words = _comes(folder)
    said = _run("node", "refuse", "LEI", "--why", "Other words.", *_as("bob", folder))
    assert "needs a new code" in said.stdout
    late = _run("node", "approve", "LEI", "--words", words, *_as("bob", folder))
    assert late.exit_code == 1
    assert _states(folder) == {"LEI": "invited"}


def test_of_a_new_office_everything_is_to_be_said(folder: Path) -> None:
    bare = _run("node", "invite", "BXI", "--why", "It opens.", *_as("ada", folder))
    assert bare.exit_code == 2
    assert "--kind, --name and --host" in bare.stderr
    odd = (*NEW[:4], "--host", "no_host", "--why", "It opens.")
    said = _run("node", "invite", "BXI", *odd, *_as("ada", folder))
    assert said.exit_code == 1
    assert "Enter names such as" in said.stderr


def test_the_commands_of_the_centre_are_for_the_centre(folder: Path) -> None:
    said = _run("node", "list", "--dir", str(folder), "--node", "LEI")
    assert said.exit_code == 1
    assert "It has no node LEI; it knows CENTRE." in said.stderr


def test_a_new_box_is_told_what_is_wrong_before_anything_is_sent(
    folder: Path, tmp_path: Path
) -> None:
    """S2: a code that is none, an invitation of another code, a folder that is used."""
    box = str(tmp_path / "new")
    nothing = _run("node", "enrol", "--dir", box)
    assert "No enrolment was begun in this folder" in nothing.stderr
    missing = _run("node", "enrol", "--invitation", str(tmp_path / "none"), "--dir", box)
    assert "The invitation cannot be read" in missing.stderr
    file = folder / "LEI.json"
    invite = ("node", "invite", "LEI", *NEW, "--to", str(file))
    first, second = (_run(*invite, *_as("ada", folder)) for _ in range(2))
    assert first.exit_code == second.exit_code == 0, second.output
    enrol = ("node", "enrol", "--invitation", str(file), "--dir", box)
    typo = _run(*enrol, given="ABC\n")
    assert "This is no enrolment code" in typo.stderr
    former = CODE.search(first.stdout)
    assert former is not None
    other = _run(*enrol, given=f"{former[1]}\n")
    assert "The invitation does not belong to this code" in other.stderr
    assert not Path(box).exists()
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "store.db").write_bytes(b"")
    used = _run("node", "enrol", "--invitation", str(file), "--dir", str(tmp_path / "used"))
    assert "There is a store in this folder already" in used.stderr
