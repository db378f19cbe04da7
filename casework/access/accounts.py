"""Staff accounts of one node: open, sign in, change the password, lock out whoever guesses.

Signing in needs no network. Attempts are counted before the password is looked at, so guesses made
side by side are counted too, and the count is in the store, so a restart forgives nothing.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from casework.access.caller import Caller, Role
from casework.access.local import LocalConnection, LocalStore
from casework.access.passwords import SALT_BYTES, check_password, is_right, make_verifier
from sync_protocol.errors import NotFound, Refused
from sync_protocol.ids import ActorId

FREE_ATTEMPTS: Final = 4
LOCK_FIRST_MS: Final = 30_000
LOCK_MS_MAX: Final = 15 * 60_000
NAME_CHARACTERS_MAX: Final = 64

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS staff_account (
    staff BLOB PRIMARY KEY,
    user_name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    verifier TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    last_failed_ms INTEGER NOT NULL,
    opened_ms INTEGER NOT NULL
) STRICT
"""
_COLUMNS: Final = "staff, user_name, display_name, role, verifier, is_open, failed, last_failed_ms"


class Account(msgspec.Struct, frozen=True):
    """A member of staff who may sign in at this node."""

    staff: ActorId
    user_name: str
    display_name: str
    role: Role
    is_open: bool
    is_locked: bool


class NewAccount(msgspec.Struct, frozen=True):
    """What is given to open an account."""

    staff: ActorId
    user_name: str
    display_name: str
    role: Role
    password: str


class WrongSignIn(Refused):
    """The user name or the password is not right."""

    code = "wrong_sign_in"
    hint = "Type both again; after several attempts the account waits before it takes another."

    def __init__(self, staff: ActorId | None = None) -> None:
        """Keep whose account it was, for the audit; the answer does not tell if there is one."""
        super().__init__()
        self.staff = staff


class LockedOut(Refused):
    """There were too many attempts to sign in to this account."""

    code = "locked_out"
    hint = "Wait for the time given, then try again, or ask this node's administrator."

    def __init__(self, staff: ActorId, wait_ms: int) -> None:
        """Keep whose account it is, for the audit, and how long it waits."""
        super().__init__(f"{(wait_ms + 999) // 1000} seconds")
        self.staff = staff
        self.wait_ms = wait_ms


class NameTaken(Refused):
    """An account with this user name or this staff id is there already."""

    code = "name_taken"
    hint = "Choose another user name, or set a new password for the account that is there."


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    staff: bytes
    user_name: str
    display_name: str
    role: Role
    verifier: str
    is_open: int
    failed: int
    last_failed_ms: int


class Accounts:
    """The accounts in the node's store; `pepper` is a secret kept outside of it."""

    def __init__(
        self,
        store: LocalStore,
        now_ms: Callable[[], int],
        chance: Callable[[int], bytes],
        pepper: bytes | None = None,
    ) -> None:
        """Make the table where it is not there."""
        self._store = store
        self._now_ms = now_ms
        self._chance = chance
        self._pepper = pepper
        # An unknown user name costs the same time as a known one.
        self._nobody = make_verifier("nobody at all", chance(SALT_BYTES), pepper)
        with store.changing() as transaction:
            transaction.execute(_TABLE)

    def open_account(self, new: NewAccount) -> Account:
        """Open an account; NameTaken or WeakPassword where it may not be."""
        check_password(new.password, new.user_name)
        if not 0 < len(new.user_name.strip()) <= NAME_CHARACTERS_MAX:
            raise NameTaken("a user name has 1 to 64 characters")
        verifier = self._verifier_of(new.password)
        sql = (
            "INSERT INTO staff_account SELECT ?1, ?2, ?3, ?4, ?5, 1, 0, 0, ?6 WHERE NOT EXISTS "
            "(SELECT 1 FROM staff_account WHERE staff = ?1 OR user_name = ?2) RETURNING 1"
        )
        values = (new.staff, new.user_name.strip(), new.display_name, new.role, verifier)
        with self._store.changing() as transaction:
            if not transaction.execute(sql, (*values, self._now_ms())):
                raise NameTaken(f"staff {new.staff.hex()}")
        return self.account(new.staff)

    def account(self, staff: ActorId) -> Account:
        """The account of this member of staff, or NotFound."""
        return self._account(self._by_staff(staff))

    def accounts(self) -> tuple[Account, ...]:
        """All accounts of this node, by user name."""
        rows = self._read("ORDER BY user_name", ())
        return tuple(self._account(stored) for stored in rows)

    def display_name(self, staff: ActorId) -> str | None:
        """The name shown for this member of staff; None where it is nobody of this node."""
        rows = self._read("WHERE staff = ?", (staff,))
        return rows[0].display_name if rows else None

    def sign_in(self, user_name: str, password: str, device: str) -> Caller:
        """Who signed in; WrongSignIn where they may not, LockedOut while the account waits."""
        rows = self._read("WHERE user_name = ?", (user_name.strip(),))
        if not rows:
            is_right(password, self._nobody, self._pepper)
            raise WrongSignIn
        staff = ActorId(rows[0].staff)
        self._count_attempt(staff)
        stored = self._by_staff(staff)
        if not is_right(password, stored.verifier, self._pepper) or not stored.is_open:
            raise WrongSignIn(staff)
        self._forgive(staff)
        return Caller(staff, stored.display_name, stored.role, device)

    def change_password(self, staff: ActorId, old: str, new: str) -> None:
        """Replace the password of somebody who knows the old one."""
        stored = self._by_staff(staff)
        self._count_attempt(staff)
        if not is_right(old, stored.verifier, self._pepper):
            raise WrongSignIn(staff)
        self.set_password(staff, new)

    def set_password(self, staff: ActorId, new: str) -> None:
        """Replace the password and forgive failed attempts: an administrator's act."""
        check_password(new, self._by_staff(staff).user_name)
        sql = "UPDATE staff_account SET verifier = ?, failed = 0 WHERE staff = ?"
        self._write(sql, (self._verifier_of(new), staff))

    def close_account(self, staff: ActorId) -> None:
        """Let nobody sign in to it again; its name stays for what it wrote."""
        self._by_staff(staff)
        self._write("UPDATE staff_account SET is_open = 0 WHERE staff = ?", (staff,))

    def _count_attempt(self, staff: ActorId) -> None:
        now_ms = self._now_ms()
        with self._store.changing() as transaction:
            wait_ms = self._wait_ms(transaction, staff, now_ms)
            if wait_ms == 0:
                transaction.execute(
                    "UPDATE staff_account SET failed = failed + 1, last_failed_ms = ? "
                    "WHERE staff = ?",
                    (now_ms, staff),
                )
        if wait_ms > 0:
            raise LockedOut(staff, wait_ms)

    def _wait_ms(self, transaction: LocalConnection, staff: ActorId, now_ms: int) -> int:
        sql = "SELECT failed, last_failed_ms FROM staff_account WHERE staff = ?"
        failed, last_failed_ms = map(int, transaction.execute(sql, (staff,))[0])
        if last_failed_ms > now_ms:
            # A clock put back must not lock somebody out for years: the wait begins anew.
            transaction.execute(
                "UPDATE staff_account SET last_failed_ms = ? WHERE staff = ?", (now_ms, staff)
            )
            last_failed_ms = now_ms
        return max(0, last_failed_ms + lock_ms(failed) - now_ms)

    def _forgive(self, staff: ActorId) -> None:
        self._write("UPDATE staff_account SET failed = 0 WHERE staff = ?", (staff,))

    def _account(self, stored: _Stored) -> Account:
        waits_to_ms = stored.last_failed_ms + lock_ms(stored.failed)
        return Account(
            staff=ActorId(stored.staff),
            user_name=stored.user_name,
            display_name=stored.display_name,
            role=stored.role,
            is_open=bool(stored.is_open),
            is_locked=waits_to_ms > self._now_ms(),
        )

    def _by_staff(self, staff: ActorId) -> _Stored:
        rows = self._read("WHERE staff = ?", (staff,))
        if not rows:
            raise NotFound(f"staff {staff.hex()}")
        return rows[0]

    def _read(self, clause: str, parameters: Sequence[object]) -> list[_Stored]:
        with self._store.reading() as reading:
            # The clause is one of the constants above, never what somebody typed.
            rows = reading.select(f"SELECT {_COLUMNS} FROM staff_account {clause}", parameters)  # noqa: S608
        return [msgspec.convert(row, _Stored) for row in rows]

    def _write(self, sql: str, parameters: Sequence[object]) -> None:
        with self._store.changing() as transaction:
            transaction.execute(sql, parameters)

    def _verifier_of(self, password: str) -> str:
        return make_verifier(password, self._chance(SALT_BYTES), self._pepper)


def lock_ms(failed: int) -> int:
    """How long an account waits after so many failed attempts: none at first, then doubling."""
    if failed <= FREE_ATTEMPTS:
        return 0
    return min(LOCK_MS_MAX, LOCK_FIRST_MS << min(failed - FREE_ATTEMPTS - 1, 16))
