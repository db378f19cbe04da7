"""The narrow door to SQLite: execute, executemany, begin, commit, rollback, and nothing else.

The store's hot path sees only `Connection`, so that a test can put a faulty disk behind it. Here
stands the encrypted one: SQLCipher, WAL, `synchronous=FULL`; a wrong key never opens as plain
text. SQLite's own errors are translated here, once.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.errors import (
    NotSaved,
    NumberTaken,
    StoreDamaged,
    StoreLocked,
    ThroughcareError,
    WrongKey,
)

Row = tuple[Any, ...]
Parameters = Sequence[Any] | Mapping[str, Any]

KEY_BYTES: Final = 32
PAGE_BYTES_MIN: Final = 4_096
DISK_FAILED: Final = "disk i/o error"
NOT_OURS: Final = "not a database"
"""SQLite's words for a first page that does not open: it cannot tell another key from damage."""
PAGES_KEPT_KIB: Final = 2_048
"""What a connection keeps in memory of the file; one that takes batches in asks for more."""
LOG_PAGES: Final = 4_000
"""The write-ahead log is folded back every 16 MB: fewer, larger checkpoints."""
UNSYNCED_MAX: Final = 200
"""Transactions in a row that wait for no disk: the log is folded back by one that does alone."""
BUSY_MS: Final = 5_000
STATEMENTS_KEPT: Final = 1_024
"""More than a store ever says: to say one anew takes longer than to answer most of them."""

_FAULTS: Final = (sqlcipher.DatabaseError, sqlcipher.InterfaceError, MemoryError)
_SENTENCES: Final[tuple[tuple[str, type[ThroughcareError]], ...]] = (
    ("disk is full", NotSaved),
    ("readonly", NotSaved),
    (DISK_FAILED, NotSaved),
    ("out of memory", NotSaved),
    ("interrupted", NotSaved),
    ("unable to open", NotSaved),
    ("not authorized", NotSaved),
    ("locked", StoreLocked),
    ("busy", StoreLocked),
    ("malformed", StoreDamaged),
    (NOT_OURS, StoreDamaged),
    ("corrupt", StoreDamaged),
    ("vtable constructor failed", StoreDamaged),
    ("ops.hub_seq", NumberTaken),
)


class Connection(Protocol):
    """What the store needs of a database connection."""

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows of one statement."""

    def stream(self, sql: str, parameters: Parameters = ()) -> Iterator[Row]:
        """The rows of one statement, one at a time."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows."""

    def insert(self, into: str, rows: Sequence[Row], tail: str = "") -> None:
        """New rows `into` a table; `tail` says what becomes of those that are there already."""

    def begin(self, *, is_write: bool, is_durable: bool = True) -> None:
        """Start a transaction; a writing one takes the lock at once.

        One that is not durable waits for no disk: whole it stays, but a power cut may undo it.
        """

    def commit(self) -> None:
        """Make it durable, or raise NotSaved with nothing half done."""

    def rollback(self) -> None:
        """Forget the transaction."""

    def close(self) -> None:
        """Let the file go."""


class SqlConnection:
    """A `Connection` over a DB-API connection in autocommit mode."""

    def __init__(self, raw: Any) -> None:
        """Own `raw` from here on."""
        self.raw = raw
        self._is_durable = True
        self._is_writing: bool | None = None
        """Whether the last transaction could write; None before the first."""
        self._is_doubtful = False
        """Whether the disk may lack what the write-ahead log seems to hold."""
        self._changes_before = 0
        self._log_pages = LOG_PAGES
        self._unsynced = 0
        self._is_damaged = False
        """Whether a page of the file did not open here."""

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows of one statement."""
        try:
            rows: list[Row] = self.raw.execute(sql, parameters).fetchall()
        except _FAULTS as fault:
            self._doubt(fault)
            self._raise_ours(fault)
            raise
        return rows

    def stream(self, sql: str, parameters: Parameters = ()) -> Iterator[Row]:
        """The rows of one statement, one at a time."""
        try:
            yield from self.raw.execute(sql, parameters)
        except _FAULTS as fault:
            self._raise_ours(fault)
            raise

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows."""
        try:
            self.raw.executemany(sql, rows)
        except _FAULTS as fault:
            self._doubt(fault)
            self._raise_ours(fault)
            raise

    def insert(self, into: str, rows: Sequence[Row], tail: str = "") -> None:
        """New rows `into` a table; `tail` says what becomes of those that are there already."""
        if rows:
            row_marks = ", ".join("?" * len(rows[0]))
            self.executemany(f"INSERT INTO {into} VALUES ({row_marks}) {tail}", rows)

    def begin(self, *, is_write: bool, is_durable: bool = True) -> None:
        """Start a transaction; a writing one takes the lock at once, a reading one cannot write."""
        if is_write != self._is_writing:
            self.execute(f"PRAGMA query_only = {not is_write:d}")
            self._is_writing = is_write
        is_durable = is_durable or self._unsynced >= UNSYNCED_MAX
        self._unsynced = 0 if is_durable else self._unsynced + 1
        if is_durable != self._is_durable:
            self.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
            self._is_durable = is_durable
            self.fold_log_every(self._log_pages)
        if is_write and self._is_doubtful:
            self.write_log_anew()
            self._changes_before = self.raw.total_changes
        self.execute("BEGIN IMMEDIATE" if is_write else "BEGIN")

    def commit(self) -> None:
        """Make it durable, or raise NotSaved with nothing half done."""
        if self._is_doubtful and self.raw.total_changes != self._changes_before:
            raise NotSaved("the disk failed before")
        self.execute("COMMIT")

    def fold_log_every(self, pages: int) -> None:
        """Have the write-ahead log folded back by a durable commit that finds it so long.

        Folding back makes the log durable first, and a commit tells nobody where that fails: what
        did not wait for the disk would be dropped unheard.
        """
        self._log_pages = pages
        now = pages if self._is_durable else 0
        SqlConnection.execute(self, f"PRAGMA wal_autocheckpoint = {now}")

    def write_log_anew(self, *, is_start: bool = False) -> None:
        """Write all that the write-ahead log holds into the file itself; until then, save nothing.

        A disk that failed to make something durable says so once. The next sync succeeds and says
        nothing of what was dropped, and what is saved behind such a gap goes with the power. At
        its start a program cannot know whether the one before was told; where it is kept from
        this, another has the store open, which did so at its own.
        """
        self._is_doubtful = True
        self.raw.execute(f"PRAGMA busy_timeout = {0 if is_start else BUSY_MS}")
        try:
            rows = SqlConnection.execute(self, "PRAGMA wal_checkpoint(TRUNCATE)")
            self._is_doubtful = bool(rows and rows[0][0]) and not is_start
        except StoreLocked:
            self._is_doubtful = not is_start
        except NotSaved:
            return
        finally:
            self.raw.execute(f"PRAGMA busy_timeout = {BUSY_MS}")

    def rollback(self) -> None:
        """Forget the transaction; harmless where SQLite has already done so."""
        if self.raw.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Let the file go."""
        self.raw.close()

    def _doubt(self, fault: Exception) -> None:
        if DISK_FAILED in str(fault).lower():
            self._is_doubtful = True

    def _raise_ours(self, fault: Exception) -> None:
        """The fault as one of ours. A connection that met a damaged page fails from then on in
        whatever it does, and says that it has no memory left.
        """
        if self._is_damaged and isinstance(fault, MemoryError):
            raise StoreDamaged(type(fault).__name__) from fault
        try:
            _raise_ours(fault)
        except StoreDamaged:
            self._is_damaged = True
            raise


def open_encrypted(
    path: Path,
    key: bytes,
    *,
    must_exist: bool = False,
    is_read_only: bool = False,
    pages_kept_kib: int = PAGES_KEPT_KIB,
) -> SqlConnection:
    """A connection to the encrypted store at `path`.

    `key` is 32 raw bytes. Raises WrongKey where the file does not open with it (a plain text file
    does not either), StoreDamaged where it is cut short, NotSaved where the disk refuses. A file
    opened `is_read_only`, which must exist, keeps every byte.
    """
    if len(key) != KEY_BYTES:
        raise WrongKey(f"{len(key)} of {KEY_BYTES} bytes")
    _check_file(path, must_exist=must_exist or is_read_only)
    place = f"{path.absolute().as_uri()}?mode=ro" if is_read_only else str(path)
    with translated():
        raw = _connect(place, is_uri=is_read_only)
    connection = SqlConnection(raw)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master")
        if not is_read_only:
            _set_up(connection, pages_kept_kib)
            # The name of a log that a killed program made may be in no disk's folder yet.
            make_certain(path.absolute().parent)
    except StoreDamaged as fault:
        raw.close()
        if NOT_OURS in str(fault.__cause__):
            raise WrongKey(path.name) from fault
        raise
    except ThroughcareError:
        raw.close()
        raise
    return connection


def make_certain(path: Path) -> None:
    """Have the disk keep what a file holds, or the names that are in a folder, or NotSaved."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as fault:
        raise NotSaved(type(fault).__name__) from fault


def page_faults(path: Path, key: bytes) -> list[str]:
    """What is wrong with the pages of a file as they lie on the disk, the free ones included.

    Whatever its write-ahead log holds instead. Raises StoreDamaged for what is no store at all.
    """
    _check_file(path, must_exist=True)
    with translated():
        raw = _connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", is_uri=True)
    try:
        connection = SqlConnection(raw)
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        return [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")]
    finally:
        raw.close()


def open_in_memory() -> SqlConnection:
    """A plain store in memory, for tests and simulations alone."""
    return SqlConnection(_connect(":memory:"))


def as_sqlite_utils(connection: SqlConnection) -> Any:
    """The same connection as a sqlite_utils.Database, for schema, migrations and search.

    sqlite-utils picks its SQLite module at import; it must be the encrypted one.
    """
    sys.modules.setdefault("pysqlite3", sqlcipher)
    sys.modules.setdefault("pysqlite3.dbapi2", sqlcipher)
    import sqlite_utils  # noqa: PLC0415 - the module it binds to is chosen just above.

    return sqlite_utils.Database(connection.raw, recursive_triggers=False)


@contextmanager
def translated() -> Iterator[None]:
    """SQLite's errors as ours: by its sentence, since its classes tell too little.

    What is not in the list is a mistake of this program, and comes out as it is.
    """
    try:
        yield
    except _FAULTS as fault:
        _raise_ours(fault)
        raise


def _raise_ours(fault: Exception) -> None:
    sentence = "out of memory" if isinstance(fault, MemoryError) else str(fault).lower()
    for words, family in _SENTENCES:
        if words in sentence:
            raise family(type(fault).__name__) from fault


@contextmanager
def transaction(
    connection: Connection, *, is_write: bool = True, is_durable: bool = True
) -> Iterator[Connection]:
    """Commit at the end, or roll everything back (INV-02)."""
    connection.begin(is_write=is_write, is_durable=is_durable)
    try:
        yield connection
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


OpenReader = Callable[[], Connection]


def _check_file(path: Path, *, must_exist: bool) -> None:
    """A file that is shorter than a page holds no store, and is no sign that none was there."""
    if must_exist and not path.exists():
        raise WrongKey(f"there is no store named {path.name}")
    size = path.stat().st_size if path.exists() else 0
    if size < PAGE_BYTES_MIN and (must_exist or size):
        raise StoreDamaged(f"{path.name} holds {size} bytes")


def _connect(place: str, *, is_uri: bool = False) -> Any:
    """A raw connection whose usual values are bound as they are.

    Left alone, the driver looks for an adapter at every bytes, bool and None that it binds, and
    not finding one took half the time of a bulk insert.
    """
    sqlcipher.register_adapter(bytes, bytes)
    sqlcipher.register_adapter(bool, int)
    sqlcipher.register_adapter(type(None), lambda none: none)
    return sqlcipher.connect(
        place,
        isolation_level=None,
        check_same_thread=False,
        uri=is_uri,
        cached_statements=STATEMENTS_KEPT,
    )


def _set_up(connection: SqlConnection, pages_kept_kib: int) -> None:
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "foreign_keys = OFF",
        "temp_store = MEMORY",
        f"cache_size = -{pages_kept_kib}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.fold_log_every(LOG_PAGES)
