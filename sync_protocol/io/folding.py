"""Folding on disk: digests and projections, kept in step with the ops.

One `Folding` belongs to the writer. What it keeps in memory mirrors rows of the caller's open
transaction (INV-02): `forget` after every rollback.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from sync_protocol.ids import OpId
from sync_protocol.io.bases import NOT_PAST, BaseOp, Bases
from sync_protocol.io.connection import Connection, Row
from sync_protocol.io.counting import Counting
from sync_protocol.io.kept_records import Kept, KeptRecords
from sync_protocol.io.op_log import (
    KEY_BYTES,
    NOWHERE,
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
from sync_protocol.op import Op, OpBytes
from sync_protocol.schema import Registry
from sync_protocol.scope import APPLIED, Flag, Verdict, join_verdicts
from sync_protocol.snapshot import Dangling, await_names, stand, term_of

STRETCH_MAX: Final = 2_048
Facts = Mapping[OpId, tuple[str, ...]]
"""Of ops that a snapshot speaks of, the fields in which they stand; none where in all."""
NO_FACTS: Final[Facts] = {}

_LEAVES_AGAIN: Final = (
    "UPDATE departures SET state = 'releasing' WHERE subject_no = ?"
    " AND state IN ('sealed', 'purged')"
)


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
        self._chance = chance
        self._records = KeptRecords(connection, log, chance)
        self.bases = Bases(connection, log)
        self._dirty: dict[RecordKey, Kept] = {}
        self.counting = Counting(connection, log, self.bases)

    def forget(self) -> None:
        """Drop what is kept in memory: the transaction that it came from is gone."""
        self._records.forget()
        self._dirty.clear()
        self.counting.forget()
        self.bases.forget()
        self._log.forget()

    def append(self, arrivals: Sequence[Arrival], now_ms: int, facts: Facts = NO_FACTS) -> int:
        """Store ops that are not held yet, in order, and fold them; the first one's number.

        Of what a snapshot covers only what stands by its `facts` counts in the fold.
        """
        first = self._log.next_op_no()
        keys = [None if one.op is None else key_of(one.op) for one in arrivals]
        spots, alone = self._find_spots(arrivals, keys, facts)
        placed = [NOWHERE if key is None else spots[key] for key in keys]
        self.counting.count(arrivals, placed)
        self._find_keys({(first, other) for _, first, other in placed if first})
        self._log.insert(list(zip(arrivals, placed, strict=True)), first, now_ms)
        newcomers: list[_Newcomer] = []
        past: list[int] = []
        based: list[tuple[int, int, tuple[str, ...]]] = []
        for op_no, (key, one) in enumerate(zip(keys, arrivals, strict=True), start=first):
            if key is None or one.op is None or one.verdict.is_parked:
                continue
            is_fact = one.op_id in facts
            if not is_fact and self.bases.excludes(spots[key][1:], one.hub_seq):
                past.append(op_no)
                continue
            if is_fact:
                based.append((spots[key][0], op_no, facts[one.op_id]))
            if key in alone:
                place = (spots[key][0], op_no)
                newcomers.append(_Newcomer(key, *place, one.op, one.verdict.is_suspect))
            elif is_fact:
                self._stand(self._records[key], one.op, op_no, (facts[one.op_id], one.verdict))
            else:
                self._apply(self._records[key], one.op, op_no, one.verdict)
        self.bases.add_past(past)
        self.bases.add_standing(based)
        self._show_newcomers(newcomers)
        return first

    def promote(self, held: Sequence[tuple[StoredOp, tuple[str, ...]]]) -> set[int]:
        """Let held ops stand by a snapshot; the records that are to be folded again."""
        rows = [
            (stored.record_no, stored.op_no, fields)
            for stored, fields in held
            if stored.record_no is not None and self.bases.is_past(stored.op_no)
        ]
        self.bases.add_standing(rows)
        return {record_no for record_no, _, _ in rows}

    def await_names(self, dangling: Sequence[Dangling]) -> None:
        """Have names that a snapshot found replaced end what they name, now or when it comes."""
        by_key: defaultdict[RecordKey, list[tuple[str, OpId]]] = defaultdict(list)
        for one in dangling:
            by_key[one.key].append((one.field, one.op_id))
        self._records.bring(by_key)
        fresh = self._records.add([key for key in by_key if key not in self._records])
        for key, spot in fresh.items():
            self._records.remember(key, spot, is_new=True)
        rows: list[tuple[int, str, OpId]] = []
        for key, names in by_key.items():
            kept = self._records[key]
            await_names(kept.state, names)
            self._dirty[key] = kept
            rows += [(kept.spot[0], *name) for name in names]
        self.bases.add_names(rows)

    def refold_records(self, record_nos: Iterable[int]) -> None:
        """Fold these records again."""
        for key in self._records.keys(sorted(record_nos)):
            self.refold(key)

    def states(self, keys: Iterable[RecordKey]) -> dict[RecordKey, RecordState]:
        """What stands of these records; a record not held yet has nothing standing."""
        wanted, records = set(keys), self._records
        records.bring(wanted)
        return {key: records[key].state if key in records else new_state() for key in wanted}

    def reopen(self, stored: StoredOp, body: bytes) -> int | None:
        """Give an op back the body that this node could not open; the record to be folded again."""
        raw = OpBytes(stored.raw.opening, body)
        whole = msgspec.structs.replace(stored, raw=raw)
        assert whole.subject_no, "a body under a key is of a subject"
        self._find_keys({(whole.subject_no, whole.other_no)})
        key_no = self._log.key_for(whole.subject_no, whole.other_no)
        assert key_no is not None, "it was just found or made"
        self._log.reseal(whole, key_no)
        # Parked or not: its verdict may have changed with what brought the body.
        return whole.record_no

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
            self.counting.recount(
                nos, stored.op_id, (stored.verdict, stored.hub_seq), (verdict, hub_seq)
            )
        changes_fold = (stored.verdict.is_parked, stored.verdict.is_suspect) != (
            verdict.is_parked,
            verdict.is_suspect,
        )
        is_past = not verdict.is_parked and self._becomes_past(stored, hub_seq)
        if (changes_fold or is_past) and stored.record_no is not None:
            self.refold(key_of(stored.read()))

    def _becomes_past(self, stored: StoredOp, hub_seq: int | None) -> bool:
        """Whether a number tells only now that a snapshot had taken account of a held op."""
        numbers = (stored.subject_no or 0, stored.other_no)
        if not any(self.bases.covers(number, hub_seq) for number in numbers):
            return False
        if stored.hub_seq == hub_seq or self.bases.is_based(stored.op_no, stored.record_no):
            return False
        self.bases.add_past([stored.op_no])
        return True

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
            "SELECT op_id, subject_no, other_no, flags, hub_seq, op_no FROM ops"
            " WHERE op_no BETWEEN ? AND ?",
            span,
        )
        is_judged = any(flags or seq is not None for *_, flags, seq, _ in rows)
        if verdict != APPLIED or is_judged or self._are_covered(rows, shift):
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
        self.counting.add_terms([(term_of(row[0], verdict.flags), row[1], row[2]) for row in rows])

    def _are_covered(self, rows: Sequence[Row], shift: int) -> bool:
        """Whether a snapshot had taken account of any of these ops, as they are numbered now."""
        return any(
            self.bases.covers(number, row[-1] + shift) for row in rows for number in row[1:3]
        )

    def refold(self, key: RecordKey) -> None:
        """Fold a record again from its base and every op of it that the log holds besides."""
        self._records.bring([key])
        kept = self._records[key]
        kept.begin_again()
        self._dirty[key] = kept
        self._stand_on([(kept, one) for one in self.bases.standing_of(kept.spot[0])])
        await_names(kept.state, self.bases.names_of(kept.spot[0]))
        where = f"subject_no = ? AND record_no = ? AND flags & ? = 0 AND {NOT_PAST} ORDER BY op_no"
        parameters = (kept.spot[1], kept.spot[0], Flag.PARKED)
        for stored in list(self._log.select(where, parameters)):
            self._apply(kept, stored.read(), stored.op_no, stored.verdict)

    def refold_all(self, part: int) -> None:
        """Fold every record again from the log, in parts that fit in memory.

        The derived tables must be empty; digests are kept, since they count ops and not records.
        """
        self._refold_bases(part)
        last = 0
        while True:
            where = (
                f"op_no > ? AND record_no IS NOT NULL AND flags & ? = 0 AND {NOT_PAST}"
                " ORDER BY op_no LIMIT ?"
            )
            ops = list(self._log.select(where, (last, Flag.PARKED, part)))
            if not ops:
                return
            read = [(stored, stored.read()) for stored in ops]
            self._records.bring({key_of(op) for _, op in read})
            for stored, op in read:
                self._apply(self._records[key_of(op)], op, stored.op_no, stored.verdict)
            self.flush()
            last = ops[-1].op_no

    def _refold_bases(self, part: int) -> None:
        """Have everything stand that snapshots let stand, before the ops after them."""
        place = (0, 0)
        while based := self.bases.standing_after(place, part):
            read = [(key_of(one.stored.read()), one) for one in based]
            self._records.bring({key for key, _ in read})
            self._stand_on([(self._records[key], one) for key, one in read])
            self.flush()
            last = based[-1].stored
            place = (last.record_no or 0, last.op_no)
        for key in self._records.keys(self.bases.named_records()):
            self._records.bring([key])
            kept = self._records[key]
            await_names(kept.state, self.bases.names_of(kept.spot[0]))
            self._dirty[key] = kept
        self.flush()

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
        self._dirty.clear()
        self.counting.flush()
        self._records.shrink()

    def _find_spots(
        self, arrivals: Sequence[Arrival], keys: Sequence[RecordKey | None], facts: Facts
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
            if key in fresh and times[key] == 1 and _stands_alone(one, facts)
        }
        for key in fresh.keys() - alone:
            self._records.remember(key, spots[key], is_new=True)
        return spots, alone

    def _find_keys(self, subject_nos: set[tuple[int, int]]) -> None:
        """Make a new key where those of all subjects are gone: what comes again needs one.

        INV-05: it can be read here then, so whoever was let go of is to be let go of once more.
        """
        for first, other in sorted(subject_nos):
            if self._log.key_for(first, other) is None:
                self._log.add_key(first, self._chance(KEY_BYTES))
                self._connection.execute(_LEAVES_AGAIN, (first,))

    def _apply(self, kept: Kept, op: Op, op_no: int, verdict: Verdict) -> None:
        def is_applied(op_id: OpId) -> bool:
            return self._log.is_applied(op_id, record_no=kept.spot[0], before=op_no)

        apply(kept.state, op, suspect=verdict.is_suspect, is_applied=is_applied)
        kept.places[op.id] = (op_no, len(op.values))
        self._dirty[kept.key] = kept

    def _stand(self, kept: Kept, op: Op, op_no: int, told: tuple[tuple[str, ...], Verdict]) -> None:
        stand(kept.state, op, told[0], suspect=told[1].is_suspect)
        kept.places[op.id] = (op_no, len(op.values))
        self._dirty[kept.key] = kept

    def _stand_on(self, based: Iterable[tuple[Kept, BaseOp]]) -> None:
        for kept, one in based:
            stored = one.stored
            if stored.lacks_body:
                continue
            self._stand(kept, stored.read(), stored.op_no, (one.fields, stored.verdict))

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


def _stands_alone(one: Arrival, facts: Facts) -> bool:
    """Whether the first op of a record stands in all that it sets, and ends nothing."""
    if one.op is None:
        return False
    told = facts.get(one.op_id)
    return not one.op.header.replaces if told is None else not told
