"""Folding on disk: digests and projections, kept in step with the ops.

One `Folding` belongs to the writer. What it keeps in memory mirrors rows of the caller's open
transaction (INV-02): `forget` after every rollback.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from sync_protocol.digest import Digest, digest_term
from sync_protocol.ids import OpId
from sync_protocol.io.connection import Connection
from sync_protocol.io.kept_records import Kept, KeptRecords
from sync_protocol.io.op_log import (
    NO_SUBJECT_NO,
    NOWHERE,
    AnySpot,
    Arrival,
    OpLog,
    Spot,
    StoredOp,
)
from sync_protocol.io.projections import ShownRecord, write_rows
from sync_protocol.merge import (
    RecordKey,
    RecordState,
    apply,
    key_of,
    new_state,
    show,
    show_alone,
    standing_of,
)
from sync_protocol.op import Op
from sync_protocol.schema import Registry
from sync_protocol.scope import APPLIED, Flag, Verdict, join_verdicts

STRETCH_MAX: Final = 2_048


class _Newcomer(msgspec.Struct, frozen=True, gc=False):
    """The one op of a record that nobody had heard of."""

    key: RecordKey
    record_no: int
    op_no: int
    op: Op
    is_suspect: bool


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
        self._records = KeptRecords(connection, log, chance)
        self._dirty: dict[RecordKey, Kept] = {}
        self._digests: dict[int, Digest] = {}

    def forget(self) -> None:
        """Drop what is kept in memory: the transaction that it came from is gone."""
        self._records.forget()
        self._dirty.clear()
        self._digests.clear()
        self._log.forget()

    def append(self, arrivals: Sequence[Arrival], now_ms: int) -> int:
        """Store ops that are not held yet, in order, and fold them; the first one's number."""
        first = self._log.next_op_no()
        keys = [None if one.op is None else key_of(one.op) for one in arrivals]
        spots, alone = self._find_spots(arrivals, keys)
        placed = [NOWHERE if key is None else spots[key] for key in keys]
        self._count(arrivals, placed)
        self._log.insert(list(zip(arrivals, placed, strict=True)), first, now_ms)
        newcomers: list[_Newcomer] = []
        for op_no, (key, one) in enumerate(zip(keys, arrivals, strict=True), start=first):
            if key is None or one.op is None or one.verdict.is_parked:
                continue
            if key in alone:
                place = (spots[key][0], op_no)
                newcomers.append(_Newcomer(key, *place, one.op, one.verdict.is_suspect))
            else:
                self._apply(self._records[key], one.op, op_no, one.verdict)
        self._show_newcomers(newcomers)
        return first

    def states(self, keys: Iterable[RecordKey]) -> dict[RecordKey, RecordState]:
        """What stands of these records; a record not held yet has nothing standing."""
        wanted, records = set(keys), self._records
        records.bring(wanted)
        return {key: records[key].state if key in records else new_state() for key in wanted}

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
        hub_seq = first_hub_seq
        for first, last in _stretches(op_nos):
            self._number_stretch((first, last), verdict, hub_seq - first)
            hub_seq += last - first + 1

    def _number_stretch(self, span: tuple[int, int], verdict: Verdict, shift: int) -> None:
        """Number the ops of a span: `shift` is how far the hub's numbers are from this log's."""
        rows = self._connection.execute(
            "SELECT op_id, subject_no, other_no, flags, hub_seq FROM ops"
            " WHERE op_no BETWEEN ? AND ?",
            span,
        )
        if verdict != APPLIED or any(flags or seq is not None for *_, flags, seq in rows):
            for stored in list(self._log.select("op_no BETWEEN ? AND ?", span)):
                # INV-04: where this incarnation has not numbered it, its word alone counts.
                is_numbered = stored.hub_seq is not None
                joined = join_verdicts(stored.verdict, verdict) if is_numbered else verdict
                self.rejudge(stored, joined, stored.op_no + shift)
            return
        self._connection.execute(
            "UPDATE ops SET flags = ?, hub_seq = op_no + ? WHERE op_no BETWEEN ? AND ?",
            (verdict.flags, shift, *span),
        )
        self._add_terms([(_term(row[0], verdict), row[1], row[2]) for row in rows])

    def refold(self, key: RecordKey) -> None:
        """Fold a record again from every op of it that the log holds."""
        self._records.bring([key])
        kept = self._records[key]
        kept.begin_again()
        self._dirty[key] = kept
        where = "subject_no = ? AND record_no = ? AND flags & ? = 0 ORDER BY op_no"
        parameters = (kept.spot[1], kept.spot[0], Flag.PARKED)
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
            self._records.bring({key_of(op) for _, op in read})
            for stored, op in read:
                self._apply(self._records[key_of(op)], op, stored.op_no, stored.verdict)
            self.flush()
            last = ops[-1].op_no

    def flush(self) -> None:
        """Write everything derived from what was applied since the last flush."""
        self._records.write(self._dirty.values())
        shown = [
            ShownRecord(key, show(self._registry, key, kept.state), kept.is_new)
            for key, kept in self._dirty.items()
        ]
        write_rows(self._connection, self._registry, shown)
        for kept in self._dirty.values():
            kept.is_new = False
        digests = [(one.to_bytes(), one.count, number) for number, one in self._digests.items()]
        if digests:
            self._connection.executemany(
                "UPDATE subjects SET digest = ?, digest_count = ? WHERE subject_no = ?", digests
            )
        self._dirty.clear()
        self._digests.clear()
        self._records.shrink()

    def _find_spots(
        self, arrivals: Sequence[Arrival], keys: Sequence[RecordKey | None]
    ) -> tuple[dict[RecordKey, Spot], set[RecordKey]]:
        """Where each record's rows are, and the new records of which one op alone has come.

        Most ops that arrive in numbers say something new, and to keep its record in memory would
        cost more than to read it when it is asked for.
        """
        times = Counter([key for key in keys if key is not None])
        self._records.bring(times)
        fresh = self._records.add([key for key in times if key not in self._records])
        spots = {key: self._records[key].spot for key in times if key not in fresh} | fresh
        alone = {
            key
            for key, one in zip(keys, arrivals, strict=True)
            if key in fresh and times[key] == 1 and one.op and not one.op.header.replaces
        }
        for key in fresh.keys() - alone:
            self._records.remember(key, spots[key], is_new=True)
        return spots, alone

    def _apply(self, kept: Kept, op: Op, op_no: int, verdict: Verdict) -> None:
        def is_applied(op_id: OpId) -> bool:
            return self._log.is_applied(op_id, record_no=kept.spot[0], before=op_no)

        apply(kept.state, op, suspect=verdict.is_suspect, is_applied=is_applied)
        kept.places[op.id] = (op_no, len(op.values))
        self._dirty[kept.key] = kept

    def _show_newcomers(self, newcomers: Sequence[_Newcomer]) -> None:
        """Nothing stood of these records, and of each one op stands now in all its fields."""
        standing = [one for one in newcomers if one.op.values]
        self._records.write_alone([(one.record_no, one.op_no) for one in standing])
        kinds = self._registry.kinds
        rows = [
            show_alone(
                kinds.get(one.key.kind), one.key, standing_of(one.op, suspect=one.is_suspect)
            )
            for one in standing
        ]
        shown = [ShownRecord(row.key, row, is_new=True) for row in rows]
        write_rows(self._connection, self._registry, shown)

    def _count(self, arrivals: Sequence[Arrival], placed: Sequence[AnySpot]) -> None:
        """Add the terms of new ops to the digests of their subjects."""
        self._add_terms(
            [
                (_term(one.op_id, one.verdict), subject_no, other_no)
                for one, (_, subject_no, other_no) in zip(arrivals, placed, strict=True)
                if _is_counted(one.verdict, one.hub_seq)
            ]
        )

    def _add_terms(self, terms: Iterable[tuple[int, int, int]]) -> None:
        """Add each term to the digests of its subject and its other subject."""
        by_subject: defaultdict[int, list[int]] = defaultdict(list)
        for term, subject_no, other_no in terms:
            by_subject[subject_no].append(term)
            by_subject[other_no].append(term)
        by_subject.pop(NO_SUBJECT_NO, None)
        for number, of_subject in by_subject.items():
            digest = self._digests.get(number) or self._log.digest(number)
            self._digests[number] = digest.plus(*of_subject)

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


def _stretches(op_nos: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of each run of consecutive numbers, in the order given.

    None is longer than what stays in memory between reading and writing it.
    """
    first = 0
    for place, op_no in enumerate(op_nos):
        is_last = place + 1 == len(op_nos) or op_nos[place + 1] != op_no + 1
        if is_last or place + 1 - first == STRETCH_MAX:
            yield op_nos[first], op_no
            first = place + 1


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
