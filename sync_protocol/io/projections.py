"""Projection tables: what each record shows, one real table a kind, readable with any SQL tool.

Made from the Registry, written in the transaction of the ops they come from (INV-02), dropped and
rebuilt from the log at will (INV-04). They hold nothing local: the same ops give the same bytes on
every node.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from sync_protocol.clock import Hlc
from sync_protocol.ids import ActorId, NodeId, RecordId, SubjectId
from sync_protocol.io.connection import Connection, SqlConnection, as_sqlite_utils, translated
from sync_protocol.io.op_log import marks
from sync_protocol.merge import RecordKey, Row
from sync_protocol.schema import FieldSpec, Kind, Registry

UNREAD: Final = "unread_record"
CONFLICT: Final = "conflict"
NO_SUBJECT: Final = b""
COLUMN_INT: Final = 1 << 63

_encoder = msgspec.json.Encoder(order="deterministic")
_ORIGIN: Final = ("asks", "unread", "first_written", "last_written", "happened_at", "node", "actor")


def make_tables(connection: SqlConnection, registry: Registry) -> None:
    """All projection tables that are not there yet, and the search index of searchable kinds."""
    for kind in registry.kinds.values():
        _make_table(connection, kind)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {UNREAD}(subject BLOB NOT NULL, other_subject BLOB NOT NULL,"
        " record BLOB NOT NULL, kind TEXT NOT NULL, unread TEXT NOT NULL, first_written INTEGER"
        " NOT NULL, last_written INTEGER NOT NULL, happened_at INTEGER NOT NULL, node BLOB NOT"
        " NULL, actor BLOB NOT NULL, PRIMARY KEY(subject, other_subject, record, kind))"
        " STRICT, WITHOUT ROWID"
    )
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {CONFLICT}(subject BLOB NOT NULL, other_subject BLOB NOT"
        " NULL, record BLOB NOT NULL, kind TEXT NOT NULL, field TEXT NOT NULL, why TEXT NOT NULL,"
        " PRIMARY KEY(subject, other_subject, record, kind, field)) STRICT, WITHOUT ROWID"
    )


def drop_tables(connection: SqlConnection) -> None:
    """Drop every projection table, also those of kinds that this release no longer knows."""
    names = connection.execute("SELECT value FROM meta WHERE name = 'projected'")
    for name in str(names[0][0]).split(",") if names else []:
        connection.execute(f'DROP TABLE IF EXISTS "{name}_fts"')
        connection.execute(f'DROP TABLE IF EXISTS "{name}"')


def note_tables(connection: Connection, registry: Registry) -> None:
    """Remember which tables were made, and from which registry."""
    names = ",".join((*sorted(registry.kinds), UNREAD, CONFLICT))
    connection.executemany(
        "INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)",
        [("projected", names), ("registry", registry.digest)],
    )


class ShownRecord(msgspec.Struct, frozen=True, gc=False):
    """A record to be shown as `row`, or not at all; `is_new` where nothing of it is shown yet."""

    key: RecordKey
    row: Row | None
    is_new: bool


class Gone(msgspec.Struct, frozen=True):
    """A subject that goes, and those that stay of whom it is shared with."""

    subject: SubjectId
    kept: Sequence[SubjectId]


def write_rows(connection: Connection, registry: Registry, rows: Sequence[ShownRecord]) -> None:
    """Bring the tables to these rows; None takes the record away (nothing of it stands)."""
    by_kind: dict[str, list[ShownRecord]] = {}
    for one in rows:
        by_kind.setdefault(one.key.kind, []).append(one)
    for name, of_kind in by_kind.items():
        kind = registry.kinds.get(name)
        shown = [one.row for one in of_kind if one.row is not None]
        gone = [one.key for one in of_kind if one.row is None]
        if kind is None:
            connection.executemany(_UPSERT_UNREAD, [_unread_columns(row) for row in shown])
        else:
            connection.insert(*_table(kind, [_columns(kind, row) for row in shown]))
        if gone and kind is None:
            _take_away_unread(connection, gone)
        elif gone:
            _take_away(connection, name, gone)
    _write_conflicts(connection, rows)


def take_away_subject(connection: Connection, registry: Registry, gone: Gone) -> None:
    """Take away every row about a subject but those that it shares with one that stays."""
    kept = marks(gone.kept)
    named = (gone.subject, *gone.kept)
    for name in (*registry.kinds, UNREAD, CONFLICT):
        kind = registry.kinds.get(name)
        connection.execute(
            f'DELETE FROM "{name}" WHERE subject = ? AND other_subject NOT IN ({kept})', named
        )
        if kind is None or kind.is_pair:
            connection.execute(
                f'DELETE FROM "{name}" WHERE other_subject = ? AND subject NOT IN ({kept})', named
            )


def read_rows(
    connection: Connection, kind: Kind, where: str, parameters: Sequence[Any] = ()
) -> Iterator[Row]:
    """The rows of a kind's table that match `where`, as they were folded."""
    names = _names(kind)
    sql = f'SELECT {", ".join(names)} FROM "{kind.name}" WHERE {where}'
    for columns in connection.stream(sql, parameters):
        yield _read_row(kind, dict(zip(names, columns, strict=True)))


def projection_digest(connection: Connection, registry: Registry) -> bytes:
    """SHA-256 over every projection row in order: equal digests are equal bytes."""
    total = sha256()
    names = [*sorted(registry.kinds), UNREAD, CONFLICT]
    for name in names:
        total.update(name.encode())
        for row in connection.stream(f'SELECT * FROM "{name}" ORDER BY {_order(name)}'):
            total.update(repr(row).encode())
    return total.digest()


def column_value(spec: FieldSpec, value: Any) -> Any:
    """What stands in the field's column: text and numbers as they are, all else as JSON."""
    if value is None or spec.column == "JSON":
        return None if value is None else _encoder.encode(value).decode()
    if spec.column == "TEXT":
        return value if isinstance(value, str) else _encoder.encode(value).decode()
    fits = isinstance(value, int) and abs(value) < COLUMN_INT
    return int(value) if fits else _encoder.encode(value).decode()


def _make_table(connection: SqlConnection, kind: Kind) -> None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (kind.name,)):
        return
    fields = "".join(
        f', "{spec.name}" {"ANY" if spec.column == "ANY" else "TEXT"}'
        for spec in kind.fields.values()
    )
    search = ", search_text TEXT" if kind.searchable else ""
    tail = "STRICT" if kind.searchable else "STRICT, WITHOUT ROWID"
    connection.execute(
        f'CREATE TABLE "{kind.name}"(subject BLOB NOT NULL, other_subject BLOB NOT NULL,'
        f" record BLOB NOT NULL{fields}, asks TEXT, unread TEXT, first_written INTEGER NOT NULL,"
        " last_written INTEGER NOT NULL, happened_at INTEGER NOT NULL, node BLOB NOT NULL,"
        f" actor BLOB NOT NULL{search}, PRIMARY KEY(subject, other_subject, record)) {tail}"
    )
    if kind.is_pair:
        connection.execute(f'CREATE INDEX "{kind.name}_other" ON "{kind.name}"(other_subject)')
    if kind.searchable:
        with translated():
            as_sqlite_utils(connection)[kind.name].enable_fts(
                ["search_text"], create_triggers=True, tokenize="unicode61 remove_diacritics 2"
            )
        # INV-05: else words of whoever left stay in the index until it happens to be merged.
        index = f"{kind.name}_fts"
        connection.execute(f'INSERT INTO "{index}"("{index}", rank) VALUES (\'secure-delete\', 1)')


_UPSERT_UNREAD: Final = (
    f"INSERT OR REPLACE INTO {UNREAD}(subject, other_subject, record, kind, unread,"
    " first_written, last_written, happened_at, node, actor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _names(kind: Kind) -> tuple[str, ...]:
    search = ["search_text"] if kind.searchable else []
    fields = [f'"{name}"' for name in kind.fields]
    return ("subject", "other_subject", "record", *fields, *_ORIGIN, *search)


def _table(kind: Kind, rows: list[tuple[Any, ...]]) -> tuple[str, list[tuple[Any, ...]], str]:
    """The rows between what opens and what closes the statement that writes them."""
    names = _names(kind)
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[3:])
    tail = f"ON CONFLICT(subject, other_subject, record) DO UPDATE SET {changes}"
    return (f'"{kind.name}"({", ".join(names)})', rows, tail)


def _columns(kind: Kind, row: Row) -> tuple[Any, ...]:
    shown = row.values.get
    fields = [
        value
        if (value := shown(name)) is None or (spec.column == "TEXT" and type(value) is str)
        else column_value(spec, value)
        for name, spec in kind.fields.items()
    ]
    search = [_search_text(kind, row)] if kind.searchable else []
    return (*_place(row.key), *fields, *_origin(row), *search)


def _origin(row: Row) -> tuple[Any, ...]:
    asks = _encoder.encode(row.asks).decode() if row.asks else None
    unread = _encoder.encode(row.unread).decode() if row.unread else None
    written = (row.first_written, row.last_written, row.happened_at)
    return (asks, unread, *written, row.node, row.actor)


def _unread_columns(row: Row) -> tuple[Any, ...]:
    subject, other, record = _place(row.key)
    unread = _encoder.encode(row.unread).decode()
    written = (row.first_written, row.last_written, row.happened_at)
    return (subject, other, record, row.key.kind, unread, *written, row.node, row.actor)


def _place(key: RecordKey) -> tuple[bytes, bytes, bytes]:
    other = key.subjects[1] if len(key.subjects) > 1 else NO_SUBJECT
    return (key.subjects[0], other, key.record)


_AT_PLACE: Final = "subject = ? AND other_subject = ? AND record = ?"


def _take_away(connection: Connection, table: str, keys: Iterable[RecordKey]) -> None:
    connection.executemany(f'DELETE FROM "{table}" WHERE {_AT_PLACE}', map(_place, keys))


def _take_away_unread(connection: Connection, keys: Iterable[RecordKey]) -> None:
    """Records of unknown kinds share one table, and a record id under another kind is another."""
    connection.executemany(
        f"DELETE FROM {UNREAD} WHERE {_AT_PLACE} AND kind = ?",
        [(*_place(key), key.kind) for key in keys],
    )


def _write_conflicts(connection: Connection, rows: Sequence[ShownRecord]) -> None:
    shown_before = [(*_place(one.key), one.key.kind) for one in rows if not one.is_new]
    if shown_before:
        connection.executemany(
            f"DELETE FROM {CONFLICT} WHERE {_AT_PLACE} AND kind = ?",
            shown_before,
        )
    asking = [
        (*_place(one.key), one.key.kind, field, why)
        for one in rows
        if one.row is not None
        for field, why in one.row.asks.items()
    ]
    if asking:
        connection.executemany(f"INSERT INTO {CONFLICT} VALUES (?, ?, ?, ?, ?, ?)", asking)


def _read_row(kind: Kind, columns: dict[str, Any]) -> Row:
    other = columns["other_subject"]
    subjects = (columns["subject"], other) if other else (columns["subject"],)
    values = {
        spec.name: _read_value(spec, columns[f'"{spec.name}"'])
        for spec in kind.fields.values()
        if columns[f'"{spec.name}"'] is not None
    }
    return Row(
        key=RecordKey(kind.name, tuple(map(SubjectId, subjects)), RecordId(columns["record"])),
        values=values,
        asks=msgspec.json.decode(columns["asks"]) if columns["asks"] else {},
        unread=msgspec.json.decode(columns["unread"]) if columns["unread"] else {},
        first_written=Hlc(columns["first_written"]),
        last_written=Hlc(columns["last_written"]),
        happened_at=columns["happened_at"],
        node=NodeId(columns["node"]),
        actor=ActorId(columns["actor"]),
    )


def _read_value(spec: FieldSpec, column: Any) -> Any:
    if spec.column == "JSON":
        return msgspec.json.decode(column)
    return bool(column) if spec.is_tick and isinstance(column, int) else column


def _search_text(kind: Kind, row: Row) -> str:
    words: list[str] = []
    for field in kind.searchable:
        _gather_words(row.values.get(field), words)
    return " ".join(words)


def _gather_words(value: Any, words: list[str]) -> None:
    if isinstance(value, str):
        words.append(value)
    elif isinstance(value, dict):
        for key in sorted(value):
            _gather_words(value[key], words)
    elif isinstance(value, list):
        for inner in value:
            _gather_words(inner, words)


def _order(name: str) -> str:
    place = "subject, other_subject, record"
    if name == CONFLICT:
        return f"{place}, kind, field"
    return f"{place}, kind" if name == UNREAD else place
