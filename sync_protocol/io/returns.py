"""What a spoke gives back to a restored hub: ops of others, and the manifest that proves each.

Implements PROTOCOL.md, Returns. Its own ops a spoke offers again as runs. What others wrote it
holds under manifests that the hub signed before its restore; those alone show that the hub had
taken the ops in. Everything here runs in the caller's transaction.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec

from sync_protocol.errors import UnreadableOp
from sync_protocol.ids import ID_BYTES, IncarnationId, NodeId, OpId, SubjectId
from sync_protocol.io.hub_scope import HubScope
from sync_protocol.io.mending import put_back
from sync_protocol.io.op_log import Arrival, StoredOp, chunks, marks
from sync_protocol.io.peer_keys import is_own
from sync_protocol.io.store_core import StoreCore
from sync_protocol.messages import LISTED_BYTES, Returned
from sync_protocol.op import Op, OpBytes, hash_raw, op_id_of, read_op
from sync_protocol.scope import MISPLACED, Flag, Verdict, join_verdicts
from sync_protocol.seal import manifest_claim

RETURN_FROM: Final = "return_from"
"""The manifest after which a spoke has still to look for what a restored hub lacks."""
IS_CAUGHT_UP: Final = "return_ready"
"""Set once the restored hub had nothing more to send: what is not numbered then, it lacks."""
RETURN_BYTES_AIM: Final = 4 * 1024 * 1024
MANIFESTS_READ_MAX: Final = 500
NOBODY: Final = 0
"""The life of an op that no life is known of."""


class Gathered(msgspec.Struct, frozen=True):
    """Ops to give back, the manifest up to which was looked, and whether that is the last."""

    returned: tuple[Returned, ...]
    manifest_no: int
    is_all: bool


def expect_returns(core: StoreCore) -> None:
    """A spoke has met a restored hub: look, from the first manifest on, for what that hub lacks."""
    core.set_meta({RETURN_FROM: 0, IS_CAUGHT_UP: False})


def note_caught_up(core: StoreCore) -> None:
    """The hub had nothing more for this spoke."""
    if core.meta(IS_CAUGHT_UP) == 0:
        core.set_meta({IS_CAUGHT_UP: True})


def note_returned(core: StoreCore, gathered: Gathered) -> None:
    """What was gathered is durable at the hub."""
    core.set_meta({RETURN_FROM: None if gathered.is_all else gathered.manifest_no})


def has_returned(core: StoreCore) -> bool:
    """Whether everything was looked through since the hub's restore, and nothing is left to give.

    Call it where nothing of this node's own waits.
    """
    return gather_returned(core) is None and core.meta(RETURN_FROM) is None


def gather_returned(core: StoreCore) -> Gathered | None:
    """The next ops to give back; None where there is nothing to give, or it is too early."""
    while core.meta(RETURN_FROM) is not None and core.meta(IS_CAUGHT_UP):
        gathered = _gather(core, core.meta(RETURN_FROM))
        if gathered.returned:
            return gathered
        note_returned(core, gathered)
    return None


def prove(core: StoreCore, op_ids: Collection[OpId]) -> tuple[Returned, ...]:
    """These ops under the newest manifests that name them; what none names is left out.

    As many as one request has room for.
    """
    wanted = set(op_ids)
    found: list[Returned] = []
    size = 0
    sql = "SELECT incarnation, listing, signature FROM manifests ORDER BY manifest_no DESC"
    for incarnation, listing, signature in core.connection.stream(sql):
        if not wanted or size > RETURN_BYTES_AIM:
            break
        listed = [op_id for op_id, _ in _listed(listing) if op_id in wanted]
        held = core.log.find(listed)
        raws = tuple(held[op_id].raw for op_id in listed if op_id in held)
        wanted.difference_update(listed)
        if raws:
            found.append(Returned(IncarnationId(incarnation), listing, signature, raws))
            size += len(listing) + _size_of(core, held.values())
    return tuple(found)


def _gather(core: StoreCore, start: int) -> Gathered:
    rows = core.connection.execute(
        "SELECT manifest_no, incarnation, listing, signature FROM manifests WHERE manifest_no > ?"
        " ORDER BY manifest_no LIMIT ?",
        (start, MANIFESTS_READ_MAX + 1),
    )
    found: list[Returned] = []
    taken: set[OpId] = set()
    size, last = 0, start
    for manifest_no, incarnation, listing, signature in rows[:MANIFESTS_READ_MAX]:
        lacking = [op_id for op_id in _lacking(core, listing) if op_id not in taken]
        if size > RETURN_BYTES_AIM:
            return Gathered(tuple(found), last, is_all=False)
        last = manifest_no
        if not lacking:
            continue
        held = core.log.find(lacking)
        raws = tuple(held[op_id].raw for op_id in lacking)
        found.append(Returned(IncarnationId(incarnation), listing, signature, raws))
        taken.update(lacking)
        size += len(listing) + _size_of(core, held.values())
    return Gathered(tuple(found), last, is_all=len(rows) <= MANIFESTS_READ_MAX)


def _size_of(core: StoreCore, ops: Iterable[StoredOp]) -> int:
    """What ops take in a request: what of them lies in escrow goes beside them."""
    ops = list(ops)
    size = sum(len(one.raw.opening) + len(one.raw.body or b"") for one in ops)
    return size + core.log.body_bytes([one.op_no for one in ops if one.is_sealed])


def _lacking(core: StoreCore, listing: bytes) -> list[OpId]:
    """The ops of a manifest that are held here and that the present hub has not numbered."""
    listed = [op_id for op_id, _ in _listed(listing)]
    lacking: set[OpId] = set()
    for part in chunks(listed):
        sql = f"SELECT op_id FROM ops WHERE hub_seq IS NULL AND op_id IN ({marks(part)})"
        lacking |= {OpId(row[0]) for row in core.connection.execute(sql, part)}
    return [op_id for op_id in listed if op_id in lacking]


def _listed(listing: bytes) -> Iterator[tuple[OpId, int]]:
    """The (op id, flags) that a manifest lists; what does not divide evenly lists nothing."""
    if len(listing) % LISTED_BYTES:
        return
    for at in range(0, len(listing), LISTED_BYTES):
        one = listing[at : at + LISTED_BYTES]
        yield OpId(one[:ID_BYTES]), one[-1]


class HubReturns:
    """The hub takes back what an earlier incarnation of it had taken in."""

    def __init__(self, core: StoreCore, scope: HubScope) -> None:
        """Write through `core`, which must be the hub's."""
        self._core = core
        self._scope = scope

    def take(self, returned: Returned, giver: NodeId, now_ms: int) -> int:
        """Store those of the ops that its own signature proves; how many were new.

        What does not prove itself is passed over: a key may have changed, and nothing that a node
        holds may keep its own work from being taken (INV-09).
        """
        parts = self._core.parts
        claim = manifest_claim(returned.incarnation, giver, returned.listing)
        if not is_own(parts.signer, parts.key_changes, claim, returned.signature):
            return 0
        flags = dict(_listed(returned.listing))
        raws = {op_id_of(hash_raw(raw)): raw for raw in returned.ops}
        # INV-01: an id binds the hash of a body, not the body. What counted had one, unless it was
        # redacted; what was parked is kept as it came.
        proven = {
            op_id: raw
            for op_id, raw in raws.items()
            if op_id in flags and (raw.body is not None or not _has_body(flags[op_id]))
        }
        self._make_way(op_id for op_id in proven if flags[op_id] & Flag.APPLIED)
        held = self._core.log.find(proven)
        for stored in held.values():
            self._let_stand(stored, flags[stored.op_id])
        fresh = [op_id for op_id in flags if op_id in proven and op_id not in held]
        self._store([_readable(proven[op_id]) for op_id in fresh], flags, now_ms)
        return len(fresh)

    def _make_way(self, op_ids: Iterable[OpId]) -> None:
        """INV-01: who offered an op first may have let go of it, and have had no body any more."""
        hollow = self._core.log.hollow(op_ids)
        rows = [(op_id,) for op_id in sorted(hollow)]
        self._core.connection.executemany("DELETE FROM ops WHERE op_id = ?", rows)

    def _let_stand(self, stored: StoredOp, flags: int) -> None:
        """INV-07: what was applied before the restore is not parked after it."""
        if flags & Flag.APPLIED and stored.verdict.is_parked and stored.record_no is not None:
            verdict = join_verdicts(stored.verdict, Verdict(flags))
            self._core.folding.rejudge(stored, verdict, self._core.next_hub_seq())
            op = stored.read()
            self._scope.rescope([op])
            self._scope.let_set_stand(op)

    def _store(
        self, fresh: list[tuple[OpBytes, Op | None]], flags: dict[OpId, int], now_ms: int
    ) -> None:
        core = self._core
        ops = [op for _, op in fresh if op is not None and flags[op.id] & Flag.APPLIED]
        self._note_creators(ops)
        first = core.next_hub_seq()
        arrivals = [
            _arrival(core, raw, op, flags[op_id_of(hash_raw(raw))], first + place)
            for place, (raw, op) in enumerate(fresh)
        ]
        core.folding.append(arrivals, now_ms)
        core.folding.flush()
        put_back(core, [op.id for op in ops if op.header.node == core.parts.node])
        self._scope.rescope(ops)
        for op in ops:
            self._scope.let_set_stand(op)

    def _note_creators(self, ops: list[Op]) -> None:
        """The first op of a subject in the order of the hub's log tells who created it."""
        met: set[SubjectId] = set()
        for op in ops:
            author, subjects = op.header.node, op.header.subjects
            if not met.intersection(subjects):
                self._scope.note_creation(op, author, self._scope.spans_of(author, [op]))
            met.update(subjects)


def _has_body(flags: int) -> bool:
    return bool(flags & Flag.APPLIED) and not flags & Flag.REDACTED


def _readable(raw: OpBytes) -> tuple[OpBytes, Op | None]:
    try:
        return raw, read_op(raw)
    except UnreadableOp:
        return raw, None


def _arrival(core: StoreCore, raw: OpBytes, op: Op | None, flags: int, hub_seq: int) -> Arrival:
    """The op under the verdict that the hub had given it.

    What was parked is kept as it came: whose it is only its own place in a log can tell.
    """
    if op is None or not flags & Flag.APPLIED:
        return Arrival(
            op_id=op_id_of(hash_raw(raw)),
            op=None,
            raw=raw,
            life_no=NOBODY,
            seq=0,
            hub_seq=hub_seq,
            verdict=MISPLACED,
        )
    return Arrival(
        op_id=op.id,
        op=op,
        raw=raw,
        life_no=core.log.add_life(op.header.node, op.header.life),
        seq=op.header.seq,
        hub_seq=hub_seq,
        verdict=Verdict(flags),
        is_safety=core.parts.is_safety(op),
    )
