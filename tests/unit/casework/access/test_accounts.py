"""Accounts: who may sign in, and what becomes of whoever guesses."""

from pathlib import Path

import pytest

from casework.access.accounts import (
    FREE_ATTEMPTS,
    LOCK_FIRST_MS,
    LOCK_MS_MAX,
    LockedOut,
    NameTaken,
    NewAccount,
    WrongSignIn,
    lock_ms,
)
from casework.access.caller import Caller
from casework.access.passwords import WeakPassword, is_right, make_verifier
from sync_protocol.errors import NotFound
from sync_protocol.ids import ActorId
from tests.desks import PASSWORD, Office

YEAR_MS = 365 * 24 * 3_600_000


def guess(office: Office, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongSignIn):
            office.accounts.sign_in("ash", "not the password", "t")


def test_who_knows_the_password_signs_in_whatever_the_case_of_the_name(
    office: Office, ash: Caller
) -> None:
    caller = office.accounts.sign_in("ASH", PASSWORD, "terminal-9")
    assert (caller.staff, caller.role, caller.device) == (ash.staff, "staff", "terminal-9")


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(
    office: Office, ash: Caller
) -> None:
    with pytest.raises(WrongSignIn) as wrong:
        office.accounts.sign_in("ash", "not the password", "t")
    with pytest.raises(WrongSignIn) as unknown:
        office.accounts.sign_in("nobody", "not the password", "t")
    assert str(wrong.value) == str(unknown.value)
    assert ash.staff.hex() not in str(wrong.value)


def test_guessing_locks_the_account_even_for_the_right_password(
    office: Office, ash: Caller
) -> None:
    guess(office, FREE_ATTEMPTS + 1)
    with pytest.raises(LockedOut) as locked:
        office.accounts.sign_in("ash", PASSWORD, "t")
    assert locked.value.wait_ms == LOCK_FIRST_MS
    office.clock.pass_ms(LOCK_FIRST_MS)
    assert office.accounts.sign_in("ash", PASSWORD, "t").staff == ash.staff


def test_a_lockout_survives_a_restart(tmp_path: Path) -> None:
    first = Office(tmp_path)
    first.hire("ash")
    guess(first, FREE_ATTEMPTS + 1)
    first.store.close()
    again = Office(tmp_path)
    with pytest.raises(LockedOut):
        again.accounts.sign_in("ash", PASSWORD, "t")
    again.store.close()


def test_a_clock_put_back_does_not_lock_for_years(office: Office, ash: Caller) -> None:
    guess(office, FREE_ATTEMPTS + 1)
    office.clock.pass_ms(-YEAR_MS)
    with pytest.raises(LockedOut) as locked:
        office.accounts.sign_in("ash", PASSWORD, "t")
    assert locked.value.wait_ms == LOCK_FIRST_MS


def test_a_clock_put_forward_buys_one_guess_and_no_more(office: Office, ash: Caller) -> None:
    guess(office, FREE_ATTEMPTS + 1)
    office.clock.pass_ms(YEAR_MS)
    guess(office, 1)
    with pytest.raises(LockedOut) as locked:
        office.accounts.sign_in("ash", PASSWORD, "t")
    assert locked.value.wait_ms == 2 * LOCK_FIRST_MS


def test_signing_in_forgives_the_guesses_before(office: Office, ash: Caller) -> None:
    guess(office, FREE_ATTEMPTS)
    office.accounts.sign_in("ash", PASSWORD, "t")
    guess(office, FREE_ATTEMPTS)
    office.accounts.sign_in("ash", PASSWORD, "t")


@pytest.mark.parametrize(
    ("failed", "wait_ms"),
    [(FREE_ATTEMPTS, 0), (FREE_ATTEMPTS + 1, LOCK_FIRST_MS), (10**6, LOCK_MS_MAX)],
)
def test_the_wait_doubles_up_to_a_limit(failed: int, wait_ms: int) -> None:
    assert lock_ms(failed) == wait_ms


def test_a_closed_account_signs_nobody_in_and_ends_its_sessions(
    office: Office, ash: Caller
) -> None:
    office.accounts.close_account(ash.staff)
    with pytest.raises(WrongSignIn):
        office.accounts.sign_in("ash", PASSWORD, "t")
    assert office.accounts.display_name(ash.staff) == "Ash"


def test_a_new_password_replaces_the_old(office: Office, ash: Caller) -> None:
    office.accounts.change_password(ash.staff, PASSWORD, "four other plain words")
    with pytest.raises(WrongSignIn):
        office.accounts.sign_in("ash", PASSWORD, "t")
    assert office.accounts.sign_in("ash", "four other plain words", "t").staff == ash.staff


def test_changing_a_password_by_guessing_the_old_counts_as_guessing(
    office: Office, ash: Caller
) -> None:
    for _ in range(FREE_ATTEMPTS + 1):
        with pytest.raises(WrongSignIn):
            office.accounts.change_password(ash.staff, "not it at all", "four other plain words")
    with pytest.raises(LockedOut):
        office.accounts.sign_in("ash", PASSWORD, "t")


@pytest.mark.parametrize("password", ["short", "my name is ash ok", "x" * 257])
def test_a_weak_password_is_refused(office: Office, ash: Caller, password: str) -> None:
    with pytest.raises(WeakPassword):
        office.accounts.set_password(ash.staff, password)


def test_a_user_name_is_taken_once(office: Office, ash: Caller) -> None:
    other = NewAccount(ActorId(bytes(16)), "Ash", "Another", "staff", PASSWORD)
    with pytest.raises(NameTaken):
        office.accounts.open_account(other)
    assert [account.user_name for account in office.accounts.accounts()] == ["ash"]


def test_an_account_that_is_not_there_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        office.accounts.account(ActorId(bytes(16)))


@pytest.mark.costly_passwords
def test_a_verifier_needs_its_pepper_and_tells_no_password() -> None:
    verifier = make_verifier(PASSWORD, b"s" * 16, b"pepper")
    assert verifier.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert is_right(PASSWORD, verifier, b"pepper")
    assert not is_right(PASSWORD, verifier, b"other")
    assert not is_right(PASSWORD, verifier, None)
