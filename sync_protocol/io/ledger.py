"""The ledger of scope on the hub's disk: grants, the spans in which they held, and each step.

Implements PROTOCOL.md, Scope. Steps are only ever added, for each node under numbers of its own.
Which of them a node still has to be told is asked here as well. Too many leaves within an hour are
held until a person has looked: an emptied list must never empty a prison. Everything here runs in
the caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.op_log import KEY_BYTES, chunks, marks
from sync_protocol.io.recovery import StillRecovering, is_recovering
from sync_protocol.io.scope_rows import held_leaves, last_number
from sync_protocol.io.store_core import StoreCore
from sync_protocol.limits import LEAVES_WITHIN_MS
from sync_protocol.scope import (
    CREATED,
    NO_REASON,
    Act,
    Reasons,
    Span,
    act_between,
    leaves_max,
    reasons_in,
    words_of,
)


class _Granted(msgspec.Struct, frozen=True):
    number: int
    reasons: Reasons


class Ledger:
    """Grants, spans and steps of the hub; it writes through the hub's core."""

    def __init__(self, core: StoreCore) -> None:
        """Write through `core`, which must be the hub's."""
        self._core = core

    def bring(self, node: NodeId, wanted: Mapping[SubjectId, Reasons]) -> list[int]:
        """Take the steps from what `node` holds to these reasons; the numbers of who entered.

        Subjects that are not named stay as they are. Leaves beyond what is usual are held, and all
        of them are put off as long as a restored hub awaits some node.
        """
        core = self._core
        numbers = {
            subject: core.log.add_subject(subject, core.parts.chance(KEY_BYTES))
            for subject in self._in_order(wanted)
        }
        granted = self._granted(node, list(numbers.values()))
        steps: list[tuple[Act, SubjectId, _Granted | None]] = []
        for subject, number in numbers.items():
            before = granted.get(number)
            act = act_between(before.reasons if before else None, wanted[subject])
            if act is not None:
                steps.append((act, subject, before))
        self._keep_held(node, [numbers[one] for one in numbers if wanted[one]])
        leaving = [numbers[subject] for act, subject, _ in steps if act == "leave"]
        held = self._that_stay(node, leaving) if leaving else frozenset()
        entered = []
        for act, subject, before in steps:
            number = numbers[subject]
            if number not in held:
                self._take(node, number, act, before, wanted[subject])
                entered += [number] if act == "enter" else []
        return entered

    def _in_order(self, wanted: Iterable[SubjectId]) -> list[SubjectId]:
        """Whatever tells who may read another enters before it: a reply may end between them."""
        guards = {self._core.parts.guard(one) for one in wanted}
        return sorted(wanted, key=lambda one: (one not in guards, one))

    def enter_at_once(self, node: NodeId, subject: SubjectId) -> list[int]:
        """Let `node` hold what it created or took in, whatever it had been told; as `bring`."""
        core = self._core
        number = core.log.add_subject(subject, core.parts.chance(KEY_BYTES))
        is_held = bool(self._granted(node, [number]))
        entered = [] if is_held else self.bring(node, {subject: frozenset({CREATED})})
        core.connection.execute(
            "UPDATE spans SET from_number = 0 WHERE node = ? AND subject_no = ?"
            " AND to_number IS NULL",
            (node, number),
        )
        return entered

    def spans(self, node: NodeId, subjects: Iterable[SubjectId]) -> list[Span]:
        """The spans in which `node` held any of these subjects."""
        found: list[Span] = []
        for part in chunks(list(subjects)):
            rows = self._core.connection.execute(
                "SELECT s.subject, p.from_number, p.to_number, p.sealed_ms IS NOT NULL FROM spans p"
                f" JOIN subjects s USING(subject_no) WHERE p.node = ? AND s.subject IN"
                f" ({marks(part)})",
                (node, *part),
            )
            found += [
                Span(SubjectId(subject), begins, ends, is_sealed=bool(sealed))
                for subject, begins, ends, sealed in rows
            ]
        return found

    def holders(self, subject: SubjectId) -> dict[NodeId, Reasons]:
        """The nodes that hold a subject now."""
        rows = self._core.connection.execute(
            "SELECT g.node, g.reasons FROM grants g JOIN subjects s USING(subject_no)"
            " WHERE s.subject = ?",
            (subject,),
        )
        return {NodeId(node): reasons_in(words) for node, words in rows}

    def temporary(self, subject: SubjectId, now_ms: int) -> dict[NodeId, int]:
        """Until when (ms) nodes hold a subject by a temporary grant that has not ended."""
        rows = self._core.connection.execute(
            "SELECT t.node, t.until_ms FROM temporary t JOIN subjects s USING(subject_no)"
            " WHERE s.subject = ? AND t.until_ms > ?",
            (subject, now_ms),
        )
        return {NodeId(node): until_ms for node, until_ms in rows}

    def grant_until(self, node: NodeId, subject: SubjectId, until_ms: int) -> None:
        """Note a temporary grant; whoever calls asks for the subject's holders again."""
        core = self._core
        number = core.log.add_subject(subject, core.parts.chance(KEY_BYTES))
        core.connection.execute(
            "INSERT OR REPLACE INTO temporary VALUES (?, ?, ?)", (node, number, until_ms)
        )

    def end_temporary(self, now_ms: int) -> list[SubjectId]:
        """Forget the temporary grants that have ended; whose they were."""
        core = self._core
        sql = "SELECT subject FROM subjects WHERE subject_no IN"
        ended = "(SELECT subject_no FROM temporary WHERE until_ms <= ?)"
        rows = core.connection.execute(f"{sql} {ended} ORDER BY subject", (now_ms,))
        core.connection.execute("DELETE FROM temporary WHERE until_ms <= ?", (now_ms,))
        return [SubjectId(subject) for (subject,) in rows]

    def held_since(self, reason: str, before_ms: int) -> list[SubjectId]:
        """The subjects that some node holds for this reason, among others, and held so before then.

        It may have had other reasons meanwhile: whoever asks is told what is true now.
        """
        rows = self._core.connection.execute(
            "SELECT DISTINCT s.subject, g.reasons FROM grants g JOIN subjects s USING(subject_no)"
            " WHERE instr(g.reasons, :reason) AND EXISTS (SELECT 1 FROM ledger l WHERE l.node ="
            " g.node AND l.subject_no = g.subject_no AND l.number >= g.number"
            " AND l.at_ms <= :before AND instr(l.reasons, :reason)) ORDER BY s.subject",
            {"reason": reason, "before": before_ms},
        )
        return [SubjectId(subject) for subject, words in rows if reason in reasons_in(words)]

    def confirm_leaves(self, node: NodeId) -> list[SubjectId]:
        """A person has looked: what was held of this node leaves now; who.

        Raises StillRecovering as long as the hub awaits some node since its restore.
        """
        if is_recovering(self._core.connection):
            raise StillRecovering(node.hex())
        held = [one for one in held_leaves(self._core.connection) if one.node == node]
        for one in held:
            number = self._core.log.subject_no(one.subject)
            assert number is not None, "what was held is known"
            before = self._granted(node, [number]).get(number)
            if before is not None:
                self._take(node, number, "leave", before, NO_REASON)
        self.cancel_leaves(node)
        return [one.subject for one in held]

    def cancel_leaves(self, node: NodeId) -> None:
        """A person has looked: whoever was held back stays, until the hub asks again."""
        self._core.connection.execute("DELETE FROM held_leaves WHERE node = ?", (node,))

    def resume(self) -> list[SubjectId]:
        """No node is awaited any more since the restore: the subjects to ask about again.

        The leaves that were taken before it, and passed over while it lasted, become due anew.
        """
        connection = self._core.connection
        rows = connection.execute(
            "SELECT p.node, p.subject_no, p.to_number FROM spans p WHERE p.to_number = (SELECT"
            " max(to_number) FROM spans q WHERE q.node = p.node AND q.subject_no = p.subject_no)"
            " AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.node = p.node AND g.subject_no ="
            " p.subject_no) AND (p.sealed_ms IS NULL OR NOT EXISTS (SELECT 1 FROM receipts r"
            " JOIN peers e ON e.node = r.node AND e.life = r.life JOIN ledger l ON l.node = r.node"
            " AND l.number = p.to_number WHERE r.node = p.node AND r.subject_no = p.subject_no"
            " AND r.ends = l.ends)) ORDER BY p.node, p.to_number"
        )
        for node, subject_no, number in rows:
            again = last_number(connection, node) + 1
            connection.execute(
                "INSERT INTO ledger SELECT node, ?, act, subject_no, reasons, ends, at_ms, at_seq"
                " FROM ledger WHERE node = ? AND number = ?",
                (again, node, number),
            )
            connection.execute(
                "UPDATE spans SET to_number = ? WHERE node = ? AND subject_no = ?"
                " AND to_number = ?",
                (again, node, subject_no, number),
            )
        found = connection.execute("SELECT subject FROM put_off JOIN subjects USING(subject_no)")
        connection.execute("DELETE FROM put_off")
        return [SubjectId(subject) for (subject,) in found]

    def _take(
        self, node: NodeId, subject_no: int, act: Act, before: _Granted | None, after: Reasons
    ) -> None:
        core, connection = self._core, self._core.connection
        number = last_number(connection, node) + 1
        ends = before.number if before is not None else 0
        at = (core.parts.clock.now_ms(), core.next_hub_seq() - 1)
        words = words_of(after)
        connection.execute(
            "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (node, number, act, subject_no, words, ends, *at),
        )
        if act == "enter":
            connection.execute(
                "INSERT INTO grants VALUES (?, ?, ?, ?, 0)", (node, subject_no, number, words)
            )
            connection.execute(
                "INSERT INTO spans VALUES (?, ?, ?, ?, NULL, NULL)",
                (node, subject_no, number, number),
            )
        elif act == "reasons":
            connection.execute(
                "UPDATE grants SET reasons = ?, reasons_number = ? WHERE node = ?"
                " AND subject_no = ?",
                (words, number, node, subject_no),
            )
        else:
            key = (node, subject_no)
            connection.execute("DELETE FROM grants WHERE node = ? AND subject_no = ?", key)
            connection.execute(
                "UPDATE spans SET to_number = ? WHERE node = ? AND subject_no = ?"
                " AND to_number IS NULL",
                (number, *key),
            )

    def _granted(self, node: NodeId, subject_nos: Sequence[int]) -> dict[int, _Granted]:
        found: dict[int, _Granted] = {}
        for part in chunks(subject_nos):
            rows = self._core.connection.execute(
                "SELECT subject_no, number, reasons FROM grants WHERE node = ?"
                f" AND subject_no IN ({marks(part)})",
                (node, *part),
            )
            found |= {no: _Granted(number, reasons_in(words)) for no, number, words in rows}
        return found

    def _keep_held(self, node: NodeId, subject_nos: Sequence[int]) -> None:
        """Whoever has a reason again waits for no word any more."""
        connection = self._core.connection
        if not connection.execute("SELECT 1 FROM held_leaves WHERE node = ? LIMIT 1", (node,)):
            return
        connection.executemany(
            "DELETE FROM held_leaves WHERE node = ? AND subject_no = ?",
            [(node, number) for number in subject_nos],
        )

    def _that_stay(self, node: NodeId, leaving: Sequence[int]) -> frozenset[int]:
        """Those of the subjects about to leave that stay for now.

        INV-01: a restored hub may have forgotten why a node holds somebody. Were the grant to end
        now, that node would be told nothing more of him, and would wait for it for ever.
        """
        connection = self._core.connection
        if not is_recovering(connection):
            return self._hold_back(node, leaving)
        connection.executemany(
            "INSERT OR IGNORE INTO put_off VALUES (?)", [(no,) for no in leaving]
        )
        return frozenset(leaving)

    def _hold_back(self, node: NodeId, leaving: Sequence[int]) -> frozenset[int]:
        """Those of the subjects about to leave that wait for a person; they are written down."""
        core, connection = self._core, self._core.connection
        now_ms = core.parts.clock.now_ms()
        sql = "SELECT subject_no FROM held_leaves WHERE node = ?"
        waiting = {no for (no,) in connection.execute(sql, (node,))}
        left, held = connection.execute(
            "SELECT (SELECT count(*) FROM ledger WHERE node = ? AND act = 'leave' AND at_ms > ?),"
            " (SELECT count(*) FROM grants WHERE node = ?)",
            (node, now_ms - LEAVES_WITHIN_MS, node),
        )[0]
        fresh = [no for no in leaving if no not in waiting]
        most = leaves_max(held + left, core.parts.leaves_floor)
        # One that is held holds all that come after it, until somebody has looked.
        room = 0 if waiting else max(0, most - left)
        back = fresh if len(fresh) > room else []
        connection.executemany(
            "INSERT INTO held_leaves VALUES (?, ?, ?)", [(node, no, now_ms) for no in back]
        )
        return frozenset(back) | waiting
