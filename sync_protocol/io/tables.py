"""The store's tables and the migrations that make them: forward only, one transaction each.

Projection tables are not here: they are made from the Registry (`projections`), dropped and
rebuilt, never migrated. `meta` records the oldest release's store version that may still open
the file; an older program declines to start.
"""

from typing import Any, Final

from sync_protocol.errors import NewerStore
from sync_protocol.io.connection import SqlConnection, as_sqlite_utils, translated

STORE_VERSION: Final = 3
OLDEST_READER: Final = 1
SNAPSHOT_READER: Final = 3
"""A program that knows no snapshots would fold the ops beside one as if they were all."""

LOG_TABLES: Final = (
    """CREATE TABLE meta(name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID""",
    """CREATE TABLE lives(
        life_no INTEGER PRIMARY KEY, node BLOB NOT NULL, life BLOB NOT NULL,
        follows_life BLOB, follows_seq INTEGER, follows_chain BLOB,
        received_seq INTEGER NOT NULL DEFAULT 0, UNIQUE(node, life)) STRICT""",
    # A life's segments in the order in which they come, so that a batch is added at one end.
    """CREATE TABLE segments(
        life_no INTEGER NOT NULL, last_seq INTEGER NOT NULL, chain_after BLOB NOT NULL,
        first_seq INTEGER NOT NULL, chain_before BLOB NOT NULL, epoch_incarnation BLOB NOT NULL,
        epoch_number INTEGER NOT NULL, first_op_no INTEGER, last_hub_seq INTEGER,
        signature BLOB NOT NULL, PRIMARY KEY(life_no, last_seq, chain_after))
        STRICT, WITHOUT ROWID""",
    """CREATE TABLE tips(
        chain_after BLOB PRIMARY KEY, life_no INTEGER NOT NULL, last_seq INTEGER NOT NULL,
        stable_seq INTEGER NOT NULL, stable_chain BLOB NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE INDEX tips_by_life ON tips(life_no)""",
    """CREATE TABLE subjects(
        subject_no INTEGER PRIMARY KEY, subject BLOB NOT NULL UNIQUE, key BLOB,
        digest BLOB NOT NULL, digest_count INTEGER NOT NULL) STRICT""",
    """CREATE TABLE records(
        record_no INTEGER PRIMARY KEY, record BLOB NOT NULL, subject_no INTEGER NOT NULL,
        other_no INTEGER NOT NULL, kind TEXT NOT NULL,
        UNIQUE(record, subject_no, other_no, kind)) STRICT""",
    """CREATE TABLE ops(
        op_no INTEGER PRIMARY KEY, op_id BLOB NOT NULL UNIQUE, record_no INTEGER,
        subject_no INTEGER, other_no INTEGER NOT NULL, life_no INTEGER NOT NULL,
        seq INTEGER NOT NULL, opening BLOB NOT NULL, body BLOB, body_hash BLOB,
        hub_seq INTEGER, flags INTEGER NOT NULL, reason TEXT, is_safety INTEGER NOT NULL,
        reached_ms INTEGER NOT NULL) STRICT""",
    """CREATE INDEX ops_by_subject ON ops(subject_no)""",
    """CREATE INDEX ops_by_other ON ops(other_no) WHERE other_no > 0""",
    """CREATE UNIQUE INDEX ops_by_hub_seq ON ops(hub_seq) WHERE hub_seq IS NOT NULL""",
    """CREATE INDEX ops_safety ON ops(hub_seq) WHERE is_safety""",
    """CREATE INDEX ops_parked ON ops(op_no) WHERE flags & 2""",
    """CREATE TABLE standing(
        record_no INTEGER NOT NULL, op_no INTEGER NOT NULL, fields TEXT,
        PRIMARY KEY(record_no, op_no)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE replaced(
        record_no INTEGER NOT NULL, field TEXT NOT NULL, op_id BLOB NOT NULL,
        PRIMARY KEY(record_no, field, op_id)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE grants(
        node BLOB NOT NULL, subject_no INTEGER NOT NULL, number INTEGER NOT NULL,
        reason TEXT NOT NULL, PRIMARY KEY(node, subject_no)) STRICT, WITHOUT ROWID""",
    """CREATE UNIQUE INDEX grants_by_number ON grants(node, number)""",
    """CREATE INDEX grants_by_subject ON grants(subject_no)""",
    """CREATE TABLE peers(
        node BLOB PRIMARY KEY, count INTEGER NOT NULL, last_contact_ms INTEGER NOT NULL,
        life BLOB, cursor_seq INTEGER NOT NULL, waiting_ops INTEGER NOT NULL,
        oldest_waiting_ms INTEGER NOT NULL, digest_equal INTEGER, digest_at_ms INTEGER,
        clock_drift_ms INTEGER NOT NULL, release TEXT NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE commits(name BLOB PRIMARY KEY) STRICT, WITHOUT ROWID""",
    """CREATE TABLE manifests(
        manifest_no INTEGER PRIMARY KEY, incarnation BLOB NOT NULL, listing BLOB NOT NULL,
        signature BLOB NOT NULL) STRICT""",
    """CREATE TABLE dead_letters(
        letter_no INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, sender BLOB, code TEXT NOT NULL,
        raw BLOB NOT NULL) STRICT""",
    """CREATE TABLE audit(
        line_no INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor BLOB NOT NULL,
        act TEXT NOT NULL, subject BLOB, why TEXT NOT NULL, detail TEXT NOT NULL,
        chain BLOB NOT NULL) STRICT""",
)

COMMITS_NUMBERED: Final = (
    """ALTER TABLE commits RENAME TO commits_before""",
    """CREATE TABLE commits(number INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE) STRICT""",
    """INSERT INTO commits(name) SELECT name FROM commits_before""",
    """DROP TABLE commits_before""",
    """ALTER TABLE peers ADD COLUMN commit_named INTEGER NOT NULL DEFAULT 0""",
    """ALTER TABLE peers ADD COLUMN commit_asked INTEGER NOT NULL DEFAULT 0""",
    # Which of the names each peer was told is not known: all are kept until it has asked again.
    """UPDATE peers SET commit_asked = (SELECT coalesce(max(number), 0) FROM commits)""",
)

OWN_SEGMENTS: Final = (
    "CREATE INDEX segments_own ON segments(first_op_no) WHERE first_op_no NOT NULL"
)
"""By it is told where a node's own log ends, were its last op lost."""

SNAPSHOTS: Final = (
    """CREATE TABLE snapshots(
        subject_no INTEGER PRIMARY KEY, incarnation BLOB NOT NULL, cut INTEGER NOT NULL,
        way INTEGER NOT NULL, digest BLOB NOT NULL, digest_count INTEGER NOT NULL,
        part INTEGER NOT NULL, below INTEGER NOT NULL, asked_ops INTEGER NOT NULL) STRICT""",
    """CREATE TABLE base_standing(
        record_no INTEGER NOT NULL, op_no INTEGER NOT NULL, fields TEXT,
        PRIMARY KEY(record_no, op_no)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE base_replaced(
        record_no INTEGER NOT NULL, field TEXT NOT NULL, op_id BLOB NOT NULL,
        PRIMARY KEY(record_no, field, op_id)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE past(op_no INTEGER PRIMARY KEY) STRICT""",
)


def migrate(connection: SqlConnection) -> None:
    """Bring the store to this release's version; raises NewerStore where it is beyond it."""
    oldest = _oldest_reader(connection)
    if oldest > STORE_VERSION:
        raise NewerStore(f"needs store version {oldest}, this release reads {STORE_VERSION}")
    with translated():
        database = as_sqlite_utils(connection)
        _migrations().apply(database)


def _migrations() -> Any:
    from sqlite_utils import Migrations  # noqa: PLC0415 - see `as_sqlite_utils`.

    steps = Migrations("store")

    @steps()
    def m001_log(database: Any) -> None:
        for statement in LOG_TABLES:
            database.execute(statement)
        for name, value in (("store_version", 1), ("oldest_reader", OLDEST_READER)):
            database.execute("INSERT INTO meta(name, value) VALUES (?, ?)", (name, value))

    @steps()
    def m002_commits_numbered(database: Any) -> None:
        for statement in COMMITS_NUMBERED:
            database.execute(statement)
        database.execute("UPDATE meta SET value = 2 WHERE name = 'store_version'")

    @steps()
    def m003_snapshots(database: Any) -> None:
        for statement in SNAPSHOTS:
            database.execute(statement)
        for name, value in (("store_version", STORE_VERSION), ("oldest_reader", SNAPSHOT_READER)):
            database.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))

    @steps()
    def m004_own_segments(database: Any) -> None:
        database.execute(OWN_SEGMENTS)

    assert m001_log is not None, "the decorator registers each step"
    assert m002_commits_numbered is not None, "and this one"
    assert m003_snapshots is not None, "and this one"
    assert m004_own_segments is not None, "and this one"
    return steps


def _oldest_reader(connection: SqlConnection) -> int:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
        return OLDEST_READER
    rows = connection.execute("SELECT value FROM meta WHERE name = 'oldest_reader'")
    return int(rows[0][0]) if rows else OLDEST_READER
