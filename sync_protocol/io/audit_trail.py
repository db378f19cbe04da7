"""The audit: one append-only chained table a node, written in the transaction of what it tells of.

Reads are witnessed before their answer leaves (INV-13). Lines hold ids and codes, never a name.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from sync_protocol.ids import ActorId, SubjectId
from sync_protocol.io.connection import Connection

AUDIT_END: Final = "audit_end"
"""The chain after the last line, by which a tail that was cut off is missed."""
FIRST_CHAIN: Final = sha256(b"throughcare audit v1").digest()


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, to whom, and why: ids and codes alone."""

    actor: ActorId
    act: str
    subject: SubjectId | None = None
    why: str = ""
    detail: str = ""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it stands in the trail."""

    line_no: int
    at_ms: int
    line: AuditLine


def add_lines(connection: Connection, lines: Sequence[AuditLine], now_ms: int) -> None:
    """Append lines, each chained to the one before.

    They go on from the end that was noted, not from the last line that is there: where that was cut
    off, what follows does not heal it.
    """
    end = _noted_end(connection)
    chain = _last_chain(connection) if end is None else end
    columns = []
    for line in lines:
        chain = chain_line(chain, now_ms, line)
        columns.append((now_ms, line.actor, line.act, line.subject, line.why, line.detail, chain))
    connection.executemany(
        "INSERT INTO audit(at_ms, actor, act, subject, why, detail, chain)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        columns,
    )
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(AUDIT_END, chain)])


def chain_line(chain: bytes, at_ms: int, line: AuditLine) -> bytes:
    """The chain hash after a line."""
    parts = (line.actor, line.act, line.subject, line.why, line.detail)
    return sha256(chain + msgspec.msgpack.encode((at_ms, *parts))).digest()


def read_trail(
    connection: Connection, where: str = "1", parameters: Sequence[object] = ()
) -> Iterator[AuditEntry]:
    """Entries that match, oldest first."""
    sql = (
        "SELECT line_no, at_ms, actor, act, subject, why, detail FROM audit"
        f" WHERE {where} ORDER BY line_no"
    )
    for line_no, at_ms, actor, act, subject, why, detail in connection.stream(sql, parameters):
        line = AuditLine(actor=actor, act=act, subject=subject, why=why, detail=detail)
        yield AuditEntry(line_no=line_no, at_ms=at_ms, line=line)


def is_unbroken(connection: Connection) -> bool:
    """Whether every line follows from the one before, up to the end that was noted."""
    chain = FIRST_CHAIN
    for entry in read_trail(connection):
        chain = chain_line(chain, entry.at_ms, entry.line)
        rows = connection.execute("SELECT chain FROM audit WHERE line_no = ?", (entry.line_no,))
        if rows[0][0] != chain:
            return False
    return _noted_end(connection) in (None, chain)


def _last_chain(connection: Connection) -> bytes:
    rows = connection.execute("SELECT chain FROM audit ORDER BY line_no DESC LIMIT 1")
    return bytes(rows[0][0]) if rows else FIRST_CHAIN


def _noted_end(connection: Connection) -> bytes | None:
    """None in a store whose last line an earlier release wrote."""
    rows = connection.execute("SELECT value FROM meta WHERE name = ?", (AUDIT_END,))
    return bytes(rows[0][0]) if rows else None
