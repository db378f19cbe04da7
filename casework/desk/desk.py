"""The desk itself: the store, the place and the clock that every function here is given."""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import msgspec

from casework.access.caller import PlaceKind
from casework.access.openings import Openings
from casework.desk.kept_due import KeptDue
from sync_protocol.clock import Hlc, hlc_ms
from sync_protocol.ids import ActorId, NodeId
from sync_protocol.io.op_store import OpStore
from sync_protocol.schema import Registry


class LineStatus(Protocol):
    """What the desk asks of the line to the centre; the sync driver's status has it."""

    @property
    def state(self) -> Literal["up", "down", "starting"]:
        """How the line is."""
        ...

    @property
    def since_ms(self) -> int:
        """Since when."""
        ...

    @property
    def last_heard_ms(self) -> int | None:
        """When the centre last answered."""
        ...

    @property
    def waiting_ops(self) -> int:
        """How many own ops the centre is not known to have."""
        ...

    @property
    def oldest_waiting_ms(self) -> int | None:
        """When the oldest of them was written."""
        ...

    @property
    def fault(self) -> str | None:
        """The code of what last went wrong."""
        ...

    @property
    def needs_a_person(self) -> bool:
        """Whether the fault is in this node, so that time alone will not mend it."""
        ...


class Place(msgspec.Struct, frozen=True):
    """Where a node stands: a prison, a probation unit, or the centre."""

    kind: PlaceKind
    code: str
    name: str


class EstateNode(msgspec.Struct, frozen=True):
    """A node of the estate, as staff are told of it."""

    id: NodeId
    name: str
    place: Place


class Desk(msgspec.Struct, frozen=True):
    """What a node's staff work with; built once by the composition root."""

    store: OpStore
    registry: Registry
    node: EstateNode
    nodes: Mapping[NodeId, EstateNode]
    staff_name: Callable[[ActorId], str | None]
    """The display name of an account at this node; None for staff of another."""
    now_ms: Callable[[], int]
    chance: Callable[[int], bytes]
    line: Callable[[], LineStatus] | None = None
    """The state of the line to the centre; None at the centre itself."""
    kept_due: KeptDue = msgspec.field(default_factory=KeptDue)
    openings: Openings = msgspec.field(default_factory=Openings)
    """Which records are open to whom for a while, with a reason."""

    @property
    def place(self) -> Place:
        """Where this node stands."""
        return self.node.place


class Source(msgspec.Struct, frozen=True):
    """Who wrote something, where and when."""

    node: NodeId
    place_name: str
    staff: ActorId
    staff_name: str | None
    written_ms: int


def source_of(desk: Desk, node: NodeId, staff: ActorId, hlc: int) -> Source:
    """The origin of an op, with the names that this node knows."""
    return Source(node, node_name(desk, node), staff, desk.staff_name(staff), hlc_ms(Hlc(hlc)))


def usual_source(place: Place) -> str:
    """The assertion source of what staff of this place write down themselves."""
    return "PRISON" if place.kind == "prison" else "PROBATION"


def node_name(desk: Desk, node: NodeId) -> str:
    """The name of a node's place, or that it is not known here."""
    known = desk.nodes.get(node)
    return known.place.name if known is not None else f"unknown node {node.hex()[:8]}"
