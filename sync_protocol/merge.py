"""The fold: from the ops of a record to what stands, and from what stands to what is shown.

Implements PROTOCOL.md, Merge. Commutative, associative and idempotent (INV-03): standing of a field
are the applied ops that set it, minus every op id that any applied op of the same subjects,
record, kind and field names in `replaces`. What is shown is a pure function of that (INV-04).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from sync_protocol.causality import Name, names_of
from sync_protocol.clock import Hlc
from sync_protocol.ids import ActorId, NodeId, OpId, RecordId, SubjectId
from sync_protocol.op import Op, Values
from sync_protocol.policy import Gather, Side
from sync_protocol.schema import Kind, Registry, fault_of


class RecordKey(msgspec.Struct, frozen=True, gc=False):
    """What must match for one op to replace another: kind, subjects and record."""

    kind: str
    subjects: tuple[SubjectId, ...]
    record: RecordId


class Standing(msgspec.Struct, frozen=True, gc=False):
    """An applied op and the fields in which it still stands; values are of those fields only."""

    op_id: OpId
    hlc: Hlc
    suspect: bool
    happened_at: int
    node: NodeId
    actor: ActorId
    kind_version: int
    values: Values

    @property
    def fields(self) -> frozenset[str]:
        """The fields in which it stands."""
        return frozenset(self.values)


class RecordState(msgspec.Struct):
    """A record between ops: what stands, and the ids replaced whose op is not applied here.

    Mutable, and owned by whoever folds: `apply` changes it in place.
    """

    standing: dict[OpId, Standing]
    awaited: set[Name]
    """INV-03: a name stays here until its op comes, in whatever order ops arrive."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """A record as shown: one value a field, the fields that ask a person, and its origin."""

    key: RecordKey
    values: Mapping[str, Any]
    asks: Mapping[str, str]
    unread: Mapping[str, Any]
    first_written: Hlc
    last_written: Hlc
    happened_at: int
    node: NodeId
    actor: ActorId


def _never(_op_id: OpId) -> bool:
    return False


def new_state() -> RecordState:
    """A record of which nothing has been applied."""
    return RecordState({}, set())


def key_of(op: Op) -> RecordKey:
    """Which record an op changes."""
    return RecordKey(op.header.kind, op.header.subjects, op.header.record)


def standing_of(op: Op, *, suspect: bool) -> Standing:
    """The op standing in every field that it sets."""
    header = op.header
    return Standing(
        op_id=op.id,
        hlc=op.hlc,
        suspect=suspect,
        happened_at=op.happened_at,
        node=header.node,
        actor=header.actor,
        kind_version=header.kind_version,
        values=op.values,
    )


def apply(
    state: RecordState,
    op: Op,
    *,
    suspect: bool = False,
    is_applied: Callable[[OpId], bool] = _never,
) -> None:
    """Fold one applied op of this record into its state; the caller applies each op once.

    `is_applied` says whether an op named but not standing was applied before: two ops may name the
    same one, and the second must not await what has come already. Without it such a name is kept
    for nothing; what stands and shows is the same.
    """
    for field, op_id in names_of(op):
        if not retire(state, field, op_id) and not is_applied(op_id):
            state.awaited.add((field, op_id))
    stands = standing_of(op, suspect=suspect)
    met = {name for name in state.awaited if name[1] == op.id} if state.awaited else None
    if met:
        kept = {field: value for field, value in op.values.items() if (field, op.id) not in met}
        stands = msgspec.structs.replace(stands, values=kept)
        state.awaited -= met
    if stands.values:
        state.standing[op.id] = stands


def fold(ops: Iterable[tuple[Op, bool]]) -> RecordState:
    """The state after (op, suspect) pairs of one record, in any order."""
    state = new_state()
    applied: set[OpId] = set()
    for op, suspect in ops:
        apply(state, op, suspect=suspect, is_applied=applied.__contains__)
        applied.add(op.id)
    return state


def show(registry: Registry, key: RecordKey, state: RecordState) -> Row | None:
    """What the record shows; None where nothing stands."""
    if not state.standing:
        return None
    kind = registry.kinds.get(key.kind)
    if len(state.standing) == 1:
        (stands,) = state.standing.values()
        return show_alone(kind, key, stands)
    values: dict[str, Any] = {}
    asks: dict[str, str] = {}
    unread: dict[str, Any] = {}
    fit = kind is not None and all(map(kind.fits, (one.values for one in state.standing.values())))
    for field, sides in _sides_by_field(state.standing.values()).items():
        spec = kind.fields.get(field) if kind is not None else None
        if spec is None:
            unread[field] = Gather().show(sides).value
            continue
        shown = spec.rule.policy.show(sides)
        values[field] = shown.value
        if shown.asks is not None:
            asks[field] = shown.asks
        misfits = [] if fit else [one.value for one in sides if fault_of(spec, one.value)]
        if misfits:
            # What this release cannot read as declared is kept and shown raw, never dropped.
            unread[field] = misfits
    ordered = sorted(state.standing.values(), key=lambda one: (one.hlc, one.op_id))
    return _row(key, (ordered[0], ordered[-1]), values, (asks, unread))


def show_alone(kind: Kind | None, key: RecordKey, stands: Standing) -> Row:
    """What a record of this kind shows while one op alone stands in it.

    Most records: so a policy that shows a lone value as it is need not be asked, and all values
    are looked at together.
    """
    values: dict[str, Any] = {}
    asks: dict[str, str] = {}
    unread: dict[str, Any] = {}
    fits = kind is not None and kind.fits(stands.values)
    for field, value in stands.values.items():
        spec = kind.fields.get(field) if kind is not None else None
        if spec is None:
            unread[field] = [value]
            continue
        if spec.shows_itself:
            values[field] = value
        else:
            shown = spec.rule.policy.show((_side(stands, value),))
            values[field] = shown.value
            if shown.asks is not None:
                asks[field] = shown.asks
        if not fits and fault_of(spec, value) is not None:
            unread[field] = [value]
    return _row(key, (stands, stands), values, (asks, unread))


def retire(state: RecordState, field: str, op_id: OpId) -> bool:
    """End what an op says in one field; whether it stood there."""
    stands = state.standing.get(op_id)
    if stands is None or field not in stands.values:
        return False
    kept = {name: value for name, value in stands.values.items() if name != field}
    if kept:
        state.standing[op_id] = msgspec.structs.replace(stands, values=kept)
    else:
        del state.standing[op_id]
    return True


def standing_ids(state: RecordState) -> dict[str, tuple[OpId, ...]]:
    """Per field, the ids of the ops that stand in it."""
    by_field: dict[str, tuple[OpId, ...]] = {}
    for op_id in sorted(state.standing):
        for field in state.standing[op_id].values:
            by_field[field] = (*by_field.get(field, ()), op_id)
    return by_field


def _sides_by_field(standing: Collection[Standing]) -> dict[str, list[Side]]:
    """Sides in one order for all nodes: by op id, so that ties never fall by arrival."""
    by_field: dict[str, list[Side]] = {}
    for one in sorted(standing, key=_by_id):
        for field, value in one.values.items():
            by_field.setdefault(field, []).append(_side(one, value))
    return by_field


def _side(stands: Standing, value: Any) -> Side:
    return Side(stands.op_id, stands.hlc, stands.suspect, stands.happened_at, value)


def _by_id(stands: Standing) -> OpId:
    return stands.op_id


def _row(
    key: RecordKey,
    ends: tuple[Standing, Standing],
    values: dict[str, Any],
    doubts: tuple[dict[str, str], dict[str, Any]],
) -> Row:
    """The row of what was first written and last written at its `ends`."""
    first, last = ends
    return Row(
        key=key,
        values=values,
        asks=doubts[0],
        unread=doubts[1],
        first_written=first.hlc,
        last_written=last.hlc,
        happened_at=last.happened_at,
        node=last.node,
        actor=last.actor,
    )
