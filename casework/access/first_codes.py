"""One-time codes by which somebody chooses their first password, or a new one they have forgotten.

A code has eighty bits of chance, so what is kept of it need not be slow to compute; the attempts
are counted as those of a password are.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from casework.access.local import LocalConnection
from sync_protocol.errors import Refused
from sync_protocol.ids import ActorId

CODE_BYTES: Final = 10
CODE_MS_MAX: Final = 14 * 24 * 60 * 60_000
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans("OIL", "011", " -")
_GROUP: Final = 4

TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS staff_code (
        staff BLOB PRIMARY KEY, digest TEXT NOT NULL, until_ms INTEGER NOT NULL) STRICT""",
    "CREATE TABLE IF NOT EXISTS staff_code_used (digest TEXT PRIMARY KEY) STRICT",
)


class WrongCode(Refused):
    """The user name or the one-time code is not right, or the code was used or is too old."""

    code = "wrong_code"
    hint = "Type both again, or ask this office's administrator or the centre for a new code."


def draw_code(chance: Callable[[int], bytes]) -> str:
    """A new code as it is told once: four groups of four letters and digits."""
    number = int.from_bytes(chance(CODE_BYTES), "big")
    letters = "".join(_LETTERS[number >> shift & 31] for shift in range(75, -1, -5))
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def code_digest(staff: ActorId, code: str) -> str:
    """What is kept of a code: of no use for anybody else's account."""
    plain = code.strip().upper().translate(_READ_AS)
    return sha256(b"throughcare first code v1" + staff + plain.encode()).hexdigest()


def keep_code(transaction: LocalConnection, staff: ActorId, digest: str, until_ms: int) -> None:
    """Let this node take a code for an account, in place of the one it was given before."""
    transaction.execute(
        "INSERT OR REPLACE INTO staff_code VALUES (?, ?, ?)", (staff, digest, until_ms)
    )


def use_code(
    transaction: LocalConnection, staff: ActorId, given: str, kept: list[tuple[str, int]], now: int
) -> bool:
    """Whether a code opens the account; it does so once. `kept` are those that came otherwise."""
    sql = "SELECT digest, until_ms FROM staff_code WHERE staff = ?"
    digest = code_digest(staff, given)
    found = [
        until_ms
        for known, until_ms in [*transaction.execute(sql, (staff,)), *kept]
        if hmac.compare_digest(known, digest)
    ]
    used = transaction.execute("SELECT 1 FROM staff_code_used WHERE digest = ?", (digest,))
    if used or not any(now <= until_ms for until_ms in found):
        return False
    transaction.execute("INSERT INTO staff_code_used VALUES (?)", (digest,))
    transaction.execute("DELETE FROM staff_code WHERE staff = ?", (staff,))
    return True
