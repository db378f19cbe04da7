"""The hub takes in a node's runs: verifies the chain, judges each op once, stores, numbers, scopes.

Implements PROTOCOL.md, Verdicts and Segments. Nothing authentic is refused: only a run whose
signature or chain does not verify is turned away, whole, before anything changes. An op that does
not parse is stored raw and parked, and the chain goes on (INV-09).
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from sync_protocol.clock import HLC_ZERO, Hlc, is_suspect
from sync_protocol.cursor import NO_INCARNATION
from sync_protocol.errors import BrokenChain, TooLarge
from sync_protocol.ids import NodeId, OpId
from sync_protocol.io.hub_departures import take_departures
from sync_protocol.io.hub_escrow import with_bodies
from sync_protocol.io.hub_repair import mend_looked_at
from sync_protocol.io.hub_scope import HubScope
from sync_protocol.io.op_log import Arrival
from sync_protocol.io.recovery import note_offered
from sync_protocol.io.returns import NOBODY, HubReturns
from sync_protocol.io.runs import Link, Taken, chain_of, take_ops
from sync_protocol.io.store_core import SEGMENTS, StoreCore
from sync_protocol.limits import (
    REQUEST_OPS_MAX,
)
from sync_protocol.messages import Request
from sync_protocol.op import Op, op_id_of
from sync_protocol.scope import (
    MISPLACED,
    REVOKED,
    UNREADABLE,
    Verdict,
    is_entitled,
    is_late,
    judge,
    judge_sets,
    set_of,
)
from sync_protocol.seal import (
    Run,
    life_chain,
    segment_claim,
)

NOTHING: Final[AbstractSet[OpId]] = frozenset()


class Ingested(msgspec.Struct, frozen=True):
    """How many ops a request brought that were new, and how many of them were parked."""

    new_ops: int
    parked: int


class HubIngest:
    """Stores what spokes offer, in one transaction a request."""

    def __init__(self, core: StoreCore) -> None:
        """Write through `core`, which must be the hub's."""
        self._core = core
        self.scope = HubScope(core)
        self._returns = HubReturns(core, self.scope)

    def ingest(self, request: Request, node: NodeId, public_key: bytes) -> Ingested:
        """Store the runs of a verified request; raises a PeerFault and changes nothing."""
        core = self._core
        request = with_bodies(request, node, core.parts.boxes)
        count = sum(len(seg.ops) for run in request.runs for seg in run.segments)
        if count + sum(len(one.ops) for one in request.returned) > REQUEST_OPS_MAX:
            raise TooLarge(f"over {REQUEST_OPS_MAX} ops")
        brings = bool(request.runs or request.returned)
        if brings:
            core.check_room()
        # What a request says of its sender alone is said again by the next.
        with core.transaction(is_durable=brings or bool(request.receipts)):
            now_ms = core.parts.clock.now_ms()
            counts = [self._take_run(run, node, public_key, now_ms) for run in request.runs]
            counts += [(self._returns.take(one, node, now_ms), 0) for one in request.returned]
            self._note_peer(request, node, now_ms)
            if node not in core.revoked:
                if request.repair is not None:
                    mend_looked_at(core, node, request.repair)
                take_departures(core, request, node, public_key)
            if brings or request.receipts:
                # What is said to be durable here must be known to be lost, if ever it is.
                core.name_commit()
                # And whoever holds a subject waits to hear who has let go of it.
                core.note_change()
        return Ingested(sum(new for new, _ in counts), sum(parked for _, parked in counts))

    def _take_run(self, run: Run, node: NodeId, public_key: bytes, now_ms: int) -> tuple[int, int]:
        if run.node != node or not run.segments:
            raise BrokenChain("a run of another node, or an empty one")
        links = chain_of(run)
        self._check_start(run)
        last = run.segments[-1].last_seq
        claim = segment_claim(run.node, run.life, last, links[-1].chain_after)
        self._core.keys.check(node, public_key, claim, run.signature)
        life_no = self._core.log.add_life(run.node, run.life, run.follows)
        known = self._known_points(life_no, (run.segments[0].last_seq, last))
        fresh = [link for link in links if link.chain_after not in known]
        taken = [
            one for link in links if self._is_to_take(link, known) for one in take_ops(link, run)
        ]
        barred = _ops_in(fresh) if node in self._core.revoked else NOTHING
        arrivals = self._store(taken, life_no, (node, barred), now_ms)
        self._store_links(fresh, life_no, run.signature)
        self.scope.rescope([one.op for one in arrivals if one.op and not one.verdict.is_parked])
        self.scope.look_again(
            node, [one.op for one in arrivals if one.op and one.verdict.is_parked]
        )
        return len(arrivals), sum(one.verdict.is_parked for one in arrivals)

    def _is_to_take(self, link: Link, known: AbstractSet[bytes]) -> bool:
        """Whether a segment is new, or an op of it was lost here since it came (INV-01).

        One that had come without its body is as good as lost.
        """
        if link.chain_after not in known:
            return True
        op_ids = {op_id_of(one) for one in link.hashes}
        if len(self._core.log.known_ids(op_ids)) < len(op_ids):
            return True
        came = zip(link.hashes, link.segment.ops, strict=True)
        whole = {op_id_of(one) for one, raw in came if raw.body is not None}
        return bool(self._core.log.hollow(whole))

    def _store(
        self,
        taken: Sequence[Taken],
        life_no: int,
        author: tuple[NodeId, AbstractSet[OpId]],
        now_ms: int,
    ) -> list[Arrival]:
        core = self._core
        node, barred = author
        # INV-09: a node may have put one op into its log twice; the first place counts.
        by_id: dict[OpId, Taken] = {}
        for one in taken:
            by_id.setdefault(one.op_id, one)
        end = core.next_hub_seq()
        known = core.log.known_ids(by_id)
        held = known - self._make_way(known, {one for one in known if by_id[one].op is not None})
        new = [one for op_id, one in by_id.items() if op_id not in held]
        verdicts = self._judge(new, self._beside(held, by_id), (node, life_no, barred), now_ms)
        # No number is given twice: one may be free again above, and judging lets parked work stand.
        first = max(end, core.next_hub_seq())
        arrivals = [
            Arrival(
                op_id=one.op_id,
                op=one.op,
                raw=one.raw,
                life_no=life_no,
                seq=one.seq,
                hub_seq=first + place,
                verdict=verdict,
                is_safety=one.op is not None and core.parts.is_safety(one.op),
            )
            for place, (one, verdict) in enumerate(zip(new, verdicts, strict=True))
        ]
        core.folding.append(arrivals, now_ms)
        self._witness(new, now_ms)
        return arrivals

    def _make_way(self, came: Iterable[OpId], readable: Container[OpId]) -> set[OpId]:
        """Ops met out of place or unreadable before, which come in their own now: taken in anew.

        INV-09: else a node could park another's op for good by sending it first, or by sending it
        divided otherwise into opening and hash, which has the same id and does not parse. And what
        somebody gave back parked becomes that of the node in whose log it is, which is told so.
        """
        found = self._core.log.find(came)
        freed = {
            op_id
            for op_id, one in found.items()
            if one.verdict in (MISPLACED, UNREADABLE)
            and (op_id in readable or one.life_no == NOBODY)
        }
        gone = [(op_id,) for op_id in sorted(freed)]
        self._core.connection.executemany("DELETE FROM ops WHERE op_id = ?", gone)
        return freed

    def _beside(
        self, held: Iterable[OpId], by_id: Mapping[OpId, Taken]
    ) -> list[tuple[Op, Verdict]]:
        """Ops of change sets that came and are held already, as they were judged.

        INV-09: else who gives a restored hub a part of another's change set back parks the rest.
        """
        ops = {op_id: by_id[op_id].op for op_id in held}
        in_sets = {
            op_id: op for op_id, op in ops.items() if op is not None and op.header.change_set
        }
        found = self._core.log.find(in_sets)
        return [(in_sets[op_id], one.verdict) for op_id, one in found.items()]

    def _judge(
        self,
        new: Sequence[Taken],
        beside: Sequence[tuple[Op, Verdict]],
        author: tuple[NodeId, int, AbstractSet[OpId]],
        now_ms: int,
    ) -> list[Verdict]:
        """INV-11: every op gets exactly one verdict, applied or parked.

        What came after its node was revoked (`barred`) is parked, whatever it might be else. What
        was lost here since it came is not: the chain of its segment proves when that was.
        """
        node, life_no, barred = author
        spans = self.scope.spans_of(node, [one.op for one in new if one.op is not None])
        told_by = self.scope.told_by(life_no, min((one.seq for one in new), default=0))
        registry = self._core.parts.registry
        counting = {set_of(op) for op, verdict in beside if not verdict.is_parked}
        judged: list[tuple[Op, Verdict]] = []
        for one in new:
            if one.op is None:
                continue
            if one.op_id in barred:
                verdict = judge(one.op, entitled=False, now_ms=now_ms, why_not=REVOKED)
                judged.append((one.op, verdict))
                continue
            self.scope.note_creation(one.op, node, spans)
            told = told_by(one.epoch, one.seq)
            # INV-07: sets are judged whole, so what was given back of one tells of the rest.
            is_of_set = set_of(one.op) in counting and self.scope.is_of_before(one.epoch)
            entitled = is_of_set or is_entitled(one.op, told, spans, registry)
            late = is_late(one.op, told, spans)
            judged.append((one.op, judge(one.op, entitled=entitled, late=late, now_ms=now_ms)))
        verdicts = iter(judge_sets([*judged, *beside]))
        return [one.verdict if one.op is None else next(verdicts) for one in new]

    def _check_start(self, run: Run) -> None:
        """INV-08: a run continues a point that is held, or begins its life."""
        first_seq = run.segments[0].first_seq
        if run.chain_before == life_chain(run.node, run.life, run.follows):
            if first_seq != 1:
                raise BrokenChain(f"a life begins at 1, not {first_seq}")
            return
        held = self._core.connection.execute(
            "SELECT 1 FROM segments WHERE life_no = ? AND last_seq = ? AND chain_after = ?",
            (self._core.log.life_no(run.node, run.life), first_seq - 1, run.chain_before),
        )
        if not held:
            raise BrokenChain(f"nothing held leads to sequence {first_seq}")

    def _known_points(self, life_no: int, span: tuple[int, int]) -> set[bytes]:
        """The chain at each end of a segment that is held between two numbers of a life."""
        rows = self._core.connection.execute(
            "SELECT chain_after FROM segments WHERE life_no = ? AND last_seq BETWEEN ? AND ?",
            (life_no, *span),
        )
        return {row[0] for row in rows}

    def _store_links(self, fresh: Sequence[Link], life_no: int, signature: bytes) -> None:
        if not fresh:
            return
        connection = self._core.connection
        end = self._core.next_hub_seq() - 1
        last = fresh[-1].segment.last_seq
        rows = []
        for link in fresh:
            segment = link.segment
            span = (life_no, segment.first_seq, segment.last_seq, link.chain_before)
            epoch = (segment.epoch.incarnation, segment.epoch.number)
            own = signature if segment.last_seq == last else b""
            rows.append((link.chain_after, *span, *epoch, None, end, own))
        connection.insert(SEGMENTS, rows)
        tip = connection.execute(
            "SELECT stable_seq, stable_chain FROM tips WHERE chain_after = ?",
            (fresh[0].chain_before,),
        )
        connection.execute("DELETE FROM tips WHERE chain_after = ?", (fresh[0].chain_before,))
        connection.execute(
            "INSERT INTO tips VALUES (?, ?, ?, ?, ?)",
            (fresh[-1].chain_after, life_no, last, *(tip[0] if tip else (0, b""))),
        )

    def _witness(self, new: Sequence[Taken], now_ms: int) -> None:
        heard = [one.op.hlc for one in new if one.op]
        highest: Hlc = max((hlc for hlc in heard if not is_suspect(hlc, now_ms)), default=HLC_ZERO)
        self._core.witness_hlc(highest)

    def _note_peer(self, request: Request, node: NodeId, now_ms: int) -> None:
        hello = request.hello
        if hello.has_offered and hello.cursor.incarnation == self._core.cursor().incarnation:
            note_offered(self._core, node)
        self.scope.end_recovery()
        self.scope.note_confirmed(node, hello)
        asked = self._core.commits.newest()
        self._core.connection.execute(
            "INSERT INTO peers(node, count, last_contact_ms, life, cursor_seq, waiting_ops,"
            " oldest_waiting_ms, clock_drift_ms, release, commit_named, commit_asked)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT(node) DO UPDATE SET count = excluded.count,"
            " last_contact_ms = excluded.last_contact_ms, life = excluded.life,"
            " cursor_seq = excluded.cursor_seq, waiting_ops = excluded.waiting_ops,"
            " oldest_waiting_ms = excluded.oldest_waiting_ms,"
            " clock_drift_ms = CASE WHEN ? THEN excluded.clock_drift_ms"
            " ELSE peers.clock_drift_ms END, release = excluded.release,"
            " commit_named = excluded.commit_named, commit_asked = excluded.commit_asked",
            (
                node,
                hello.count,
                now_ms,
                hello.life,
                hello.cursor.hub_seq,
                hello.waiting_ops,
                hello.oldest_waiting_ms,
                hello.sent_ms - now_ms if hello.sent_ms else 0,
                hello.release[:64],
                self._core.commits.number_of(hello.cursor.commit) or asked,
                asked,
                hello.sent_ms > 0,
            ),
        )


def _ops_in(links: Iterable[Link]) -> frozenset[OpId]:
    return frozenset([op_id_of(one) for link in links for one in link.hashes])


assert len(NO_INCARNATION) == 16, "epochs bind an incarnation of one length"
