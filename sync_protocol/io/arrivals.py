"""A spoke takes in what the hub sends: ops one by one, and subjects by their snapshots.

Implements PROTOCOL.md, Snapshots. Everything here runs in the transaction of one reply (INV-02).
"""

from collections.abc import Container, Iterable, Sequence

import msgspec

from sync_protocol.digest import EMPTY, Digest
from sync_protocol.errors import UnreadableOp
from sync_protocol.ids import OpId, SubjectId
from sync_protocol.io.bases import ABOUT, Base, Way
from sync_protocol.io.mending import ask_for_all, hold_op_by_op, put_back
from sync_protocol.io.op_log import Arrival, StoredOp, chunks, marks
from sync_protocol.io.receipts import has_signed
from sync_protocol.io.store_core import StoreCore
from sync_protocol.limits import HISTORY_PAGE_OPS, REPLY_OPS_MAX, WANTS_MAX
from sync_protocol.messages import Entry, Reply
from sync_protocol.op import Op, hash_raw, op_id_of, read_op
from sync_protocol.scope import Flag, Verdict, join_verdicts
from sync_protocol.snapshot import Dangling, Part, Snapshot, Want, term_of


class SpokeArrivals:
    """Stores entries and snapshots in a spoke's store."""

    def __init__(self, core: StoreCore) -> None:
        """Write through `core`, which must be a spoke's."""
        self._core = core
        self._bases = core.folding.bases

    def take(self, reply: Reply, asked: Container[OpId], now_ms: int) -> int:
        """Store all entries of a reply as its snapshots say; how many were new here.

        Of ops that were `asked` for, since the verdict here was another, the hub's counts as it is.
        Numbers come first: whether a snapshot can be built on depends on what is held without one.
        """
        by_id, hashes = _by_id((*reply.notices, *reply.entries))
        held = self._core.log.find(by_id)
        for op_id, stored in held.items():
            self._rejudge(stored, by_id[op_id], is_last_word=op_id in asked)
        stale = self._reopen(by_id, held)
        for one in reply.snapshots:
            if one.is_first:
                stale |= self._begin(reply, one)
        facts: dict[OpId, tuple[str, ...]] = {}
        dangling: list[Dangling] = []
        for one in self._next(reply):
            base = self._bases.rows()[self._number(one.subject)]
            if base.way == Way.BASED:
                facts |= {stands.op_id: stands.fields for stands in one.stands}
                dangling += one.dangling
        stale |= self._core.folding.promote(
            [(stored, facts[op_id]) for op_id, stored in self._named(facts).items()]
        )
        fresh = [
            self._arrival(entry, op_id, hashes[op_id])
            for op_id, entry in by_id.items()
            if op_id not in held
        ]
        self._core.folding.append(fresh, now_ms, facts)
        own = self._core.log.lives_of(self._core.parts.node) if fresh else ()
        put_back(self._core, [one.op_id for one in fresh if one.life_no in own])
        self._core.folding.await_names(dangling)
        for one in self._next(reply):
            stale |= self._advance(one)
        self._core.folding.refold_records(stale)
        return len(fresh)

    def ask_beyond_receipts(self, reply: Reply) -> None:
        """Ask for all of whoever came back to the receipt of a copy of this node.

        INV-04: what came with the key is what that copy lacked. Call it at the cursor of the reply:
        what is after that is sent to whoever holds the subject.
        """
        node, incarnation = self._core.parts.node, reply.incarnation
        for back in reply.keys:
            number = self._number(back.subject)
            if number and not has_signed(self._core.connection, node, incarnation, back):
                ask_for_all(self._core, number)

    def wants(self) -> tuple[Want, ...]:
        """What this spoke asks for next: parts of arrivals, then histories asked for here."""
        core = self._core
        present = core.cursor().incarnation
        wanting = self._granted(
            base
            for base in self._bases.rows().values()
            if base.incarnation == present
            and base.place.part < Part.DONE
            and (base.is_arriving or base.asked_ops)
        )
        wanting.sort(key=lambda base: (base.place.part, base.subject_no))
        return tuple(
            Want(
                subject=core.log.subject(base.subject_no),
                cut=base.cut,
                place=base.place,
                room_ops=base.asked_ops or REPLY_OPS_MAX,
            )
            for base in wanting[:WANTS_MAX]
        )

    def ask_history(self, subject: SubjectId, ops: int = HISTORY_PAGE_OPS) -> bool:
        """Have the next page of a subject's history sent; False where all of it is here."""
        base = self._bases.rows().get(self._number(subject))
        if base is None or base.place.part == Part.DONE:
            return False
        room_ops = max(1, min(ops, REPLY_OPS_MAX))
        if base.asked_ops != room_ops:
            self._bases.put(msgspec.structs.replace(base, asked_ops=room_ops))
        return True

    @property
    def is_filling(self) -> bool:
        """Whether ops that count are on their way, so that digests cannot agree yet."""
        rows = self._bases.rows().values()
        return bool(self._granted(base for base in rows if base.is_filling))

    @property
    def is_arriving(self) -> bool:
        """Whether ops that show are on their way from the present hub."""
        present = self._core.cursor().incarnation
        rows = self._bases.rows().values()
        arriving = (one for one in rows if one.incarnation == present and one.is_arriving)
        return bool(self._granted(arriving))

    def _granted(self, bases: Iterable[Base]) -> list[Base]:
        """Those of the rows whose subject this node may hold: of no other is anything sent."""
        rows = {base.subject_no: base for base in bases}
        granted: set[int] = set()
        for part in chunks(list(rows)):
            sql = f"SELECT subject_no FROM grants WHERE node = ? AND subject_no IN ({marks(part)})"
            found = self._core.connection.execute(sql, (self._core.parts.node, *part))
            granted |= {subject_no for (subject_no,) in found}
        return [base for subject_no, base in rows.items() if subject_no in granted]

    def _next(self, reply: Reply) -> list[Snapshot]:
        """The parts that go on where their arrivals have come to; others were sent before.

        INV-09: one to a subject. The same part told twice goes on from nowhere the second time.
        """
        rows = self._bases.rows()
        found: dict[SubjectId, Snapshot] = {}
        for one in reply.snapshots:
            base = rows.get(self._number(one.subject))
            goes_on = base is not None and (base.cut, base.place) == (one.cut, one.since)
            if base is not None and goes_on and base.incarnation == reply.incarnation:
                found.setdefault(one.subject, one)
        return list(found.values())

    def _begin(self, reply: Reply, snapshot: Snapshot) -> set[int]:
        """Decide how an arriving subject is folded; the records that are to be folded again."""
        core, bases = self._core, self._bases
        number = core.log.add_subject(snapshot.subject, core.parts.chance(32))
        told = Digest(int.from_bytes(snapshot.digest, "big"), snapshot.count)
        before = bases.rows().get(number)
        is_here = core.folding.counting.digest(number) == told and not self._lacks_bodies(number)
        if before is None and is_here:
            # All that counts is here already, as where somebody was first recorded at this node.
            return set()
        way = Way.BASED
        if before is not None and before.way == Way.ASIDE:
            way = Way.ASIDE
        elif snapshot.is_plain or self._holds_unnumbered(number):
            way = Way.PLAIN
        if way == Way.PLAIN:
            # INV-04: what an earlier snapshot said is neither shown nor counted beside the ops.
            hold_op_by_op(core, number)
        stale: set[int] = set()
        if way == Way.BASED:
            bases.clear_records(number)
            bases.put_past(number, snapshot.cut)
            stale = set(bases.records_of(number))
        bases.put(
            Base(
                subject_no=number,
                incarnation=reply.incarnation,
                cut=snapshot.cut,
                way=way,
                digest=told,
                place=snapshot.since,
            )
        )
        if way == Way.BASED:
            beyond = self._terms_beyond(number, snapshot.cut)
            core.folding.counting.set_digest(number, told.plus(*beyond))
        return stale

    def _reopen(self, by_id: dict[OpId, Entry], held: dict[OpId, StoredOp]) -> set[int]:
        """Give back the bodies of ops that this node had let go of; the records to fold again."""
        stale: set[int] = set()
        for op_id, stored in held.items():
            body = by_id[op_id].raw.body
            if stored.lacks_body and body is not None:
                record_no = self._core.folding.reopen(stored, body)
                stale |= set() if record_no is None else {record_no}
        return stale

    def _lacks_bodies(self, subject_no: int) -> bool:
        """Whether ops of a subject are held whose bodies this node cannot open."""
        rows = self._core.connection.execute(
            f"SELECT 1 FROM ops WHERE {ABOUT} AND flags & :redacted = 0 AND (body IS NULL"
            " OR key_no IN (SELECT key_no FROM keys WHERE key IS NULL)) LIMIT 1",
            {"subject": subject_no, "redacted": int(Flag.REDACTED)},
        )
        return bool(rows)

    def _holds_unnumbered(self, subject_no: int) -> bool:
        """Whether ops are held that the present hub has not numbered, other than own work.

        Whether a snapshot of it covers them cannot be known before each has come again; own work
        of the present life is offered until it is numbered. That of earlier lives comes back as
        others' does, and did not as long as this node had let go of the subject.
        """
        core = self._core
        present = core.log.life_no(core.parts.node, core.place().life)
        rows = core.connection.execute(
            f"SELECT 1 FROM ops o WHERE {ABOUT} AND hub_seq IS NULL AND NOT EXISTS (SELECT 1"
            " FROM segments s WHERE s.life_no = :present AND o.life_no = :present"
            " AND o.seq BETWEEN s.first_seq AND s.last_seq AND o.op_no BETWEEN s.first_op_no AND"
            " s.first_op_no + s.last_seq - s.first_seq) LIMIT 1",
            {"subject": subject_no, "present": present},
        )
        return bool(rows)

    def _terms_beyond(self, subject_no: int, cut: int) -> list[int]:
        """What held ops after a cut add to its digest: safety that was sent ahead, and pairs."""
        rows = self._core.connection.execute(
            f"SELECT op_id, flags FROM ops WHERE {ABOUT} AND hub_seq > :cut AND flags & :applied",
            {"subject": subject_no, "cut": cut, "applied": int(Flag.APPLIED)},
        )
        return [term_of(OpId(op_id), flags) for op_id, flags in rows]

    def _advance(self, snapshot: Snapshot) -> set[int]:
        """Note how far an arrival has come; the records that are to be folded from all ops now.

        Of a subject without a past all is here before any history is asked for.
        """
        number = self._number(snapshot.subject)
        base = self._bases.rows()[number]
        asked_ops = 0 if snapshot.since.part == Part.HISTORY else base.asked_ops
        is_end = snapshot.until.part == Part.DONE
        if base.way == Way.BASED and snapshot.until.part >= Part.HISTORY:
            # INV-04: what was not sent must go on being told by the snapshot.
            is_end = self._is_whole(number)
        if not is_end:
            changed = msgspec.structs.replace(base, place=snapshot.until, asked_ops=asked_ops)
            self._bases.put(changed)
            return set()
        self._bases.drop(number)
        if base.way == Way.ASIDE:
            return set(self._bases.records_of(number))
        # By the law of the snapshot nothing stands otherwise where it was folded from one; but of
        # what concerns another as well, his snapshot may be on its way and have told nothing yet.
        return self._told_beside(number)

    def _told_beside(self, subject_no: int) -> set[int]:
        """The records of a subject that concern somebody who stands on a snapshot as well."""
        rows = self._core.connection.execute(
            f"SELECT DISTINCT record_no, subject_no, other_no FROM ops WHERE {ABOUT}"
            " AND other_no > 0 AND record_no NOT NULL",
            {"subject": subject_no},
        )
        others = self._bases.rows().keys() - {subject_no}
        return {record_no for record_no, *both in rows if others.intersection(both)}

    def _is_whole(self, subject_no: int) -> bool:
        """Whether the ops that are held of a subject account for its digest."""
        if self._lacks_bodies(subject_no):
            return False
        terms = self._terms_beyond(subject_no, 0)
        return EMPTY.plus(*terms) == self._core.folding.counting.digest(subject_no)

    def _number(self, subject: SubjectId) -> int:
        return self._core.log.subject_no(subject) or 0

    def _named(self, op_ids: Iterable[OpId]) -> dict[OpId, StoredOp]:
        return self._core.log.find(op_ids)

    def _rejudge(self, stored: StoredOp, entry: Entry, *, is_last_word: bool) -> None:
        """INV-04: where this incarnation has not numbered it, its word alone counts."""
        verdict = _verdict(entry)
        if stored.hub_seq is not None and not is_last_word:
            verdict = join_verdicts(stored.verdict, verdict)
        self._core.folding.rejudge(stored, verdict, entry.hub_seq)

    def _arrival(self, entry: Entry, op_id: OpId, header_hash: bytes) -> Arrival:
        op = readable(entry, header_hash)
        life_no = 0
        if op is not None:
            life_no = self._core.log.add_life(op.header.node, op.header.life)
        verdict = _verdict(entry)
        if op is None:
            verdict = Verdict(Flag.PARKED, verdict.reason or "unreadable")
        return Arrival(
            op_id=op_id,
            op=op,
            raw=entry.raw,
            life_no=life_no,
            seq=op.header.seq if op is not None else 0,
            hub_seq=entry.hub_seq,
            verdict=verdict,
            is_safety=op is not None and self._core.parts.is_safety(op),
        )


def readable(entry: Entry, header_hash: bytes | None) -> Op | None:
    """The op of an entry, None where it does not parse."""
    try:
        return read_op(entry.raw, header_hash)
    except UnreadableOp:
        return None


def _by_id(entries: Sequence[Entry]) -> tuple[dict[OpId, Entry], dict[OpId, bytes]]:
    """Entries and their header hashes by op id; of one told twice the later word counts."""
    by_id: dict[OpId, Entry] = {}
    hashes: dict[OpId, bytes] = {}
    for entry in entries:
        header_hash = hash_raw(entry.raw)
        by_id[op_id_of(header_hash)] = entry
        hashes[op_id_of(header_hash)] = header_hash
    return by_id, hashes


def _verdict(entry: Entry) -> Verdict:
    return Verdict(entry.flags, entry.reason)
