"""Checks the rows of a log against the bytes in them: what an op says, where it stands, who signed.

Part of `verify`. Every op is read again, every segment follows from one that is held, and every
signature that can be checked is. What a row holds besides and nothing binds (when an op reached
this node, and at the hub its number) the page's own seal guards on disk.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import islice, product
from math import prod
from typing import Final, NamedTuple

import msgspec

from sync_protocol.errors import BadSignature, StoreDamaged, UnreadableOp
from sync_protocol.ids import ID_BYTES, LifeId, NodeId
from sync_protocol.io.connection import Row
from sync_protocol.io.op_log import OP_COLUMNS, StoredOp
from sync_protocol.io.peer_keys import is_own
from sync_protocol.io.store_core import HUB_END, StoreCore
from sync_protocol.limits import SEGMENT_OPS_MAX
from sync_protocol.messages import LISTED_BYTES
from sync_protocol.op import Op, hash_raw, op_id_of, read_op
from sync_protocol.scope import MISPLACED, NOT_ENTITLED, REVOKED, UNREADABLE, Flag
from sync_protocol.seal import (
    Follows,
    ScopeEpoch,
    life_chain,
    segment_chain,
    segment_claim,
)

FindKey = Callable[[NodeId], bytes | None]
BRANCHES_TRIED_MAX: Final = 64
"""Of a place in a log that two branches hold, ways to put a segment together that are tried."""
REASONS: Final = frozenset(
    {NOT_ENTITLED, "change_set", REVOKED, UNREADABLE.reason, MISPLACED.reason}
)
_ALL_FLAGS: Final = Flag.APPLIED | Flag.PARKED | Flag.SUSPECT | Flag.LATE | Flag.REDACTED


class _Record(NamedTuple):
    """A row of the records, but for its id."""

    number: int
    subject_no: int
    other_no: int
    kind: str


class _Segment(msgspec.Struct, frozen=True):
    """A row of the segments, in the order of its columns."""

    life_no: int
    first_seq: int
    last_seq: int
    chain_before: bytes
    chain_after: bytes
    epoch_incarnation: bytes
    epoch_number: int
    first_op_no: int | None
    signature: bytes

    @property
    def name(self) -> str:
        """What it is called in a fault."""
        return f"segment {self.first_seq} to {self.last_seq}"


class LogCheck:
    """Looks through the ops first, then the segments, which name them; `faults` grows."""

    def __init__(self, core: StoreCore, find_key: FindKey | None = None) -> None:
        """Read through `core`, in the caller's transaction; `find_key` knows the estate."""
        self._core = core
        self._find_key = find_key
        self._hashes: defaultdict[tuple[int, int], dict[int, bytes]] = defaultdict(dict)
        """Of each place of a life the ops that are held, by their numbers here."""
        self._by_no: dict[int, bytes] = {}
        self._lives = {
            row[0]: row[1:]
            for row in core.connection.execute(
                "SELECT life_no, node, life, follows_life, follows_seq, follows_chain FROM lives"
            )
        }
        self._by_record: defaultdict[bytes, list[_Record]] = defaultdict(list)
        for record, *row in core.connection.execute(
            "SELECT record, record_no, subject_no, other_no, kind FROM records"
        ):
            self._by_record[record].append(_Record(*row))
        self._subjects: dict[int, bytes] = dict(
            core.connection.execute("SELECT subject_no, subject FROM subjects")
        )
        self._listed = self._in_manifests()
        self.ops = 0
        self.segments = 0
        self.faults: list[str] = []

    def check_ops(self) -> None:
        """Every op is what its row says."""
        end = self._core.meta(HUB_END, 0) if self._core.parts.is_hub else None
        sql = f"SELECT {OP_COLUMNS} FROM ops ORDER BY op_no"
        for row in self._core.connection.stream(sql):
            self.ops += 1
            fault = self._fault_of_row(row, end)
            if fault:
                self.faults.append(f"op {row[0]}: {fault}")

    def check_segments(self) -> None:
        """Every segment follows from one that is held, holds its ops, and is signed by its node."""
        rows = self._core.connection.execute(
            "SELECT life_no, first_seq, last_seq, chain_before, chain_after, epoch_incarnation,"
            " epoch_number, first_op_no, signature FROM segments"
        )
        segments = [_Segment(*row) for row in rows]
        self.segments = len(segments)
        points = {(one.life_no, one.last_seq, one.chain_after) for one in segments}
        for one in segments:
            fault = self._fault_of_segment(one, points)
            if fault:
                self.faults.append(f"{one.name}: {fault}")

    def _fault_of_row(self, row: Row, end: int | None) -> str:
        try:
            stored = self._core.log.stored(row)
        except StoreDamaged:
            return "its body does not open"
        header_hash = hash_raw(stored.raw)
        if op_id_of(header_hash) != stored.op_id:
            return "its bytes have another id"
        body = stored.raw.body
        if body is not None and row[9] is not None and sha256(body).digest() != row[9]:
            return "its body has another hash than was noted"
        if row[13] not in (0, 1):
            return "it is sent ahead of its turn, or should be"
        self._hashes[stored.life_no, stored.seq][stored.op_no] = header_hash
        self._by_no[stored.op_no] = header_hash
        return self._fault_of_word(stored, end) or self._fault_of_place(stored)

    def _fault_of_word(self, stored: StoredOp, end: int | None) -> str:
        """What the hub's word on an op contradicts, itself first."""
        flags, reason = stored.verdict.flags, stored.verdict.reason
        is_parked = bool(flags & Flag.PARKED)
        judged = is_parked + bool(flags & Flag.APPLIED)
        if flags & ~_ALL_FLAGS or judged > 1 or is_parked != (reason in REASONS):
            return "no hub judges so"
        if reason and not is_parked:
            return "no hub judges so"
        if (stored.hub_seq is not None or end is not None) and not judged:
            return "it is numbered, or at the hub, and not judged"
        if end is not None and not (stored.hub_seq and 0 < stored.hub_seq <= end):
            return "its number was never given"
        listed = self._listed.get(stored.op_id)
        if listed is not None and stored.hub_seq is not None and listed != (stored.hub_seq, flags):
            return "the hub's manifest gives it another number or verdict"
        return ""

    def _fault_of_place(self, stored: StoredOp) -> str:
        """What an op says of itself that its row contradicts."""
        if stored.record_no is None:
            is_nowhere = not stored.subject_no and not stored.other_no and not stored.is_safety
            is_raw = stored.verdict in (MISPLACED, UNREADABLE)
            return "" if is_nowhere and is_raw else "it stands nowhere"
        try:
            op = read_op(stored.raw, header_hash=None)
        except UnreadableOp:
            return "it stands in a record and cannot be read"
        if op.header.seq != stored.seq or not self._is_of_life(op, stored.life_no):
            return "it names another place in a log"
        if self._spot_of(op) != (stored.record_no, stored.subject_no, stored.other_no):
            return "it is about another record"
        if self._core.parts.is_safety(op) != stored.is_safety and stored.raw.body is not None:
            return "it is sent ahead of its turn, or should be"
        return ""

    def _is_of_life(self, op: Op, life_no: int) -> bool:
        life = self._lives.get(life_no)
        return life is not None and life[:2] == (op.header.node, op.header.life)

    def _spot_of(self, op: Op) -> tuple[int | None, int, int]:
        """Where an op stands by what it says, in this store's numbers."""
        header = op.header
        for number, subject_no, other_no, kind in self._by_record.get(header.record, ()):
            subjects = tuple(self._subjects.get(no) for no in (subject_no, other_no) if no)
            if (kind, subjects) == (header.kind, header.subjects):
                return number, subject_no, other_no
        return None, 0, 0

    def _fault_of_segment(self, one: _Segment, points: set[tuple[int, int, bytes]]) -> str:
        life = self._lives.get(one.life_no)
        if life is None or not 0 <= one.last_seq - one.first_seq < SEGMENT_OPS_MAX:
            return "it is of no life, or as long as no segment is"
        node, name, *rest = life
        follows = None if rest[0] is None else Follows(*rest)
        is_first = one.first_seq == 1 and one.chain_before == life_chain(node, name, follows)
        if not is_first and (one.life_no, one.first_seq - 1, one.chain_before) not in points:
            return "nothing held leads to it"
        if not any(
            self._chain_with(one, hashes) == one.chain_after for hashes in self._ops_of(one)
        ):
            return "its ops give another chain"
        return self._fault_of_signature(one, NodeId(node), LifeId(name))

    def _chain_with(self, one: _Segment, hashes: Sequence[bytes] | None) -> bytes:
        if hashes is None:
            return one.chain_after
        epoch = ScopeEpoch(one.epoch_incarnation, one.epoch_number)  # type: ignore[arg-type]
        return segment_chain(one.chain_before, epoch, one.first_seq, hashes)

    def _ops_of(self, one: _Segment) -> Iterator[Sequence[bytes] | None]:
        """The ways in which held ops make up a segment; None where nothing can be said.

        Of its own log a node knows where each op is. Of others' an op that was put into a log
        twice is held at its first place alone, and one that two branches wrote there is held twice.
        """
        count = one.last_seq - one.first_seq + 1
        if one.first_op_no is not None:
            numbers = range(one.first_op_no, one.first_op_no + count)
            yield [self._by_no.get(number, b"") for number in numbers]
            return
        places = [
            self._hashes.get((one.life_no, seq), {})
            for seq in range(one.first_seq, one.last_seq + 1)
        ]
        if all(places):
            yield from _come_together(places)
            yield from islice(product(*(held.values() for held in places)), BRANCHES_TRIED_MAX)
        if prod(map(len, places)) not in range(1, BRANCHES_TRIED_MAX + 1):
            yield None

    def _fault_of_signature(self, one: _Segment, node: NodeId, life: LifeId) -> str:
        """Of consecutive segments under one signature the last has it."""
        claim = segment_claim(node, life, one.last_seq, one.chain_after)
        if node == self._core.parts.node:
            parts = self._core.parts
            is_ours = is_own(parts.signer, parts.key_changes, claim, one.signature)
            return "" if is_ours else "this node never signed it"
        key = self._find_key(node) if self._find_key is not None else None
        if key is None or not one.signature:
            return ""
        try:
            in_use, _ = self._core.keys.in_use(node, key)
            self._core.keys.check(node, in_use, claim, one.signature)
        except BadSignature:
            return "its node never signed it"
        return ""

    def _in_manifests(self) -> dict[bytes, tuple[int, int]]:
        """The number and flags that the present hub's newest manifest gives each op it names."""
        if self._core.parts.is_hub:
            return {}
        rows = self._core.connection.stream(
            "SELECT listing FROM manifests WHERE incarnation = ? ORDER BY manifest_no",
            (self._core.cursor().incarnation,),
        )
        return {
            one[:ID_BYTES]: (int.from_bytes(one[ID_BYTES:-1], "big"), one[-1])
            for (listing,) in rows
            for at in range(0, len(listing), LISTED_BYTES)
            for one in (listing[at : at + LISTED_BYTES],)
        }


def _come_together(places: Sequence[dict[int, bytes]]) -> Iterator[Sequence[bytes]]:
    """For each op that may be a segment's first those that came here closest after it.

    What one branch wrote at once came at once, and not among the other's.
    """
    for first in places[0]:
        numbers = [first]
        for held in places[1:]:
            numbers.append(_next_to(numbers[-1], held))
        yield [held[number] for held, number in zip(places, numbers, strict=True)]


def _next_to(number: int, held: dict[int, bytes]) -> int:
    """Of the ops of a place that which came soonest after another, or else closest before."""
    return min(held, key=lambda one: (one < number, abs(one - number)))
