"""Sessions: an opaque token of 256 random bits, kept only as a hash, with two ends.

A session ends after 15 minutes unused and after 12 hours whatever happens. At a kiosk it locks
after two minutes, and wherever its owner says so: it then opens for nobody until its owner gives
the password, and what they were writing waits for them. A token made for a cookie is no bearer
token and the other way round. Nothing here survives as readable in the store.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import Final, Literal, NewType

import msgspec

from casework.access.caller import Caller, Role
from casework.access.local import LocalStore
from casework.access.posts import Posts, Standing
from casework.access.terminals import Terminals
from sync_protocol.errors import NotSaved, Refused
from sync_protocol.ids import ActorId

Token = NewType("Token", str)
SessionKind = Literal["bearer", "cookie"]

TOKEN_BYTES: Final = 32
SESSION_NAME_BYTES: Final = 6
"""Of the hash of a token, as the audit names a session."""
IDLE_MS_MAX: Final = 15 * 60_000
WHOLE_MS_MAX: Final = 12 * 60 * 60_000
KIOSK_MS_MAX: Final = 2 * 60_000
TOUCH_EVERY_MS: Final = 30_000
KIOSK_TOUCH_EVERY_MS: Final = 5_000
CLOCK_BACK_MS_MAX: Final = 5 * 60_000

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS staff_session (
    token_hash BLOB PRIMARY KEY,
    staff BLOB NOT NULL,
    kind TEXT NOT NULL,
    device TEXT NOT NULL,
    began_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    owner TEXT NOT NULL DEFAULT '',
    is_kiosk INTEGER NOT NULL DEFAULT 0,
    is_locked INTEGER NOT NULL DEFAULT 0,
    back TEXT NOT NULL DEFAULT ''
) STRICT
"""
_SINCE: Final = {
    "owner": "TEXT NOT NULL DEFAULT ''",
    "is_kiosk": "INTEGER NOT NULL DEFAULT 0",
    "is_locked": "INTEGER NOT NULL DEFAULT 0",
    "back": "TEXT NOT NULL DEFAULT ''",
}
"""Columns that the sessions of earlier releases did not have."""
_FIND: Final = """
SELECT s.token_hash, s.staff, a.user_name, a.display_name, a.role, s.kind, s.device, s.began_ms,
    s.used_ms, s.owner, s.is_kiosk, s.is_locked, s.back
FROM staff_session AS s JOIN staff_account AS a ON a.staff = s.staff AND a.is_open = 1 WHERE
"""


class SignInNeeded(Refused):
    """Nobody is signed in, or the session has ended."""

    code = "sign_in_needed"
    hint = "Sign in again; what was saved is kept."


class ScreenLocked(SignInNeeded):
    """The screen is locked; its owner's password opens it."""

    code = "screen_locked"
    hint = "Give your password, or sign in as somebody else: what was being written is kept."


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One session: whose, at which terminal, and whose drafts it works on.

    `owner` is the name of its drafts, which tells nothing of its token; it outlives a lock and a
    change of the token. `back` is the page that was open when it was locked.
    """

    id: str
    caller: Caller
    user_name: str
    kind: SessionKind
    began_ms: int
    used_ms: int
    owner: str
    is_kiosk: bool
    is_locked: bool
    back: str


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    token_hash: bytes
    staff: bytes
    user_name: str
    display_name: str
    role: Role
    kind: SessionKind
    device: str
    began_ms: int
    used_ms: int
    owner: str
    is_kiosk: int
    is_locked: int
    back: str


class Sessions:
    """The open sessions of one node, in its store: a restart signs nobody out."""

    def __init__(
        self,
        store: LocalStore,
        now_ms: Callable[[], int],
        chance: Callable[[int], bytes],
        posts: Posts | None = None,
    ) -> None:
        """Make the table where it is not there, and bring one of an earlier release up to this."""
        self._store = store
        self._now_ms = now_ms
        self._chance = chance
        self._posts = posts
        self.terminals = Terminals(store, now_ms, chance)
        with store.changing() as transaction:
            transaction.execute(_TABLE)
            rows = transaction.execute("SELECT name FROM pragma_table_info('staff_session')")
            for name in _SINCE.keys() - {str(row[0]) for row in rows}:
                transaction.execute(f"ALTER TABLE staff_session ADD COLUMN {name} {_SINCE[name]}")

    def begin(
        self, caller: Caller, kind: SessionKind, *, is_kiosk: bool = False, owner: str = ""
    ) -> Token:
        """A new session's token, which is told once and kept by nobody but its holder.

        With `owner` it works on the drafts of a session before it.
        """
        token = Token(urlsafe_b64encode(self._chance(TOKEN_BYTES)).decode().rstrip("="))
        now_ms = self._now_ms()
        drafts = owner or sha256(b"throughcare drafts" + token.encode()).hexdigest()
        values = (_hash_of(token), caller.staff, kind, caller.device, now_ms, now_ms)
        with self._store.changing() as transaction:
            transaction.execute(
                "INSERT INTO staff_session(token_hash, staff, kind, device, began_ms, used_ms,"
                " owner, is_kiosk) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, drafts, is_kiosk),
            )
            # Ended sessions go when somebody signs in: there is no other work that needs them.
            transaction.execute(
                "DELETE FROM staff_session WHERE began_ms < ?"
                " OR (used_ms < ? AND NOT is_locked AND NOT is_kiosk)",
                (now_ms - WHOLE_MS_MAX, now_ms - IDLE_MS_MAX),
            )
        return token

    def resume(self, token: str, kind: SessionKind) -> Caller:
        """Whose session it is; raises as `use`."""
        return self.use(token, kind).caller

    def use(self, token: str, kind: SessionKind) -> Session:
        """The session, used now.

        SignInNeeded where it is none, has ended, or its owner may not work here any more;
        ScreenLocked while it waits for its owner's password.
        """
        found = self.find(token, kind)
        if found is None:
            raise SignInNeeded
        now_ms = self._now_ms()
        if found.is_locked:
            raise ScreenLocked
        every_ms = KIOSK_TOUCH_EVERY_MS if found.is_kiosk else TOUCH_EVERY_MS
        if now_ms - found.used_ms >= every_ms:
            # A full disk signs nobody out: the session only ends sooner.
            with suppress(NotSaved), self._store.changing() as transaction:
                transaction.execute(
                    "UPDATE staff_session SET used_ms = ? WHERE token_hash = ?",
                    (now_ms, _hash_of(token)),
                )
        return found

    def find(self, token: str, kind: SessionKind = "cookie") -> Session | None:
        """The session of a token, locked or not; None where it is none or has ended."""
        found = self._select("s.token_hash = ? AND s.kind = ?", (_hash_of(token), kind))
        return found[0] if found else None

    def lock(self, token: str, back: str) -> None:
        """Let nobody go on with a session before its owner has given the password."""
        sql = "UPDATE staff_session SET is_locked = 1, back = ? WHERE token_hash = ? AND kind = ?"
        with self._store.changing() as transaction:
            transaction.execute(sql, (back, _hash_of(token), "cookie"))

    def put_aside(self, token: str) -> None:
        """Lock a session from which another member of staff takes the terminal."""
        found = self.find(token)
        if found is not None:
            self.lock(token, found.back)

    def take_up(self, staff: ActorId) -> Session | None:
        """The locked session that its owner, who gave the password, goes on with; it ends here.

        The newest, where there are several; the others stay as they are.
        """
        found = [one for one in self._select("s.staff = ?", (staff,)) if one.is_locked]
        latest = max(found, key=lambda one: (one.used_ms, one.id), default=None)
        if latest is not None:
            self.end_one(staff, latest.id)
        return latest

    def of(self, staff: ActorId) -> list[Session]:
        """Everywhere that a member of staff is signed in, the latest used first."""
        found = self._select("s.staff = ?", (staff,))
        return sorted(found, key=lambda one: (-one.used_ms, one.id))

    def end(self, token: str) -> None:
        """Sign out; ending what is no session changes nothing."""
        with self._store.changing() as transaction:
            transaction.execute(
                "DELETE FROM staff_session WHERE token_hash = ?", (_hash_of(token),)
            )

    def end_one(self, staff: ActorId, session: str) -> None:
        """Sign a member of staff out of one of their own sessions, by its id."""
        sql = "DELETE FROM staff_session WHERE staff = ? AND substr(hex(token_hash), 1, 16) = ?"
        with self._store.changing() as transaction:
            transaction.execute(sql, (staff, session.upper()))

    def end_all(self, staff: ActorId) -> None:
        """Sign a member of staff out everywhere: after a new password or a closed account."""
        with self._store.changing() as transaction:
            transaction.execute("DELETE FROM staff_session WHERE staff = ?", (staff,))

    def _select(self, where: str, parameters: tuple[object, ...]) -> list[Session]:
        """The sessions that have not ended, each as what its owner may work here now."""
        now_ms = self._now_ms()
        with self._store.reading() as reading:
            rows = [
                msgspec.convert(row, _Stored)
                for row in reading.select(f"{_FIND} {where}", parameters)
            ]
            found: list[Session] = []
            for row in rows:
                local = Standing(row.role, row.display_name)
                standing: Standing | None = local
                if self._posts is not None:
                    standing = self._posts.standing(reading, ActorId(row.staff), local)
                if standing is not None and _is_alive(row, now_ms):
                    found.append(_session(row, standing, now_ms))
        return found


def form_token(token: str) -> str:
    """The synchroniser token that every form of this session carries: it needs no storage."""
    mac = hmac.digest(token.encode(), b"throughcare form token v1", "sha256")
    return urlsafe_b64encode(mac).decode().rstrip("=")


def is_form_token(token: str, given: str) -> bool:
    """Whether a form carries the token of this session; takes the same time either way."""
    return hmac.compare_digest(form_token(token).encode(), given.encode())


def _hash_of(token: str) -> bytes:
    return sha256(b"throughcare session v1" + token.encode()).digest()


def _is_alive(stored: _Stored, now_ms: int) -> bool:
    # A clock put back by more than a little would keep a session for ever: it ends instead.
    if now_ms < stored.used_ms - CLOCK_BACK_MS_MAX or now_ms - stored.began_ms >= WHOLE_MS_MAX:
        return False
    # What is locked opens by a password alone, so it may wait for as long as a day's work is.
    return _is_locked(stored, now_ms) or now_ms - stored.used_ms < IDLE_MS_MAX


def _is_locked(stored: _Stored, now_ms: int) -> bool:
    return bool(stored.is_locked) or (
        bool(stored.is_kiosk) and now_ms - stored.used_ms >= KIOSK_MS_MAX
    )


def _session(stored: _Stored, standing: Standing, now_ms: int) -> Session:
    caller = Caller(
        ActorId(stored.staff),
        standing.display_name,
        standing.role,
        stored.device,
        stored.token_hash[:SESSION_NAME_BYTES].hex(),
    )
    return Session(
        id=stored.token_hash.hex()[:16],
        caller=caller,
        user_name=stored.user_name,
        kind=stored.kind,
        began_ms=stored.began_ms,
        used_ms=stored.used_ms,
        owner=stored.owner or stored.token_hash.hex(),
        is_kiosk=bool(stored.is_kiosk),
        is_locked=_is_locked(stored, now_ms),
        back=stored.back,
    )
