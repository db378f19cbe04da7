"""Accounts: who may sign in, and what becomes of whoever guesses."""

import functools
import os
from pathlib import Path

import pytest

from casework.access import accounts as accounts_module
from casework.access.accounts import (
    AccountLocked,
    Accounts,
    LockedOut,
    NameTaken,
    NewAccount,
    WrongSignIn,
)
from casework.access.caller import Caller
from casework.access.lockout import ATTEMPTS_MAX, WAIT_FIRST_MS, WAIT_MS_MAX, wait_after_ms
from casework.access.passwords import WeakPassword, is_right, make_verifier
from sync_protocol.errors import NotFound
from sync_protocol.ids import ActorId
from tests.desks import PASSWORD, HandClock, Office

DAY_MS = 24 * 3_600_000
YEAR_MS = 365 * DAY_MS


def guess(office: Office, times: int) -> None:
    """Wrong passwords one after another, each as soon as it may be."""
    for _ in range(times):
        with pytest.raises(WrongSignIn):
            office.accounts.sign_in("ash", "not the password", "t")
        office.clock.pass_ms(WAIT_MS_MAX)


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


def test_a_wrong_password_makes_even_the_right_one_wait(office: Office, ash: Caller) -> None:
    with pytest.raises(WrongSignIn):
        office.accounts.sign_in("ash", "not the password", "t")
    with pytest.raises(LockedOut) as locked:
        office.accounts.sign_in("ash", PASSWORD, "t")
    assert locked.value.wait_ms == WAIT_FIRST_MS
    office.clock.pass_ms(WAIT_FIRST_MS)
    assert office.accounts.sign_in("ash", PASSWORD, "t").staff == ash.staff


def test_ten_failures_lock_the_account_until_somebody_else_unlocks_it(
    office: Office, ash: Caller
) -> None:
    """S19: no time that passes opens it again, and the right password does not either."""
    guess(office, ATTEMPTS_MAX)
    office.clock.pass_ms(YEAR_MS)
    with pytest.raises(AccountLocked):
        office.accounts.sign_in("ash", PASSWORD, "t")
    assert office.accounts.account(ash.staff).is_locked
    office.accounts.unlock(ash.staff)
    assert office.accounts.sign_in("ash", PASSWORD, "t").staff == ash.staff


@pytest.mark.parametrize("moved_ms", [-DAY_MS, DAY_MS, -YEAR_MS])
def test_a_lock_survives_a_restart_whatever_the_clock_says(tmp_path: Path, moved_ms: int) -> None:
    """S19: nothing is forgiven by a stop that nobody prepared, nor by another time."""
    first = Office(tmp_path)
    first.hire("ash")
    guess(first, ATTEMPTS_MAX)
    # As after kill -9: nothing was closed, and what is on the disk is all there is.
    first.clock.pass_ms(moved_ms)
    again = Office(tmp_path, clock=first.clock)
    with pytest.raises(AccountLocked):
        again.accounts.sign_in("ash", PASSWORD, "t")
    for office in (again, first):
        office.store.close()


def test_a_wait_is_measured_by_how_long_the_node_has_run(office: Office, ash: Caller) -> None:
    """S19: a clock put back or ahead neither shortens a wait nor makes it longer."""
    ran = HandClock(0)
    accounts = Accounts(office.store, office.clock.now_ms, os.urandom, b"pepper", run_ms=ran.now_ms)
    for _ in range(5):
        with pytest.raises(WrongSignIn):
            accounts.sign_in("ash", "not the password", "t")
        ran.pass_ms(WAIT_MS_MAX)
    with pytest.raises(WrongSignIn):
        accounts.sign_in("ash", "not the password", "t")
    wait_ms = wait_after_ms(6)
    for moved_ms in (DAY_MS, -2 * DAY_MS, YEAR_MS):
        office.clock.pass_ms(moved_ms)
        with pytest.raises(LockedOut) as locked:
            accounts.sign_in("ash", PASSWORD, "t")
        assert locked.value.wait_ms == wait_ms
    ran.pass_ms(wait_ms)
    assert accounts.sign_in("ash", PASSWORD, "t").staff == ash.staff


def test_a_restart_during_a_wait_begins_it_anew_and_no_longer(office: Office, ash: Caller) -> None:
    """S19: the count of how long the node ran goes on; of a stop nobody knows how long it was."""
    ran = HandClock(10 * YEAR_MS)
    make = functools.partial(Accounts, office.store, office.clock.now_ms, os.urandom, b"pepper")
    before = make(run_ms=ran.now_ms)
    for _ in range(4):
        with pytest.raises(WrongSignIn):
            before.sign_in("ash", "not the password", "t")
        ran.pass_ms(WAIT_MS_MAX)
    with pytest.raises(WrongSignIn):
        before.sign_in("ash", "not the password", "t")
    rebooted = HandClock(0)
    after = make(run_ms=rebooted.now_ms)
    with pytest.raises(LockedOut) as locked:
        after.sign_in("ash", PASSWORD, "t")
    assert locked.value.wait_ms == wait_after_ms(5)
    rebooted.pass_ms(wait_after_ms(5))
    assert after.sign_in("ash", PASSWORD, "t").staff == ash.staff


def test_guesses_made_side_by_side_are_counted_before_any_is_looked_at(
    office: Office, ash: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S19: as many as like may be under way; the eleventh finds the account locked."""

    def cut(*_given: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(accounts_module, "is_right", cut)
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(KeyboardInterrupt):
            office.accounts.sign_in("ash", "not the password", "t")
    with pytest.raises(AccountLocked):
        office.accounts.sign_in("ash", PASSWORD, "t")


def test_signing_in_forgives_the_guesses_before(office: Office, ash: Caller) -> None:
    for _ in range(2):
        guess(office, ATTEMPTS_MAX - 1)
        office.accounts.sign_in("ash", PASSWORD, "t")


def test_the_waits_double_up_to_five_minutes() -> None:
    """S19: 1, 2, 4 … 300 seconds."""
    waits = [wait_after_ms(failed) // 1000 for failed in range(11)]
    assert waits == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert wait_after_ms(10**6) == WAIT_MS_MAX


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
    office.clock.pass_ms(WAIT_FIRST_MS)
    assert office.accounts.sign_in("ash", "four other plain words", "t").staff == ash.staff


def test_changing_a_password_by_guessing_the_old_counts_as_guessing(
    office: Office, ash: Caller
) -> None:
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(WrongSignIn):
            office.accounts.change_password(ash.staff, "not it at all", "four other plain words")
        office.clock.pass_ms(WAIT_MS_MAX)
    with pytest.raises(AccountLocked):
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
    """S18: a stolen store without the sealed secret: the right password in a list finds nothing."""
    verifier = make_verifier(PASSWORD, b"s" * 16, b"pepper")
    assert verifier.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert is_right(PASSWORD, verifier, b"pepper")
    assert not is_right(PASSWORD, verifier, b"other")
    assert not is_right(PASSWORD, verifier, None)
