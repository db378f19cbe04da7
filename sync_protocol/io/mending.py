"""Mends what a store has derived from its ops: digests and projections, and where own ops lie.

Implements PROTOCOL.md, Repair. The ops themselves are never changed by it and never taken away.
Everything here runs in the caller's transaction, or in one of its own for each part.
"""

from collections.abc import Sequence
from itertools import islice, product
from typing import Final

import msgspec

from sync_protocol.digest import EMPTY
from sync_protocol.ids import OpId
from sync_protocol.io.bases import ABOUT, Base, Way
from sync_protocol.io.connection import Connection
from sync_protocol.io.op_log import StoredOp
from sync_protocol.io.store_core import StoreCore
from sync_protocol.limits import SEGMENT_OPS_MAX
from sync_protocol.op import hash_raw
from sync_protocol.reconcile import Holdings
from sync_protocol.scope import Flag
from sync_protocol.seal import ScopeEpoch, segment_chain
from sync_protocol.snapshot import Part, Place, term_of

CHOICES_MAX: Final = 1_024
_COUNTED: Final = "flags & :applied AND hub_seq > :cut"


def cut_of(core: StoreCore, subject_no: int) -> int:
    """The number after which the ops of a subject count one by one: before it a snapshot counts."""
    base = core.folding.bases.rows().get(subject_no)
    return base.cut if base is not None and base.way == Way.BASED else 0


def op_terms(connection: Connection, subject_no: int, cut: int = 0) -> dict[bytes, int]:
    """What each op that counts adds to its subject's digest, beyond `cut`."""
    sql = (
        f"SELECT op_id, flags FROM ops WHERE subject_no = :no AND {_COUNTED}"
        f" UNION ALL SELECT op_id, flags FROM ops WHERE other_no = :no AND other_no > 0"
        f" AND {_COUNTED}"
    )
    named = {"no": subject_no, "applied": Flag.APPLIED, "cut": cut}
    return {op_id: term_of(op_id, flags) for op_id, flags in connection.stream(sql, named)}


def op_holdings(connection: Connection, subject_no: int, cut: int = 0) -> Holdings:
    """The ops that count of a subject, to be compared with another node's."""
    return Holdings(op_terms(connection, subject_no, cut))


def mend_digest(core: StoreCore, subject_no: int) -> bool:
    """Set a subject's digest to that of its ops and its snapshot; whether it was another."""
    core.folding.flush()
    base = core.folding.bases.rows().get(subject_no)
    start = base.digest if base is not None and base.way == Way.BASED else EMPTY
    true = start.plus(*op_terms(core.connection, subject_no, cut_of(core, subject_no)).values())
    if core.log.digest(subject_no) == true:
        return False
    core.connection.execute(
        "UPDATE subjects SET digest = ?, digest_count = ? WHERE subject_no = ?",
        (true.to_bytes(), true.count, subject_no),
    )
    return True


def mend_base(core: StoreCore, subject_no: int) -> bool:
    """Where an op is lost that stands in a subject's snapshot, have all its ops come again."""
    rows = core.connection.execute(
        "SELECT 1 FROM records r JOIN base_standing b USING(record_no) WHERE"
        " (r.subject_no = ? OR r.other_no = ?) AND NOT EXISTS"
        " (SELECT 1 FROM ops o WHERE o.op_no = b.op_no) LIMIT 1",
        (subject_no, subject_no),
    )
    return bool(rows) and hold_op_by_op(core, subject_no)


_HELD_WITH_CLOSED: Final = (
    "WITH closed AS (SELECT subject_no FROM receipts WHERE node = :node)"
    " SELECT subject_no FROM grants WHERE node = :node AND subject_no IN (SELECT subject_no"
    " FROM closed UNION SELECT o.other_no FROM ops o JOIN closed c ON c.subject_no = o.subject_no"
    " WHERE o.other_no > 0 UNION SELECT o.subject_no FROM ops o JOIN closed c"
    " ON c.subject_no = o.other_no WHERE o.other_no > 0) ORDER BY subject_no"
)


def to_ask_for(core: StoreCore, limit: int) -> list[OpId]:
    """Ops of which the hub is to send the body, or its word on them, to whoever holds them."""
    return [*bodies_lacking(core, limit), *words_lacking(core, limit)]


def bodies_lacking(core: StoreCore, limit: int) -> list[OpId]:
    """Ops that count of subjects that are held, and that cannot be read: they were let go of.

    They were with the subject itself, or with another whom they concern as well. The hub gives
    bodies and keys back to a node of which it has the receipt. A hub that was restored may have
    lost that.
    """
    subjects = core.connection.execute(_HELD_WITH_CLOSED, {"node": core.parts.node})
    found: list[OpId] = []
    for (subject_no,) in subjects:
        rows = core.connection.execute(
            f"SELECT op_id FROM ops WHERE {ABOUT} AND hub_seq NOT NULL AND flags & :off = 0"
            " AND (body IS NULL OR key_no IN (SELECT key_no FROM keys WHERE key IS NULL))"
            " AND NOT EXISTS (SELECT 1 FROM past p WHERE p.op_no = ops.op_no) LIMIT :limit",
            {
                "subject": subject_no,
                "off": int(Flag.PARKED | Flag.REDACTED),
                "limit": limit - len(found),
            },
        )
        found += [OpId(op_id) for (op_id,) in rows]
    return found


def words_lacking(core: StoreCore, limit: int) -> list[OpId]:
    """Own ops of lives before the present one that the hub has, and of which its word never came.

    INV-11: they were about somebody who was let go of by then, or by a copy of this office, and
    who is held again now.
    """
    rows = core.connection.execute(
        "SELECT DISTINCT o.op_id FROM lives l JOIN ops o USING(life_no) JOIN grants g ON g.node ="
        " l.node AND g.subject_no IN (o.subject_no, o.other_no) WHERE l.node = ? AND l.life <> ?"
        " AND o.seq <= l.received_seq AND o.hub_seq IS NULL AND o.flags = 0 LIMIT ?",
        (core.parts.node, core.place().life, limit),
    )
    return [OpId(op_id) for (op_id,) in rows]


def hold_op_by_op(core: StoreCore, subject_no: int) -> bool:
    """Let go of a subject's snapshot, and ask for all its ops; whether it had one.

    What is held stays and is folded by itself meanwhile; the digest agrees once all has come.
    """
    bases = core.folding.bases
    base = bases.rows().get(subject_no)
    if base is None or base.way != Way.BASED:
        return False
    core.folding.flush()
    records = bases.records_of(subject_no)
    bases.drop(subject_no)
    bases.put(_all_to_come(core, subject_no, Way.PLAIN))
    core.folding.refold_records(records)
    mend_digest(core, subject_no)
    return True


def ask_for_all(core: StoreCore, subject_no: int) -> None:
    """Have all ops of a subject come, whatever it stands on; what is held of it stays."""
    if not hold_op_by_op(core, subject_no):
        bases = core.folding.bases
        base = bases.rows().get(subject_no)
        bases.put(_all_to_come(core, subject_no, Way.PLAIN if base is None else base.way))


def _all_to_come(core: StoreCore, subject_no: int, way: Way) -> Base:
    cursor = core.cursor()
    return Base(
        subject_no=subject_no,
        incarnation=cursor.incarnation,
        cut=cursor.hub_seq,
        way=way,
        place=_before_all(cursor.hub_seq),
    )


def _before_all(cut: int) -> Place:
    """Before the first op, and not where an arrival begins: no new snapshot is to be built on."""
    return Place(Part.SAFETY, cut + 2)


def mend_digests(core: StoreCore) -> int:
    """Every subject's digest; how many were others.

    Where own ops are lost, whose subjects nothing tells any more, what stands on snapshots is asked
    for whole: an op that a snapshot covers shows in no comparison.
    """
    if own_lost(core):
        for number in list(core.folding.bases.rows()):
            hold_op_by_op(core, number)
    numbers = [no for (no,) in core.connection.execute("SELECT subject_no FROM subjects")]
    return sum(mend_base(core, no) or mend_digest(core, no) for no in numbers)


def put_back(core: StoreCore, came: Sequence[OpId]) -> int:
    """Move own ops that were lost, and came again, to where their segment has them; how many.

    A segment is read as a stretch of the log: one op of it elsewhere would break its chain.
    """
    stored = core.log.find(came).values()
    broken = {one.chain_after: one for op in stored for one in _broken_segments(core, op)}
    moves = [move for one in broken.values() for move in _moves(core, one)]
    if moves:
        core.folding.flush()
        for table in ("ops", "standing", "past", "base_standing"):
            core.connection.executemany(f"UPDATE {table} SET op_no = ? WHERE op_no = ?", moves)
        core.folding.forget()
    return len(moves)


def own_lost(core: StoreCore) -> int:
    """How many ops the segments of this node's own name that its log does not hold."""
    rows = core.connection.execute(
        "SELECT coalesce(sum(s.last_seq - s.first_seq + 1 - (SELECT count(*) FROM ops o WHERE"
        " o.op_no BETWEEN s.first_op_no AND s.first_op_no + s.last_seq - s.first_seq)), 0)"
        " FROM segments s WHERE s.first_op_no NOT NULL"
    )
    return int(rows[0][0])


class _Segment(msgspec.Struct, frozen=True):
    """A segment of this node's own that lacks an op where the log should have it."""

    chain_after: bytes
    chain_before: bytes
    epoch: ScopeEpoch
    first_seq: int
    last_seq: int
    first_op_no: int
    life_no: int


def _broken_segments(core: StoreCore, one: StoredOp) -> list[_Segment]:
    """The own segments that name the place of an op in its life, and are not whole."""
    rows = core.connection.execute(
        "SELECT chain_after, chain_before, epoch_incarnation, epoch_number, first_seq, last_seq,"
        " first_op_no, life_no FROM segments WHERE life_no = ? AND last_seq >= ? AND last_seq < ?"
        " AND first_seq <= ? AND first_op_no NOT NULL AND (SELECT count(*) FROM ops WHERE op_no"
        " BETWEEN first_op_no AND first_op_no + last_seq - first_seq) < last_seq - first_seq + 1",
        (one.life_no, one.seq, one.seq + SEGMENT_OPS_MAX, one.seq),
    )
    return [_Segment(row[0], row[1], ScopeEpoch(*row[2:4]), *row[4:]) for row in rows]


def _moves(core: StoreCore, segment: _Segment) -> list[tuple[int, int]]:
    """Where the ops of a segment belong and where they are, once all of it is held.

    INV-08: a twin's op has the same place in the same life; the chain tells which is this node's.
    """
    where = "life_no = ? AND seq BETWEEN ? AND ? ORDER BY op_no"
    span = (segment.life_no, segment.first_seq, segment.last_seq)
    by_place: dict[int, list[tuple[int, bytes]]] = {}
    for one in core.log.select(where, span):
        place = segment.first_op_no + one.seq - segment.first_seq
        by_place.setdefault(place, []).append((one.op_no, hash_raw(one.raw)))
    if len(by_place) <= segment.last_seq - segment.first_seq:
        return []
    choices = [
        [one for one in by_place[place] if one[0] == place] or by_place[place]
        for place in sorted(by_place)
    ]
    for chosen in islice(product(*choices), CHOICES_MAX):
        hashes = [header_hash for _, header_hash in chosen]
        chain = segment_chain(segment.chain_before, segment.epoch, segment.first_seq, hashes)
        if chain == segment.chain_after:
            places = zip(sorted(by_place), chosen, strict=True)
            return [(place, op_no) for place, (op_no, _) in places if place != op_no]
    return []
