"""A spoke's side of the exchange on disk: what it offers, and how it takes in what the hub says.

Implements PROTOCOL.md, Exchange, for `session.SpokeSession`. Ops, verdicts, scope, marks and the
cursor of one reply are committed together, always (INV-02).
"""

from collections.abc import Sequence

import msgspec

from sync_protocol.clock import HLC_ZERO, Hlc, hlc_from_bytes, is_suspect
from sync_protocol.cursor import Cursor
from sync_protocol.departure import Departure, Escrowed, Receipt
from sync_protocol.ids import IncarnationId, LifeId, OpId
from sync_protocol.io.arrivals import SpokeArrivals, readable
from sync_protocol.io.connection import Row
from sync_protocol.io.departures import HUB_RECOVERING, Departures
from sync_protocol.io.lease_keeper import LeaseKeeper
from sync_protocol.io.outbox import gather_outbox
from sync_protocol.io.own_chain import knows_point, last_agreed, take_marks
from sync_protocol.io.reading import Reading
from sync_protocol.io.repair import SpokeRepair
from sync_protocol.io.returns import (
    Gathered,
    expect_returns,
    gather_returned,
    has_returned,
    note_caught_up,
    note_returned,
)
from sync_protocol.io.store_core import StoreCore
from sync_protocol.lease import LOCKED
from sync_protocol.limits import DRIFT_MS_MAX, SEGMENT_OPS_MAX, VIEW_DIGEST_EVERY_MS, WAIT_MS_MAX
from sync_protocol.messages import (
    Hello,
    Mark,
    OwnRange,
    Repair,
    Reply,
    Returned,
    ids_hash,
    manifest_listing,
)
from sync_protocol.op import hash_raw, op_id_of
from sync_protocol.scope import Flag, Verdict
from sync_protocol.seal import Follows, Run, ScopeEpoch
from sync_protocol.snapshot import Want


class Accepted(msgspec.Struct, frozen=True):
    """What a reply brought: ops new here, own ops judged, subjects that entered scope or left."""

    new_ops: int
    judged: int
    entered: int


class SpokeLog:
    """Reads and changes a spoke's store for its session."""

    def __init__(self, core: StoreCore, lease: LeaseKeeper | None = None) -> None:
        """Write through `core`, which must be a spoke's; share its `lease` where it has one."""
        self._core = core
        self.arrivals = SpokeArrivals(core)
        self._count = 0
        self._view_at_ms = 0
        self._gathered: Gathered | None = None
        self.differences = SpokeRepair(core)
        """Finds and mends where this node's view differs from the hub's."""
        self.departures = Departures(core)
        self.lease = lease or LeaseKeeper(core)
        """For how long this node may show what it holds."""
        self.wait_ms = WAIT_MS_MAX
        """How long the hub may hold an idle request; a test sets it to nothing."""

    def hello(self, now_ms: int) -> Hello:
        """A hello for the next request; each has a higher count than the last."""
        core = self._core
        with core.transaction():
            place, cursor = core.place(), core.cursor()
            tenure = self.lease.peek()
            self._count = max(self._count + 1, now_ms, self.lease.next_count())
            self._gathered = None
            waiting_ops, oldest_ms = self.waiting()
            return Hello(
                count=self._count,
                life=place.life,
                seq=place.seq,
                chain=place.chain,
                registry=core.parts.registry.digest,
                release=core.parts.release,
                sent_ms=now_ms,
                cursor=cursor,
                view=self._view_if_due(waiting_ops, now_ms),
                wait_ms=self.wait_ms,
                waiting_ops=waiting_ops,
                oldest_waiting_ms=oldest_ms,
                has_offered=not waiting_ops and has_returned(core),
                lease_until_ms=tenure.asks_until_ms,
                is_locked=tenure.why_locked == LOCKED,
                hub_keys=core.keys.count,
            )

    @property
    def is_hub_recovering(self) -> bool:
        """Whether the hub said last that it was restored and still awaits some node."""
        with self._core.transaction():
            return bool(self._core.meta(HUB_RECOVERING, False))

    def waiting(self) -> tuple[int, int]:
        """How many own ops the hub is not known to have, and when the oldest was written (ms)."""
        with self._core.reading_own() as reading:
            return reading.waiting()

    def outbox(self, ops_max: int) -> tuple[tuple[Run, ...], bool]:
        """Own runs that the hub is not known to have, oldest first, and whether there is more."""
        if self.differences.is_trial:
            return (), False
        with self._core.transaction():
            runs, more = gather_outbox(self._core, ops_max)
            return (runs, more) if runs else (self.differences.runs(ops_max), more)

    def returned(self) -> tuple[Returned, ...]:
        """Ops of others that the hub lacks since its restore, under the manifests proving them."""
        if self.differences.is_trial:
            return ()
        with self._core.transaction():
            self._gathered = gather_returned(self._core)
            if self._gathered is None:
                return self.differences.returned()
        return self._gathered.returned

    def repair(self) -> Repair | None:
        """What is still to be asked about where this node's view differs; None where it is not.

        So are the bodies of whoever came back, once all that shows of him is here: until its part
        came, an op that stands may look like one of the past.
        """
        with self._core.transaction():
            if not self.arrivals.is_arriving:
                self.differences.want_bodies()
            return self.differences.ask()

    def wants(self) -> tuple[Want, ...]:
        """What is to come next of subjects that arrive, and of histories asked for here."""
        with self._core.transaction():
            return self.arrivals.wants()

    def leaving(self, now_ms: int) -> tuple[tuple[Departure, ...], tuple[Receipt, ...]]:
        """The subjects that this node would let go of, and receipts of those that it did."""
        with self._core.transaction():
            return self.departures.offered(now_ms), self.departures.receipts()

    def escrow(self, runs: tuple[Run, ...], returned: tuple[Returned, ...]) -> tuple[Escrowed, ...]:
        """The bodies of what is offered, where this node holds them under a key that is gone."""
        own = [raw for run in runs for segment in run.segments for raw in segment.ops]
        others = [raw for one in returned for raw in one.ops]
        if all(raw.body is not None for raw in (*own, *others)):
            return ()
        with self._core.transaction():
            return self.departures.escrow.sent_with((*own, *others))

    def knows_point(self, life: LifeId, seq: int, chain: bytes) -> bool:
        """Whether this node's own log passes through that point."""
        with self._core.transaction():
            return knows_point(self._core, life, seq, chain)

    def last_agreed(self, marks: tuple[Mark, ...]) -> Follows | None:
        """The last point of the present life that the hub is known to have in this branch.

        With no mark that this log passes through, what was acknowledged before still counts: the
        fork came after it, or is offered again and found to be held.
        """
        with self._core.transaction():
            return last_agreed(self._core, marks)

    def count_on(self, count: int) -> None:
        """Count requests on from here."""
        self._count = max(self._count, count)

    def meet_incarnation(self, incarnation: IncarnationId) -> None:
        """Forget the numbers of a hub that was restored; keep every op and offer all own again.

        INV-01: what that hub had acknowledged counts for nothing in this one.
        """
        core = self._core
        with core.transaction():
            core.connection.execute(
                "UPDATE ops SET hub_seq = NULL, flags = flags & ~?", (Flag.APPLIED,)
            )
            core.connection.execute(
                "UPDATE subjects SET digest = ?, digest_count = 0", (bytes(32),)
            )
            self.departures.meet_incarnation()
            core.connection.execute("UPDATE lives SET received_seq = 0")
            core.folding.bases.meet_incarnation()
            core.set_meta({"stable_seq": 0, HUB_RECOVERING: True})
            self.departures.keep_escrow(core.parts.clock.now_ms())
            expect_returns(core)
            self.differences.abandon()
            self._set_cursor(Cursor(incarnation=incarnation))

    def accept(self, reply: Reply, asked: Hello, now_ms: int) -> Accepted:
        """Store everything of a verified reply in one transaction.

        Verdicts of ops that this node never wrote are a second branch as well (INV-08): nothing
        else is taken then, and a new life asks for what the present one lost. Nor is anything taken
        where another answer came in since this was asked, by courier or by the line: what this one
        says follows from a place that the node has left.
        """
        core = self._core
        with core.transaction(is_durable=_tells(reply)):
            if asked.cursor != core.cursor():
                return Accepted(0, 0, 0)
            if reply.entries or reply.notices:
                core.check_room()
            own = [(one, self._rows_of(one, asked.life)) for one in reply.own]
            if not all(_binds(one, rows) for one, rows in own):
                core.start_life(last_agreed(core, reply.marks))
                return Accepted(0, 0, 0)
            self._note_clock(reply, asked, now_ms)
            self._take_lease(reply, asked)
            self.departures.take_steps(reply, now_ms)
            self.departures.take_answers(reply)
            judged = sum(self._take_verdicts(one, rows) for one, rows in own)
            new = self.arrivals.take(reply, self.differences.asked_ids, now_ms)
            take_marks(core, reply.marks)
            if reply.manifest:
                self._keep_manifest(reply)
            self._set_cursor(reply.cursor)
            self.arrivals.ask_beyond_receipts(reply)
            self._witness(reply, now_ms)
            if self._gathered is not None:
                note_returned(core, self._gathered)
            if not reply.more and not self.arrivals.is_filling:
                self._note_caught_up(reply, asked, now_ms)
            if reply.is_recovering != self.is_hub_recovering:
                core.set_meta({HUB_RECOVERING: reply.is_recovering})
            was_mending = self._take_repaired(reply, now_ms)
        self._let_go(reply, asked, now_ms)
        if new or judged or was_mending:
            self._view_at_ms = 0
        elif reply.digest_equal is not None:
            self._view_at_ms = now_ms
        return Accepted(new, judged, len(reply.steps))

    def _take_lease(self, reply: Reply, asked: Hello) -> None:
        """What came by courier says nothing of how late it is."""
        if reply.lease is not None:
            heard_ms = reply.sent_ms if asked.sent_ms else None
            self.lease.take(reply.lease, reply.incarnation, heard_ms)

    def _let_go(self, reply: Reply, asked: Hello, now_ms: int) -> None:
        """Seal what is permitted; a clock that is behind makes no sealing older than it is."""
        if reply.permits:
            is_behind = reply.sent_ms - now_ms > DRIFT_MS_MAX
            self.departures.seal_safe(reply.sent_ms if is_behind else now_ms)
        else:
            self.departures.empty_log()
        if asked.sent_ms:
            self.departures.hub_ms = reply.sent_ms

    def _note_caught_up(self, reply: Reply, asked: Hello, now_ms: int) -> None:
        """The hub had nothing more to send."""
        note_caught_up(self._core)
        if asked.has_offered and not reply.is_recovering:
            self.departures.leave_untold(now_ms)

    def _take_repaired(self, reply: Reply, now_ms: int) -> bool:
        """What a reply says of differences; whether they were being mended when it came."""
        was_mending = self.differences.is_under_way
        if reply.steps:
            self.differences.look_for_bodies()
        # A view that was sent while it was being mended says nothing of how it is now.
        self.differences.note_compared(is_equal=reply.digest_equal, now_ms=now_ms)
        self.differences.take(reply.repaired)
        return was_mending

    def _view_if_due(self, waiting_ops: int, now_ms: int) -> bytes:
        """The view digest, when nothing of ours waits and one is due; else nothing.

        Due after anything came in or was judged, and every fifteen minutes.
        """
        waiting_ops = 0 if self.differences.is_trial else waiting_ops
        since_ms = now_ms - self._view_at_ms
        # A clock that was set back says nothing of how long ago that was: it is due then, too.
        if waiting_ops or 0 <= since_ms < VIEW_DIGEST_EVERY_MS or self.arrivals.is_filling:
            return b""
        return Reading(self._core.connection, self._core.parts.registry).view_of(
            self._core.parts.node
        )

    def _take_verdicts(self, own: OwnRange, rows: Sequence[Row]) -> int:
        """Number the own ops that a range names."""
        verdict = Verdict(own.flags, own.reason)
        self._core.folding.number([row[1] for row in rows], verdict, own.hub_seq)
        return len(rows)

    def _rows_of(self, own: OwnRange, life: LifeId) -> list[Row]:
        """The (op id, number) of the own ops that a range names."""
        core = self._core
        life_no = core.log.life_no(core.parts.node, life)
        last_seq = own.first_seq + own.count - 1
        return core.connection.execute(
            "SELECT o.op_id, o.op_no FROM segments s JOIN ops o ON o.op_no BETWEEN s.first_op_no"
            " AND s.first_op_no + s.last_seq - s.first_seq WHERE s.life_no = ? AND s.last_seq >= ?"
            " AND s.last_seq < ? AND o.seq BETWEEN ? AND ? ORDER BY o.seq",
            (life_no, own.first_seq, last_seq + SEGMENT_OPS_MAX, own.first_seq, last_seq),
        )

    def _keep_manifest(self, reply: Reply) -> None:
        """Kept as long as the ops: it authenticates what is offered again to a restored hub."""
        came = (*reply.notices, *reply.entries)
        listing = manifest_listing(
            [(op_id_of(hash_raw(one.raw)), one.hub_seq, one.flags) for one in came]
        )
        self._core.connection.execute(
            "INSERT INTO manifests(incarnation, listing, signature) VALUES (?, ?, ?)",
            (reply.incarnation, listing, reply.manifest),
        )

    def _set_cursor(self, cursor: Cursor) -> None:
        core = self._core
        if cursor == core.cursor():
            return
        core.set_meta({"cursor": msgspec.msgpack.encode(cursor)})
        epoch = ScopeEpoch(cursor.incarnation, cursor.scope_epoch)
        core.set_place(msgspec.structs.replace(core.place(), epoch=epoch))

    def _note_clock(self, reply: Reply, asked: Hello, now_ms: int) -> None:
        """Measure the offset to the hub; a life written far ahead of it ends here.

        A node that runs more than five minutes ahead goes on in a new life whose clock is reset.
        What went by courier was days on its way, and measures nothing.
        """
        core = self._core
        if not asked.sent_ms:
            return
        drift_ms = ((reply.received_ms - asked.sent_ms) + (reply.sent_ms - now_ms)) // 2
        if drift_ms != core.meta("clock_drift_ms"):
            core.set_meta({"clock_drift_ms": drift_ms})
        place = core.place()
        if is_suspect(place.hlc, reply.sent_ms) and drift_ms < -DRIFT_MS_MAX:
            core.start_life(Follows(place.life, place.seq, place.chain), hlc=reply.clock)

    def _witness(self, reply: Reply, now_ms: int) -> None:
        heard = [reply.clock]
        for entry in (*reply.notices, *reply.entries):
            op = readable(entry, None)
            if op is not None:
                heard.append(hlc_from_bytes(op.header.hlc))
        sound = [hlc for hlc in heard if not is_suspect(hlc, min(now_ms, reply.sent_ms))]
        highest: Hlc = max(sound, default=HLC_ZERO)
        self._core.witness_hlc(highest)


def _binds(own: OwnRange, rows: Sequence[Row]) -> bool:
    """Whether these are the very ops that a range names: a number alone could name a twin's."""
    return ids_hash([OpId(row[0]) for row in rows]) == own.ids_hash


def _tells(reply: Reply) -> bool:
    """Whether it brings anything but a cursor, which the hub tells again to whom forgot it."""
    brings = reply.own or reply.steps or reply.notices or reply.entries or reply.snapshots
    answers = reply.permits or reply.receipted or reply.elsewhere is not None
    return bool(brings or answers or reply.lease)
