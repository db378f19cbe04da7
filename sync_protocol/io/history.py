"""What a log tells of one subject: its ops in the order that they came, and when each happened.

A long life is put in order by its moments alone; only the ops that are shown are read whole.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from sync_protocol.errors import DOES_NOT_DECODE, UnreadableOp
from sync_protocol.ids import OpId, SubjectId
from sync_protocol.io.connection import Connection
from sync_protocol.io.op_log import OP_COLUMNS, OpLog, StoredOp, chunks, marks
from sync_protocol.merge import RecordKey
from sync_protocol.op import Header, Op, read_moment, read_opening
from sync_protocol.scope import Flag, Verdict

_ABOUT: Final = (
    "SELECT {columns} FROM ops WHERE subject_no = :subject UNION ALL"
    " SELECT {columns} FROM ops WHERE other_no = :subject AND other_no > 0"
)
"""The ops of a subject on either side, each once: no op is about one subject twice."""


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One op as this node holds it; `op` is None where it does not parse."""

    op_id: OpId
    op: Op | None
    verdict: Verdict
    hub_seq: int | None
    op_no: int
    reached_ms: int


class Moment(NamedTuple):
    """When an op is said to have happened, UTC ms; where its body does not say, when it came."""

    op_no: int
    happened_ms: int
    reached_ms: int


class History:
    """Reads the log in a snapshot that the caller has open."""

    def __init__(self, connection: Connection, log: OpLog) -> None:
        """`log` reads through `connection`."""
        self._connection = connection
        self._log = log

    def page(self, subject: SubjectId, limit: int, before: int | None) -> list[HistoryEntry]:
        """The ops that came last, the last first; `before` an op number."""
        sql = (
            f"SELECT * FROM ({_ABOUT.format(columns=OP_COLUMNS)})"
            " WHERE op_no < :before ORDER BY op_no DESC LIMIT :limit"
        )
        number = self._log.subject_no(subject)
        ceiling = before if before is not None else 1 << 62
        named = {"subject": number, "before": ceiling, "limit": limit}
        return entries_of(map(self._log.stored, self._connection.execute(sql, named)))

    def moments(self, subject: SubjectId) -> list[Moment]:
        """The moment of each op, in no order; of a body only the beginning is looked at."""
        sql = _ABOUT.format(columns="op_no, reached_ms, flags, body, op_id, key_no")
        named = {"subject": self._log.subject_no(subject)}
        found = []
        for op_no, reached_ms, flags, *sealed in self._connection.stream(sql, named):
            body = self._log.opened(*sealed)
            if body is not None:
                found.append(Moment(op_no, _happened_ms(body, reached_ms), reached_ms))
            elif flags & Flag.REDACTED:
                found.append(Moment(op_no, reached_ms, reached_ms))
        return found

    def entries(self, op_nos: Sequence[int]) -> list[HistoryEntry]:
        """The ops with these numbers, in the order asked for."""
        found = {
            one.op_no: one
            for part in chunks(op_nos)
            for one in self._log.select(f"op_no IN ({marks(part)})", part)
        }
        return entries_of(found[op_no] for op_no in op_nos if op_no in found)

    def of_record(self, key: RecordKey) -> list[HistoryEntry]:
        """Every op of one record, oldest first."""
        where = (
            "subject_no = ? AND (record_no IS NULL OR record_no IN"
            " (SELECT record_no FROM records WHERE record = ? AND kind = ?)) ORDER BY op_no"
        )
        number = self._log.subject_no(key.subjects[0])
        # Read to the end at once: a stream may not be left while the caller asks something else.
        stored = list(self._log.select(where, (number, key.record, key.kind)))
        return [one for one in entries_of(stored) if one.op is not None and _is_of(one.op, key)]

    def headers(self, kind: str, subject: SubjectId) -> Iterator[tuple[OpId, Header]]:
        """The id and header of each applied op of a subject's records of one kind."""
        sql = (
            "SELECT o.op_id, o.opening FROM ops o JOIN records r USING(record_no)"
            " WHERE o.subject_no = ? AND r.kind = ? AND o.flags & ? = 0"
        )
        about = (self._log.subject_no(subject), kind, int(Flag.PARKED))
        for op_id, opening in self._connection.execute(sql, about):
            yield OpId(op_id), read_opening(opening)


def entries_of(stored: Iterator[StoredOp] | Sequence[StoredOp]) -> list[HistoryEntry]:
    """Ops as entries, without those whose bodies are out of reach here."""
    return [entry_of(one) for one in stored if not one.lacks_body]


def entry_of(stored: StoredOp) -> HistoryEntry:
    """One op as an entry."""
    try:
        op = stored.read()
    except UnreadableOp:
        op = None
    return HistoryEntry(
        op_id=stored.op_id,
        op=op,
        verdict=stored.verdict,
        hub_seq=stored.hub_seq,
        op_no=stored.op_no,
        reached_ms=stored.reached_ms,
    )


def _happened_ms(body: bytes, reached_ms: int) -> int:
    try:
        return read_moment(body)
    except DOES_NOT_DECODE:
        return reached_ms


def _is_of(op: Op, key: RecordKey) -> bool:
    header = op.header
    return (header.kind, header.record, header.subjects) == (key.kind, key.record, key.subjects)
