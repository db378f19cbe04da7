"""Where a store under contract keeps what it is told: the one thing that differs between stores.

A new kind of store passes the contract by offering one more `Places`.
"""

from pathlib import Path
from typing import Protocol

from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.io.connection import Connection, OpenReader, SqlConnection, open_encrypted
from sync_protocol.io.connection import open_in_memory as open_plain

STORE_KEY = bytes(range(32))


class Places(Protocol):
    """Named places for stores."""

    def connect(self, name: str) -> tuple[SqlConnection, OpenReader]:
        """A writer, and what opens readers, of the place of this name; made where it is new."""

    def copy(self, name: str, target: str) -> None:
        """Make `target` what `name` holds now, as one copies a machine's disk."""


class DiskPlaces:
    """Encrypted files: what a node has."""

    def __init__(self, folder: Path) -> None:
        """Every place is a file in `folder`."""
        self.folder = folder

    def path(self, name: str) -> Path:
        """The file of a place."""
        return self.folder / f"{name}.db"

    def connect(self, name: str) -> tuple[SqlConnection, OpenReader]:
        """A writer and what opens readers."""
        path = self.path(name)
        return open_encrypted(path, STORE_KEY), lambda: open_encrypted(path, STORE_KEY)

    def copy(self, name: str, target: str) -> None:
        """A new file; nobody may have the old one of that name open."""
        for suffix in ("", "-wal", "-shm"):
            self.path(target + suffix).unlink(missing_ok=True)
        old = open_encrypted(self.path(name), STORE_KEY, must_exist=True)
        new = open_encrypted(self.path(target), STORE_KEY)
        old.raw.backup(new.raw)
        old.close()
        new.close()


class KeptConnection(SqlConnection):
    """A connection whose `close` keeps what is in memory: the place outlives the store."""

    def close(self) -> None:
        """Forget an open transaction, as a fallen machine does."""
        self.rollback()


class BorrowedConnection(SqlConnection):
    """Reads through the writer: memory has no second connection, and no snapshot of its own."""

    def begin(self, *, is_write: bool, is_durable: bool = True) -> None:
        """Nothing to begin."""

    def commit(self) -> None:
        """Nothing to make durable."""

    def rollback(self) -> None:
        """Nothing to take back."""

    def close(self) -> None:
        """The writer stays."""


class MemoryPlaces:
    """Plain text in memory: what simulations use."""

    def __init__(self) -> None:
        """No place is there yet."""
        self._raws: dict[str, sqlcipher.Connection] = {}

    def connect(self, name: str) -> tuple[SqlConnection, OpenReader]:
        """A writer and what opens readers."""
        if name not in self._raws:
            self._raws[name] = open_plain().raw
        raw = self._raws[name]

        def open_reader() -> Connection:
            return BorrowedConnection(raw)

        return KeptConnection(raw), open_reader

    def copy(self, name: str, target: str) -> None:
        """A new memory; whoever has the old one of that name open keeps the old."""
        new = open_plain().raw
        self._raws[name].backup(new)
        self._raws[target] = new
