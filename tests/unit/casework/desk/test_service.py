"""The entrance, first answers, readiness, status and settings."""

import shutil
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from casework.access.accounts import WrongSignIn
from casework.access.caller import Caller
from casework.access.sessions import SignInNeeded
from casework.desk.due import DueTable, Job
from casework.desk.entrance import Entrance, SignIn, choose_password, enter, leave
from casework.desk.first_answer import Asked, KeyUsedBefore, answer_once
from casework.desk.people import NewPerson, PossibleDuplicate, create, search
from casework.desk.readiness import look
from casework.desk.settings import BadSettings
from casework.desk.status import counts, estate, line_view, strip
from casework.desk.writing import Saved
from edge.settings import read_settings as read_edge
from server.settings import read_settings as read_server
from sync_protocol.errors import InvalidValue, NotSaved, StoreDamaged
from tests.desks import PASSWORD, Office
from tests.unit.casework.desk.steps import ROBIN, someone


@pytest.fixture
def entrance(office: Office) -> Entrance:
    return Entrance(office.desk, office.accounts, office.sessions)


def test_signing_in_and_out_is_in_the_audit(
    office: Office, ash: Caller, entrance: Entrance
) -> None:
    entered = enter(entrance, SignIn("ash", PASSWORD, "terminal-1"), "bearer")
    with pytest.raises(WrongSignIn):
        enter(entrance, SignIn("ash", "not the password", "terminal-1"), "bearer")
    leave(entrance, entered.caller, entered.token)
    assert [act for act, _ in office.audit()] == ["sign_in", "sign_in_refused", "sign_out"]
    with pytest.raises(SignInNeeded):
        office.sessions.resume(entered.token, "bearer")


def test_a_new_password_ends_every_session(office: Office, ash: Caller, entrance: Entrance) -> None:
    entered = enter(entrance, SignIn("ash", PASSWORD, "terminal-1"), "cookie")
    choose_password(entrance, entered.caller, PASSWORD, "four other plain words")
    with pytest.raises(SignInNeeded):
        office.sessions.resume(entered.token, "cookie")


def test_a_terminal_has_a_name_that_fits(entrance: Entrance) -> None:
    with pytest.raises(InvalidValue):
        enter(entrance, SignIn("ash", PASSWORD, "x" * 65), "bearer")


def ask(office: Office, caller: Caller, key: str | None, new: NewPerson = ROBIN) -> Saved:
    asked = Asked(caller.staff, key, msgspec.msgpack.encode(new))
    return answer_once(office.desk, asked, Saved, lambda: create(office.desk, caller, new).saved)


def test_a_retried_creation_creates_once_and_answers_alike(office: Office, ash: Caller) -> None:
    first = ask(office, ash, "k-1")
    assert ask(office, ash, "k-1") == first
    assert len(search(office.desk, ash, "robin").matches) == 1


def test_a_key_belongs_to_one_request_of_one_member_of_staff(office: Office, ash: Caller) -> None:
    birch = office.hire("birch")
    ask(office, ash, "k-1")
    with pytest.raises(KeyUsedBefore):
        ask(office, ash, "k-1", NewPerson("Sam", "Sample"))
    ask(office, birch, "k-1", NewPerson("Sam", "Sample"))
    with pytest.raises(InvalidValue):
        ask(office, ash, "")


def test_a_refusal_is_not_kept_and_its_reading_stays_in_the_audit(
    office: Office, ash: Caller
) -> None:
    """INV-13: the candidates shown in a refusal were read, though nothing was written."""
    person = someone(office, ash)
    before = len(office.audit())
    for _ in range(2):
        with pytest.raises(PossibleDuplicate):
            ask(office, ash, "k-1")
    assert office.audit()[before:] == [("search", person)] * 2


def test_a_creation_and_its_first_answer_are_kept_together_or_not_at_all(
    office: Office, ash: Caller
) -> None:
    """INV-02: a fault of the disk while the answer is kept leaves no person behind."""

    def work() -> Saved:
        create(office.desk, ash, ROBIN)
        raise NotSaved("the disk is full")

    with pytest.raises(NotSaved):
        answer_once(office.desk, Asked(ash.staff, "k-1", b""), Saved, work)
    assert search(office.desk, ash, "robin").matches == ()
    assert ask(office, ash, "k-1").kind == "person"


def test_a_sound_node_is_ready(office: Office) -> None:
    readiness = look(office.desk, office.path.parent)
    assert readiness.is_ready
    assert {check.name for check in readiness.checks} == {"store", "disk", "clock"}


def test_a_node_with_little_room_is_not_ready(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(1024))
    readiness = look(office.desk, office.path.parent)
    assert [check.code for check in readiness.checks if not check.is_sound] == ["little_room"]


def test_a_node_says_which_of_its_jobs_failed(office: Office) -> None:
    """Nobody misses a backup before it is wanted; a damaged store is no store to work with."""

    def fail() -> None:
        raise fault

    table = DueTable(office.store, office.clock.now_ms)
    job = Job("backup", 1_000, fail)
    for fault, is_ready in ((NotSaved("no room"), True), (StoreDamaged("a page"), False)):
        table.enter(job, first_ms=0)
        office.clock.pass_ms(1_000)
        assert table.run_if_due(job)
        readiness = look(office.desk, office.path.parent)
        assert readiness.is_ready is is_ready
        told = {one.name: one.code for one in readiness.checks if not one.is_sound}
        assert told.pop("job backup") == fault.code
        assert told == ({} if is_ready else {"store": fault.code})
    office.clock.pass_ms(1_000)
    assert table.run_if_due(Job("backup", 1_000, lambda: None))
    assert look(office.desk, office.path.parent).is_ready


def test_every_check_is_made_though_the_store_cannot_be_read(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StoreDamaged("a page")

    with monkeypatch.context() as broken:
        broken.setattr(office.store, "reading", fail)
        readiness = look(office.desk, office.path.parent)
    assert not readiness.is_ready
    told = {one.name: one.code for one in readiness.checks if not one.is_sound}
    assert told == {"store": "store_damaged", "clock": "store_damaged"}


def test_a_node_whose_clock_was_put_back_is_not_ready(office: Office, ash: Caller) -> None:
    someone(office, ash)
    office.clock.pass_ms(-10 * 60_000)
    codes = [one.code for one in look(office.desk, office.path.parent).checks if not one.is_sound]
    assert codes == ["clock_put_back"]
    office.clock.now = 0
    codes = [one.code for one in look(office.desk, office.path.parent).checks if not one.is_sound]
    assert codes == ["clock_lost"]


def test_status_tells_what_is_held_and_who_never_called(office: Office, ash: Caller) -> None:
    someone(office, ash)
    held = counts(office.desk, ash)
    assert (held.people, held.ops) == (1, 2)
    assert line_view(office.desk).state == "centre"
    assert strip(office.desk).place.code == "LEI"
    peers = estate(office.desk, ash)
    assert {peer.name for peer in peers} == {"BXI", "N55LEE", "CENTRE"}
    assert all(peer.last_contact_ms is None for peer in peers)


def folder(tmp_path: Path) -> dict[str, str]:
    for name in ("store.key", "signing.key", "box.key", "estate.json"):
        (tmp_path / name).write_bytes(b"x")
    return {
        "THROUGHCARE_ESTATE": str(tmp_path / "estate.json"),
        "THROUGHCARE_FOLDER": str(tmp_path),
    }


@pytest.mark.parametrize("read", [read_edge, read_server])
def test_a_folder_and_an_estate_are_settings_enough(read: object, tmp_path: Path) -> None:
    assert callable(read)
    settings = read({**folder(tmp_path), "PATH": "/bin"})
    assert settings.store == tmp_path / "store.db"
    assert (settings.host, settings.port, settings.is_tls) == ("127.0.0.1", 0, False)
    assert settings.node == tmp_path.name


@pytest.mark.parametrize("port", ["--5", "²", "9" * 5000, "1e3", "8_400", "-"])
def test_what_is_no_number_is_told_as_any_other_fault(port: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="THROUGHCARE_PORT must be a whole number"):
        read_edge({**folder(tmp_path), "THROUGHCARE_PORT": port})


def test_every_fault_of_the_settings_is_told_at_once(tmp_path: Path) -> None:
    given = {
        "THROUGHCARE_FOLDER": str(tmp_path / "nowhere"),
        "THROUGHCARE_PORT": "eighty",
        "THROUGHCARE_BACKUPS_KEPT": "0",
        "THROUGHCARE_TLS_CERT_FILE": str(tmp_path / "no.pem"),
        "THROUGHCARE_PROT": "8400",
    }
    with pytest.raises(BadSettings) as refused:
        read_edge(given)
    told = refused.value.detail
    for name in ("ESTATE", "FOLDER", "PORT", "BACKUPS_KEPT", "TLS_CERT_FILE", "TLS_KEY_FILE"):
        assert f"THROUGHCARE_{name} " in told
    assert "THROUGHCARE_PROT is not a setting of this service" in told
