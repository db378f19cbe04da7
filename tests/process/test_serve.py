"""A node as a program: it refuses to start where it should, and says what to do."""

import socket
from pathlib import Path

import pytest

from tests.process.programs import free_base, run
from throughcare.estate import Estate, folder_of
from throughcare.holding import held
from throughcare.making import PLACES_USUAL, make_estate, write_settings
from throughcare.stores import open_store, paths_of

pytestmark = pytest.mark.process


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    made = make_estate(tmp_path, PLACES_USUAL, free_base())
    write_settings(tmp_path, made)
    return made


def _serve(folder: Path, estate: Estate, code: str = "LEI") -> tuple[int, str]:
    role = "server" if code == "CENTRE" else "edge"
    settings = folder_of(folder, estate.node(code)).settings
    said = run("serve", role, "--settings", str(settings), timeout_s=30)
    assert "Traceback" not in said.stderr
    return said.returncode, said.stderr


def test_a_missing_key_is_refused(tmp_path: Path, estate: Estate) -> None:
    folder_of(tmp_path, estate.node("LEI")).store_key.unlink()
    code, said = _serve(tmp_path, estate)
    assert code == 1
    assert "STORE_KEY_FILE" in said
    assert "store.key, which is not a file" in said


def test_a_wrong_key_is_refused_and_the_store_is_left_alone(tmp_path: Path, estate: Estate) -> None:
    node = estate.node("LEI")
    own = folder_of(tmp_path, node)
    open_store(paths_of(own), node).close()
    before = own.store.read_bytes()
    own.store_key.write_bytes(bytes(32))
    code, said = _serve(tmp_path, estate)
    assert code == 1
    assert "The store does not open with the key given." in said
    assert "a store is never opened as plain text" in said
    assert own.store.read_bytes() == before


def test_a_key_that_others_may_read_is_refused(tmp_path: Path, estate: Estate) -> None:
    folder_of(tmp_path, estate.node("LEI")).signing_key.chmod(0o644)
    code, said = _serve(tmp_path, estate)
    assert code == 1
    assert "chmod 600" in said


def test_the_key_of_another_node_is_refused(tmp_path: Path, estate: Estate) -> None:
    lei, mdi = (folder_of(tmp_path, estate.node(code)) for code in ("LEI", "MDI"))
    lei.signing_key.write_bytes(mdi.signing_key.read_bytes())
    code, said = _serve(tmp_path, estate)
    assert code == 1
    assert "signing.key is not the key of LEI in the estate." in said


def test_the_store_of_another_node_is_refused(tmp_path: Path, estate: Estate) -> None:
    lei, mdi = (folder_of(tmp_path, estate.node(code)) for code in ("LEI", "MDI"))
    open_store(paths_of(mdi), estate.node("MDI")).close()
    lei.store.write_bytes(mdi.store.read_bytes())
    lei.store_key.write_bytes(mdi.store_key.read_bytes())
    code, said = _serve(tmp_path, estate)
    assert code == 1
    assert f"is the store of node {estate.node('MDI').id}" in said


def test_a_plain_text_store_is_refused(tmp_path: Path, estate: Estate) -> None:
    own = folder_of(tmp_path, estate.node("LEI"))
    own.store.write_bytes(b"SQLite format 3\x00" + bytes(4080))
    code, said = _serve(tmp_path, estate)
    assert code == 1
    assert "a store is never opened as plain text" in said


def test_all_faults_of_the_settings_are_told_at_once(tmp_path: Path, estate: Estate) -> None:
    settings = folder_of(tmp_path, estate.node("LEI")).settings
    with settings.open("a") as file:
        file.write("THROUGHCARE_PORT=ninety\nTHROUGHCARE_BACKUPS_KEPT=0\nTHROUGHCARE_PROT=1\n")
    code, said = _serve(tmp_path, estate)
    assert code == 1
    assert "THROUGHCARE_PORT must be a whole number" in said
    assert "THROUGHCARE_BACKUPS_KEPT must be a whole number" in said
    assert "THROUGHCARE_PROT is not a setting of this service" in said
    assert "What to do:" in said


def test_a_node_that_is_not_in_the_estate_is_refused(tmp_path: Path, estate: Estate) -> None:
    settings = folder_of(tmp_path, estate.node("LEI")).settings
    text = settings.read_text()
    settings.write_text(text.replace("THROUGHCARE_NODE=LEI", "THROUGHCARE_NODE=WEI"))
    code, said = _serve(tmp_path, estate)
    assert code == 1
    assert "It has no node WEI; it knows CENTRE, LEI, MDI, N55LEE." in said


def test_an_address_of_another_machine_is_told(tmp_path: Path, estate: Estate) -> None:
    with folder_of(tmp_path, estate.node("LEI")).settings.open("a") as file:
        file.write("THROUGHCARE_HOST=192.0.2.1\n")
    code, said = _serve(tmp_path, estate)
    assert code == 1
    assert "cannot listen at the address" in said
    assert "192.0.2.1" in said
    assert "THROUGHCARE_HOST" in said


@pytest.mark.parametrize("code", ["LEI", "CENTRE"])
def test_a_second_program_on_the_same_folder_is_refused_before_it_touches_anything(
    tmp_path: Path, estate: Estate, code: str
) -> None:
    """INV-08: nor while a restore holds the folder; a newer release would migrate the store."""
    own = folder_of(tmp_path, estate.node(code))
    with held(own.path):
        exit_code, said = _serve(tmp_path, estate, code)
        assert exit_code == 3
        assert f"Another program serves from {own.path}." in said
        assert "Stop the node first" in said
        assert not own.store.exists()


@pytest.mark.parametrize("code", ["LEI", "CENTRE"])
def test_a_taken_port_is_told(tmp_path: Path, estate: Estate, code: str) -> None:
    port = estate.node(code).port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        exit_code, said = _serve(tmp_path, estate, code)
    assert exit_code == 3
    assert f"Port {port} is in use." in said
