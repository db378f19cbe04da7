"""A simulated disk: a real SQLite in memory that can fail between any two statements.

What was committed durably outlives a crash. It takes back the open transaction, whatever memory
held, and what was committed since without waiting for the disk.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sync_protocol.io.connection import (
    Connection,
    Parameters,
    Row,
    SqlConnection,
    open_in_memory,
)


class Crash(BaseException):
    """The machine stopped here. Nothing of ours may catch it."""


class Fuse:
    """Burns down by one with each statement; at nought the machine stops. Shared by connections."""

    def __init__(self) -> None:
        """Unlit."""
        self.left: int | None = None
        self.burnt = 0
        self.kept: SqlConnection | None = None
        """What the disk held before the first commit that did not wait for it."""

    def burn(self) -> None:
        """One statement more."""
        self.burnt += 1
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            raise Crash


class FusedConnection(SqlConnection):
    """A connection whose every statement burns the fuse; a commit burns before and after."""

    def __init__(self, raw: Any, fuse: Fuse) -> None:
        """Own `raw` from here on."""
        super().__init__(raw)
        self._fuse = fuse
        self._waits = True

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows of one statement."""
        self._fuse.burn()
        return super().execute(sql, parameters)

    def stream(self, sql: str, parameters: Parameters = ()) -> Iterator[Row]:
        """The rows of one statement, one at a time."""
        self._fuse.burn()
        return super().stream(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows."""
        self._fuse.burn()
        super().executemany(sql, rows)

    def begin(self, *, is_write: bool, is_durable: bool = True) -> None:
        """Start a transaction; while the fuse burns, what may be undone is put aside."""
        is_lit = self._fuse.left is not None
        if is_write and not is_durable and is_lit and self._fuse.kept is None:
            self._fuse.kept = open_in_memory()
            self.raw.backup(self._fuse.kept.raw)
        self._waits = is_write and is_durable
        super().begin(is_write=is_write, is_durable=is_durable)

    def commit(self) -> None:
        """Durable, though the machine may stop before anybody learns of it."""
        super().commit()
        if self._waits:
            self._fuse.kept = None
        self._fuse.burn()

    def rollback(self) -> None:
        """What SQLite does by itself when the machine starts again; it burns nothing."""
        if self.raw.in_transaction:
            SqlConnection.execute(self, "ROLLBACK")


class SharedReader:
    """A reader over the writer's own connection: one thread needs no second one."""

    def __init__(self, writer: FusedConnection) -> None:
        """Read through `writer`, while it has no transaction open."""
        self._writer = writer
        self.execute = writer.execute
        self.stream = writer.stream
        self.executemany = writer.executemany
        self.insert = writer.insert
        self.commit = writer.commit
        self.rollback = writer.rollback

    def begin(self, *, is_write: bool, is_durable: bool = True) -> None:
        """Start a transaction."""
        self._writer.begin(is_write=is_write, is_durable=is_durable)

    def close(self) -> None:
        """The writer keeps the connection."""


class Disk:
    """What of a machine outlives a crash."""

    def __init__(self, raw: Any = None) -> None:
        """An empty disk, or the one that `raw` leads to."""
        self.raw = raw if raw is not None else open_in_memory().raw
        self.fuse = Fuse()

    def connect(self) -> FusedConnection:
        """A connection after a start of the machine: no transaction is left open."""
        assert not self.raw.in_transaction, "a crash takes back what was not committed"
        if self.fuse.kept is not None:
            self.fuse.kept.raw.backup(self.raw)
            self.fuse.kept = None
        return FusedConnection(self.raw, self.fuse)

    def copy(self) -> "Disk":
        """An image of what is committed."""
        copied = Disk()
        self.raw.backup(copied.raw)
        return copied

    def ids(self, where: str = "1") -> set[bytes]:
        """The ids of the ops on it."""
        return {row[0] for row in self.raw.execute(f"SELECT op_id FROM ops WHERE {where}")}

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Any question, past the fuse."""
        found: list[Row] = self.raw.execute(sql, parameters).fetchall()
        return found


def reader_of(writer: FusedConnection) -> Connection:
    """A reader of what `writer` committed."""
    return SharedReader(writer)
