"""Reading a store: one consistent snapshot, from which services answer.

Everything here reads projection tables and the log; nothing writes. What a reader was shown comes
with a `seen` token that a change must carry.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec

from sync_protocol.causality import SeenToken, seen_token
from sync_protocol.clock import Hlc
from sync_protocol.digest import Digest, view_digest
from sync_protocol.ids import ActorId, NodeId, OpId, RecordId, SubjectId
from sync_protocol.io.connection import Connection, Row
from sync_protocol.io.history import History, HistoryEntry, entries_of, entry_of
from sync_protocol.io.op_log import (
    WAITING_LIVES,
    OpLog,
    StoredOp,
    chunks,
    marks,
)
from sync_protocol.io.peers import Peer, read_peers
from sync_protocol.io.projections import CONFLICT, NO_SUBJECT, read_rows
from sync_protocol.io.scope_rows import ScopeReading
from sync_protocol.merge import RecordKey
from sync_protocol.merge import Row as FoldedRow
from sync_protocol.schema import Kind, Registry
from sync_protocol.scope import CREATED, Flag, Reasons, reasons_in
from sync_protocol.snapshot import Part

SHOWN_PART: Final = 500

_NOT_SEARCHED: Final = {ord('"'): None, 0: " "}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A record as shown, and the token of what was shown."""

    key: RecordKey
    values: dict[str, Any]
    asks: dict[str, str]
    unread: dict[str, Any]
    first_written: Hlc
    last_written: Hlc
    happened_at: int
    node: NodeId
    actor: ActorId
    seen: SeenToken
    at_centre: bool


class ConflictSide(msgspec.Struct, frozen=True, kw_only=True):
    """One standing value of a field, and who wrote it."""

    op_id: OpId
    value: Any
    node: NodeId
    actor: ActorId
    hlc: Hlc
    happened_at: int
    is_suspect: bool


class OpenConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A field on which a person must decide."""

    key: RecordKey
    field: str
    why: str
    sides: tuple[ConflictSide, ...]


class Reading:
    """One snapshot of a store. It is valid inside the `with` that gave it."""

    def __init__(self, connection: Connection, registry: Registry) -> None:
        """Read through `connection`, inside a transaction that the caller began."""
        self._connection = connection
        self._registry = registry
        self._log = OpLog(connection)
        self.logged = History(connection, self._log)
        """What the log tells beyond what stands."""

    def record(self, kind: str, subjects: tuple[SubjectId, ...], record: RecordId) -> Shown | None:
        """One record, None where nothing of it stands here."""
        other = subjects[1] if len(subjects) > 1 else NO_SUBJECT
        where = "subject = ? AND other_subject = ? AND record = ?"
        shown = list(self._shown(kind, where, (subjects[0], other, record)))
        return shown[0] if shown else None

    def records(self, kind: str, subject: SubjectId) -> list[Shown]:
        """A subject's records of a kind; of a pair kind, those on either side."""
        known = self._registry.known(kind)
        if known.is_pair:
            return list(self._shown(kind, "subject = ? OR other_subject = ?", (subject, subject)))
        return list(self._shown(kind, "subject = ?", (subject,)))

    def records_of_all(self, kind: str) -> Iterator[Shown]:
        """Every record of a kind."""
        return self._shown(kind, "1")

    def search(self, kind: str, text: str, limit: int = 50) -> list[Shown]:
        """Records whose searchable text holds a word beginning with each word of `text`."""
        query = _query_of(text)
        if not query:
            return []
        return list(self._shown(kind, _found_in(kind, limit), (query,)))

    def found(self, kind: str, text: str, limit: int = 50) -> list[SubjectId]:
        """The subjects of what `search` shows, in one statement however many there are.

        Of whom the asker may not be told nothing more need be read, so that it takes no longer to
        find them than to find nobody.
        """
        query = _query_of(text)
        if not query:
            return []
        # The kind is one of the Registry's.
        sql = f'SELECT subject FROM "{self._registry.known(kind).name}" WHERE '
        rows = self._connection.execute(sql + _found_in(kind, limit), (query,))
        return [SubjectId(row[0]) for row in rows]

    def history(
        self, subject: SubjectId, limit: int = 200, before: int | None = None
    ) -> list[HistoryEntry]:
        """The subject's ops, those that reached this node last first; `before` an op number."""
        return self.logged.page(subject, limit, before)

    def record_history(self, key: RecordKey) -> list[HistoryEntry]:
        """Every op of one record, oldest first."""
        return self.logged.of_record(key)

    def op(self, op_id: OpId) -> HistoryEntry | None:
        """One op, None where it is not held."""
        found = self._log.find([op_id])
        is_open = op_id in found and not found[op_id].lacks_body
        return entry_of(found[op_id]) if is_open else None

    def parked(self, limit: int = 500) -> list[HistoryEntry]:
        """Ops that are parked, the newest first."""
        where = "flags & 2 ORDER BY op_no DESC LIMIT ?"
        return entries_of(self._log.select(where, (limit,)))

    def unconfirmed(self, subject: SubjectId, limit: int = 50) -> list[HistoryEntry]:
        """Safety ops about a subject that are parked: held here, and counting nowhere yet."""
        where = (
            "flags & 2 AND is_safety AND (SELECT subject_no FROM subjects WHERE subject = ?)"
            " IN (subject_no, other_no) ORDER BY op_no DESC LIMIT ?"
        )
        return entries_of(self._log.select(where, (subject, limit)))

    def conflicts(self, subject: SubjectId | None = None) -> list[OpenConflict]:
        """Fields on which a person must decide, of one subject or of all."""
        where = "1" if subject is None else "subject = ? OR other_subject = ?"
        rows = self._connection.execute(
            f"SELECT subject, other_subject, record, kind, field, why FROM {CONFLICT}"
            f" WHERE {where} ORDER BY subject, record, field",
            () if subject is None else (subject, subject),
        )
        return [self._conflict(row) for row in rows]

    def subjects(self) -> Iterator[SubjectId]:
        """Every subject of which anything is held."""
        for (subject,) in self._connection.stream("SELECT subject FROM subjects"):
            yield SubjectId(subject)

    def digests(self) -> dict[SubjectId, Digest]:
        """Per subject, its digest."""
        rows = self._connection.execute("SELECT subject, digest, digest_count FROM subjects")
        return {
            SubjectId(subject): Digest(int.from_bytes(total, "big"), count)
            for subject, total, count in rows
        }

    def view_of(self, node: NodeId) -> bytes:
        """The view digest over the subjects that `node` may hold."""
        return view_digest(self.view_digests(node))

    def view_digests(self, node: NodeId) -> list[tuple[SubjectId, Digest]]:
        """The digests of the subjects that `node` may hold and of which any op counts."""
        rows = self._connection.execute(
            "SELECT s.subject, s.digest, s.digest_count FROM grants g JOIN subjects s"
            " USING(subject_no) WHERE g.node = ? AND s.digest_count > 0",
            (node,),
        )
        return [
            (SubjectId(subject), Digest(int.from_bytes(total, "big"), count))
            for subject, total, count in rows
        ]

    def holders(self, subject: SubjectId) -> dict[NodeId, Reasons]:
        """The nodes that may hold a subject, as this node was told, and the reasons of each."""
        rows = self._connection.execute(
            "SELECT g.node, g.reasons FROM grants g JOIN subjects s USING(subject_no)"
            " WHERE s.subject = ?",
            (subject,),
        )
        return {NodeId(node): reasons_in(words) for node, words in rows}

    def creator(self, subject: SubjectId) -> NodeId | None:
        """At the hub: the node that created a subject, None where it did so itself."""
        rows = self._connection.execute(
            "SELECT l.node, l.reasons FROM ledger l JOIN subjects s USING(subject_no)"
            " WHERE s.subject = ? AND l.act = 'enter' ORDER BY l.at_ms, l.number",
            (subject,),
        )
        return next((NodeId(node) for node, words in rows if CREATED in reasons_in(words)), None)

    @property
    def scope(self) -> ScopeReading:
        """Who holds whom, who is letting go, and who has let go."""
        return ScopeReading(self._connection)

    def arriving(self, subject: SubjectId) -> Part | None:
        """What comes next of a subject that arrived by snapshot; None where all of it is here.

        `HISTORY` is not sent before somebody asks for it.
        """
        rows = self._connection.execute(
            "SELECT a.part FROM snapshots a JOIN subjects s USING(subject_no) WHERE s.subject = ?",
            (subject,),
        )
        return Part(rows[0][0]) if rows else None

    def peers(self) -> list[Peer]:
        """What the hub knows of each spoke that ever called."""
        return read_peers(self._connection)

    def counts(self) -> dict[str, int]:
        """How many ops are held, applied, parked, and not yet at the centre."""
        names = ("ops", "parked", "unsent", "subjects", "conflicts")
        sql = (
            "SELECT (SELECT count(*) FROM ops), (SELECT count(*) FROM ops WHERE flags & 2),"
            f" (SELECT coalesce(sum(last_seq - received_seq), 0) FROM ({WAITING_LIVES})),"
            " (SELECT count(*) FROM subjects),"
            f" (SELECT count(*) FROM {CONFLICT})"
        )
        return dict(zip(names, self._connection.execute(sql)[0], strict=True))

    def waiting(self) -> tuple[int, int]:
        """How many own ops the hub is not known to have, and when the oldest was written (ms).

        Sequence numbers run on, so what waits is counted without being looked at.
        """
        lives = self._connection.execute(f"{WAITING_LIVES} ORDER BY life_no")
        if not lives:
            return 0, 0
        oldest = self._connection.execute(
            "SELECT o.reached_ms FROM segments s JOIN ops o ON o.op_no = s.first_op_no"
            " WHERE s.life_no = ? AND s.last_seq > ? ORDER BY s.last_seq LIMIT 1",
            lives[0][:2],
        )
        count = sum(last_seq - received_seq for _, received_seq, last_seq in lives)
        return count, oldest[0][0] if oldest else 0

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Any reading SQL over the projection tables."""
        return self._connection.execute(sql, parameters)

    def rows(self, kind: str, subject: SubjectId) -> list[FoldedRow]:
        """A subject's records of a kind as folded, without the token that a change would need."""
        known = self._registry.known(kind)
        where = "subject = ? OR other_subject = ?" if known.is_pair else "subject = ?"
        parameters = (subject, subject) if known.is_pair else (subject,)
        return list(read_rows(self._connection, known, where, parameters))

    def _shown(self, kind: str, where: str, parameters: Sequence[Any] = ()) -> Iterator[Shown]:
        known: Kind = self._registry.known(kind)
        rows = read_rows(self._connection, known, where, parameters)
        while part := list(islice(rows, SHOWN_PART)):
            standing = self._standing_of(kind, [row.key for row in part])
            for row in part:
                ids = [(one.op_id, one.hub_seq) for one in standing.get(row.key, [])]
                yield shown_row(row, ids)

    def _standing(self, key: RecordKey) -> list["_StandingId"]:
        return self._standing_of(key.kind, [key]).get(key, [])

    def _standing_of(
        self, kind: str, keys: Sequence[RecordKey]
    ) -> dict[RecordKey, list["_StandingId"]]:
        """Which ops stand in each of these records of one kind."""
        by_key: dict[RecordKey, list[_StandingId]] = {}
        for part in chunks([key.record for key in keys]):
            rows = self._connection.execute(
                "SELECT r.record, r.subject_no, r.other_no, o.op_id, o.hub_seq, s.fields"
                " FROM records r JOIN standing s USING(record_no) JOIN ops o USING(op_no)"
                f" WHERE r.kind = ? AND r.record IN ({marks(part)})",
                (kind, *part),
            )
            for record, subject_no, other_no, *stands in rows:
                subjects = [self._log.subject(no) for no in (subject_no, other_no) if no]
                key = RecordKey(kind, tuple(subjects), RecordId(record))
                by_key.setdefault(key, []).append(_StandingId(*stands))
        return by_key

    def _conflict(self, row: Row) -> OpenConflict:
        subject, other, record, kind, field, why = row
        subjects = (SubjectId(subject), SubjectId(other)) if other else (SubjectId(subject),)
        key = RecordKey(kind, subjects, RecordId(record))
        standing = self._standing(key)
        found = self._log.find([one.op_id for one in standing])
        sides = [
            _side(found[one.op_id], field)
            for one in standing
            if one.fields is None or field in msgspec.json.decode(one.fields)
        ]
        ordered = sorted((one for one in sides if one is not None), key=lambda one: one.hlc)
        return OpenConflict(key=key, field=field, why=why, sides=tuple(ordered))


class _StandingId(msgspec.Struct, frozen=True):
    op_id: OpId
    hub_seq: int | None
    fields: str | None


def _query_of(text: str) -> str:
    """Each word as the beginning of one; empty where there is none."""
    # What a column cannot hold, and what would end the query, is no part of a word.
    plain = text.translate(_NOT_SEARCHED).encode("utf-8", "ignore").decode()
    return " ".join(f'"{word}"*' for word in plain.split())


def _found_in(kind: str, limit: int) -> str:
    """The rows of a kind that a query finds, the best first taken."""
    return (
        f'rowid IN (SELECT rowid FROM "{kind}_fts" WHERE "{kind}_fts" MATCH ?'
        f" ORDER BY rank LIMIT {int(limit)})"
    )


def shown_row(row: FoldedRow, standing: Sequence[tuple[OpId, int | None]]) -> Shown:
    """A folded record as shown; `standing` are the ops in it, each with the centre's number."""
    return Shown(
        key=row.key,
        values=dict(row.values),
        asks=dict(row.asks),
        unread=dict(row.unread),
        first_written=row.first_written,
        last_written=row.last_written,
        happened_at=row.happened_at,
        node=row.node,
        actor=row.actor,
        seen=seen_token(op_id for op_id, _ in standing),
        at_centre=all(hub_seq is not None for _, hub_seq in standing),
    )


def _side(stored: StoredOp, field: str) -> ConflictSide | None:
    op = stored.read()
    if field not in op.values:
        return None
    return ConflictSide(
        op_id=op.id,
        value=op.values[field],
        node=op.header.node,
        actor=op.header.actor,
        hlc=op.hlc,
        happened_at=op.happened_at,
        is_suspect=bool(stored.verdict.flags & Flag.SUSPECT),
    )
