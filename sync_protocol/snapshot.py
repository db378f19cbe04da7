"""The snapshot: what stands of one subject at a cut of the hub's log, in place of all its ops.

Implements PROTOCOL.md, Snapshots. What stands is told op by op with the fields in which it stands,
and with the names that are replaced already and whose op may yet come. Whatever the hub had
numbered up to the cut is **covered**: it is in the snapshot or past, and counts in neither the
fold nor the digest where it comes by itself. The law: the fold of all ops is the fold of the
snapshot and of those after it, in any order, and so are the digests.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from hashlib import sha256
from typing import Annotated, Final

import msgspec

from sync_protocol.digest import EMPTY, Digest, digest_term
from sync_protocol.ids import (
    A_COUNT,
    A_HASH,
    AN_ID,
    IncarnationId,
    NodeId,
    OpId,
    RecordId,
    SubjectId,
)
from sync_protocol.limits import DANGLING_MAX, REPLY_OPS_MAX, TEXT_KIND_MAX
from sync_protocol.merge import (
    RecordKey,
    RecordState,
    apply,
    key_of,
    new_state,
    retire,
    standing_of,
)
from sync_protocol.op import Op
from sync_protocol.scope import Flag, Verdict
from sync_protocol.seal import A_SIGNATURE, SNAPSHOT_DOMAIN

A_PART: Final = msgspec.Meta(ge=1, le=6)
A_NAME: Final = msgspec.Meta(max_length=TEXT_KIND_MAX)
FIELDS: Final = msgspec.Meta(max_length=1024)
ROOM: Final = msgspec.Meta(ge=1, le=REPLY_OPS_MAX)
STANDS: Final = msgspec.Meta(max_length=REPLY_OPS_MAX)
DANGLING: Final = msgspec.Meta(max_length=DANGLING_MAX)
BOTH: Final = msgspec.Meta(min_length=1, max_length=2)


class Part(IntEnum):
    """The parts of an arrival, in order; within each the op with the highest number comes first."""

    SAFETY = 1
    REST = 2
    REFS = 3
    LATER = 4
    HISTORY = 5
    DONE = 6


class Place(msgspec.Struct, frozen=True, array_like=True):
    """How far an arrival has come: ops of `part` numbered `below` this come next."""

    part: Annotated[int, A_PART]
    below: Annotated[int, A_COUNT]


class Stands(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where an op stands at the cut; without fields it stands in all that it sets."""

    op_id: Annotated[OpId, AN_ID]
    fields: Annotated[tuple[Annotated[str, A_NAME], ...], FIELDS] = ()


class Dangling(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A name replaced by a covered op, whose own op is not applied: it must not stand if it comes.

    Without this an op that was parked at the cut would stand once it is let in.
    """

    kind: Annotated[str, A_NAME]
    subjects: Annotated[tuple[Annotated[SubjectId, AN_ID], ...], BOTH]
    record: Annotated[RecordId, AN_ID]
    field: Annotated[str, A_NAME]
    op_id: Annotated[OpId, AN_ID]

    @property
    def key(self) -> RecordKey:
        """The record in which it was replaced."""
        return RecordKey(self.kind, self.subjects, self.record)


class Snapshot(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A part of a subject's arrival; the ops that it speaks of are entries of the same reply.

    The first (`since` is where every arrival begins) says what the cut covers: `digest` and `count`
    of it, and the dangling names. `number` is the scope step that lets the subject in. With
    `is_plain` there is too much to tell so: take every op, and fold it as it comes.
    """

    subject: Annotated[SubjectId, AN_ID]
    cut: Annotated[int, A_COUNT]
    number: Annotated[int, A_COUNT]
    registry: Annotated[bytes, A_HASH]
    since: Place
    until: Place
    stands: Annotated[tuple[Stands, ...], STANDS] = ()
    digest: Annotated[bytes, A_HASH] = b""
    count: Annotated[int, A_COUNT] = 0
    dangling: Annotated[tuple[Dangling, ...], DANGLING] = ()
    is_plain: bool = False
    signature: Annotated[bytes, A_SIGNATURE] = b""

    @property
    def is_first(self) -> bool:
        """Whether it begins the arrival."""
        return self.since == first_place(self.cut)


class Want(msgspec.Struct, frozen=True, array_like=True):
    """What a spoke asks for next of a subject that arrives, or of its history."""

    subject: Annotated[SubjectId, AN_ID]
    cut: Annotated[int, A_COUNT]
    place: Place
    room_ops: Annotated[int, ROOM] = REPLY_OPS_MAX


class Cut(msgspec.Struct, frozen=True):
    """All that a snapshot of a subject must carry: the state of each record, and the digest."""

    states: Mapping[RecordKey, RecordState]
    digest: Digest

    def dangling(self) -> tuple[Dangling, ...]:
        """The names that are replaced and whose op is not applied, in one order everywhere."""
        return tuple(
            Dangling(key.kind, key.subjects, key.record, field, op_id)
            for key in sorted(self.states, key=_key_order)
            for field, op_id in sorted(self.states[key].awaited)
        )


def first_place(cut: int) -> Place:
    """Where an arrival begins: all that is covered lies before it."""
    return Place(Part.SAFETY, cut + 1)


def cut_at(covered: Iterable[tuple[Op, Verdict]]) -> Cut:
    """What stands of the ops that a cut covers; what is parked neither stands nor counts."""
    states: dict[RecordKey, RecordState] = {}
    applied: set[OpId] = set()
    digest = EMPTY
    for op, verdict in covered:
        if verdict.is_parked:
            continue
        state = states.setdefault(key_of(op), new_state())
        apply(state, op, suspect=verdict.is_suspect, is_applied=applied.__contains__)
        applied.add(op.id)
        digest = digest.plus(term_of(op.id, verdict.flags))
    return Cut(states, digest)


def stands_of(state: RecordState, whole: Mapping[OpId, int]) -> tuple[Stands, ...]:
    """Each op that stands in a record, with its fields where they are fewer than `whole` says."""
    return tuple(
        Stands(op_id, () if len(one.values) == whole[op_id] else tuple(sorted(one.values)))
        for op_id, one in sorted(state.standing.items())
    )


def stand(state: RecordState, op: Op, fields: Iterable[str], *, suspect: bool) -> None:
    """Let a covered op stand where the snapshot says so; none of `fields` means all that it sets.

    What it replaced itself is the snapshot's to say, so nothing that it names is looked at. An op
    after the cut may have named it before it came (INV-03).
    """
    named = {field for field, op_id in state.awaited if op_id == op.id}
    state.awaited -= {(field, op.id) for field in named}
    stands = standing_of(op, suspect=suspect)
    wanted = (set(fields) or stands.values.keys()) - named
    kept = {field: value for field, value in stands.values.items() if field in wanted}
    if kept:
        state.standing[op.id] = msgspec.structs.replace(stands, values=kept)


def await_names(state: RecordState, names: Iterable[tuple[str, OpId]]) -> None:
    """Have these names end what they name, whether it stands already or comes later."""
    for field, op_id in names:
        if not retire(state, field, op_id):
            state.awaited.add((field, op_id))


def is_covered(hub_seq: int | None, cut: int) -> bool:
    """Whether a snapshot has taken account of an op by its number; without one it is later."""
    return hub_seq is not None and hub_seq <= cut


def term_of(op_id: OpId, flags: int) -> int:
    """What an op under this verdict adds to a digest."""
    return digest_term(
        op_id,
        suspect=bool(flags & Flag.SUSPECT),
        late=bool(flags & Flag.LATE),
        redacted=bool(flags & Flag.REDACTED),
    )


def part_of(*, is_safety: bool, is_later: bool) -> Part:
    """In which part an op that stands comes: safety first, and last what is many to a subject."""
    if is_safety:
        return Part.SAFETY
    return Part.LATER if is_later else Part.REST


def snapshot_claim(incarnation: IncarnationId, receiver: NodeId, snapshot: Snapshot) -> bytes:
    """The bytes that the hub's signature of a snapshot's part covers: to whom, and all of it."""
    plain = msgspec.structs.replace(snapshot, signature=b"")
    return SNAPSHOT_DOMAIN + incarnation + receiver + sha256(_encoder.encode(plain)).digest()


_encoder = msgspec.msgpack.Encoder(order="deterministic")


def _key_order(key: RecordKey) -> tuple[str, tuple[SubjectId, ...], RecordId]:
    return (key.kind, key.subjects, key.record)
