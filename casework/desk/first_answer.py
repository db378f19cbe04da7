"""A retried write gives the first answer: what was done, and that it was done, commit together.

Whoever asks for a write sends a key of their own making, and every form has one. Asked again with
the same key, the work is not done twice, whatever became of the node in between; with the same key
and another request it is refused.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Final, TypeVar

import msgspec

from casework.desk.desk import Desk
from sync_protocol.errors import InvalidValue, Refused
from sync_protocol.ids import ActorId
from sync_protocol.io.connection import Connection

T = TypeVar("T", bound=msgspec.Struct)

KEY_CHARACTERS_MAX: Final = 128
KEPT_MS: Final = 24 * 60 * 60_000

_TABLES: Final = (
    """
CREATE TABLE IF NOT EXISTS first_answer (
    staff BLOB NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    answer BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (staff, key)
) STRICT, WITHOUT ROWID
""",
    "CREATE INDEX IF NOT EXISTS first_answer_at ON first_answer (at_ms)",
)


class KeyUsedBefore(Refused):
    """This idempotency key was used for another request."""

    code = "key_used_before"
    hint = "Make a new key for each thing to be written; keep it only for retries of the same."


class Asked(msgspec.Struct, frozen=True):
    """Who asks for something to be written, under which key, and all that was asked."""

    staff: ActorId
    key: str | None
    request: bytes


def answer_once(desk: Desk, asked: Asked, kind: type[T], work: Callable[[], T]) -> T:
    """The answer of `work`, or the answer it gave the first time; `kind` is its struct.

    Without a key the work is simply done. A refusal is not kept: the same key may be tried again.
    """
    if asked.key is None:
        return work()
    if not 0 < len(asked.key) <= KEY_CHARACTERS_MAX:
        raise InvalidValue(f"an idempotency key has 1 to {KEY_CHARACTERS_MAX} characters")
    with desk.store.changing() as connection:
        _make_tables(connection)
        kept = _kept_answer(connection, asked)
        if kept is not None:
            return msgspec.msgpack.decode(kept, type=kind)
        try:
            answer = work()
        except Refused as fault:
            # Nothing was written, but what was read was witnessed: that line must stay (INV-13).
            refusal = fault
        else:
            _keep(connection, asked, msgspec.msgpack.encode(answer), desk.now_ms())
            return answer
    raise refusal


def first_answer(desk: Desk, asked: Asked, kind: type[T]) -> T | None:
    """The answer that the work gave the first time, where it was done under this key."""
    if asked.key is None or not 0 < len(asked.key) <= KEY_CHARACTERS_MAX:
        return None
    with desk.store.changing() as connection:
        _make_tables(connection)
        kept = _kept_answer(connection, asked)
    return None if kept is None else msgspec.msgpack.decode(kept, type=kind)


def _make_tables(connection: Connection) -> None:
    for table in _TABLES:
        connection.execute(table)


def _kept_answer(connection: Connection, asked: Asked) -> bytes | None:
    rows = connection.execute(
        "SELECT request_hash, answer FROM first_answer WHERE staff = ? AND key = ?",
        (asked.staff, asked.key),
    )
    if rows and rows[0][0] != sha256(asked.request).digest():
        raise KeyUsedBefore
    return bytes(rows[0][1]) if rows else None


def _keep(connection: Connection, asked: Asked, answer: bytes, now_ms: int) -> None:
    connection.execute("DELETE FROM first_answer WHERE at_ms < ?", (now_ms - KEPT_MS,))
    request_hash = sha256(asked.request).digest()
    connection.execute(
        "INSERT INTO first_answer VALUES (?, ?, ?, ?, ?)",
        (asked.staff, asked.key, request_hash, answer, now_ms),
    )
