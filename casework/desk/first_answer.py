"""A retried creation gives the first answer: what was done, and that it was done, commit together.

Whoever asks to create sends a key of their own making. Asked again with the same key, the work is
not done twice; with the same key and another request it is refused.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from casework.access.caller import Caller
from casework.desk.desk import Desk
from sync_protocol.errors import InvalidValue, Refused

KEY_CHARACTERS_MAX: Final = 128
KEPT_MS: Final = 24 * 60 * 60_000

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS first_answer (
    staff BLOB NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    answer BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (staff, key)
) STRICT, WITHOUT ROWID
"""


class KeyUsedBefore(Refused):
    """This idempotency key was used for another request."""

    code = "key_used_before"
    hint = "Make a new key for each thing to be created; keep it only for retries of the same."


def answer_once(
    desk: Desk, caller: Caller, key: str | None, request: bytes, work: Callable[[], bytes]
) -> bytes:
    """The answer of `work`, or the answer it gave the first time.

    Without a key the work is simply done. A refusal is not kept: the same key may be tried again.
    """
    if key is None:
        return work()
    if not 0 < len(key) <= KEY_CHARACTERS_MAX:
        raise InvalidValue(f"an idempotency key has 1 to {KEY_CHARACTERS_MAX} characters")
    return _answer_in_one_change(desk, caller, key, request, work)


def _answer_in_one_change(
    desk: Desk, caller: Caller, key: str, request: bytes, work: Callable[[], bytes]
) -> bytes:
    request_hash = sha256(request).digest()
    now_ms = desk.now_ms()
    refusal: Refused | None = None
    answer = b""
    with desk.store.changing() as connection:
        connection.execute(_TABLE)
        rows = connection.execute(
            "SELECT request_hash, answer FROM first_answer WHERE staff = ? AND key = ?",
            (caller.staff, key),
        )
        if rows and rows[0][0] != request_hash:
            raise KeyUsedBefore
        if rows:
            return bytes(rows[0][1])
        try:
            answer = work()
        except Refused as fault:
            # Nothing was written, but what was read was witnessed: that line must stay (INV-13).
            refusal = fault
        else:
            connection.execute("DELETE FROM first_answer WHERE at_ms < ?", (now_ms - KEPT_MS,))
            connection.execute(
                "INSERT INTO first_answer VALUES (?, ?, ?, ?, ?)",
                (caller.staff, key, request_hash, answer, now_ms),
            )
    if refusal is not None:
        raise refusal
    return answer
