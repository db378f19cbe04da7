"""What becomes of whoever guesses: waits that double, then a lock that somebody else must open.

Failed attempts are counted in the store before the password is looked at, so guesses made side by
side are counted too, and neither a restart nor a power cut forgives any. Waits are measured by how
long this node has run and never by its clock: put back or ahead it changes none of them. A node
that was stopped during a wait begins that wait anew.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from casework.access.local import LocalConnection, LocalReading, LocalStore
from sync_protocol.errors import Refused
from sync_protocol.ids import ActorId

WAIT_FIRST_MS: Final = 1_000
WAIT_MS_MAX: Final = 300_000
ATTEMPTS_MAX: Final = 10
"""Failed one after another; the next waits for a person."""

_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS staff_attempts (
        staff BLOB PRIMARY KEY,
        failed INTEGER NOT NULL,
        waits_to_ms INTEGER NOT NULL,
        unlocked_ms INTEGER NOT NULL) STRICT""",
    "CREATE TABLE IF NOT EXISTS node_run (one INTEGER PRIMARY KEY, ran_ms INTEGER NOT NULL) STRICT",
)


class LockedOut(Refused):
    """There were too many attempts to sign in to this account."""

    code = "locked_out"
    hint = "Wait for the time given, then try again, or ask this node's administrator."

    def __init__(self, staff: ActorId, wait_ms: int) -> None:
        """Keep whose account it is, for the audit, and how long it waits."""
        super().__init__(f"{(wait_ms + 999) // 1000} seconds" if wait_ms else "")
        self.staff = staff
        self.wait_ms = wait_ms


class AccountLocked(LockedOut):
    """This account is locked: the wrong password was given ten times."""

    code = "account_locked"
    hint = "Ask a senior colleague or an administrator here, or the centre, to unlock it."


class Attempts(msgspec.Struct, frozen=True):
    """How often in a row signing in failed, and which word of the centre was heeded last."""

    failed: int
    heeded_ms: int

    def is_locked(self, unlocked_ms: int) -> bool:
        """Whether somebody must unlock the account; `unlocked_ms` is the centre's last word."""
        return self.failed >= ATTEMPTS_MAX and self.heeded_ms == unlocked_ms


class Lockout:
    """The failed attempts of every account of a node."""

    def __init__(self, store: LocalStore, run_ms: Callable[[], int]) -> None:
        """Make the tables where they are not there; `run_ms` never goes back while this runs."""
        self._store = store
        self._run_ms = run_ms
        self._begun_ms = run_ms()
        with store.changing() as transaction:
            for table in _TABLES:
                transaction.execute(table)
            rows = transaction.execute("SELECT ran_ms FROM node_run")
        self._ran_before_ms = int(rows[0][0]) if rows else 0

    def count(self, staff: ActorId, unlocked_ms: int = 0) -> None:
        """Count an attempt before it is looked at; raises AccountLocked or LockedOut.

        `unlocked_ms` is when the centre last unlocked the account: one that it had not heard of
        when the account was last looked at forgives what came before.
        """
        with self._store.changing() as transaction:
            failed, waits_to_ms = self._heed(transaction, staff, unlocked_ms)
            wait_ms = self._left_ms(transaction, staff, failed, waits_to_ms)
            is_locked = failed >= ATTEMPTS_MAX
            if not is_locked and wait_ms == 0:
                transaction.execute(
                    "UPDATE staff_attempts SET failed = failed + 1 WHERE staff = ?", (staff,)
                )
        if is_locked:
            raise AccountLocked(staff, 0)
        if wait_ms > 0:
            raise LockedOut(staff, wait_ms)

    def check(self, staff: ActorId, unlocked_ms: int = 0) -> None:
        """Raise AccountLocked where somebody must unlock the account first; count nothing.

        Whoever proves who they are without a password guesses nothing, and waits for no guesser.
        """
        with self._store.reading() as reading:
            made = self.all_in(reading).get(staff)
        if made is not None and made.is_locked(unlocked_ms):
            raise AccountLocked(staff, 0)

    def failed(self, staff: ActorId) -> None:
        """The attempt was wrong: the next one waits."""
        with self._store.changing() as transaction:
            rows = transaction.execute(
                "SELECT failed FROM staff_attempts WHERE staff = ?", (staff,)
            )
            now_ms = self._note_run(transaction)
            until_ms = now_ms + wait_after_ms(int(rows[0][0])) if rows else now_ms
            transaction.execute(
                "UPDATE staff_attempts SET waits_to_ms = ? WHERE staff = ?", (until_ms, staff)
            )

    def forgive(self, staff: ActorId) -> None:
        """Count from nothing again: the password was right, or somebody unlocked the account."""
        with self._store.changing() as transaction:
            transaction.execute(
                "UPDATE staff_attempts SET failed = 0, waits_to_ms = 0 WHERE staff = ?", (staff,)
            )

    def all_in(self, reading: LocalReading) -> dict[ActorId, Attempts]:
        """Every account whose attempts were ever counted."""
        rows = reading.select("SELECT staff, failed, unlocked_ms FROM staff_attempts")
        return {
            ActorId(staff): Attempts(failed, unlocked_ms) for staff, failed, unlocked_ms in rows
        }

    def _heed(
        self, transaction: LocalConnection, staff: ActorId, unlocked_ms: int
    ) -> tuple[int, int]:
        """How often in a row it failed, and until when it waits, once the centre is heeded."""
        transaction.execute(
            "INSERT OR IGNORE INTO staff_attempts VALUES (?, 0, 0, ?)", (staff, unlocked_ms)
        )
        # Any other word of the centre than the last is a new one: no two clocks are compared.
        transaction.execute(
            "UPDATE staff_attempts SET failed = 0, waits_to_ms = 0, unlocked_ms = ?1"
            " WHERE staff = ?2 AND unlocked_ms != ?1",
            (unlocked_ms, staff),
        )
        sql = "SELECT failed, waits_to_ms FROM staff_attempts WHERE staff = ?"
        failed, waits_to_ms = transaction.execute(sql, (staff,))[0]
        return int(failed), int(waits_to_ms)

    def _left_ms(
        self, transaction: LocalConnection, staff: ActorId, failed: int, waits_to_ms: int
    ) -> int:
        left_ms = max(0, waits_to_ms - self._ran_ms())
        longest_ms = wait_after_ms(failed)
        if left_ms <= longest_ms:
            return left_ms
        # The count of how long this node ran was lost: the wait begins anew and is no longer.
        until_ms = self._ran_ms() + longest_ms
        transaction.execute(
            "UPDATE staff_attempts SET waits_to_ms = ? WHERE staff = ?", (until_ms, staff)
        )
        return longest_ms

    def _ran_ms(self) -> int:
        return self._ran_before_ms + max(0, self._run_ms() - self._begun_ms)

    def _note_run(self, transaction: LocalConnection) -> int:
        rows = transaction.execute("SELECT ran_ms FROM node_run")
        # A command at the same store may have noted more.
        now_ms = max(self._ran_ms(), *(int(ran_ms) for (ran_ms,) in rows), 0)
        transaction.execute("INSERT OR REPLACE INTO node_run VALUES (1, ?)", (now_ms,))
        return now_ms


def wait_after_ms(failed: int) -> int:
    """How long an account waits after so many failed attempts in a row."""
    if failed <= 0:
        return 0
    return min(WAIT_MS_MAX, WAIT_FIRST_MS << min(failed - 1, 16))
