"""A simulated disk: a real SQLite in memory that can fail between any two statements.

What was committed durably outlives a crash. It takes back the open transaction, whatever memory
held, and what was committed since without waiting for the disk.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sync_protocol.errors import NotSaved
from sync_protocol.io.connection import (
    Connection,
    Parameters,
    Row,
    SqlConnection,
    open_in_memory,
)

WRITING: Final = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER")


class Crash(BaseException):
    """The machine stopped here. Nothing of ours may catch it."""


class Fuse:
    """Burns down by one with each statement; at nought the machine stops. Shared by connections."""

    def __init__(self) -> None:
        """Unlit."""
        self.left: int | None = None
        self.burnt = 0
        self.full_at: int | None = None
        """After how many statements the disk takes no more, until it is mended."""
        self.kept: SqlConnection | None = None
        """What the disk held before the first commit that did not wait for it."""

    def fill(self) -> None:
        """One statement more that writes."""
        if self.full_at is None:
            return
        self.full_at -= 1
        if self.full_at < 0:
            raise NotSaved("disk is full")

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
        self._changes = 0

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows of one statement."""
        self._fuse.burn()
        if sql.startswith(WRITING):
            self._fuse.fill()
        return super().execute(sql, parameters)

    def stream(self, sql: str, parameters: Parameters = ()) -> Iterator[Row]:
        """The rows of one statement, one at a time."""
        self._fuse.burn()
        return super().stream(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows."""
        self._fuse.burn()
        self._fuse.fill()
        super().executemany(sql, rows)

    def begin(self, *, is_write: bool, is_durable: bool = True) -> None:
        """Start a transaction; while the fuse burns, what may be undone is put aside."""
        is_lit = self._fuse.left is not None
        if is_write and not is_durable and is_lit and self._fuse.kept is None:
            self._fuse.kept = open_in_memory()
            self.raw.backup(self._fuse.kept.raw)
        self._waits = is_write and is_durable
        self._changes = self.raw.total_changes
        super().begin(is_write=is_write, is_durable=is_durable)

    def commit(self) -> None:
        """Durable, though the machine may stop before anybody learns of it.

        One that writes nothing waits for nothing: what was committed before it may still be lost.
        """
        if self._is_writing:
            self._fuse.fill()
        super().commit()
        if self._waits and self.raw.total_changes != self._changes:
            self._fuse.kept = None
        self._fuse.burn()

    def rollback(self) -> None:
        """What SQLite does by itself when the machine starts again; it burns nothing."""
        if self.raw.in_transaction:
            SqlConnection.execute(self, "ROLLBACK")


class SharedReader:
    """A reader over the writer's own connection: one thread needs no second one."""

    def __init__(self, writer: SqlConnection) -> None:
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


class Medium(ABC):
    """A disk of either sort, and what was ever seen on it."""

    def __init__(self) -> None:
        """Nothing was seen on it yet."""
        self.seen: set[bytes] = set()
        """The ops that were ever found on it for certain: none may go unless the disk does."""
        self.is_gone = False
        """Whether it was destroyed, or an older image took its place."""
        self.cuts = 0
        """How often it lost its power with something in it that was not certain."""
        self._looked_to = 0

    @property
    @abstractmethod
    def fuse(self) -> Fuse:
        """What stops the machine."""

    @property
    @abstractmethod
    def raw(self) -> Any:
        """A connection past the fuse."""

    @abstractmethod
    def connect(self) -> SqlConnection:
        """A connection after a start of the machine: no transaction is left open."""

    @abstractmethod
    def copy(self) -> "Medium":
        """An image of what is committed."""

    @abstractmethod
    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Any question, past the fuse."""

    @abstractmethod
    def fill(self, room: int | None) -> None:
        """Let the disk be full after `room` writes, or never where there is none."""

    @abstractmethod
    def is_certain(self) -> bool:
        """Whether a cut would take nothing of what can be read."""

    def ids(self, where: str = "1") -> set[bytes]:
        """The ids of the ops on it."""
        return {row[0] for row in self.rows(f"SELECT op_id FROM ops WHERE {where}")}

    def ids_if_any(self, where: str = "1") -> set[bytes]:
        """The same of a disk on which there may be no store yet."""
        is_there = self.rows("SELECT 1 FROM sqlite_master WHERE name = 'ops'")
        return self.ids(where) if is_there else set()

    def look(self) -> None:
        """Note what came to it for certain since the last look."""
        if not self.is_certain():
            return
        rows = self.rows("SELECT op_no, op_id FROM ops WHERE op_no > ?", (self._looked_to,))
        if rows:
            self.seen.update(op_id for _, op_id in rows)
            self._looked_to = max(op_no for op_no, _ in rows)

    def look_anew(self) -> None:
        """After a stop the numbers of what was taken back are given again."""
        self._looked_to = min(self._looked_to, self.rows("SELECT max(op_no) FROM ops")[0][0] or 0)


class Disk(Medium):
    """A disk in memory: a crash takes back what was not committed durably, and nothing else."""

    def __init__(self, raw: Any = None) -> None:
        """An empty disk, or the one that `raw` leads to."""
        super().__init__()
        self._raw = raw if raw is not None else open_in_memory().raw
        self._fuse = Fuse()

    @property
    def fuse(self) -> Fuse:
        """What stops the machine, after so many statements."""
        return self._fuse

    @property
    def raw(self) -> Any:
        """The connection of the disk itself."""
        return self._raw

    def fill(self, room: int | None) -> None:
        """Let the disk be full after `room` writing statements, or never where there is none."""
        self.fuse.full_at = room

    def is_certain(self) -> bool:
        """Whether nothing was committed without waiting while the fuse burns."""
        return self.fuse.kept is None

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

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Any question, past the fuse."""
        found: list[Row] = self.raw.execute(sql, parameters).fetchall()
        return found


def reader_of(writer: SqlConnection) -> Connection:
    """A reader of what `writer` committed."""
    return SharedReader(writer)
