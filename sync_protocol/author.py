"""The author: turns what a member of staff did into ops, sealed as one segment.

Implements PROTOCOL.md, Writing. It is handed what stands, the place in the node's log, the time
and the chance; it returns bytes to store and changes nothing. A write that missed something
raises before any op exists.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final
from unicodedata import normalize

import msgspec

from sync_protocol.causality import unseen
from sync_protocol.clock import Hlc, hlc_bytes, next_hlc
from sync_protocol.errors import InvalidValue, OpTooLarge, Stale, UnreadableOp
from sync_protocol.ids import (
    HASH_BYTES,
    ActorId,
    ChangeSetId,
    LifeId,
    NodeId,
    OpId,
    RecordId,
    SubjectId,
    uuid7,
)
from sync_protocol.limits import (
    CHANGE_SET_BYTES_MAX,
    CHANGE_SET_OPS_MAX,
    NAMED_IDS_MAX,
    OP_VERSION,
    SEGMENT_BYTES_MAX,
    SEGMENT_OPS_MAX,
)
from sync_protocol.merge import RecordKey, RecordState, apply, standing_ids
from sync_protocol.op import (
    Body,
    ChangeSet,
    Header,
    Op,
    Values,
    check_plain,
    encode_body,
    encode_op,
    read_op,
)
from sync_protocol.policy import CLOSED, OPEN
from sync_protocol.schema import Kind, Registry
from sync_protocol.seal import Follows, ScopeEpoch, Segment, segment_chain

Chance = Callable[[int], bytes]
"""That many bytes from the operating system's generator (or a test's seeded one)."""

SALT_BYTES: Final = 8


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One change to one record, before it is an op.

    `seen` are the op ids that the author was shown (None: everything that stands now); `corrects`
    the gathered assertions that this one supersedes; `on_purpose` writes although something
    unseen stands, which opens a conflict.
    """

    kind: str
    subjects: tuple[SubjectId, ...]
    record: RecordId
    values: Values
    happened_at: int
    refs: tuple[OpId, ...] = ()
    seen: frozenset[OpId] | None = None
    corrects: frozenset[OpId] = frozenset()
    on_purpose: bool = False


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What one member of staff did at once: all of it is seen together, or none of it."""

    actor: ActorId
    device: str
    drafts: tuple[Draft, ...]
    why: str = ""
    role: str = ""
    session: str = ""
    """In which role and session: for the audit alone."""


class LogPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a node's own log ends, and what its next segment must bind."""

    node: NodeId
    life: LifeId
    follows: Follows | None
    seq: int
    chain: bytes
    hlc: Hlc
    epoch: ScopeEpoch


class Written(msgspec.Struct, frozen=True):
    """The ops of an act, the segments that hold them, and where the log ends after them."""

    ops: tuple[Op, ...]
    segments: tuple[Segment, ...]
    chains: tuple[bytes, ...]
    place: LogPlace


class StaleWrite(Stale):
    """Somebody changed this since it was read."""

    code = "stale"

    def __init__(self, unseen_by_draft: Mapping[int, Mapping[str, tuple[OpId, ...]]]) -> None:
        """Keep, per draft, the fields and the ops that the author had not seen."""
        fields = sorted({field for missed in unseen_by_draft.values() for field in missed})
        super().__init__(f"fields: {', '.join(fields)}")
        self.unseen_by_draft = unseen_by_draft


def write_act(
    act: Act,
    states: Sequence[RecordState],
    place: LogPlace,
    registry: Registry,
    *,
    now_ms: int,
    chance: Chance,
) -> Written:
    """The ops of `act`, where `states` are its drafts' records as they stand, in order.

    Raises StaleWrite, InvalidValue, UnknownKind or OpTooLarge; then nothing was written.
    """
    if not act.drafts or len(act.drafts) > CHANGE_SET_OPS_MAX:
        raise OpTooLarge(f"{len(act.drafts)} changes at once")
    sets = _change_sets(act.drafts, now_ms, chance)
    present = _copies(act.drafts, states)
    missed: dict[int, Mapping[str, tuple[OpId, ...]]] = {}
    ops: list[Op] = []
    hlc, seq = place.hlc, place.seq
    for at, (asked, change_set) in enumerate(zip(act.drafts, sets, strict=True)):
        state, draft = present[_key(asked)], _having_seen(asked, ops)
        found = _check_draft(draft, state, registry)
        if found:
            missed[at] = found
        hlc, seq = next_hlc(hlc, now_ms), seq + 1
        spot = msgspec.structs.replace(place, hlc=hlc, seq=seq)
        ops.append(_write_op(draft, state, registry, (act, spot, change_set), chance))
        apply(state, ops[-1])
    if missed:
        raise StaleWrite(missed)
    # A change set is one segment, and one that the hub turns away would never leave this node.
    set_bytes = sum(map(_bytes_of, ops))
    if len(ops) > 1 and set_bytes > CHANGE_SET_BYTES_MAX:
        raise OpTooLarge(f"{set_bytes} of {CHANGE_SET_BYTES_MAX} bytes at once")
    return seal_ops(ops, place)


def seal_ops(ops: Sequence[Op], place: LogPlace) -> Written:
    """Divide consecutive ops into segments under their limits, each chained to the one before."""
    segments: list[Segment] = []
    chains: list[bytes] = []
    chain, hlc = place.chain, place.hlc
    for start, end in pairwise(_bounds(ops)):
        part = ops[start:end]
        first_seq = place.seq + start + 1
        chain = segment_chain(chain, place.epoch, first_seq, (op.hash for op in part))
        segments.append(Segment(first_seq, place.epoch, tuple(op.raw for op in part)))
        chains.append(chain)
        hlc = max(hlc, part[-1].hlc)
    after = msgspec.structs.replace(place, seq=place.seq + len(ops), chain=chain, hlc=hlc)
    return Written(tuple(ops), tuple(segments), tuple(chains), after)


def plain_values(values: Values) -> Values:
    """The values with all text in NFC; raises InvalidValue for what an op cannot hold."""
    try:
        composed = {name: _composed(value) for name, value in values.items()}
        for value in composed.values():
            check_plain(value)
        msgspec.msgpack.encode(composed)
    except (UnreadableOp, UnicodeEncodeError, OverflowError, RecursionError, TypeError) as fault:
        raise InvalidValue(f"cannot be stored: {type(fault).__name__}") from fault
    return composed


def _bounds(ops: Sequence[Op]) -> list[int]:
    """Where segments begin and end. A change set is never divided: it is at most one segment."""
    bounds, size = [0], 0
    for start, end in pairwise(_group_bounds(ops)):
        group_bytes = sum(map(_bytes_of, ops[start:end]))
        is_full = end - bounds[-1] > SEGMENT_OPS_MAX or size + group_bytes > SEGMENT_BYTES_MAX
        if is_full and start > bounds[-1]:
            bounds.append(start)
            size = 0
        size += group_bytes
    return [*bounds, len(ops)]


def _bytes_of(op: Op) -> int:
    return len(op.raw.opening) + len(op.raw.body or b"")


def _group_bounds(ops: Sequence[Op]) -> list[int]:
    """Where what must stay together begins and ends: a change set, or one op by itself."""
    starts = [at for at in range(len(ops)) if at == 0 or not _joined(ops[at - 1], ops[at])]
    return [*starts, len(ops)]


def _joined(before: Op, here: Op) -> bool:
    one, other = before.header.change_set, here.header.change_set
    return one is not None and other is not None and one.id == other.id


def _key(draft: Draft) -> RecordKey:
    return RecordKey(draft.kind, draft.subjects, draft.record)


def _copies(drafts: Sequence[Draft], states: Sequence[RecordState]) -> dict[RecordKey, RecordState]:
    """Each record as the act goes along: a later change of one act has seen the earlier."""
    return {
        _key(draft): RecordState(dict(state.standing), set(state.awaited))
        for draft, state in zip(drafts, states, strict=True)
    }


def _having_seen(draft: Draft, ops: Sequence[Op]) -> Draft:
    """The draft, whose author has of course seen what the same act says before it."""
    if draft.seen is None:
        return draft
    return msgspec.structs.replace(draft, seen=draft.seen | {op.id for op in ops})


def _check_draft(
    draft: Draft, state: RecordState, registry: Registry
) -> Mapping[str, tuple[OpId, ...]]:
    """What the author had not seen of what the draft replaces; raises where it cannot be."""
    kind = registry.known(draft.kind)
    registry.check_values(draft.kind, draft.values, is_new=not state.standing)
    if len(draft.subjects) != (2 if kind.is_pair else 1):
        raise InvalidValue(f"{draft.kind}: names {len(draft.subjects)} subjects")
    if draft.on_purpose or draft.seen is None:
        return {}
    fields = _replacing_fields(kind, draft.values)
    return unseen(standing_ids(state), fields, draft.seen).by_field


def _replacing_fields(kind: Kind, values: Values) -> list[str]:
    """The fields in which a new value supersedes; a gathered one only stands beside."""
    return [name for name in values if not kind.fields[name].is_gathered]


def _write_op(
    draft: Draft,
    state: RecordState,
    registry: Registry,
    frame: tuple[Act, LogPlace, ChangeSet | None],
    chance: Chance,
) -> Op:
    act, spot, change_set = frame
    kind = registry.known(draft.kind)
    values = plain_values(draft.values) | _still_open(kind, draft, state)
    try:
        body_bytes = encode_body(Body(chance(SALT_BYTES), draft.happened_at, values))
        header = Header(
            v=OP_VERSION,
            kind=kind.name,
            kind_version=kind.version,
            subjects=draft.subjects,
            record=draft.record,
            node=spot.node,
            life=spot.life,
            seq=spot.seq,
            hlc=hlc_bytes(spot.hlc),
            actor=act.actor,
            device=act.device,
            author_signature=b"",
            replaces=_replaces(kind, draft, state, values),
            refs=draft.refs,
            change_set=change_set,
            body_hash=sha256(body_bytes).digest(),
        )
        return read_op(encode_op(header, body_bytes))
    except (UnreadableOp, UnicodeEncodeError, OverflowError) as fault:
        # What no reader would take is the author's to correct; nothing is parked here.
        raise InvalidValue(f"{draft.kind}: {_reason(fault)}") from fault


def _reason(fault: Exception) -> str:
    return fault.detail if isinstance(fault, UnreadableOp) else type(fault).__name__


def _still_open(kind: Kind, draft: Draft, state: RecordState) -> dict[str, Any]:
    """A change to an open record says again that it is open.

    So that a close which had not seen the change does not end it (policy OpenClose, INV-07).
    """
    field = kind.open_close_field
    if field is None or field in draft.values:
        return {}
    stands = [one.values[field] for one in state.standing.values() if field in one.values]
    return {field: OPEN} if any(value != CLOSED for value in stands) else {}


def _replaces(
    kind: Kind, draft: Draft, state: RecordState, values: Values
) -> dict[str, tuple[OpId, ...]]:
    stands = standing_ids(state)
    named: dict[str, tuple[OpId, ...]] = {}
    room = max(0, NAMED_IDS_MAX - len(draft.refs))
    for field in sorted(values):
        seen = draft.corrects if kind.fields[field].is_gathered else draft.seen
        known = [one for one in stands.get(field, ()) if seen is None or one in seen]
        if field not in draft.values:
            known = [one for one in known if state.standing[one].values[field] != CLOSED]
        known = known[:room]
        room -= len(known)
        if known:
            named[field] = tuple(known)
    return named


def _change_sets(drafts: Sequence[Draft], now_ms: int, chance: Chance) -> list[ChangeSet | None]:
    if len(drafts) == 1:
        return [None]
    set_id = ChangeSetId(uuid7(now_ms, chance(10)))
    counts: dict[tuple[SubjectId, ...], int] = {}
    places = []
    for draft in drafts:
        places.append(counts.get(draft.subjects, 0))
        counts[draft.subjects] = places[-1] + 1
    return [
        ChangeSet(set_id, place, counts[draft.subjects])
        for place, draft in zip(places, drafts, strict=True)
    ]


def _composed(value: Any) -> Any:
    if isinstance(value, str):
        return normalize("NFC", value)
    if isinstance(value, dict):
        return {normalize("NFC", str(key)): _composed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_composed(inner) for inner in value]
    return value


assert HASH_BYTES == 32, "a body's hash closes the header"
