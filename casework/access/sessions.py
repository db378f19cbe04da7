"""Sessions: an opaque token of 256 random bits, kept only as a hash, with two ends.

A session ends after 15 minutes unused and after 12 hours whatever happens. A token made for a
cookie is no bearer token and the other way round, so one stolen from one place does not open the
other. Nothing here survives as readable in the store.
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
from sync_protocol.errors import NotSaved, Refused
from sync_protocol.ids import ActorId

Token = NewType("Token", str)
SessionKind = Literal["bearer", "cookie"]

TOKEN_BYTES: Final = 32
SESSION_NAME_BYTES: Final = 6
"""Of the hash of a token, as the audit names a session."""
IDLE_MS_MAX: Final = 15 * 60_000
WHOLE_MS_MAX: Final = 12 * 60 * 60_000
TOUCH_EVERY_MS: Final = 30_000
CLOCK_BACK_MS_MAX: Final = 5 * 60_000

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS staff_session (
    token_hash BLOB PRIMARY KEY,
    staff BLOB NOT NULL,
    kind TEXT NOT NULL,
    device TEXT NOT NULL,
    began_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL
) STRICT
"""
_FIND: Final = """
SELECT s.staff, a.display_name, a.role, s.device, s.began_ms, s.used_ms
FROM staff_session AS s JOIN staff_account AS a ON a.staff = s.staff AND a.is_open = 1
WHERE s.token_hash = ? AND s.kind = ?
"""


class SignInNeeded(Refused):
    """Nobody is signed in, or the session has ended."""

    code = "sign_in_needed"
    hint = "Sign in again; what was saved is kept."


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    staff: bytes
    display_name: str
    role: Role
    device: str
    began_ms: int
    used_ms: int


class Sessions:
    """The open sessions of one node, in its store: a restart signs nobody out."""

    def __init__(
        self, store: LocalStore, now_ms: Callable[[], int], chance: Callable[[int], bytes]
    ) -> None:
        """Make the table where it is not there."""
        self._store = store
        self._now_ms = now_ms
        self._chance = chance
        with store.changing() as transaction:
            transaction.execute(_TABLE)

    def begin(self, caller: Caller, kind: SessionKind) -> Token:
        """A new session's token, which is told once and kept by nobody but its holder."""
        token = Token(urlsafe_b64encode(self._chance(TOKEN_BYTES)).decode().rstrip("="))
        now_ms = self._now_ms()
        values = (_hash_of(token), caller.staff, kind, caller.device, now_ms, now_ms)
        with self._store.changing() as transaction:
            transaction.execute("INSERT INTO staff_session VALUES (?, ?, ?, ?, ?, ?)", values)
            # Ended sessions go when somebody signs in: there is no other work that needs them.
            ended = (now_ms - IDLE_MS_MAX, now_ms - WHOLE_MS_MAX)
            transaction.execute(
                "DELETE FROM staff_session WHERE used_ms < ? OR began_ms < ?", ended
            )
        return token

    def resume(self, token: str, kind: SessionKind) -> Caller:
        """Whose session it is; SignInNeeded where it is none, has ended, or the account closed."""
        hashed = _hash_of(token)
        with self._store.reading() as reading:
            rows = reading.select(_FIND, (hashed, kind))
        now_ms = self._now_ms()
        if not rows:
            raise SignInNeeded
        stored = msgspec.convert(rows[0], _Stored)
        if not _is_open(stored, now_ms):
            raise SignInNeeded("the session has ended")
        if now_ms - stored.used_ms >= TOUCH_EVERY_MS:
            # A full disk signs nobody out: the session only ends sooner.
            with suppress(NotSaved), self._store.changing() as transaction:
                transaction.execute(
                    "UPDATE staff_session SET used_ms = ? WHERE token_hash = ?", (now_ms, hashed)
                )
        return Caller(
            ActorId(stored.staff),
            stored.display_name,
            stored.role,
            stored.device,
            hashed[:SESSION_NAME_BYTES].hex(),
        )

    def end(self, token: str) -> None:
        """Sign out; ending what is no session changes nothing."""
        with self._store.changing() as transaction:
            transaction.execute(
                "DELETE FROM staff_session WHERE token_hash = ?", (_hash_of(token),)
            )

    def end_all(self, staff: ActorId) -> None:
        """Sign a member of staff out everywhere: after a new password or a closed account."""
        with self._store.changing() as transaction:
            transaction.execute("DELETE FROM staff_session WHERE staff = ?", (staff,))


def form_token(token: str) -> str:
    """The synchroniser token that every form of this session carries: it needs no storage."""
    mac = hmac.digest(token.encode(), b"throughcare form token v1", "sha256")
    return urlsafe_b64encode(mac).decode().rstrip("=")


def is_form_token(token: str, given: str) -> bool:
    """Whether a form carries the token of this session; takes the same time either way."""
    return hmac.compare_digest(form_token(token).encode(), given.encode())


def _hash_of(token: str) -> bytes:
    return sha256(b"throughcare session v1" + token.encode()).digest()


def _is_open(stored: _Stored, now_ms: int) -> bool:
    # A clock put back by more than a little would keep a session for ever: it ends instead.
    if now_ms < stored.used_ms - CLOCK_BACK_MS_MAX:
        return False
    return now_ms - stored.used_ms < IDLE_MS_MAX and now_ms - stored.began_ms < WHOLE_MS_MAX
