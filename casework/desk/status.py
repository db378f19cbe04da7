"""Status: the line to the centre and the counts of the store, for the strip; the hub's nodes."""

from typing import Literal

import msgspec

from casework.desk.desk import Desk, Place
from sync_protocol.ids import NodeId


class LineView(msgspec.Struct, frozen=True):
    """The line to the centre in facts; the page puts them in words."""

    state: Literal["up", "down", "starting", "centre"]
    since_ms: int
    last_heard_ms: int | None
    waiting_ops: int
    oldest_waiting_ms: int | None
    fault: str | None


class Strip(msgspec.Struct, frozen=True):
    """What the status strip of every page shows."""

    node: NodeId
    node_name: str
    place: Place
    now_ms: int
    line: LineView
    conflicts: int
    conflicts_s1: int


class Counts(msgspec.Struct, frozen=True):
    """How much this node holds."""

    people: int
    ops: int
    parked_ops: int
    conflicts: int


class PeerView(msgspec.Struct, frozen=True):
    """A node as the centre sees it."""

    node: NodeId
    name: str
    place: Place | None
    last_contact_ms: int | None
    waiting_ops: int | None
    oldest_waiting_ms: int | None
    is_digest_equal: bool | None
    digest_at_ms: int | None
    cursor_lag_ops: int
    parked_ops: int
    release: str | None


def strip(desk: Desk) -> Strip:
    """The state of this node; personal facts have no place in it, so nobody need be signed in."""
    raise NotImplementedError


def counts(desk: Desk) -> Counts:
    """How much this node holds."""
    raise NotImplementedError


def estate(desk: Desk) -> tuple[PeerView, ...]:
    """Every node of the estate as the centre last heard of it; empty at a spoke."""
    raise NotImplementedError
