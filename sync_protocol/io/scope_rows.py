"""What a store says of scope: who holds whom, who is letting go, and what is still to be told.

Implements PROTOCOL.md, Scope and Leaving. It reads alone, through any connection; `ledger` writes.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import msgspec

from sync_protocol.departure import Elsewhere, Receipt
from sync_protocol.ids import LifeId, NodeId, SubjectId
from sync_protocol.io.connection import Connection
from sync_protocol.io.op_log import chunks, marks
from sync_protocol.io.receipts import RECEIPT_COLUMNS
from sync_protocol.limits import ELSEWHERE_MAX, SILENT_AFTER_MS
from sync_protocol.scope import Reasons, ScopeStep, reasons_in
from sync_protocol.snapshot import Part

NUMBER_BYTES: Final = 4
OPEN_STATES: Final = ("releasing", "drained", "safe")
"""In which a subject that left can be read here."""


class Holding(msgspec.Struct, frozen=True):
    """A node that holds a subject, why, since when, and why since when."""

    node: NodeId
    subject: SubjectId
    reasons: Reasons
    number: int
    since_ms: int


class NotLetGo(msgspec.Struct, frozen=True):
    """A node that no reason lets hold a subject any more, and that has not let go of it yet.

    `waiting` is how many entries it had still to send when it said so last (`heard_ms`); None where
    it has not been told yet, or has not said.
    """

    node: NodeId
    subject: SubjectId
    since_ms: int
    waiting: int | None
    heard_ms: int | None


class Leaving(msgspec.Struct, frozen=True):
    """At a spoke: a subject that left, in which state, and since when it is in that state.

    `since_ms` is when the hub took the step; `waiting` how many own entries have still to be sent.
    """

    subject: SubjectId
    state: str
    since_ms: int
    at_ms: int
    waiting: int


class SignedReceipt(msgspec.Struct, frozen=True):
    """A receipt, whose it is, and whether the hub has it."""

    node: NodeId
    receipt: Receipt
    is_told: bool

    @property
    def number(self) -> str:
        """What a person reads out: the beginning of its signature."""
        return self.receipt.signature[:NUMBER_BYTES].hex().upper()


class DueStep(msgspec.Struct, frozen=True):
    """A step that a node has still to be told, unsigned.

    `at_seq` is the end of the log when it was taken: a leave is told once all before it was.
    """

    step: ScopeStep
    subject_no: int
    at_seq: int


class HeldLeave(msgspec.Struct, frozen=True):
    """A subject that no reason holds at a node any more, and that waits for a person's word."""

    node: NodeId
    subject: SubjectId
    since_ms: int


class ScopeReading:
    """Who holds whom and who is letting go, from one snapshot."""

    def __init__(self, connection: Connection) -> None:
        """Read through `connection`, inside a transaction that the caller began."""
        self._connection = connection

    def holding(self, subject: SubjectId | None = None) -> list[Holding]:
        """At the hub: the nodes that hold a subject, or any."""
        where, named = _about(subject)
        rows = self._connection.execute(
            "SELECT g.node, s.subject, g.reasons, g.number, l.at_ms FROM grants g JOIN subjects s"
            " USING(subject_no) JOIN ledger l ON l.node = g.node AND l.number = g.number"
            f" WHERE {where} ORDER BY l.at_ms, g.node, s.subject",
            named,
        )
        return [
            Holding(NodeId(node), SubjectId(one), reasons_in(words), number, at_ms)
            for node, one, words, number, at_ms in rows
        ]

    def not_let_go(self, subject: SubjectId | None = None) -> list[NotLetGo]:
        """At the hub: who has not let go of a subject, or of any, who left first first."""
        where, named = _about(subject)
        rows = self._connection.execute(
            "SELECT p.node, s.subject, max(l.at_ms), r.waiting, r.heard_ms FROM spans p"
            " JOIN subjects s USING(subject_no)"
            " JOIN ledger l ON l.node = p.node AND l.number = p.to_number"
            " LEFT JOIN releasing r ON r.node = p.node AND r.subject_no = p.subject_no"
            " AND r.heard_ms >= l.at_ms"
            f" WHERE p.to_number NOT NULL AND p.sealed_ms IS NULL AND {where} AND NOT EXISTS"
            " (SELECT 1 FROM grants g WHERE g.node = p.node AND g.subject_no = p.subject_no)"
            " GROUP BY p.node, s.subject ORDER BY 3, 1, 2",
            named,
        )
        return [NotLetGo(NodeId(node), SubjectId(one), *rest) for node, one, *rest in rows]

    def leaving(self, subject: SubjectId | None = None, *, is_open: bool = False) -> list[Leaving]:
        """At a spoke: a subject that left, or all, the last first; or those not let go of yet."""
        where, named = _about(subject)
        if is_open:
            where, named = f"{where} AND d.state IN ({marks(OPEN_STATES)})", (*named, *OPEN_STATES)
        rows = self._connection.execute(
            "SELECT s.subject, d.state, d.since_ms, d.at_ms, (SELECT count(*) FROM ops o JOIN lives"
            " l USING(life_no) WHERE l.node = (SELECT value FROM meta WHERE name = 'node')"
            " AND o.seq > l.received_seq AND EXISTS (SELECT 1 FROM segments g WHERE g.life_no ="
            " o.life_no AND g.last_seq >= o.seq) AND (o.subject_no = d.subject_no OR"
            " (o.other_no > 0 AND o.other_no = d.subject_no)))"
            " FROM departures d JOIN subjects s USING(subject_no)"
            f" WHERE {where} ORDER BY d.at_ms DESC, s.subject",
            named,
        )
        return [Leaving(SubjectId(one), *rest) for one, *rest in rows]

    def reasons_at(self, node: NodeId, subjects: Iterable[SubjectId]) -> dict[SubjectId, Reasons]:
        """Why `node` holds each of these subjects, as this store was told; others are left out."""
        found: dict[SubjectId, Reasons] = {}
        for part in chunks(list(subjects)):
            rows = self._connection.execute(
                "SELECT s.subject, g.reasons FROM subjects s JOIN grants g ON g.node = ?"
                f" AND g.subject_no = s.subject_no WHERE s.subject IN ({marks(part)})",
                (node, *part),
            )
            found |= {SubjectId(subject): reasons_in(words) for subject, words in rows}
        return found

    def parts(self, subjects: Iterable[SubjectId]) -> dict[SubjectId, Part]:
        """At a spoke: what comes next of each of these that arrived by snapshot, as `arriving`."""
        found: dict[SubjectId, Part] = {}
        for part in chunks(list(subjects)):
            rows = self._connection.execute(
                "SELECT s.subject, a.part FROM subjects s JOIN snapshots a USING(subject_no)"
                f" WHERE s.subject IN ({marks(part)})",
                part,
            )
            found |= {SubjectId(subject): Part(next_part) for subject, next_part in rows}
        return found

    def receipts(
        self, subject: SubjectId | None = None, *, limit: int = -1, after: int = 0
    ) -> list[SignedReceipt]:
        """Receipts about a subject, or all that are kept here, the newest first.

        `limit` of them, without the first `after`.
        """
        where, named = _about(subject)
        rows = self._connection.execute(
            f"SELECT node, is_told, s.subject, {RECEIPT_COLUMNS} FROM receipts r"
            f" JOIN subjects s USING(subject_no) WHERE {where} ORDER BY at_ms DESC, act, s.subject"
            " LIMIT ? OFFSET ?",
            (*named, limit, after),
        )
        return [
            SignedReceipt(NodeId(node), Receipt(*rest), bool(is_told))
            for node, is_told, *rest in rows
        ]

    def came_through(self, subject: SubjectId) -> int:
        """At a spoke: the cut of a subject that is still arriving; 0 where all of it is here."""
        rows = self._connection.execute(
            "SELECT a.cut FROM snapshots a JOIN subjects s USING(subject_no) WHERE s.subject = ?",
            (subject,),
        )
        return int(rows[0][0]) if rows else 0

    def elsewhere(self, subject: SubjectId) -> list[Elsewhere]:
        """At a spoke: the other nodes that may still hold unsent entries about a subject."""
        rows = self._connection.execute(
            "SELECT s.subject, e.node, e.since_ms, e.silent_ms FROM elsewhere e JOIN subjects s"
            " USING(subject_no) WHERE s.subject = ? ORDER BY e.since_ms, e.node",
            (subject,),
        )
        return [Elsewhere(SubjectId(one), NodeId(node), *times) for one, node, *times in rows]

    def restored(self) -> bytes | None:
        """At the hub: what `recovery` keeps of its last restore, None where there was none."""
        rows = self._connection.execute("SELECT value FROM meta WHERE name = 'recovery'")
        return bytes(rows[0][0]) if rows else None

    def contacts(self) -> dict[NodeId, int]:
        """At the hub: when each node that ever called did so last (ms)."""
        rows = self._connection.execute("SELECT node, last_contact_ms FROM peers")
        return {NodeId(node): at_ms for node, at_ms in rows}

    def receipts_numbered(self, number: str) -> list[SubjectId]:
        """Whose receipt has this number: it is too short to be one subject's for ever."""
        try:
            begins = bytes.fromhex(number)
        except ValueError:
            return []
        rows = self._connection.execute(
            "SELECT DISTINCT s.subject FROM receipts r JOIN subjects s USING(subject_no)"
            " WHERE substr(r.signature, 1, ?) = ? ORDER BY s.subject",
            (NUMBER_BYTES, begins),
        )
        return [SubjectId(subject) for (subject,) in rows]

    def held_leaves(self) -> list[HeldLeave]:
        """At the hub: leaves that wait for a person, by node."""
        return held_leaves(self._connection)


def _about(subject: SubjectId | None) -> tuple[str, tuple[SubjectId | str, ...]]:
    return ("1", ()) if subject is None else ("s.subject = ?", (subject,))


def due_steps(
    connection: Connection, of: tuple[NodeId, LifeId], epoch: int, limit: int, *, is_calm: bool
) -> tuple[list[DueStep], int]:
    """The steps after `epoch` that a life `of` a node must be told, and the number of the newest.

    What came and went between is left out: of a grant its beginning and its present reasons, of a
    subject that left, and that this life has not let go of, the leave: a node that came back from a
    backup of before may hold it again. Nobody lets go before he was told, so a receipt of this very
    incarnation says that its node's disk was put back. One of an earlier incarnation may be of a
    stay that the restore made the hub forget, whose number it gave anew: only a stay that a receipt
    has ended was let go of. A hub that is not calm, but recovers, passes over the leaves that were
    taken before its restore: they become due anew when it has recovered.
    """
    node, life = of
    rows = connection.execute(
        "SELECT l.number, l.act, s.subject, coalesce(g.reasons, ''), l.ends, l.at_ms,"
        " l.subject_no, l.at_seq FROM ledger l JOIN subjects s USING(subject_no)"
        " LEFT JOIN grants g ON g.node = l.node AND g.subject_no = l.subject_no"
        " WHERE l.node = :node AND l.number > :epoch AND (:calm OR l.act <> 'leave')"
        " AND CASE l.act"
        " WHEN 'enter' THEN g.number = l.number"
        " WHEN 'reasons' THEN g.reasons_number = l.number AND g.number <= :epoch"
        " ELSE g.number IS NULL AND l.number = (SELECT max(p.to_number) FROM spans p"
        " WHERE p.node = l.node AND p.subject_no = l.subject_no) AND NOT EXISTS (SELECT 1"
        " FROM receipts r JOIN spans p ON p.node = r.node AND p.subject_no = r.subject_no"
        " AND p.number = r.ends AND p.sealed_ms NOT NULL"
        " WHERE r.node = l.node AND r.subject_no = l.subject_no"
        " AND r.ends = l.ends AND r.life = :life AND r.incarnation <> (SELECT value FROM meta"
        " WHERE name = 'incarnation')) END ORDER BY l.number LIMIT :limit",
        {"node": node, "life": life, "epoch": epoch, "limit": limit, "calm": is_calm},
    )
    steps = [
        DueStep(
            ScopeStep(
                number=number,
                act=act,
                subject=SubjectId(subject),
                reasons=tuple(sorted(reasons_in(words))),
                ends=ends,
                at_ms=at_ms,
            ),
            subject_no,
            at_seq,
        )
        for number, act, subject, words, ends, at_ms, subject_no, at_seq in rows
    ]
    return steps, last_number(connection, node)


def elsewhere_of(
    connection: Connection, node: NodeId, now_ms: int
) -> tuple[tuple[Elsewhere, ...], bytes]:
    """At the hub: who has not let go of the subjects that `node` holds, and a hash of that."""
    rows = connection.execute(
        "SELECT s.subject, p.node, l.at_ms, coalesce((SELECT q.last_contact_ms FROM peers q"
        " WHERE q.node = p.node AND q.last_contact_ms < :heard), 0)"
        " FROM spans p JOIN grants g ON g.node = :node"
        " AND g.subject_no = p.subject_no JOIN ledger l ON l.node = p.node"
        " AND l.number = p.to_number JOIN subjects s ON s.subject_no = p.subject_no"
        " WHERE p.to_number NOT NULL AND p.sealed_ms IS NULL AND p.node <> :node AND NOT EXISTS"
        " (SELECT 1 FROM grants h WHERE h.node = p.node AND h.subject_no = p.subject_no)"
        " ORDER BY l.at_ms DESC, p.node, s.subject LIMIT :limit",
        {"node": node, "limit": ELSEWHERE_MAX, "heard": now_ms - SILENT_AFTER_MS},
    )
    found = tuple(Elsewhere(SubjectId(one), NodeId(other), *times) for one, other, *times in rows)
    return found, sha256(msgspec.msgpack.encode(found)).digest() if found else b""


def held_leaves(connection: Connection) -> list[HeldLeave]:
    """Leaves that wait for a person, by node."""
    rows = connection.execute(
        "SELECT h.node, s.subject, h.since_ms FROM held_leaves h JOIN subjects s USING(subject_no)"
        " ORDER BY h.node, h.since_ms, s.subject"
    )
    return [HeldLeave(NodeId(node), SubjectId(subject), since) for node, subject, since in rows]


def last_number(connection: Connection, node: NodeId) -> int:
    """The number of the newest step of a node."""
    sql = "SELECT coalesce(max(number), 0) FROM ledger WHERE node = ?"
    return int(connection.execute(sql, (node,))[0][0])
