"""The audit: one append-only chained table a node, written in the transaction of what it tells of.

Reads are witnessed before their answer leaves (INV-13). Lines hold ids and codes, never a name.
Each says who, in which role, at which terminal and in which session, did what, to whom and why; the
node and the time stand beside it. A spoke lets go of old lines that the centre has: where its trail
begins since then is noted with the chain there, so that what is left still verifies.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec

from sync_protocol.ids import A_COUNT, A_HASH, ActorId, SubjectId
from sync_protocol.io.connection import Connection

AUDIT_END: Final = "audit_end"
"""The chain after the last line, by which a tail that was cut off is missed."""
AUDIT_END_LINE: Final = "audit_end_line"
AUDIT_BEGIN: Final = "audit_begin"
AUDIT_BEGIN_LINE: Final = "audit_begin_line"
"""The last line that was let go of, and the chain there: the trail begins after it."""
FIRST_CHAIN: Final = sha256(b"throughcare audit v1").digest()
COLUMNS: Final = "actor, act, subject, why, detail, role, terminal, session"

URGENT_ACTS: Final = ("break_glass", "refused")
"""What is told ahead of its turn: a record opened by breaking the glass, and a refusal."""
IS_URGENT: Final = f"act IN ({', '.join(repr(act) for act in URGENT_ACTS)})"

TABLE_CHANGES: Final = (
    """ALTER TABLE audit ADD COLUMN role TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE audit ADD COLUMN terminal TEXT NOT NULL DEFAULT ''""",
    """ALTER TABLE audit ADD COLUMN session TEXT NOT NULL DEFAULT ''""",
    f"""CREATE INDEX audit_urgent ON audit(line_no) WHERE {IS_URGENT}""",
    """CREATE INDEX audit_by_time ON audit(at_ms)""",
    # Append-only to this program too: what is let go of must be noted as let go of before.
    """CREATE TRIGGER audit_is_kept_as_it_is BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'audit lines are only added'); END""",
    f"""CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
        WHEN OLD.line_no > coalesce(
            (SELECT value FROM meta WHERE name = '{AUDIT_BEGIN_LINE}'), 0)
        BEGIN SELECT RAISE(ABORT, 'audit lines are only added'); END""",
)


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, to whom, and why: ids and codes alone."""

    actor: ActorId
    act: str
    subject: SubjectId | None = None
    why: str = ""
    detail: str = ""
    role: str = ""
    """In which role; empty of what no member of staff did, and of lines of earlier releases."""
    terminal: str = ""
    session: str = ""
    """A name of the session that tells nothing of its token."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it stands in the trail."""

    line_no: int
    at_ms: int
    line: AuditLine
    chain: bytes = b""


class TrailPoint(msgspec.Struct, frozen=True, array_like=True):
    """A place in a trail: after this line, the chain is this."""

    line_no: Annotated[int, A_COUNT]
    chain: Annotated[bytes, A_HASH]


START: Final = TrailPoint(0, FIRST_CHAIN)


class BadLine(msgspec.Struct, frozen=True):
    """The first line of a trail with which something is wrong, and what."""

    line_no: int
    words: str


def add_lines(connection: Connection, lines: Sequence[AuditLine], now_ms: int) -> None:
    """Append lines, each chained to the one before.

    They go on from the end that was noted, not from the last line that is there: where that was cut
    off, what follows does not heal it.
    """
    end = trail_end(connection)
    line_no, chain = end.line_no, end.chain
    columns = []
    for line in lines:
        line_no += 1
        chain = chain_line(chain, now_ms, line)
        columns.append((line_no, now_ms, *_values(line), chain))
    connection.executemany(
        f"INSERT INTO audit(line_no, at_ms, {COLUMNS}, chain)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        columns,
    )
    connection.executemany(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        [(AUDIT_END, chain), (AUDIT_END_LINE, line_no)],
    )


def chain_line(chain: bytes, at_ms: int, line: AuditLine) -> bytes:
    """The chain hash after a line; of one without role, terminal and session, as it always was."""
    parts = (line.actor, line.act, line.subject, line.why, line.detail)
    place = (line.role, line.terminal, line.session)
    whole = (at_ms, *parts, *place) if any(place) else (at_ms, *parts)
    return sha256(chain + msgspec.msgpack.encode(whole)).digest()


def read_trail(
    connection: Connection, where: str = "1", parameters: Sequence[object] = ()
) -> Iterator[AuditEntry]:
    """Entries that match, oldest first."""
    sql = f"SELECT line_no, at_ms, chain, {COLUMNS} FROM audit WHERE {where} ORDER BY line_no"
    for line_no, at_ms, chain, *values in connection.stream(sql, parameters):
        yield AuditEntry(line_no=line_no, at_ms=at_ms, line=line_of(values), chain=bytes(chain))


def line_of(values: Sequence[object]) -> AuditLine:
    """A line out of its columns."""
    return msgspec.convert(dict(zip(_NAMES, values, strict=True)), AuditLine)


def first_bad_line(connection: Connection) -> BadLine | None:
    """The first line that is missing or does not follow from the one before; None: all is well."""
    point = trail_begin(connection)
    for entry in read_trail(connection):
        if entry.line_no != point.line_no + 1:
            return BadLine(point.line_no + 1, "is missing")
        if entry.chain != chain_line(point.chain, entry.at_ms, entry.line):
            return BadLine(entry.line_no, "does not follow from the one before")
        point = TrailPoint(entry.line_no, entry.chain)
    is_whole = trail_end(connection).chain == point.chain
    return None if is_whole else BadLine(point.line_no + 1, "is missing: the end was cut off")


def is_unbroken(connection: Connection) -> bool:
    """Whether every line follows from the one before, up to the end that was noted."""
    return first_bad_line(connection) is None


def trail_end(connection: Connection) -> TrailPoint:
    """The end that was noted; in a store whose last line an earlier release wrote, that line."""
    rows = connection.execute("SELECT line_no, chain FROM audit ORDER BY line_no DESC LIMIT 1")
    last = TrailPoint(rows[0][0], bytes(rows[0][1])) if rows else trail_begin(connection)
    return _noted(connection, AUDIT_END, AUDIT_END_LINE, last)


def trail_begin(connection: Connection) -> TrailPoint:
    """After which line the trail begins: the first of all, but where older ones were let go of."""
    return _noted(connection, AUDIT_BEGIN, AUDIT_BEGIN_LINE, START)


def point_at(connection: Connection, line_no: int) -> TrailPoint | None:
    """The chain after a line of this trail; None where the line is not here."""
    begin = trail_begin(connection)
    if line_no == begin.line_no:
        return begin
    rows = connection.execute("SELECT chain FROM audit WHERE line_no = ?", (line_no,))
    return TrailPoint(line_no, bytes(rows[0][0])) if rows else None


def let_go_of_lines(connection: Connection, through: int) -> int:
    """Remove the lines up to this one, having noted where the trail begins then; how many."""
    point = point_at(connection, through)
    if point is None or through <= trail_begin(connection).line_no:
        return 0
    connection.executemany(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        [(AUDIT_BEGIN, point.chain), (AUDIT_BEGIN_LINE, point.line_no)],
    )
    gone = connection.execute("SELECT count(*) FROM audit WHERE line_no <= ?", (through,))
    connection.execute("DELETE FROM audit WHERE line_no <= ?", (through,))
    return int(gone[0][0])


_NAMES: Final = tuple(COLUMNS.split(", "))


def _values(line: AuditLine) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in _NAMES)


def _noted(connection: Connection, name: str, line_name: str, otherwise: TrailPoint) -> TrailPoint:
    rows = connection.execute(
        "SELECT name, value FROM meta WHERE name IN (?, ?)", (name, line_name)
    )
    noted: dict[str, Any] = dict(rows)
    if name not in noted:
        return otherwise
    return TrailPoint(int(noted.get(line_name, otherwise.line_no)), bytes(noted[name]))
