"""The hub reads what a spoke lacks: marks, verdicts of its own ops, scope steps, safety first.

Implements PROTOCOL.md, Exchange. Everything comes from one snapshot of the log, and the request
carries all that is needed, so any hub instance can answer. A spoke is sent the ops of the
subjects that its scope holds, and nothing else (INV-05).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from sync_protocol.clock import pack_hlc
from sync_protocol.cursor import Cursor
from sync_protocol.ids import IncarnationId, NodeId, OpId
from sync_protocol.io.boxes import NO_BOXES, Boxes
from sync_protocol.io.connection import Connection, Parameters
from sync_protocol.io.hub_departures import HubDepartures
from sync_protocol.io.hub_escrow import key_back
from sync_protocol.io.hub_marks import marks_of
from sync_protocol.io.hub_repair import answer_looks
from sync_protocol.io.op_log import LAST_HUB_SEQ, OpLog, chunks, marks
from sync_protocol.io.reach import COLUMNS, Found, Reach
from sync_protocol.io.reading import Reading
from sync_protocol.io.recovery import is_recovering
from sync_protocol.io.scope_rows import DueStep, due_steps, elsewhere_of
from sync_protocol.io.snapshots import HubSnapshots
from sync_protocol.limits import (
    BESIDE_NOTICES_MAX,
    NOTICES_MAX,
    REPLY_BYTES_AIM,
    REPLY_OPS_MAX,
)
from sync_protocol.messages import (
    Entry,
    Hello,
    OwnRange,
    Repair,
    Repaired,
    Reply,
    Request,
    ids_hash,
    manifest_listing,
)
from sync_protocol.op import OpBytes
from sync_protocol.schema import Registry
from sync_protocol.scope import Flag, ScopeStep, claim_of
from sync_protocol.seal import Signer, manifest_claim

STEPS_MAX: Final = 20_000
_IN_SCOPE: Final = (
    "((o.life_no IN (SELECT life_no FROM lives WHERE node = :node)"
    " AND (o.life_no = :present OR NOT EXISTS (SELECT 1 FROM spans p WHERE p.node = :node"
    " AND p.subject_no IN (o.subject_no, o.other_no) AND p.sealed_ms NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM grants h WHERE h.node = :node"
    " AND h.subject_no IN (o.subject_no, o.other_no)))))"
    " OR EXISTS (SELECT 1 FROM grants g WHERE g.node = :node AND g.subject_no = o.subject_no"
    " AND g.number <= :epoch) OR (o.other_no > 0 AND EXISTS (SELECT 1 FROM grants g WHERE"
    " g.node = :node AND g.subject_no = o.other_no AND g.number <= :epoch)))"
)


class HubAnswer:
    """Answers one request from one snapshot."""

    def __init__(
        self, connection: Connection, registry: Registry, node: NodeId, boxes: Boxes = NO_BOXES
    ) -> None:
        """Read through `connection`, inside a transaction; answer `node`."""
        self._connection = connection
        self._log = OpLog(connection)
        self._reading = Reading(connection, registry)
        self._node = node
        self._incarnation = IncarnationId(self._meta("incarnation"))
        self._snapshots = HubSnapshots(connection, registry, node, self._incarnation)
        self.departures = HubDepartures(connection, node, self._incarnation)
        """What of the request's departures is permitted."""
        self._boxes = boxes

    def answer(
        self, request: Request, signer: Signer, times: tuple[int, int], *, compares: bool
    ) -> Reply:
        """The reply; `times` are when the request came and now, UTC ms."""
        hello = request.hello
        reach = self._gather(request)
        notices = self._notices(reach)
        own, others = self._split(reach)
        repaired, told = self._repaired(request.repair, reach)
        others = [*others, *told]
        compares = compares and not (request.runs or request.returned)
        elsewhere = elsewhere_of(self._connection, self._node, times[1])
        permits, unproven = self.departures.permits(request, signer)
        return Reply(
            count=hello.count,
            incarnation=self._incarnation,
            received_ms=times[0],
            sent_ms=times[1],
            clock=pack_hlc(times[1], 0),
            marks=marks_of(self._connection, self._node, request.runs),
            cursor=msgspec.structs.replace(
                reach.cursor, commit=self._meta("commit"), elsewhere=elsewhere[1]
            ),
            own=tuple(_ranges(own)),
            steps=tuple(self._signed(one.step, signer) for one in reach.steps),
            notices=self._entries(notices),
            entries=self._entries(others),
            manifest=self._manifest([*notices, *others], signer),
            more=reach.more,
            digest_equal=self._digest_equal(hello, reach) if compares else None,
            snapshots=self._snapshots.sign(reach.snapshots, signer),
            repaired=repaired,
            is_recovering=is_recovering(self._connection),
            permits=permits,
            unproven=unproven,
            receipted=self.departures.receipted(request),
            keys=tuple(reach.keys),
            elsewhere=elsewhere[0] if elsewhere[1] != reach.cursor.elsewhere else None,
        )

    def _repaired(self, repair: Repair | None, reach: Reach) -> tuple[Repaired | None, list[Found]]:
        """The answer to a repair, and the ops wanted as they are held; none while more is to come.

        What a spoke has not received yet is no difference.
        """
        if repair is None or reach.more:
            return None, []
        wanted = list(dict.fromkeys(repair.wanted))
        told = {one.op_id: one for one in self._told(wanted, reach.cursor.scope_epoch)}
        taken = Reach(reach.cursor, reach.room, reach.epoch, size=reach.size)
        considered = 0
        for op_id in wanted:
            if op_id in told and not taken.take([told[op_id]]):
                break
            considered += 1
        # INV-05: what this spoke may not be told is answered as if it were not held.
        lacking = tuple(op_id for op_id in wanted[:considered] if op_id not in told)
        looks = answer_looks(self._connection, self._reading, self._node, repair.looks)
        return Repaired(looks, considered, lacking), taken.found

    def _told(self, wanted: Sequence[OpId], epoch: int) -> Iterable[Found]:
        """The ops of these that are held and that the spoke may be told."""
        for part in chunks(wanted):
            names = [f"w{place}" for place in range(len(part))]
            sql = (
                f"SELECT {COLUMNS} FROM ops o WHERE o.hub_seq NOT NULL AND {_IN_SCOPE} AND"
                f" o.op_id IN ({','.join(f':{name}' for name in names)}) AND (o.flags & 2 = 0 OR"
                " o.life_no IN (SELECT life_no FROM lives WHERE node = :node))"
            )
            named = dict(zip(names, part, strict=True))
            yield from self._find(
                sql, {"node": self._node, "present": None, "epoch": epoch, **named}
            )

    def _meta(self, name: str) -> bytes:
        rows = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,))
        return bytes(rows[0][0]) if rows else b""

    def _gather(self, request: Request) -> Reach:
        """Arrivals first, then the log, then what was asked for: each as far as there is room.

        A spoke that was let hold nobody yet is told of its own lives first, or the whole past of
        whoever enters would be streamed to it as well.
        """
        hello = request.hello
        known = hello.cursor.incarnation == self._incarnation
        cursor = hello.cursor if known else Cursor(incarnation=self._incarnation)
        room = min(hello.room_ops or REPLY_OPS_MAX, REPLY_OPS_MAX)
        present = self._log.life_no(self._node, hello.life)
        reach = Reach(
            cursor, room, cursor.scope_epoch, present, hello.life, bytes_aim=REPLY_BYTES_AIM
        )
        if not cursor.scope_epoch:
            self._live(reach)
        if not reach.more:
            self._enter(reach)
        if cursor.scope_epoch and not reach.more:
            self._live(reach)
        if not reach.more:
            # A leave waits until all before it was told.
            self._enter(reach)
        if known and not reach.more:
            self._snapshots.go_on(reach, request.wants)
        return reach

    def _enter(self, reach: Reach) -> None:
        """Take scope steps in order, each that enters with the snapshot of its subject.

        A leave waits until the log was scanned to where it was taken: whoever wrote the op that
        moves a person away is told that it counts before he is told to let go.
        """
        assert reach.life is not None, "a reply answers a life"
        epoch = reach.cursor.scope_epoch
        steps, newest = due_steps(
            self._connection,
            (self._node, reach.life),
            epoch,
            STEPS_MAX + 1,
            is_calm=not is_recovering(self._connection),
        )
        cut = self._end() if steps else 0
        for due in steps[:STEPS_MAX]:
            if due.step.is_leave and due.at_seq > reach.cursor.hub_seq:
                return
            if due.step.is_enter and not self._take_subject(reach, due, cut):
                reach.more = True
                return
            reach.steps.append(due)
            reach.told(due.step.number)
        if len(steps) > STEPS_MAX:
            reach.more = True
        else:
            # What came and went unsaid is told with the rest.
            reach.told(newest)

    def _take_subject(self, reach: Reach, due: DueStep, cut: int) -> bool:
        """Whether a subject that enters was begun: its key and what came since, or its snapshot."""
        held = self.departures.held_before(due.subject_no, reach.life, reach.epoch)
        place = (self._node, due.step.subject, due.step.number)
        back = None if held is None else key_back(place, held, self._boxes)
        if held is not None and back is not None:
            sql = (
                f"SELECT {COLUMNS} FROM ops o WHERE o.subject_no = ? AND o.hub_seq > ?"
                " AND o.hub_seq <= ? AND o.flags & ? = 0 ORDER BY o.hub_seq"
            )
            span = (due.subject_no, held.through, cut, int(Flag.PARKED))
            since = list(self._find(sql, span))
            if reach.has_room(len(since), sum(one.size for one in since)):
                reach.take(since)
                reach.keys.append(back)
                return True
        return self._snapshots.enter(reach, due.step, due.subject_no, cut)

    def _end(self) -> int:
        return int(self._connection.execute(f"SELECT {LAST_HUB_SEQ}")[0][0])

    def _live(self, reach: Reach) -> None:
        """The ops after the cursor, of everything in scope and of the node's own lives."""
        cursor = reach.cursor
        end = self._end()
        before = len(reach.found)
        is_all = reach.take(self._after(reach, reach.room + reach.room_own + 1))
        reach.more = not is_all
        last = end
        if not is_all:
            self._make_way(reach, before)
            # An arrival may have filled the reply to the last place: then nothing live was taken.
            last = reach.found[-1].hub_seq if len(reach.found) > before else cursor.hub_seq
        reach.cursor = msgspec.structs.replace(cursor, hub_seq=max(last, cursor.hub_seq))

    def _after(self, reach: Reach, limit: int) -> Iterable[Found]:
        sql = (
            f"SELECT {COLUMNS} FROM ops o WHERE o.hub_seq > :after AND {_IN_SCOPE}"
            " ORDER BY o.hub_seq LIMIT :limit"
        )
        named = {
            "node": self._node,
            "present": reach.present,
            "epoch": reach.epoch,
            "after": reach.cursor.hub_seq,
            "limit": limit,
        }
        return self._find(sql, named)

    def _make_way(self, reach: Reach, before: int) -> None:
        """Leave little of the log in a reply that is to tell what is grave ahead of its turn.

        INV-10: something of it stays, so that neither ever waits for the other.
        """
        kept = before + BESIDE_NOTICES_MAX
        if len(reach.found) > kept and any(self._ahead(reach, reach.found[kept - 1].hub_seq)):
            del reach.found[kept:]

    def _notices(self, reach: Reach) -> list[Found]:
        """Safety ops from beyond this reply, sent ahead: they take effect before their turn.

        INV-05: none that their receiver wrote. They are in effect there, or were let go of.
        """
        if not reach.more:
            return []
        cursor = reach.cursor
        ahead = Reach(cursor, NOTICES_MAX, reach.epoch, bytes_aim=REPLY_BYTES_AIM)
        ahead.take(self._ahead(reach, cursor.hub_seq))
        if ahead.found:
            reach.cursor = msgspec.structs.replace(cursor, noticed_seq=ahead.found[-1].hub_seq)
        return ahead.found

    def _ahead(self, reach: Reach, last: int) -> Iterable[Found]:
        """The safety ops after `last` that were not sent ahead yet."""
        sql = (
            f"SELECT {COLUMNS} FROM ops o WHERE o.is_safety AND o.hub_seq > :after"
            f" AND o.flags & 2 = 0 AND o.life_no IS NOT :present AND {_IN_SCOPE}"
            " ORDER BY o.hub_seq LIMIT :limit"
        )
        named = {
            "node": self._node,
            "present": reach.present,
            "epoch": reach.epoch,
            "after": max(last, reach.cursor.noticed_seq),
            "limit": NOTICES_MAX,
        }
        return self._find(sql, named)

    def _split(self, reach: Reach) -> tuple[list[Found], list[Found]]:
        """The ops of the node's present life, and all others.

        Ops of the node's earlier lives count as others': it may have lost them. A parked op goes
        to its author alone.
        """
        found, present = reach.found, reach.present
        own_lives = self._log.lives_of(self._node)
        own = [one for one in found if one.life_no == present]
        others = [
            one
            for one in found
            if one.life_no != present and (not one.flags & Flag.PARKED or one.life_no in own_lives)
        ]
        return own, others

    def _find(self, sql: str, parameters: Parameters) -> Iterable[Found]:
        return (Found(*row) for row in self._connection.stream(sql, parameters))

    def _entries(self, found: Sequence[Found]) -> tuple[Entry, ...]:
        """The ops in full, in the order found."""
        raws: dict[int, OpBytes] = {}
        for part in chunks([one.op_no for one in found]):
            where = f"op_no IN ({marks(part)})"
            raws |= {one.op_no: one.raw for one in self._log.select(where, part)}
        return tuple(Entry(raws[one.op_no], one.hub_seq, one.flags, one.reason) for one in found)

    def _manifest(self, found: Sequence[Found], signer: Signer) -> bytes:
        if not found:
            return b""
        listing = manifest_listing([(one.op_id, one.hub_seq, one.flags) for one in found])
        return signer.sign(manifest_claim(self._incarnation, self._node, listing))

    def _signed(self, step: ScopeStep, signer: Signer) -> ScopeStep:
        claim = claim_of(step, self._incarnation, self._node)
        return msgspec.structs.replace(step, signature=signer.sign(claim))

    def _digest_equal(self, hello: Hello, reach: Reach) -> bool | None:
        """Compared only when nothing else is to be said, so that both speak of the same cursor."""
        if not hello.view or reach.found or reach.steps or reach.snapshots or reach.more:
            return None
        return self._reading.view_of(self._node) == hello.view


def _ranges(own: Sequence[Found]) -> list[OwnRange]:
    """Own ops as ranges in which sequence and hub numbers both run on under one verdict."""
    groups: list[list[Found]] = []
    for one in own:
        if groups and _runs_on(groups[-1][-1], one):
            groups[-1].append(one)
        else:
            groups.append([one])
    return [
        OwnRange(
            first_seq=group[0].seq,
            count=len(group),
            hub_seq=group[0].hub_seq,
            flags=group[0].flags,
            reason=group[0].reason,
            ids_hash=ids_hash([one.op_id for one in group]),
        )
        for group in groups
    ]


def _runs_on(before: Found, after: Found) -> bool:
    return (
        after.seq == before.seq + 1
        and after.hub_seq == before.hub_seq + 1
        and (after.flags, after.reason) == (before.flags, before.reason)
    )
