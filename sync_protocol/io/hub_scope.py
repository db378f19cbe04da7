"""The hub's scope on disk: who may hold whom, who takes somebody in, and what that lets stand.

Implements PROTOCOL.md, Scope. Everything here runs in the transaction of the ops that it concerns.
"""

from collections.abc import Sequence
from typing import Final

from sync_protocol.cursor import NO_INCARNATION
from sync_protocol.ids import IncarnationId, NodeId, SubjectId
from sync_protocol.io.op_log import OP_COLUMNS, StoredOp, chunks, marks
from sync_protocol.io.store_core import EARLIER, StoreCore
from sync_protocol.limits import CHANGE_SET_OPS_MAX
from sync_protocol.op import EXACT_INT, Op
from sync_protocol.scope import (
    APPLIED,
    CREATED,
    Grant,
    Verdict,
    grants_by_subject,
    join_verdicts,
    judge_sets,
    steps_between,
)
from sync_protocol.seal import ScopeEpoch

TOLD_ALL: Final = EXACT_INT


class HubScope:
    """Grants of the hub; it writes through the hub's core."""

    def __init__(self, core: StoreCore) -> None:
        """Write through `core`, which must be the hub's."""
        self._core = core

    def comparable(self, epoch: ScopeEpoch) -> ScopeEpoch:
        """The epoch in this incarnation's numbers.

        What a node had been told by an earlier incarnation may be lost with it: then what it may
        hold now counts. A node that was never told anything has epoch nought, unless the hub was
        restored since.
        """
        known = self._comparable()
        return epoch if epoch.incarnation in known else ScopeEpoch(known[0], TOLD_ALL)

    def _comparable(self) -> tuple[IncarnationId, IncarnationId]:
        """The incarnations whose epochs can be compared: this one, and none where it is the first.

        A node that was told nothing may have created somebody all the same. A restored hub does
        not know that any more, where another node took him in first.
        """
        present = self._core.cursor().incarnation
        return (present, present if self._core.meta(EARLIER) else NO_INCARNATION)

    def grants_of(self, node: NodeId, ops: Sequence[Op]) -> dict[SubjectId, list[Grant]]:
        """What `node` may hold of the subjects of these ops, and since when."""
        subjects = {subject for op in ops for subject in op.header.subjects}
        grants: list[Grant] = []
        for part in chunks(list(subjects)):
            rows = self._core.connection.execute(
                "SELECT s.subject, g.number, g.reason FROM grants g JOIN subjects s"
                f" USING(subject_no) WHERE g.node = ? AND s.subject IN ({marks(part)})",
                (node, *part),
            )
            grants += [
                Grant(SubjectId(subject), number, reason) for subject, number, reason in rows
            ]
        return grants_by_subject(grants)

    def note_creation(self, op: Op, node: NodeId, grants: dict[SubjectId, list[Grant]]) -> None:
        """The first op about a subject, of a kind that may come from anywhere, creates it.

        A reception does as much for somebody known: the body is where it was received.
        """
        kind = self._core.parts.registry.kinds.get(op.header.kind)
        if kind is None or not kind.is_anywhere:
            return
        is_reception = self._core.parts.is_reception(op)
        for subject in op.header.subjects:
            is_first = subject not in grants and not self._is_known(subject)
            if is_first or is_reception:
                self._take_in(node, subject)
                grants[subject] = [Grant(subject, 0, CREATED)]

    def _is_known(self, subject: SubjectId) -> bool:
        """Whether anything about a subject counts; what is parked does not make it known."""
        number = self._core.log.subject_no(subject)
        return number is not None and self._core.log.digest(number).count > 0

    def _take_in(self, node: NodeId, subject: SubjectId) -> None:
        """A provisional reason, which counts from now on whatever the node had been told."""
        self.enter(node, {subject: CREATED})
        self._core.connection.execute(
            "UPDATE grants SET reason = ? WHERE node = ? AND subject_no = ?",
            (CREATED, node, self._core.log.subject_no(subject)),
        )

    def enter(self, node: NodeId, reasons: dict[SubjectId, str]) -> None:
        """Let `node` hold these subjects, each under the next number of its scope epochs."""
        core = self._core
        numbers = {
            subject: core.log.add_subject(subject, core.parts.chance(32)) for subject in reasons
        }
        held: set[int] = set()
        for part in chunks(list(numbers.values())):
            sql = f"SELECT subject_no FROM grants WHERE node = ? AND subject_no IN ({marks(part)})"
            held |= {no for (no,) in core.connection.execute(sql, (node, *part))}
        rows = core.connection.execute(
            "SELECT coalesce(max(number), 0) FROM grants WHERE node = ?", (node,)
        )
        before = [subject for subject, number in numbers.items() if number in held]
        steps = steps_between(before, reasons, rows[0][0])
        core.connection.executemany(
            "INSERT INTO grants(node, subject_no, number, reason) VALUES (?, ?, ?, ?)",
            [(node, numbers[step.subject], step.number, step.reason) for step in steps],
        )
        self._admit(node, [numbers[step.subject] for step in steps])

    def rescope(self, ops: Sequence[Op]) -> None:
        """Ask again who may hold the subjects that these ops concern."""
        core = self._core
        touched = {
            subject
            for op in ops
            if op.header.kind in core.parts.scope_kinds
            for subject in op.header.subjects
        }
        if not touched:
            return
        core.folding.flush()
        entering: dict[NodeId, dict[SubjectId, str]] = {}
        with core.reading_own() as reading:
            for subject in sorted(touched):
                for held, reasons in core.parts.holders(reading, subject).items():
                    for node, reason in reasons.items():
                        entering.setdefault(node, {})[held] = reason
        for node, entered in sorted(entering.items()):
            self.enter(node, entered)

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
