"""What the laws draw from: plain and hostile values, and histories of one record.

A history is what several authors may have written without hearing one another: each op may name
any earlier ones, for fields they set or did not, twice, and ops that do not exist.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from sync_protocol.clock import Hlc, hlc_bytes, pack_hlc
from sync_protocol.ids import OpId
from sync_protocol.merge import RecordKey, RecordState, Standing, apply, new_state, show
from sync_protocol.op import Op
from sync_protocol.policy import (
    AnyPolicy,
    AskAPerson,
    Fixed,
    ForwardMost,
    Gather,
    Highest,
    LaterDate,
    Latest,
    Levels,
    OpenClose,
    Side,
    TrueOutranks,
    WholeVersion,
)
from tests import toys

POLICIES: Final[tuple[AnyPolicy, ...]] = (
    Fixed(),
    Latest(),
    Highest(Levels(toys.HAZARDS)),
    Highest(LaterDate()),
    Highest(TrueOutranks()),
    OpenClose(),
    AskAPerson(),
    AskAPerson(effective="starts_on"),
    Gather(),
    ForwardMost(toys.STAGES, toys.PAIRS),
    WholeVersion(),
)

_scalars = (
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.text(max_size=8)
    | st.binary(max_size=8)
    | st.sampled_from((*toys.HAZARDS, *toys.STAGES, "open", "closed", "2026-01-31", "2027-12-01"))
)
_keys = st.sampled_from(("from", "to", "approved", "content", "starts_on")) | st.text(max_size=4)

plain_values: Final[st.SearchStrategy[Any]] = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=8,
)
"""Anything that passes for plain: what another release, or an enemy, may have put in any field."""

_dates = st.dates().map(lambda day: day.isoformat())
fitting_values: Final[dict[str, st.SearchStrategy[Any]]] = {
    "label": st.sampled_from(("a", "b")),
    "colour": st.sampled_from(("red", "blue", None)),
    "hazard": st.sampled_from((*toys.HAZARDS, None)),
    "keep_until": st.none() | _dates,
    "is_fragile": st.sampled_from((True, False, None)),
    "status": st.sampled_from(("open", "closed")),
    "keeper": st.fixed_dictionaries({"starts_on": _dates, "name": st.sampled_from(("x", "y"))}),
    "place": st.sampled_from(("here", "there")),
    "remarks": st.text(max_size=4),
    "stage": st.fixed_dictionaries(
        {
            "from": st.sampled_from((None, *toys.STAGES)),
            "to": st.sampled_from(toys.STAGES),
        }
    ),
    "plan": st.fixed_dictionaries({"approved": st.booleans(), "content": st.text(max_size=3)}),
}
"""Per field of a parcel, values that fit its declaration."""


@st.composite
def sides_of_a_field(draw: st.DrawFn, values: st.SearchStrategy[Any] = plain_values) -> list[Side]:
    """One to five standing sides, in which clocks and moments are often equal."""
    drawn = draw(st.lists(values, min_size=1, max_size=5))
    return [
        Side(
            op_id=toys.op_id(number),
            hlc=Hlc(draw(st.integers(0, 2))),
            suspect=draw(st.booleans()),
            happened_at=draw(st.integers(-1, 1)),
            value=value,
        )
        for number, value in enumerate(drawn)
    ]


@st.composite
def histories(draw: st.DrawFn, ops_max: int = 7, *, hostile: bool = False) -> list[tuple[Op, bool]]:
    """Ops of one parcel, each with whether the hub found its clock suspect."""
    written: list[tuple[Op, bool]] = []
    for seq in range(1, draw(st.integers(1, ops_max)) + 1):
        fields = draw(st.sets(st.sampled_from(sorted(fitting_values)), max_size=3))
        values = {field: draw(_values_of(field, hostile=hostile)) for field in sorted(fields)}
        op = toys.op(
            seq,
            values,
            draw(_names([one for one, _ in written])),
            hlc=hlc_bytes(pack_hlc(toys.MORNING_MS, draw(st.integers(0, 2)))),
            happened_at=draw(st.integers(0, 2)),
            node=toys.node(draw(st.integers(1, 3))),
        )
        written.append((op, draw(st.booleans())))
    return written


def _values_of(field: str, *, hostile: bool) -> st.SearchStrategy[Any]:
    return plain_values if hostile else fitting_values[field]


@st.composite
def _names(draw: st.DrawFn, earlier: list[Op]) -> dict[str, list[OpId]]:
    """Per field, earlier ops that it names: rightly, for a field they never set, twice, or made up.

    Without earlier ops only ids of ops that nobody has are left to name.
    """
    named: dict[str, list[OpId]] = {}
    for op in draw(st.lists(st.sampled_from(earlier), max_size=4)) if earlier else ():
        fields = sorted(op.values) or ["label"]
        stranger = st.sampled_from(sorted(fitting_values))
        field = draw(st.sampled_from(fields) | stranger)
        named.setdefault(field, []).append(op.id)
    if draw(st.integers(0, 9)) == 0:
        named.setdefault("label", []).append(toys.op_id(99))
    return named


class Replica:
    """A node's fold of one record: applies each op once, as the op store does."""

    def __init__(self, key: RecordKey = toys.PARCEL_KEY) -> None:
        """Starts with nothing applied."""
        self.key = key
        self.state: RecordState = new_state()
        self.applied: dict[OpId, tuple[Op, bool]] = {}

    def receive(self, op: Op, *, suspect: bool = False) -> None:
        """Folds the op in, unless it is here already."""
        if op.id not in self.applied:
            apply(self.state, op, suspect=suspect, is_applied=self.applied.__contains__)
            self.applied[op.id] = (op, suspect)

    def receive_all(self, ops: Iterable[tuple[Op, bool]]) -> "Replica":
        """Folds them in order; gives itself back."""
        for op, suspect in ops:
            self.receive(op, suspect=suspect)
        return self

    def received(self) -> list[tuple[Op, bool]]:
        """What it applied, as it would send it to another node."""
        return list(self.applied.values())

    def canonical(self) -> bytes:
        """What stands, what is awaited and what is shown, as canonical bytes (INV-04)."""
        standing = [self.state.standing[op_id] for op_id in sorted(self.state.standing)]
        row = show(toys.REGISTRY, self.key, self.state)
        return canonical((standing, sorted(self.state.awaited), row))


_encoder = msgspec.msgpack.Encoder(order="deterministic")


def canonical(value: Any) -> bytes:
    """The canonical bytes of any of our structs."""
    return _encoder.encode(value)


def standing_by_definition(ops: Iterable[tuple[Op, bool]]) -> dict[OpId, Standing]:
    """The naive oracle: applied ops that set a field, minus every id that any of them names."""
    applied = {op.id: (op, suspect) for op, suspect in ops}
    named = {
        (field, op_id)
        for op, _ in applied.values()
        for field, op_ids in op.header.replaces.items()
        for op_id in op_ids
    }
    standing = {}
    for op, suspect in applied.values():
        values = {f: value for f, value in op.values.items() if (f, op.id) not in named}
        if values:
            standing[op.id] = Standing(
                op_id=op.id,
                hlc=op.hlc,
                suspect=suspect,
                happened_at=op.happened_at,
                node=op.header.node,
                actor=op.header.actor,
                kind_version=op.header.kind_version,
                values=values,
            )
    return standing


def awaited_by_definition(ops: Iterable[tuple[Op, bool]]) -> set[tuple[str, OpId]]:
    """The naive oracle: every (field, id) that is named and whose op is not applied."""
    applied = {op.id: op for op, _ in ops}
    return {
        (field, op_id)
        for op in applied.values()
        for field, op_ids in op.header.replaces.items()
        for op_id in op_ids
        if op_id not in applied
    }
