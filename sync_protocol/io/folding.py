"""Folding on disk: what stands, the names awaited, digests and projections, kept in step with ops.

One `Folding` belongs to the writer. It keeps recently touched records in memory between
transactions, so that a run of changes to one person reads nothing twice; `forget` after every
rollback. Everything it writes is in the caller's transaction (INV-02).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from sync_protocol.digest import Digest, digest_term
from sync_protocol.ids import OpId, SubjectId
from sync_protocol.io.connection import Connection
from sync_protocol.io.op_log import (
    KEY_BYTES,
    NO_SUBJECT_NO,
    OP_COLUMNS,
    Arrival,
    OpLog,
    StoredOp,
    chunks,
    marks,
)
from sync_protocol.io.projections import ShownRecord, write_rows
from sync_protocol.merge import (
    RecordKey,
    RecordState,
    apply,
    key_of,
    new_state,
    show,
    standing_of,
)
from sync_protocol.op import Op
from sync_protocol.schema import Registry
from sync_protocol.scope import APPLIED, UNJUDGED, Flag, Verdict, join_verdicts

RECORDS_KEPT_MAX: Final = 5_000
REWRITE: Final = -1
NOWHERE: Final = (None, NO_SUBJECT_NO, NO_SUBJECT_NO)
UNCOUNTED: Final = (Verdict(Flag.PARKED), None)


class Kept(msgspec.Struct):
    """A record in memory: its number, its state, and the numbers of the ops that stand."""

    record_no: int
    key: RecordKey
    subject_nos: tuple[int, int]
    state: RecordState
    places: dict[OpId, tuple[int, int]]
    """Each op's number and how many fields it sets: one standing in all of them is written so."""
    written: dict[OpId, tuple[int, int]]
    """What the standing table says now: per op, its number and in how many fields it stands.

    Between two flushes fields are only ever lost, so the count tells whether the row is stale.
    """
    awaited_written: set[tuple[str, OpId]]
    is_new: bool
    """Whether no projection row of it was ever written, so that none need be taken away."""


class Folding:
    """Applies ops to the store's derived tables."""

    def __init__(
        self,
        connection: Connection,
        registry: Registry,
        log: OpLog,
        chance: Callable[[int], bytes],
    ) -> None:
        """`chance` makes the keys of subjects met for the first time."""
        self._connection = connection
        self._registry = registry
        self._log = log
        self._chance = chance
        self._kept: dict[RecordKey, Kept] = {}
        self._dirty: dict[RecordKey, Kept] = {}
        self._digests: dict[int, Digest] = {}

    def forget(self) -> None:
        """Drop what is kept in memory: the transaction that it came from is gone."""
        self._kept.clear()
        self._dirty.clear()
        self._digests.clear()
        self._log.forget()

    def append(self, arrivals: Sequence[Arrival], now_ms: int) -> int:
        """Store ops that are not held yet, in order, and fold them; the first one's number."""
        first = self._log.next_op_no()
        keys = [key_of(one.op) if one.op is not None else None for one in arrivals]
        kept = self._keep({key for key in keys if key is not None})
        places = [kept[key] if key is not None else None for key in keys]
        self._log.insert(
            [
                (arrival, *((record.record_no, *record.subject_nos) if record else NOWHERE))
                for arrival, record in zip(arrivals, places, strict=True)
            ],
            first,
            now_ms,
        )
        for op_no, (arrival, record) in enumerate(zip(arrivals, places, strict=True), start=first):
            if record is not None and arrival.op is not None and not arrival.verdict.is_parked:
                self._apply(record, arrival.op, op_no, arrival.verdict)
                after = (arrival.verdict, arrival.hub_seq)
                self._recount(record.subject_nos, arrival.op_id, UNCOUNTED, after)
        return first

    def states(self, keys: Iterable[RecordKey]) -> dict[RecordKey, RecordState]:
        """What stands of these records; a record not held yet has nothing standing."""
        wanted = set(keys)
        self._bring(wanted)
        return {key: self._kept[key].state if key in self._kept else new_state() for key in wanted}

    def _bring(self, keys: Iterable[RecordKey]) -> None:
        """Load those of the records that are held and not in memory."""
        numbered = self._find_records([key for key in keys if key not in self._kept])
        self._load([self._remember(key, *place) for key, place in numbered.items()])

    def rejudge(self, stored: StoredOp, verdict: Verdict, hub_seq: int | None) -> None:
        """Give a held op a new verdict or number; its record is folded again where that matters."""
        if stored.verdict == verdict and stored.hub_seq == hub_seq:
            return
        self._connection.execute(
            "UPDATE ops SET flags = ?, reason = ?, hub_seq = ? WHERE op_no = ?",
            (verdict.flags, verdict.reason or None, hub_seq, stored.op_no),
        )
        if stored.subject_no:
            nos = (stored.subject_no, stored.other_no)
            self._recount(nos, stored.op_id, (stored.verdict, stored.hub_seq), (verdict, hub_seq))
        changes_fold = (stored.verdict.is_parked, stored.verdict.is_suspect) != (
            verdict.is_parked,
            verdict.is_suspect,
        )
        if changes_fold and stored.record_no is not None:
            self.refold(key_of(stored.read()))

    def number(self, op_nos: Sequence[int], verdict: Verdict, first_hub_seq: int) -> None:
        """Give held ops, in order, one verdict and running numbers.

        What nobody had judged and is plainly applied needs no fold: it was shown as applied.
        """
        plain = verdict == APPLIED
        places = {op_no: first_hub_seq + place for place, op_no in enumerate(op_nos)}
        for part in chunks(op_nos):
            sql = (
                "SELECT op_no, op_id, subject_no, other_no, flags, hub_seq FROM ops WHERE op_no"
                f" IN ({marks(part)}) ORDER BY op_no"
            )
            rows = self._connection.execute(sql, part)
            if not plain or any(row[4] or row[5] is not None for row in rows):
                found = self._log.select(f"op_no IN ({marks(part)})", part)
                for stored in list(found):
                    joined = join_verdicts(stored.verdict, verdict)
                    self.rejudge(stored, joined, places[stored.op_no])
                continue
            self._connection.executemany(
                "UPDATE ops SET flags = ?, hub_seq = ? WHERE op_no = ?",
                [(verdict.flags, places[row[0]], row[0]) for row in rows],
            )
            for _, op_id, subject_no, other_no, _, _ in rows:
                before = (UNJUDGED, None)
                self._recount((subject_no, other_no), op_id, before, (verdict, first_hub_seq))

    def refold(self, key: RecordKey) -> None:
        """Fold a record again from every op of it that the log holds."""
        self._bring([key])
        kept = self._kept[key]
        state = new_state()
        kept.places.clear()
        kept.written = {op_id: (op_no, REWRITE) for op_id, (op_no, _) in kept.written.items()}
        self._dirty[key] = kept
        kept.state = state
        where = "subject_no = ? AND record_no = ? AND flags & ? = 0 ORDER BY op_no"
        parameters = (kept.subject_nos[0], kept.record_no, Flag.PARKED)
        for stored in list(self._log.select(where, parameters)):
            self._apply(kept, stored.read(), stored.op_no, stored.verdict)

    def refold_all(self, part: int) -> None:
        """Fold every record again from the log, in parts that fit in memory.

        The derived tables must be empty; digests are kept, since they count ops and not records.
        """
        last = 0
        while True:
            where = "op_no > ? AND record_no IS NOT NULL AND flags & ? = 0 ORDER BY op_no LIMIT ?"
            ops = list(self._log.select(where, (last, Flag.PARKED, part)))
            if not ops:
                return
            read = [(stored, stored.read()) for stored in ops]
            kept = self._keep({key_of(op) for _, op in read})
            for stored, op in read:
                self._apply(kept[key_of(op)], op, stored.op_no, stored.verdict)
            self.flush()
            last = ops[-1].op_no

    def flush(self) -> None:
        """Write everything derived from what was applied since the last flush."""
        self._write_standing()
        self._write_awaited()
        shown = [
            ShownRecord(key, show(self._registry, key, kept.state), kept.is_new)
            for key, kept in self._dirty.items()
        ]
        write_rows(self._connection, self._registry, shown)
        for kept in self._dirty.values():
            kept.is_new = False
        self._change(
            "UPDATE subjects SET digest = ?, digest_count = ? WHERE subject_no = ?",
            [(one.to_bytes(), one.count, number) for number, one in self._digests.items()],
        )
        self._dirty.clear()
        self._digests.clear()
        if len(self._kept) > RECORDS_KEPT_MAX:
            self._kept.clear()

    def _apply(self, kept: Kept, op: Op, op_no: int, verdict: Verdict) -> None:
        def is_applied(op_id: OpId) -> bool:
            return self._log.is_applied(op_id, record_no=kept.record_no, before=op_no)

        apply(kept.state, op, suspect=verdict.is_suspect, is_applied=is_applied)
        kept.places[op.id] = (op_no, len(op.values))
        self._dirty[kept.key] = kept

    def _keep(self, keys: set[RecordKey]) -> dict[RecordKey, Kept]:
        """These records in memory, numbered where they are new."""
        self._bring(keys)
        fresh = [key for key in sorted(keys, key=_order) if key not in self._kept]
        number = self._next_record_no() if fresh else 0
        rows = []
        for place, key in enumerate(fresh, start=number):
            nos = [self._log.add_subject(one, self._chance(KEY_BYTES)) for one in key.subjects]
            subject_nos = (nos[0], nos[1] if len(nos) > 1 else NO_SUBJECT_NO)
            self._remember(key, place, subject_nos).is_new = True
            rows.append((place, key.record, *subject_nos, key.kind))
        self._connection.executemany(
            "INSERT INTO records(record_no, record, subject_no, other_no, kind)"
            " VALUES (?, ?, ?, ?, ?)",
            rows,
        )
        return {key: self._kept[key] for key in keys}

    def _find_records(
        self, keys: Sequence[RecordKey]
    ) -> dict[RecordKey, tuple[int, tuple[int, int]]]:
        found: dict[RecordKey, tuple[int, tuple[int, int]]] = {}
        wanted = set(keys)
        for part in chunks(list({key.record for key in keys})):
            sql = (
                "SELECT record_no, record, subject_no, other_no, kind FROM records"
                f" WHERE record IN ({marks(part)})"
            )
            for number, record, subject_no, other_no, kind in self._connection.execute(sql, part):
                key = RecordKey(kind, self._subjects(subject_no, other_no), record)
                if key in wanted:
                    found[key] = (number, (subject_no, other_no))
        return found

    def _subjects(self, subject_no: int, other_no: int) -> tuple[SubjectId, ...]:
        first = self._log.subject(subject_no)
        return (first, self._log.subject(other_no)) if other_no else (first,)

    def _remember(self, key: RecordKey, number: int, subject_nos: tuple[int, int]) -> Kept:
        kept = Kept(number, key, subject_nos, new_state(), {}, {}, set(), is_new=False)
        self._kept[key] = kept
        return kept

    def _load(self, records: Sequence[Kept]) -> None:
        """Read what stands of records that memory does not hold."""
        by_number = {one.record_no: one for one in records}
        names = ", ".join(f"o.{name.strip()}" for name in OP_COLUMNS.split(","))
        for part in chunks(list(by_number)):
            sql = (
                f"SELECT s.fields, s.record_no, {names} FROM standing s JOIN ops o USING(op_no)"
                f" WHERE s.record_no IN ({marks(part)})"
            )
            for fields, number, *columns in self._connection.execute(sql, part):
                self._load_standing(by_number[number], fields, self._log.stored(columns))
            sql = f"SELECT record_no, field, op_id FROM replaced WHERE record_no IN ({marks(part)})"
            for number, field, op_id in self._connection.execute(sql, part):
                by_number[number].state.awaited.add((field, OpId(op_id)))
                by_number[number].awaited_written.add((field, OpId(op_id)))

    def _load_standing(self, kept: Kept, fields: str | None, stored: StoredOp) -> None:
        stands = standing_of(stored.read(), suspect=stored.verdict.is_suspect)
        kept.places[stored.op_id] = (stored.op_no, len(stands.values))
        if fields is not None:
            names = msgspec.json.decode(fields, type=list[str])
            stands = msgspec.structs.replace(
                stands, values={name: stands.values[name] for name in names}
            )
        kept.state.standing[stored.op_id] = stands
        kept.written[stored.op_id] = (stored.op_no, len(stands.values))

    def _next_record_no(self) -> int:
        sql = "SELECT coalesce(max(record_no), 0) + 1 FROM records"
        return int(self._connection.execute(sql)[0][0])

    def _recount(
        self,
        subject_nos: tuple[int, int],
        op_id: OpId,
        before: tuple[Verdict, int | None],
        after: tuple[Verdict, int | None],
    ) -> None:
        """Take an op's old term out of its subjects' digests and put the new one in."""
        gone = _term(op_id, before[0]) if _is_counted(*before) else None
        come = _term(op_id, after[0]) if _is_counted(*after) else None
        for number in subject_nos:
            if not number:
                continue
            digest = self._digests.get(number) or self._log.digest(number)
            if gone is not None:
                digest = digest.minus(gone)
            if come is not None:
                digest = digest.plus(come)
            self._digests[number] = digest

    def _write_standing(self) -> None:
        gone, come = [], []
        for kept in self._dirty.values():
            now = {
                op_id: (kept.places[op_id][0], len(one.values))
                for op_id, one in kept.state.standing.items()
            }
            lost = kept.written.keys() - now.keys()
            gone += [(kept.record_no, kept.written[op_id][0]) for op_id in lost]
            come += [
                (kept.record_no, place[0], _fields_column(kept, op_id))
                for op_id, place in now.items()
                if kept.written.get(op_id) != place
            ]
            kept.written = now
        self._change("DELETE FROM standing WHERE record_no = ? AND op_no = ?", gone)
        self._change("INSERT OR REPLACE INTO standing VALUES (?, ?, ?)", come)

    def _write_awaited(self) -> None:
        gone, come = [], []
        for kept in self._dirty.values():
            now = kept.state.awaited
            if now == kept.awaited_written:
                continue
            gone += [(kept.record_no, *name) for name in kept.awaited_written - now]
            come += [(kept.record_no, *name) for name in now - kept.awaited_written]
            kept.awaited_written = set(now)
        self._change("DELETE FROM replaced WHERE record_no = ? AND field = ? AND op_id = ?", gone)
        self._change("INSERT INTO replaced VALUES (?, ?, ?)", come)

    def _change(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            self._connection.executemany(sql, rows)


def _fields_column(kept: Kept, op_id: OpId) -> str | None:
    """None where the op stands in all its fields, which is nearly always."""
    fields = kept.state.standing[op_id].values
    if len(fields) == kept.places[op_id][1]:
        return None
    return msgspec.json.encode(sorted(fields)).decode()


def _is_counted(verdict: Verdict, hub_seq: int | None) -> bool:
    return bool(verdict.flags & Flag.APPLIED) and hub_seq is not None


def _term(op_id: OpId, verdict: Verdict) -> int:
    flags = verdict.flags
    return digest_term(
        op_id,
        suspect=bool(flags & Flag.SUSPECT),
        late=bool(flags & Flag.LATE),
        redacted=bool(flags & Flag.REDACTED),
    )


def _order(key: RecordKey) -> tuple[tuple[SubjectId, ...], bytes, str]:
    return (key.subjects, key.record, key.kind)
