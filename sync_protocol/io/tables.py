"""The store's tables and the migrations that make them: forward only, one transaction each.

Projection tables are not here: they are made from the Registry (`projections`), dropped and
rebuilt, never migrated. `meta` records the oldest release's store version that may still open
the file; an older program declines to start.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sync_protocol.errors import NewerStore
from sync_protocol.io import audit_copies, audit_trail
from sync_protocol.io.connection import SqlConnection, as_sqlite_utils, translated

STORE_VERSION: Final = 8
OLDEST_READER: Final = 8
"""A release that knows nothing of revocations would let a revoked node in, and one that knows no
roles in the audit would find its lines wrong."""

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

SCOPE_LEDGER: Final = (
    """ALTER TABLE grants RENAME TO grants_before""",
    """DROP INDEX grants_by_number""",
    """DROP INDEX grants_by_subject""",
    # What a node may hold now: the number of its enter step, and of the last that changed why.
    """CREATE TABLE grants(
        node BLOB NOT NULL, subject_no INTEGER NOT NULL, number INTEGER NOT NULL,
        reasons TEXT NOT NULL, reasons_number INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY(node, subject_no)) STRICT, WITHOUT ROWID""",
    """INSERT INTO grants(node, subject_no, number, reasons)
        SELECT node, subject_no, number, reason FROM grants_before""",
    """CREATE INDEX grants_by_subject ON grants(subject_no)""",
    # The hub's: every step that it ever took, for each node under numbers of its own. `at_seq` is
    # the end of its log then.
    """CREATE TABLE ledger(
        node BLOB NOT NULL, number INTEGER NOT NULL, act TEXT NOT NULL,
        subject_no INTEGER NOT NULL, reasons TEXT NOT NULL, ends INTEGER NOT NULL,
        at_ms INTEGER NOT NULL, at_seq INTEGER NOT NULL, PRIMARY KEY(node, number))
        STRICT, WITHOUT ROWID""",
    """CREATE INDEX ledger_by_subject ON ledger(subject_no)""",
    """INSERT INTO ledger SELECT node, number, 'enter', subject_no, reason, 0, 0, 0
        FROM grants_before""",
    # The hub's: between which numbers a node held a subject, and since when it has let go.
    """CREATE TABLE spans(
        node BLOB NOT NULL, subject_no INTEGER NOT NULL, number INTEGER NOT NULL,
        from_number INTEGER NOT NULL, to_number INTEGER, sealed_ms INTEGER,
        PRIMARY KEY(node, subject_no, number)) STRICT, WITHOUT ROWID""",
    """CREATE INDEX spans_open ON spans(node, to_number)
        WHERE to_number IS NOT NULL AND sealed_ms IS NULL""",
    """INSERT INTO spans(node, subject_no, number, from_number)
        SELECT node, subject_no, number, CASE reason WHEN 'created' THEN 0 ELSE number END
        FROM grants_before""",
    """DROP TABLE grants_before""",
    # The hub's: up to which epoch a node had been told when a life of it had come so far.
    """CREATE TABLE confirmed(
        life_no INTEGER NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY(life_no, epoch)) STRICT, WITHOUT ROWID""",
    # The hub's: temporary grants, and leaves that wait for a person.
    """CREATE TABLE temporary(
        node BLOB NOT NULL, subject_no INTEGER NOT NULL, until_ms INTEGER NOT NULL,
        PRIMARY KEY(node, subject_no)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE held_leaves(
        node BLOB NOT NULL, subject_no INTEGER NOT NULL, since_ms INTEGER NOT NULL,
        PRIMARY KEY(node, subject_no)) STRICT, WITHOUT ROWID""",
    # A spoke's: the steps that it was told, under the hub's signature.
    """CREATE TABLE told(
        incarnation BLOB NOT NULL, number INTEGER NOT NULL, act TEXT NOT NULL,
        subject_no INTEGER NOT NULL, reasons TEXT NOT NULL, ends INTEGER NOT NULL,
        at_ms INTEGER NOT NULL, signature BLOB NOT NULL, PRIMARY KEY(incarnation, number))
        STRICT, WITHOUT ROWID""",
    # A spoke's: subjects that it is letting go of or has let go of.
    """CREATE TABLE departures(
        subject_no INTEGER PRIMARY KEY, ends INTEGER NOT NULL, number INTEGER NOT NULL,
        state TEXT NOT NULL, since_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT""",
)

KEYS_APART: Final = (
    # A subject may have several keys, one after another: a key that is gone seals what it opened.
    """CREATE TABLE keys(
        key_no INTEGER PRIMARY KEY, subject_no INTEGER NOT NULL, key BLOB,
        recovery_box BLOB, hub_box BLOB) STRICT""",
    """CREATE INDEX keys_by_subject ON keys(subject_no)""",
    """INSERT INTO keys(key_no, subject_no, key)
        SELECT subject_no, subject_no, key FROM subjects""",
    """ALTER TABLE subjects DROP COLUMN key""",
    """ALTER TABLE ops ADD COLUMN key_no INTEGER NOT NULL DEFAULT 0""",
    """UPDATE ops SET key_no = coalesce(subject_no, 0)""",
    # How far the log was scanned when a leave was taken, when it was last offered, how often the
    # hub could not see that it has everything, and its permit.
    """ALTER TABLE departures ADD COLUMN through INTEGER NOT NULL DEFAULT 0""",
    """ALTER TABLE departures ADD COLUMN offered_ms INTEGER NOT NULL DEFAULT 0""",
    """ALTER TABLE departures ADD COLUMN unproven INTEGER NOT NULL DEFAULT 0""",
    # Both sides': who let go of whom, signed. `box` is the subject's key for the hub.
    """CREATE TABLE receipts(
        node BLOB NOT NULL, subject_no INTEGER NOT NULL, ends INTEGER NOT NULL, act TEXT NOT NULL,
        incarnation BLOB NOT NULL, life BLOB NOT NULL, digest BLOB NOT NULL, count INTEGER NOT NULL,
        through INTEGER NOT NULL, at_ms INTEGER NOT NULL, signature BLOB NOT NULL,
        box BLOB NOT NULL, is_told INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY(node, subject_no, incarnation, ends, act, life)) STRICT, WITHOUT ROWID""",
    # A spoke looks for those at each request; it keeps all that it ever signed.
    """CREATE INDEX receipts_untold ON receipts(at_ms) WHERE is_told = 0""",
    # The hub's: what a node said of a departure last.
    """CREATE TABLE releasing(
        node BLOB NOT NULL, subject_no INTEGER NOT NULL, waiting INTEGER NOT NULL,
        heard_ms INTEGER NOT NULL, PRIMARY KEY(node, subject_no)) STRICT, WITHOUT ROWID""",
    # The hub's: subjects that some node leaves once no node is awaited any more after a restore.
    """CREATE TABLE put_off(subject_no INTEGER PRIMARY KEY) STRICT""",
    # A spoke's: what it held under an earlier incarnation, and was not told of by the present one.
    """CREATE TABLE held_before(subject_no INTEGER PRIMARY KEY) STRICT""",
    # A spoke's: who else has not let go of its subjects, as it was told.
    """CREATE TABLE elsewhere(
        subject_no INTEGER NOT NULL, node BLOB NOT NULL, since_ms INTEGER NOT NULL,
        silent_ms INTEGER NOT NULL, PRIMARY KEY(subject_no, node)) STRICT, WITHOUT ROWID""",
    # The search index keeps nothing of what was taken out of it only where it is made so.
    """DELETE FROM meta WHERE name = 'registry'""",
)

REVOKED: Final = (
    # The hub's: since when a node is revoked, by whose word, and until when it was.
    """CREATE TABLE revoked(
        node BLOB NOT NULL, at_ms INTEGER NOT NULL, actor BLOB NOT NULL, why TEXT NOT NULL,
        ended_ms INTEGER, PRIMARY KEY(node, at_ms)) STRICT, WITHOUT ROWID""",
    # The hub's: what one person has said of an op in quarantine, before another says the same.
    """CREATE TABLE quarantine(
        op_id BLOB NOT NULL, word TEXT NOT NULL, actor BLOB NOT NULL, at_ms INTEGER NOT NULL,
        PRIMARY KEY(op_id, actor)) STRICT, WITHOUT ROWID""",
    # Changes of the signing keys of others, as each proved it: the hub's of its spokes, and a
    # spoke's of its hub.
    """CREATE TABLE key_changes(
        change_no INTEGER PRIMARY KEY, node BLOB NOT NULL, former BLOB NOT NULL,
        key BLOB NOT NULL, by_former BLOB NOT NULL, by_key BLOB NOT NULL,
        at_ms INTEGER NOT NULL, UNIQUE(node, former)) STRICT""",
)

_CURRENT: Final = [(STORE_VERSION,)]
_NOTE_VERSION: Final = "INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)"


def migrate(connection: SqlConnection) -> None:
    """Bring the store to this release's version; raises NewerStore where it is beyond it."""
    oldest = _oldest_reader(connection)
    if oldest > STORE_VERSION:
        raise NewerStore(f"needs store version {oldest}, this release reads {STORE_VERSION}")
    with translated():
        database = as_sqlite_utils(connection)
        _migrations().apply(database)
        if connection.execute("SELECT value FROM meta WHERE name = 'store_version'") != _CURRENT:
            database.execute(_NOTE_VERSION, ("store_version", STORE_VERSION))
            database.execute(_NOTE_VERSION, ("oldest_reader", OLDEST_READER))


def _migrations() -> Any:
    from sqlite_utils import Migrations  # noqa: PLC0415 - see `as_sqlite_utils`.

    steps = Migrations("store")

    @steps()
    def m001_log(database: Any) -> None:
        for statement in LOG_TABLES:
            database.execute(statement)
        for name, value in (("store_version", 1), ("oldest_reader", 1)):
            database.execute("INSERT INTO meta(name, value) VALUES (?, ?)", (name, value))

    assert m001_log is not None, "the decorator registers each step"
    for name, statements in (
        ("m002_commits_numbered", COMMITS_NUMBERED),
        ("m003_snapshots", SNAPSHOTS),
        ("m004_own_segments", (OWN_SEGMENTS,)),
        ("m005_scope_ledger", SCOPE_LEDGER),
        ("m006_keys_apart", KEYS_APART),
        ("m007_revoked", REVOKED),
        ("m008_audit_kept", (*audit_trail.TABLE_CHANGES, *audit_copies.TABLES)),
    ):
        steps(name=name)(_step_of(statements))
    return steps


def _step_of(statements: Sequence[str]) -> Callable[[Any], None]:
    def take(database: Any) -> None:
        for statement in statements:
            database.execute(statement)

    return take


def _oldest_reader(connection: SqlConnection) -> int:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
        return OLDEST_READER
    rows = connection.execute("SELECT value FROM meta WHERE name = 'oldest_reader'")
    return int(rows[0][0]) if rows else OLDEST_READER
