"""Terminals that an administrator has named: what the audit calls them, and which are kiosks.

A browser keeps a random token of its own; the store keeps its hash. It opens nothing: it says only
at which terminal somebody sits. One that was never named is known by its address.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Final, NewType

import msgspec

from casework.access.local import LocalStore
from sync_protocol.errors import InvalidValue
from sync_protocol.ids import ActorId
from sync_protocol.limits import TEXT_KIND_MAX

TerminalToken = NewType("TerminalToken", str)

TOKEN_BYTES: Final = 32
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS staff_terminal (
    token_hash BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    is_kiosk INTEGER NOT NULL,
    named_ms INTEGER NOT NULL,
    named_by BLOB NOT NULL
) STRICT
"""


class Terminal(msgspec.Struct, frozen=True):
    """A terminal by its name; a kiosk stands where others pass, and locks after two minutes."""

    name: str
    is_kiosk: bool


class Terminals:
    """The named terminals of one node."""

    def __init__(
        self, store: LocalStore, now_ms: Callable[[], int], chance: Callable[[int], bytes]
    ) -> None:
        """Make the table where it is not there."""
        self._store = store
        self._now_ms = now_ms
        self._chance = chance
        with store.changing() as transaction:
            transaction.execute(_TABLE)

    def name(self, terminal: Terminal, by: ActorId, token: str | None) -> TerminalToken:
        """The token that this terminal's browser keeps: the one it has, or a new one."""
        if not 0 < len(terminal.name.strip()) <= TEXT_KIND_MAX:
            raise InvalidValue(f"a terminal's name has 1 to {TEXT_KIND_MAX} characters")
        given = token if token is not None and self.find(token) is not None else None
        kept = given or urlsafe_b64encode(self._chance(TOKEN_BYTES)).decode().rstrip("=")
        values = (_hash_of(kept), terminal.name.strip(), terminal.is_kiosk, self._now_ms(), by)
        with self._store.changing() as transaction:
            transaction.execute(
                "INSERT OR REPLACE INTO staff_terminal VALUES (?, ?, ?, ?, ?)", values
            )
        return TerminalToken(kept)

    def find(self, token: str | None) -> Terminal | None:
        """The terminal whose browser keeps this token; None for one that nobody has named."""
        if not token:
            return None
        sql = "SELECT name, is_kiosk FROM staff_terminal WHERE token_hash = ?"
        with self._store.reading() as reading:
            rows = reading.select(sql, (_hash_of(token),))
        return Terminal(str(rows[0][0]), bool(rows[0][1])) if rows else None


def _hash_of(token: str) -> bytes:
    return sha256(b"throughcare terminal v1" + token.encode()).digest()
