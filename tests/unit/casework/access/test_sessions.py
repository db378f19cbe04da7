"""Sessions: opaque tokens with two ends, kept as hashes."""

import os
from pathlib import Path

import pytest

from casework.access.caller import Caller
from casework.access.sessions import (
    CLOCK_BACK_MS_MAX,
    IDLE_MS_MAX,
    KIOSK_MS_MAX,
    WHOLE_MS_MAX,
    ScreenLocked,
    Sessions,
    SignInNeeded,
    form_token,
    is_form_token,
)
from casework.access.terminals import Terminal
from tests.desks import Office


def test_a_token_brings_its_caller_back(office: Office, ash: Caller) -> None:
    token = office.sessions.begin(ash, "bearer")
    assert office.sessions.resume(token, "bearer").staff == ash.staff
    assert len(token) == 43


def test_a_cookie_is_no_bearer_token(office: Office, ash: Caller) -> None:
    token = office.sessions.begin(ash, "cookie")
    with pytest.raises(SignInNeeded):
        office.sessions.resume(token, "bearer")


def test_the_store_does_not_hold_the_token(office: Office, ash: Caller) -> None:
    token = office.sessions.begin(ash, "bearer")
    with office.store.reading() as reading:
        rows = reading.select("SELECT * FROM staff_session")
    assert rows
    assert token not in repr(rows)


def test_an_unused_session_ends(office: Office, ash: Caller) -> None:
    token = office.sessions.begin(ash, "bearer")
    office.clock.pass_ms(IDLE_MS_MAX - 1)
    office.sessions.resume(token, "bearer")
    office.clock.pass_ms(IDLE_MS_MAX - 1)
    office.sessions.resume(token, "bearer")
    office.clock.pass_ms(IDLE_MS_MAX)
    with pytest.raises(SignInNeeded):
        office.sessions.resume(token, "bearer")


def test_a_session_in_use_ends_after_its_whole_time(office: Office, ash: Caller) -> None:
    token = office.sessions.begin(ash, "bearer")
    for _ in range(WHOLE_MS_MAX // (IDLE_MS_MAX // 2) - 1):
        office.clock.pass_ms(IDLE_MS_MAX // 2)
        office.sessions.resume(token, "bearer")
    office.clock.pass_ms(IDLE_MS_MAX // 2)
    with pytest.raises(SignInNeeded):
        office.sessions.resume(token, "bearer")


def test_a_clock_put_back_ends_a_session(office: Office, ash: Caller) -> None:
    token = office.sessions.begin(ash, "bearer")
    office.clock.pass_ms(-CLOCK_BACK_MS_MAX - 1)
    with pytest.raises(SignInNeeded):
        office.sessions.resume(token, "bearer")


def test_signing_out_ends_one_session_and_end_all_every_one(office: Office, ash: Caller) -> None:
    one, other, third = (office.sessions.begin(ash, "bearer") for _ in range(3))
    office.sessions.end(one)
    with pytest.raises(SignInNeeded):
        office.sessions.resume(one, "bearer")
    assert office.sessions.resume(other, "bearer").staff == ash.staff
    office.sessions.end_all(ash.staff)
    for token in (other, third):
        with pytest.raises(SignInNeeded):
            office.sessions.resume(token, "bearer")


def test_closing_an_account_ends_its_sessions(office: Office, ash: Caller) -> None:
    token = office.sessions.begin(ash, "bearer")
    office.accounts.close_account(ash.staff)
    with pytest.raises(SignInNeeded):
        office.sessions.resume(token, "bearer")


def test_a_restart_signs_nobody_out(tmp_path: Path) -> None:
    first = Office(tmp_path)
    ash = first.hire("ash")
    token = first.sessions.begin(ash, "cookie")
    first.store.close()
    again = Office(tmp_path)
    assert again.sessions.resume(token, "cookie").staff == ash.staff
    again.store.close()


def test_an_earlier_releases_sessions_go_on(office: Office, ash: Caller) -> None:
    token = office.sessions.begin(ash, "cookie")
    with office.store.changing() as transaction:
        for column in ("owner", "is_kiosk", "is_locked", "back"):
            transaction.execute(f"ALTER TABLE staff_session DROP COLUMN {column}")
    again = Sessions(office.store, office.clock.now_ms, os.urandom)
    assert again.resume(token, "cookie").staff == ash.staff


def test_a_kiosk_locks_after_two_minutes_and_keeps_what_was_being_written(
    office: Office, ash: Caller
) -> None:
    """S22: it opens by the password of whoever locked it alone, hours later too."""
    token = office.sessions.begin(ash, "cookie", is_kiosk=True)
    before = office.sessions.use(token, "cookie")
    office.clock.pass_ms(KIOSK_MS_MAX - 1)
    office.sessions.use(token, "cookie")
    office.clock.pass_ms(KIOSK_MS_MAX)
    with pytest.raises(ScreenLocked):
        office.sessions.use(token, "cookie")
    office.clock.pass_ms(2 * IDLE_MS_MAX)
    with pytest.raises(ScreenLocked):
        office.sessions.use(token, "cookie")
    taken = office.sessions.take_up(ash.staff)
    assert taken is not None
    assert taken.owner == before.owner
    assert office.sessions.find(token) is None


def test_a_locked_screen_ends_with_the_day(office: Office, ash: Caller) -> None:
    """S22: the absolute end holds for what is locked, too."""
    token = office.sessions.begin(ash, "cookie")
    office.sessions.lock(token, "/search")
    office.clock.pass_ms(WHOLE_MS_MAX)
    assert office.sessions.find(token) is None
    assert office.sessions.take_up(ash.staff) is None


def test_one_ends_ones_own_sessions_elsewhere_and_nobody_elses(office: Office, ash: Caller) -> None:
    birch = office.hire("birch")
    tokens = [office.sessions.begin(one, "cookie") for one in (ash, ash, birch)]
    ids = [one.id for token in tokens if (one := office.sessions.find(token)) is not None]
    assert {one.id for one in office.sessions.of(ash.staff)} == set(ids[:2])
    office.sessions.end_one(ash.staff, ids[2])
    assert office.sessions.find(tokens[2]) is not None
    office.sessions.end_one(ash.staff, ids[1])
    assert office.sessions.find(tokens[1]) is None
    assert office.sessions.find(tokens[0]) is not None


def test_a_terminal_keeps_its_name_and_a_foreign_token_names_none(
    office: Office, ash: Caller
) -> None:
    terminals = office.sessions.terminals
    token = terminals.name(Terminal("B wing office", is_kiosk=True), ash.staff, "made up")
    assert terminals.find(token) == Terminal("B wing office", is_kiosk=True)
    assert terminals.find("made up") is None
    assert terminals.name(Terminal("Reception", is_kiosk=False), ash.staff, token) == token
    assert terminals.find(token) == Terminal("Reception", is_kiosk=False)


def test_ended_sessions_do_not_pile_up(office: Office, ash: Caller) -> None:
    for _ in range(3):
        office.sessions.begin(ash, "bearer")
    office.clock.pass_ms(IDLE_MS_MAX + 1)
    office.sessions.begin(ash, "bearer")
    with office.store.reading() as reading:
        assert reading.select("SELECT count(*) FROM staff_session") == [(1,)]


def test_a_form_token_belongs_to_its_session() -> None:
    assert is_form_token("one", form_token("one"))
    assert not is_form_token("one", form_token("other"))
    assert not is_form_token("one", "")
