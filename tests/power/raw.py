"""As much of a DB-API connection over apsw as the store asks for, and the store's own over that.

What fails comes out as it does from the encrypted library: its classes, its sentences. Where the
power is cut, everything ends in `Crash`, whatever SQLite made of it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import apsw
from apsw.ext import query_info
from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.io.connection import PAGES_KEPT_KIB, Parameters, SqlConnection, _set_up
from tests.power.vfs import ALONE, path_on
from tests.power.volume import Volume
from tests.simulation.disk import Crash

Result = TypeVar("Result")
STORE: Final = "store.db"
FOLD_EVERY: Final = "PRAGMA wal_autocheckpoint = "
PAGES_A_STEP: Final = 64

_FAULTS: Final[tuple[tuple[type[apsw.Error], type[Exception], str], ...]] = (
    (apsw.FullError, sqlcipher.OperationalError, "database or disk is full"),
    (apsw.IOError, sqlcipher.OperationalError, "disk I/O error"),
    (apsw.CantOpenError, sqlcipher.OperationalError, "unable to open database file"),
    (apsw.CorruptError, sqlcipher.DatabaseError, "database disk image is malformed"),
    (apsw.NotADBError, sqlcipher.DatabaseError, "file is not a database"),
    (apsw.ConstraintError, sqlcipher.IntegrityError, ""),
    (apsw.Error, sqlcipher.OperationalError, ""),
)


class Rows:
    """The rows of one statement, fetched as they are asked for."""

    def __init__(self, raw: "SectorRaw", cursor: apsw.Cursor, sql: str) -> None:
        """`cursor` has begun on `sql`."""
        self._raw = raw
        self._cursor = cursor
        self._sql = sql

    @property
    def description(self) -> Any:
        """The columns, asked again of SQLite where no row is left."""
        try:
            return self._cursor.description
        except apsw.ExecutionCompleteError:
            return query_info(self._raw.own, self._sql).description

    @property
    def lastrowid(self) -> int:
        """The row that was written last."""
        return self._raw.own.last_insert_rowid()

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return self._raw.own.changes()

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All that is left."""
        found = self._raw.call(self._cursor.fetchall)
        self._raw.note(self._cursor)
        return found

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next, None after the last."""
        found: tuple[Any, ...] | None = self._raw.call(self._cursor.fetchone)
        return found

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """One at a time."""
        while (row := self.fetchone()) is not None:
            yield row


class SectorRaw:
    """A connection in autocommit mode to a store on a volume."""

    isolation_level = None

    def __init__(self, volume: Volume, vfs: str = ALONE, name: str = STORE) -> None:
        """Open it, or make it."""
        self.volume = volume
        self.noted: Callable[[], None] | None = None
        """Called after each statement that left no transaction open, where somebody listens."""
        self.own: apsw.Connection = self.call(
            lambda: apsw.Connection(path_on(volume, name), vfs=vfs)
        )
        self._log_pages = 0
        if vfs == ALONE:
            self.execute("PRAGMA locking_mode = EXCLUSIVE")

    @property
    def in_transaction(self) -> bool:
        """Whether one is open; a cut leaves none."""
        return not self.volume.is_off and self.own.in_transaction

    @property
    def total_changes(self) -> int:
        """How many rows were ever changed through it."""
        return self.own.total_changes()

    def execute(self, sql: str, parameters: Parameters = ()) -> Rows:
        """Do one statement."""
        if sql.startswith(FOLD_EVERY):
            self._fold_every(int(sql.removeprefix(FOLD_EVERY)))
            return Rows(self, self.own.cursor(), sql)
        cursor = self.call(lambda: self.own.execute(sql, parameters or None))
        self.note(cursor)
        return Rows(self, cursor, sql)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Rows:
        """Do one statement for many rows."""
        cursor = self.call(lambda: self.own.executemany(sql, rows))
        self.note(cursor)
        return Rows(self, cursor, sql)

    def cursor(self) -> "SectorRaw":
        """What statements are done with."""
        return self

    def commit(self) -> None:
        """Every statement outside a transaction is durable by itself."""
        if self.in_transaction:
            self.execute("COMMIT")

    def backup(self, target: Any) -> None:
        """Copy everything to another connection of this kind."""

        def copy() -> None:
            with target.own.backup("main", self.own, "main") as copying:
                while not copying.done:
                    copying.step(PAGES_A_STEP)

        self.call(copy)

    def serialize(self) -> bytes:
        """Every page as it is committed."""
        return self.call(lambda: self.own.serialize("main") or b"")

    def close(self) -> None:
        """Let it go; after a cut nobody hears of what could not be done."""
        with suppress(apsw.Error):
            self.own.close()

    def call(self, do: Callable[[], Result]) -> Result:
        """What comes of it, as the encrypted library would say it."""
        try:
            return do()
        except apsw.Error as fault:
            if self.volume.is_off:
                raise Crash from fault
            raise _as_usual(fault) from fault
        finally:
            if self.volume.is_off:
                raise Crash

    def _fold_every(self, pages: int) -> None:
        """As SQLite does it: after a commit, and whatever fails in it is passed over.

        Left to itself, the library would raise what the volume raised, though the commit stands.
        """
        self._log_pages = pages

        def fold(own: apsw.Connection, _name: str, length: int) -> int:
            if self._log_pages and length >= self._log_pages:
                with suppress(apsw.Error):
                    own.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            return apsw.SQLITE_OK

        self.own.set_wal_hook(fold)

    def note(self, cursor: apsw.Cursor) -> None:
        """Tell whoever listens, where the statement is done and no transaction is open."""
        if self.noted is not None and _is_done(cursor) and not self.own.in_transaction:
            self.noted()


class SectorConnection(SqlConnection):
    """The store's connection, over a volume; a cut leaves nothing to take back."""

    is_promised = True
    """Whether what was committed last was to be durable by then."""

    def begin(self, *, is_write: bool, is_durable: bool = True) -> None:
        """Start a transaction."""
        super().begin(is_write=is_write, is_durable=is_durable)
        self.is_promised = is_durable

    def rollback(self) -> None:
        """Forget the transaction, unless the cut did."""
        if self.raw.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Let the file go."""
        self.raw.close()


def open_sectors(
    volume: Volume,
    vfs: str = ALONE,
    name: str = STORE,
    noted: Callable[[SectorConnection], None] | None = None,
) -> SectorConnection:
    """A plain store on a volume, set as the product sets it.

    `noted` is called after each statement that left no transaction open.
    """
    connection = SectorConnection(SectorRaw(volume, vfs, name))
    if noted is not None:
        connection.raw.noted = lambda: noted(connection)
    return set_up(connection)


def set_up(connection: SectorConnection) -> SectorConnection:
    """The same, set as the product sets it."""
    _set_up(connection, PAGES_KEPT_KIB)
    connection.raw.call(connection.raw.volume.sync_names)
    return connection


def _is_done(cursor: apsw.Cursor) -> bool:
    try:
        return not cursor.has_vdbe
    except apsw.ExecutionCompleteError:
        return True


def _as_usual(fault: apsw.Error) -> Exception:
    for family, usual, sentence in _FAULTS:
        if isinstance(fault, family):
            return usual(sentence or str(fault))
    raise AssertionError("the last family holds all")
