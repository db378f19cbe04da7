"""The commands over one node's store: verify, backup, restore, staff; and the written page."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casework.access.accounts import WrongSignIn
from casework.access.sessions import Sessions, SignInNeeded
from casework.records import WHOLE_REGISTRY
from sync_protocol.io.backup import latest_backup
from sync_protocol.io.system_clock import SystemClock, system_chance
from tests.receptions import received
from throughcare import making
from throughcare.cli import main
from throughcare.estate import Estate, folder_of
from throughcare.holding import held
from throughcare.records_page import PAGE, write_page
from throughcare.stores import StoreLost, open_accounts, open_store, paths_of

pytestmark = pytest.mark.unhurried

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    made = making.make_estate(tmp_path, making.PLACES_USUAL, 18_400)
    making.write_settings(tmp_path, made)
    for node in made.nodes:
        store = open_store(paths_of(folder_of(tmp_path, node)), node)
        for act in received(3) if node.code == "LEI" else ():
            store.write(act)
        store.close()
    return made


def _run(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(main, words, input=given, env={"COLUMNS": "200"})


def _at(folder: Path, code: str = "LEI") -> tuple[str, ...]:
    return ("--dir", str(folder), "--node", code)


def test_a_sound_store_verifies(tmp_path: Path, estate: Estate) -> None:
    said = _run("verify", *_at(tmp_path), "--json")
    assert said.exit_code == 0, said.output
    (report,) = json.loads(said.stdout)["nodes"]
    assert report["name"] == "LEI"
    assert report["ops"] == report["unsent"] > 10
    assert report["faults"] == []


def test_a_whole_estate_verifies_in_words(tmp_path: Path, estate: Estate) -> None:
    said = _run("verify", "--dir", str(tmp_path))
    assert said.exit_code == 0, said.output
    for code in ("CENTRE", "LEI", "MDI", "N55LEE"):
        assert code in said.stdout


def test_a_changed_projection_is_found(tmp_path: Path, estate: Estate) -> None:
    node = estate.node("LEI")
    store = open_store(paths_of(folder_of(tmp_path, node)), node)
    with store.changing() as connection:
        connection.execute("UPDATE risk SET public_custody = 'low'")
    store.close()
    said = _run("verify", *_at(tmp_path))
    assert said.exit_code == 1
    assert "What was looked at is not as it should be." in said.stderr
    assert "LEI: projections" in said.stderr


def test_a_flipped_bit_is_found(tmp_path: Path, estate: Estate) -> None:
    path = folder_of(tmp_path, estate.node("LEI")).store
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    said = _run("verify", *_at(tmp_path))
    assert said.exit_code in (1, 4)


def test_a_backup_is_taken_and_restored(tmp_path: Path, estate: Estate) -> None:
    own = folder_of(tmp_path, estate.node("LEI"))
    said = _run("backup", *_at(tmp_path))
    assert said.exit_code == 0, said.output
    backup = latest_backup(own.backups)
    assert backup is not None
    assert backup.name in said.stdout.replace("\n", "")
    own.store.unlink()
    said = _run("restore", *_at(tmp_path))
    assert said.exit_code == 0, said.output
    assert "LEI is restored from" in said.stdout
    assert _run("verify", *_at(tmp_path)).exit_code == 0


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_node_whose_store_is_lost_does_not_start_empty_and_can_be_restored(
    tmp_path: Path, estate: Estate, how: str
) -> None:
    node = estate.node("LEI")
    own = folder_of(tmp_path, node)
    assert _run("backup", *_at(tmp_path)).exit_code == 0
    lose(own.store, how)
    with pytest.raises(StoreLost) as told:
        open_store(paths_of(own), node)
    assert "throughcare restore" in told.value.hint
    said = _run("staff", "list", *_at(tmp_path))
    assert said.exit_code == 4
    assert "had a store" in said.stderr
    assert _run("restore", *_at(tmp_path)).exit_code == 0
    open_store(paths_of(own), node).close()


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_backup_tells_of_a_store_whose_whole_disk_is_gone(
    tmp_path: Path, estate: Estate, how: str
) -> None:
    own = folder_of(tmp_path, estate.node("LEI"))
    assert _run("backup", *_at(tmp_path)).exit_code == 0
    lose(own.store, how)
    paths_of(own).mark.unlink()
    assert _run("backup", *_at(tmp_path)).exit_code == 4
    said = _run("staff", "list", *_at(tmp_path))
    assert said.exit_code == 4
    assert "had a store" in said.stderr
    assert str(own.backups) in said.stderr.replace("\n", "")
    assert _run("restore", *_at(tmp_path)).exit_code == 0
    assert _run("staff", "list", *_at(tmp_path)).exit_code == 0


def test_an_empty_file_where_no_store_was_ever_made_is_a_new_one(
    tmp_path: Path, estate: Estate
) -> None:
    """A first start that was cut off before its first write."""
    node = estate.node("LEI")
    own = folder_of(tmp_path, node)
    lose(own.store, "empty")
    paths_of(own).mark.unlink()
    open_store(paths_of(own), node).close()
    assert paths_of(own).mark.exists()


def lose(store: Path, how: str) -> None:
    """What a failed disk, or somebody tidying up, leaves of a store."""
    for suffix in ("-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)
    if how == "missing":
        store.unlink()
    else:
        store.write_bytes(b"")


def test_the_store_of_a_node_that_serves_is_not_swapped(tmp_path: Path, estate: Estate) -> None:
    own = folder_of(tmp_path, estate.node("LEI"))
    assert _run("backup", *_at(tmp_path)).exit_code == 0
    before = own.store.stat().st_ino
    with held(own.path):
        said = _run("restore", *_at(tmp_path))
    assert said.exit_code == 3
    assert "The node runs" in said.stderr
    assert own.store.stat().st_ino == before
    assert _run("restore", *_at(tmp_path)).exit_code == 0


def test_without_a_backup_nothing_is_restored(tmp_path: Path, estate: Estate) -> None:
    said = _run("restore", *_at(tmp_path))
    assert said.exit_code == 1
    assert "There is no backup to restore." in said.stderr


def test_what_is_no_backup_is_not_restored(tmp_path: Path, estate: Estate) -> None:
    own = folder_of(tmp_path, estate.node("LEI"))
    before = own.store.read_bytes()
    (tmp_path / "LEI" / "backups" / "0.backup").write_bytes(b"not a store" * 1000)
    said = _run("restore", *_at(tmp_path))
    assert said.exit_code == 1
    assert own.store.read_bytes() == before


def test_accounts_are_opened_listed_and_given_a_new_password(
    tmp_path: Path, estate: Estate
) -> None:
    words = ("staff", "add", "kreed", "--name", "K. Reed", *_at(tmp_path))
    said = _run(*words, given="four plain words here\n")
    assert said.exit_code == 0, said.output
    assert "kreed may sign in at LEI as staff." in said.stdout
    assert "K. Reed" in _run("staff", "list", *_at(tmp_path)).stdout
    again = _run(*words, given="four plain words here\n")
    assert again.exit_code == 1
    assert "user name" in again.stderr
    reset = ("staff", "reset-password", "kreed", *_at(tmp_path))
    assert _run(*reset, given="four other words here\n").exit_code == 0
    weak = _run(*reset, given="short\n")
    assert weak.exit_code == 1
    assert "12 characters" in weak.stderr
    nobody = _run("staff", "reset-password", "nobody", *_at(tmp_path), given="x\n")
    assert nobody.exit_code == 1


@pytest.mark.parametrize(
    ("act", "given"), [("reset-password", "four other words\n"), ("close", "")]
)
def test_whoever_is_signed_in_to_an_account_that_is_closed_or_reset_is_signed_out(
    tmp_path: Path, estate: Estate, act: str, given: str
) -> None:
    words = ("staff", "add", "kreed", "--name", "K. Reed", *_at(tmp_path))
    assert _run(*words, given="four plain words here\n").exit_code == 0
    node = estate.node("LEI")
    paths = paths_of(folder_of(tmp_path, node))
    store = open_store(paths, node)
    sessions = Sessions(store, SystemClock().now_ms, system_chance)
    caller = open_accounts(store, paths).sign_in("kreed", "four plain words here", "terminal")
    token = sessions.begin(caller, "bearer")
    assert _run("staff", act, "KReed", *_at(tmp_path), given=given).exit_code == 0
    with pytest.raises(SignInNeeded):
        sessions.resume(token, "bearer")
    with pytest.raises(WrongSignIn):
        open_accounts(store, paths).sign_in("kreed", "four plain words here", "terminal")
    with store.reading() as reading:
        acts = [row[0] for row in reading.select("SELECT act FROM audit ORDER BY line_no")]
    store.close()
    assert acts[-1] == {"close": "account_closed"}.get(act, "password_set")
    assert "account_opened" in acts


@pytest.mark.parametrize(
    "words",
    [("verify", "--dir", "{}", "--node", "WEI"), ("verify", "--dir", "{}/nowhere")],
)
def test_an_estate_or_node_that_is_not_there_is_told(
    tmp_path: Path, estate: Estate, words: tuple[str, ...]
) -> None:
    said = _run(*(word.format(tmp_path) for word in words))
    assert said.exit_code == 1
    assert "The estate file cannot be used." in said.stderr


def test_without_naming_a_node_every_missing_setting_is_told() -> None:
    said = _run("backup")
    assert said.exit_code == 1
    assert "THROUGHCARE_ESTATE" in said.stderr
    assert "THROUGHCARE_FOLDER" in said.stderr


def test_the_page_of_kinds_is_in_step() -> None:
    committed = (ROOT / PAGE).read_text("utf-8")
    assert committed == write_page(WHOLE_REGISTRY), "run: throughcare records-page"


def test_the_page_tells_every_field_of_every_kind() -> None:
    page = write_page(WHOLE_REGISTRY)
    for kind in WHOLE_REGISTRY.kinds.values():
        section = page.split(f"## {kind.name}\n")[1].split("\n## ")[0]
        assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == set(kind.fields)


def test_the_audit_of_a_node_is_checked_and_its_first_bad_line_named(
    tmp_path: Path, estate: Estate
) -> None:
    """S29: from the command line, on a copy."""
    assert _run("audit", "verify", *_at(tmp_path)).exit_code == 0
    shown = _run("audit", "show", "--lines", "2", *_at(tmp_path))
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.count("write") == 2
    node = estate.node("LEI")
    store = open_store(paths_of(folder_of(tmp_path, node)), node)
    with store.changing() as connection:
        connection.execute("DROP TRIGGER audit_is_kept_as_it_is")
        connection.execute("UPDATE audit SET why = 'other' WHERE line_no = 3")
    store.close()
    broken = _run("audit", "verify", *_at(tmp_path))
    assert broken.exit_code == 1
    assert "LEI: line 3 does not follow from the one before." in broken.stderr
