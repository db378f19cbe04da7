"""Staff accounts of one node: open, sign in, choose a password, lock out whoever guesses.

Signing in needs no network. The centre says who works here (`posts`): their accounts are made when
its word arrives, wait for a first password, and let nobody in once the centre has ended the post.
Accounts opened on the node's own computer stand beside them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from casework.access.caller import Caller, Role
from casework.access.first_codes import (
    CODE_MS_MAX,
    TABLES,
    WrongCode,
    code_digest,
    draw_code,
    keep_code,
    use_code,
)
from casework.access.local import LocalReading, LocalStore
from casework.access.lockout import AccountLocked, Attempts, LockedOut, Lockout
from casework.access.passwords import SALT_BYTES, check_password, is_right, make_verifier
from casework.access.posts import Post, Posts, Standing, standing_by
from casework.access.proofs import AccountClosed
from sync_protocol.errors import NotFound, Refused
from sync_protocol.ids import ActorId

__all__ = ["AccountLocked", "Accounts", "LockedOut", "WrongCode"]

NAME_CHARACTERS_MAX: Final = 64
NO_VERIFIER: Final = ""
"""Of an account that waits for its first password."""

# The last two columns of attempts are of earlier releases; `lockout` counts in a table of its own.
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
_COLUMNS: Final = "staff, user_name, display_name, role, verifier, is_open"


class Account(msgspec.Struct, frozen=True):
    """A member of staff who may sign in at this node.

    `is_open` where they may: the account is not closed here, nor the post at the centre.
    """

    staff: ActorId
    user_name: str
    display_name: str
    role: Role
    is_open: bool
    is_locked: bool
    is_waiting: bool = False
    """Whether a first password has still to be chosen."""
    has_post: bool = False


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


class NoPost(WrongSignIn):
    """The centre does not name you as somebody who works here now."""

    code = "no_post"
    hint = "If you do work here, ask the centre to appoint you; your password is still good."


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

    @property
    def local(self) -> Standing:
        """As what the account was opened here."""
        return Standing(self.role, self.display_name)


class Accounts:
    """The accounts in the node's store; `pepper` is a secret kept outside of it."""

    def __init__(
        self,
        store: LocalStore,
        now_ms: Callable[[], int],
        chance: Callable[[int], bytes],
        pepper: bytes | None = None,
        *,
        run_ms: Callable[[], int] | None = None,
        posts: Posts | None = None,
    ) -> None:
        """Make the tables where they are not there.

        `run_ms` is a clock that never goes back, by which waits are measured; `now_ms` without it.
        """
        self._store = store
        self._now_ms = now_ms
        self._chance = chance
        self._pepper = pepper
        self.posts = posts
        # An unknown user name costs the same time as a known one.
        self._nobody = make_verifier("nobody at all", chance(SALT_BYTES), pepper)
        with store.changing() as transaction:
            for table in (_TABLE, *TABLES):
                transaction.execute(table)
        self._lockout = Lockout(store, run_ms or now_ms)

    def open_account(self, new: NewAccount) -> Account:
        """Open an account; NameTaken or WeakPassword where it may not be."""
        check_password(new.password, new.user_name)
        if not 0 < len(new.user_name.strip()) <= NAME_CHARACTERS_MAX:
            raise NameTaken("a user name has 1 to 64 characters")
        if not self._insert(new, self._verifier_of(new.password)):
            raise NameTaken(f"staff {new.staff.hex()}")
        return self.account(new.staff)

    def account(self, staff: ActorId) -> Account:
        """The account of this member of staff, or NotFound."""
        self._admit_posts()
        found = self._accounts("WHERE staff = ?", (staff,))
        if not found:
            raise NotFound(f"staff {staff.hex()}")
        return found[0]

    def accounts(self) -> tuple[Account, ...]:
        """All accounts of this node, by user name."""
        self._admit_posts()
        return self._accounts("ORDER BY user_name", ())

    def display_name(self, staff: ActorId) -> str | None:
        """The name shown for this member of staff; None where it is nobody of this node."""
        rows = self._read("WHERE staff = ?", (staff,))
        return rows[0].display_name if rows else None

    def sign_in(self, user_name: str, password: str, device: str) -> Caller:
        """Who signed in; WrongSignIn where they may not, LockedOut while the account waits."""
        stored = self._named(user_name)
        if stored is None:
            is_right(password, self._nobody, self._pepper)
            raise WrongSignIn
        staff = ActorId(stored.staff)
        self._lockout.count(staff, self._unlocked_ms(staff))
        if not self._is_right(stored, password) or not stored.is_open:
            self._lockout.failed(staff)
            raise WrongSignIn(staff)
        return self._entered(stored, device)

    def sign_in_first(self, user_name: str, code: str, password: str, device: str) -> Caller:
        """Who signed in by a one-time code, and chose their password; WrongCode, or as `sign_in`.

        A password that is too weak leaves the code as it is.
        """
        stored = self._named(user_name)
        if stored is None:
            raise WrongCode
        staff = ActorId(stored.staff)
        check_password(password, stored.user_name)
        self._lockout.count(staff, self._unlocked_ms(staff))
        post = self._post_of(staff)
        told = post.first_code if post is not None else None
        kept = [(told.digest, told.until_ms)] if told is not None else []
        verifier = self._verifier_of(password)
        with self._store.changing() as transaction:
            is_taken = bool(stored.is_open) and use_code(
                transaction, staff, code, kept, self._now_ms()
            )
            if is_taken:
                transaction.execute(
                    "UPDATE staff_account SET verifier = ? WHERE staff = ?", (verifier, staff)
                )
        if not is_taken:
            self._lockout.failed(staff)
            raise WrongCode
        return self._entered(stored, device)

    def enter_proved(self, staff: ActorId, device: str) -> Caller:
        """Who signed in by other proof; AccountClosed, AccountLocked or NoPost where they may not.

        It forgives no wrong password: those were perhaps somebody else's.
        """
        self._admit_posts()
        rows = self._read("WHERE staff = ? AND is_open = 1", (staff,))
        if not rows:
            raise AccountClosed(staff)
        self._lockout.check(staff, self._unlocked_ms(staff))
        standing = self._standing(rows[0])
        if standing is None:
            raise NoPost(staff)
        return Caller(staff, standing.display_name, standing.role, device)

    def check_own(self, staff: ActorId, password: str) -> None:
        """Raise WrongSignIn or LockedOut unless it is the password of somebody signed in."""
        stored = self._by_staff(staff)
        self._lockout.count(staff, self._unlocked_ms(staff))
        if not self._is_right(stored, password):
            self._lockout.failed(staff)
            raise WrongSignIn(staff)
        self._lockout.forgive(staff)

    def change_password(self, staff: ActorId, old: str, new: str) -> None:
        """Replace the password of somebody who knows the old one."""
        check_password(new, self._by_staff(staff).user_name)
        self.check_own(staff, old)
        self.set_password(staff, new)

    def set_password(self, staff: ActorId, new: str) -> None:
        """Replace the password and forgive failed attempts: an administrator's act."""
        check_password(new, self._by_staff(staff).user_name)
        sql = "UPDATE staff_account SET verifier = ? WHERE staff = ?"
        self._write(sql, (self._verifier_of(new), staff))
        self._lockout.forgive(staff)

    def give_code(self, staff: ActorId) -> str:
        """A one-time code for this account, told once; the one given here before counts no more."""
        self._by_staff(staff)
        code = draw_code(self._chance)
        with self._store.changing() as transaction:
            until_ms = self._now_ms() + CODE_MS_MAX
            keep_code(transaction, staff, code_digest(staff, code), until_ms)
        return code

    def unlock(self, staff: ActorId) -> None:
        """Let a locked account try again: the act of somebody else."""
        self._by_staff(staff)
        self._lockout.forgive(staff)

    def close_account(self, staff: ActorId) -> None:
        """Let nobody sign in to it again; its name stays for what it wrote."""
        self._by_staff(staff)
        self._write("UPDATE staff_account SET is_open = 0 WHERE staff = ?", (staff,))

    def _entered(self, stored: _Stored, device: str) -> Caller:
        staff = ActorId(stored.staff)
        self._lockout.forgive(staff)
        standing = self._standing(stored)
        if standing is None:
            raise NoPost(staff)
        return Caller(staff, standing.display_name, standing.role, device)

    def _is_right(self, stored: _Stored, password: str) -> bool:
        if stored.verifier == NO_VERIFIER:
            # Whether somebody has chosen a password yet is told to nobody, nor by the time it took.
            is_right(password, self._nobody, self._pepper)
            return False
        return is_right(password, stored.verifier, self._pepper)

    def _named(self, user_name: str) -> _Stored | None:
        self._admit_posts()
        rows = self._read("WHERE user_name = ?", (user_name.strip(),))
        return rows[0] if rows else None

    def _admit_posts(self) -> None:
        """Make the accounts of those whom the centre has named since."""
        if self.posts is None:
            return
        known = {stored.staff: stored for stored in self._read("", ())}
        with self._store.reading() as reading:
            named = self.posts.all_in(reading)
        for post in named:
            if post.role is None:
                continue
            stored = known.get(post.staff)
            if stored is None:
                new = NewAccount(post.staff, post.user_name, post.display_name, post.role, "")
                # Where the name is taken here by somebody else, both can be told apart.
                apart = f"{post.user_name}.{self.posts.code.lower()}"
                self._insert(new, NO_VERIFIER) or self._insert(
                    msgspec.structs.replace(new, user_name=apart), NO_VERIFIER
                )
            elif stored.display_name != post.display_name:
                sql = "UPDATE staff_account SET display_name = ? WHERE staff = ?"
                self._write(sql, (post.display_name, post.staff))

    def _insert(self, new: NewAccount, verifier: str) -> bool:
        sql = (
            "INSERT INTO staff_account SELECT ?1, ?2, ?3, ?4, ?5, 1, 0, 0, ?6 WHERE NOT EXISTS "
            "(SELECT 1 FROM staff_account WHERE staff = ?1 OR user_name = ?2) RETURNING 1"
        )
        values = (new.staff, new.user_name.strip(), new.display_name, new.role, verifier)
        with self._store.changing() as transaction:
            return bool(transaction.execute(sql, (*values, self._now_ms())))

    def _standing(self, stored: _Stored) -> Standing | None:
        if self.posts is None:
            return stored.local
        with self._store.reading() as reading:
            return self.posts.standing(reading, ActorId(stored.staff), stored.local)

    def _post_of(self, staff: ActorId) -> Post | None:
        if self.posts is None:
            return None
        with self._store.reading() as reading:
            return self.posts.of(reading, staff)

    def _unlocked_ms(self, staff: ActorId) -> int:
        post = self._post_of(staff)
        return post.unlocked_ms if post is not None else 0

    def _accounts(self, clause: str, parameters: Sequence[object]) -> tuple[Account, ...]:
        """These accounts as they stand now; the posts of all are read once."""
        with self._store.reading() as reading:
            rows = _rows_in(reading, clause, parameters)
            named = self.posts.all_in(reading) if self.posts is not None else []
            attempts = self._lockout.all_in(reading)
        posts = {one.staff: one for one in named}
        return tuple(_account(row, posts, attempts, has_posts=bool(named)) for row in rows)

    def _by_staff(self, staff: ActorId) -> _Stored:
        rows = self._read("WHERE staff = ?", (staff,))
        if not rows:
            raise NotFound(f"staff {staff.hex()}")
        return rows[0]

    def _read(self, clause: str, parameters: Sequence[object]) -> list[_Stored]:
        with self._store.reading() as reading:
            return _rows_in(reading, clause, parameters)

    def _write(self, sql: str, parameters: Sequence[object]) -> None:
        with self._store.changing() as transaction:
            transaction.execute(sql, parameters)

    def _verifier_of(self, password: str) -> str:
        return make_verifier(password, self._chance(SALT_BYTES), self._pepper)


def _rows_in(reading: LocalReading, clause: str, parameters: Sequence[object]) -> list[_Stored]:
    # The clause is one of the constants above, never what somebody typed.
    rows = reading.select(f"SELECT {_COLUMNS} FROM staff_account {clause}", parameters)  # noqa: S608
    return [msgspec.convert(row, _Stored) for row in rows]


def _account(
    stored: _Stored,
    posts: Mapping[ActorId, Post],
    attempts: Mapping[ActorId, Attempts],
    *,
    has_posts: bool,
) -> Account:
    staff = ActorId(stored.staff)
    post = posts.get(staff)
    standing = standing_by(post, stored.local, has_posts=has_posts)
    made = attempts.get(staff)
    return Account(
        staff=staff,
        user_name=stored.user_name,
        display_name=post.display_name if post is not None else stored.display_name,
        role=standing.role if standing is not None else stored.role,
        is_open=bool(stored.is_open) and standing is not None,
        is_locked=made is not None and made.is_locked(post.unlocked_ms if post else 0),
        is_waiting=stored.verifier == NO_VERIFIER,
        has_post=post is not None,
    )
