"""The hub's scope on disk: who may hold whom, who takes somebody in, and what that lets stand.

Implements PROTOCOL.md, Scope. Everything here runs in the transaction of the ops that it concerns.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence

from sync_protocol.cursor import NO_INCARNATION
from sync_protocol.ids import IncarnationId, NodeId, SubjectId
from sync_protocol.io.ledger import Ledger
from sync_protocol.io.op_log import OP_COLUMNS, StoredOp, chunks, marks
from sync_protocol.io.recovery import ends_now
from sync_protocol.io.store_core import EARLIER, StoreCore
from sync_protocol.limits import CHANGE_SET_OPS_MAX
from sync_protocol.messages import Hello
from sync_protocol.op import Op
from sync_protocol.scope import (
    APPLIED,
    GRANTED,
    NO_REASON,
    Reasons,
    Span,
    Verdict,
    join_verdicts,
    judge_sets,
    set_of,
    spans_by_subject,
)
from sync_protocol.seal import ScopeEpoch


class HubScope:
    """Grants of the hub; it writes through the hub's core."""

    def __init__(self, core: StoreCore) -> None:
        """Write through `core`, which must be the hub's."""
        self._core = core
        self.ledger = Ledger(core)

    def told_by(self, life_no: int, first_seq: int) -> Callable[[ScopeEpoch, int], int | None]:
        """What a node had been told when it wrote an op of a life: of its segment's epoch and seq.

        It is asked of no seq before `first_seq`: a life may have been told of scope for years.

        None where an earlier incarnation had told it: that may be lost, so all that it ever held
        counts. A node that was never told anything has epoch nought, unless the hub was restored
        since. An epoch older than one that the node had confirmed before that op counts as the one
        confirmed: nobody writes under what he was told to be over.
        """
        known = self._comparable()
        rows = []
        sql = "SELECT seq, epoch FROM confirmed WHERE life_no = ? ORDER BY epoch DESC"
        for row in self._core.connection.stream(sql, (life_no,)):
            rows.append(row)
            if row[0] < first_seq:
                break
        rows.reverse()
        seqs, epochs = [row[0] for row in rows], [row[1] for row in rows]

        def told(epoch: ScopeEpoch, seq: int) -> int | None:
            before = bisect_left(seqs, seq)
            confirmed = epochs[before - 1] if before else None
            if epoch.incarnation not in known:
                return confirmed
            return epoch.number if confirmed is None else max(epoch.number, confirmed)

        return told

    def note_confirmed(self, node: NodeId, hello: Hello) -> None:
        """What a node says that it was told, and how far its life had come then."""
        told = hello.cursor
        if not told.scope_epoch or told.incarnation != self._core.cursor().incarnation:
            return
        # Sequence and epoch rise together: where an image of the disk came back, neither counts.
        self._core.connection.execute(
            "INSERT INTO confirmed SELECT :life, :epoch, :seq WHERE NOT EXISTS (SELECT 1 FROM"
            " (SELECT epoch, seq FROM confirmed WHERE life_no = :life ORDER BY epoch DESC LIMIT 1)"
            " WHERE epoch >= :epoch OR seq > :seq)",
            {
                "life": self._core.log.add_life(node, hello.life),
                "epoch": told.scope_epoch,
                "seq": hello.seq,
            },
        )

    def _comparable(self) -> tuple[IncarnationId, IncarnationId]:
        """The incarnations whose epochs can be compared: this one, and none where it is the first.

        A node that was told nothing may have created somebody all the same. A restored hub does
        not know that any more, where another node took him in first.
        """
        present = self._core.cursor().incarnation
        return (present, present if self._core.meta(EARLIER) else NO_INCARNATION)

    def spans_of(self, node: NodeId, ops: Sequence[Op]) -> dict[SubjectId, list[Span]]:
        """When `node` held the subjects of these ops."""
        subjects = {subject for op in ops for subject in op.header.subjects}
        return spans_by_subject(self.ledger.spans(node, subjects))

    def note_creation(self, op: Op, node: NodeId, spans: dict[SubjectId, list[Span]]) -> None:
        """The first op about a subject, of a kind that may come from anywhere, creates it.

        A reception does as much for somebody known: the body is where it was received.
        """
        kind = self._core.parts.registry.kinds.get(op.header.kind)
        if kind is None or not kind.is_anywhere:
            return
        is_reception = self._core.parts.is_reception(op)
        for subject in op.header.subjects:
            is_first = subject not in spans and not self._is_known(subject)
            if is_first or is_reception:
                self._admit(node, self.ledger.enter_at_once(node, subject))
                ended = [one for one in spans.get(subject, ()) if one.to_number is not None]
                spans[subject] = [*ended, Span(subject, 0)]

    def _is_known(self, subject: SubjectId) -> bool:
        """Whether anything about a subject counts; what is parked does not make it known."""
        number = self._core.log.subject_no(subject)
        return number is not None and self._core.log.digest(number).count > 0

    def rescope(self, ops: Sequence[Op]) -> None:
        """Ask again who may hold the subjects that these ops concern."""
        touched = {
            subject
            for op in ops
            if op.header.kind in self._core.parts.scope_kinds
            for subject in op.header.subjects
        }
        self.ask_again(touched)

    def ask_again(self, subjects: Iterable[SubjectId]) -> None:
        """Ask who may hold these subjects, and take the steps that lead there."""
        asked = sorted(set(subjects))
        if not asked:
            return
        core = self._core
        core.folding.flush()
        wanted: dict[NodeId, dict[SubjectId, Reasons]] = {}
        with core.reading_own() as reading:
            for subject in asked:
                for held, reasons in core.parts.holders(reading, subject).items():
                    for node, words in self._with_present(held, reasons).items():
                        wanted.setdefault(node, {})[held] = words
        for node, of_node in sorted(wanted.items()):
            self.bring(node, of_node)

    def _with_present(
        self, subject: SubjectId, reasons: Mapping[NodeId, Reasons]
    ) -> dict[NodeId, Reasons]:
        """The reasons of every node that holds a subject or is to; none where it is to leave."""
        now_ms = self._core.parts.clock.now_ms()
        found = dict.fromkeys(self.ledger.holders(subject), NO_REASON) | dict(reasons)
        for node in self.ledger.temporary(subject, now_ms):
            found[node] = found.get(node, NO_REASON) | {GRANTED}
        return found

    def end_recovery(self) -> None:
        """Take the leaves that waited until every node was heard after the hub's restore."""
        if ends_now(self._core):
            self.ask_again(self.ledger.resume())
            self._core.note_change()

    def grant_until(self, node: NodeId, subject: SubjectId, until_ms: int) -> None:
        """Let `node` hold a subject until a moment, whatever other reasons it has.

        With it comes the one that tells who may read it.
        """
        guard = self._core.parts.guard(subject)
        asked = [subject] if guard is None else [guard, subject]
        for one in asked:
            self.ledger.grant_until(node, one, until_ms)
        self.ask_again(asked)

    def end_temporary(self) -> int:
        """End the temporary grants whose moment has come; how many subjects they were of."""
        ended = self.ledger.end_temporary(self._core.parts.clock.now_ms())
        self.ask_again(ended)
        return len(ended)

    def bring(self, node: NodeId, wanted: Mapping[SubjectId, Reasons]) -> None:
        """Take the steps from what `node` holds of these subjects to these reasons."""
        self._admit(node, self.ledger.bring(node, wanted))

    def look_again(self, node: NodeId, parked: Sequence[Op]) -> None:
        """Judge again what was parked before an op of the same batch let its node hold the subject.

        Only what was written under an earlier incarnation: there the order is not that in which the
        node had been told (INV-07).
        """
        subjects = sorted({subject for op in parked for subject in op.header.subjects})
        for part in chunks(subjects):
            sql = (
                "SELECT g.subject_no FROM grants g JOIN subjects s USING(subject_no)"
                f" WHERE g.node = ? AND s.subject IN ({marks(part)}) ORDER BY g.number"
            )
            held = [no for (no,) in self._core.connection.execute(sql, (node, *part))]
            if held:
                self._admit(node, held)

    def _admit(self, node: NodeId, subject_nos: Sequence[int]) -> None:
        """Let stand what was parked because this incarnation did not know yet what it knows now.

        INV-01: after a restore the spokes come back in any order, and one may offer work about
        somebody before another offers the move that put him there. Each op is numbered anew.
        """
        if not subject_nos:
            return
        # By number: an op about two subjects is found by each, and may stand once.
        found = {
            stored.op_no: stored
            for part in chunks(subject_nos)
            for stored in self._parked(node, part)
        }
        judged = [(found[op_no], found[op_no].read()) for op_no in sorted(found)]
        beside = self._beside([one for one in judged if one[1].header.change_set])
        verdicts = judge_sets([*((op, APPLIED) for _, op in judged), *beside])
        standing = [
            (stored, op)
            for (stored, op), verdict in zip(judged, verdicts, strict=False)
            if not verdict.is_parked
        ]
        self._let_stand(standing)

    def let_set_stand(self, op: Op) -> None:
        """Let the rest of an op's change set stand: it counted whole before the hub's restore.

        INV-07: whoever gave the op back may never have had the rest, where that was replaced.
        """
        if op.header.change_set is None:
            return
        numbers = [self._core.log.subject_no(one) for one in op.header.subjects]
        parked = self._parked(op.header.node, [number for number in numbers if number])
        of_all = [(stored, stored.read()) for stored in parked]
        self._let_stand([one for one in of_all if set_of(one[1]) == set_of(op)])

    def is_of_before(self, epoch: ScopeEpoch) -> bool:
        """Whether an op of this epoch was written under an earlier incarnation of the hub."""
        return epoch.incarnation not in self._comparable()

    def _let_stand(self, standing: Sequence[tuple[StoredOp, Op]]) -> None:
        first = self._core.next_hub_seq()
        for place, (stored, _) in enumerate(standing):
            verdict = join_verdicts(stored.verdict, APPLIED)
            self._core.folding.rejudge(stored, verdict, first + place)
        self.rescope([op for _, op in standing])

    def _beside(self, parked: Sequence[tuple[StoredOp, Op]]) -> list[tuple[Op, Verdict]]:
        """What counts already of the change sets of these ops: somebody gave it back."""
        seqs: dict[tuple[int | None, int], list[int]] = {}
        for stored, op in parked:
            seqs.setdefault((stored.subject_no, stored.life_no), []).append(op.header.seq)
        beside: list[tuple[Op, Verdict]] = []
        for place, of_life in seqs.items():
            # All ops of a set lie in one segment.
            span = (min(of_life) - CHANGE_SET_OPS_MAX, max(of_life) + CHANGE_SET_OPS_MAX)
            near = self._core.log.select(
                "subject_no = ? AND life_no = ? AND seq BETWEEN ? AND ? AND flags & 2 = 0"
                " AND record_no IS NOT NULL",
                (*place, *span),
            )
            beside += [(one.read(), one.verdict) for one in near]
        return beside

    def _parked(self, node: NodeId, subject_nos: Sequence[int]) -> list[StoredOp]:
        """Ops of `node` about these subjects that were parked under an earlier incarnation."""
        names = ", ".join(f"o.{name.strip()}" for name in OP_COLUMNS.split(","))
        sql = (
            f"SELECT {names} FROM ops o JOIN lives l USING(life_no) WHERE o.flags & 2"
            f" AND l.node = ? AND o.reason IN ('not_entitled', 'change_set')"
            f" AND (o.subject_no IN ({marks(subject_nos)}) OR o.other_no IN ({marks(subject_nos)}))"
            " AND EXISTS (SELECT 1 FROM segments s WHERE s.life_no = o.life_no AND o.seq BETWEEN"
            " s.first_seq AND s.last_seq AND s.epoch_incarnation NOT IN (?, ?)) ORDER BY o.op_no"
        )
        known = self._comparable()
        rows = self._core.connection.execute(sql, (node, *subject_nos, *subject_nos, *known))
        return [self._core.log.stored(row) for row in rows]
