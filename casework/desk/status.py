"""Status: the line to the centre and the counts of the store, for the strip; the hub's nodes."""

from typing import Final, Literal

import msgspec

from casework.access.actions import may
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, Place
from casework.desk.sight import is_told, sight_of
from casework.rules.rows import day_of
from casework.rules.severity import severity_of
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.history import HistoryEntry
from sync_protocol.io.peers import Peer
from sync_protocol.io.reading import Reading
from sync_protocol.policy import Severity


class LineView(msgspec.Struct, frozen=True):
    """The line to the centre in facts; the page puts them in words."""

    state: Literal["up", "down", "starting", "centre"]
    since_ms: int
    last_heard_ms: int | None
    waiting_ops: int
    oldest_waiting_ms: int | None
    fault: str | None
    needs_a_person: bool = False


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
    is_lag_more: bool = False
    is_forked: bool = False
    is_revoked: bool = False


def line_view(desk: Desk) -> LineView:
    """The line to the centre; at the centre itself there is none."""
    if desk.line is None:
        return LineView("centre", desk.now_ms(), None, 0, None, None)
    line = desk.line()
    return LineView(
        state=line.state,
        since_ms=line.since_ms,
        last_heard_ms=line.last_heard_ms,
        waiting_ops=line.waiting_ops,
        oldest_waiting_ms=line.oldest_waiting_ms or None,
        fault=line.fault,
        needs_a_person=line.needs_a_person,
    )


def strip(desk: Desk, caller: Caller | None = None) -> Strip:
    """The state of this node; personal facts have no place in it, so nobody need be signed in.

    Of conflicts it counts those that the list shows this caller, and none for nobody: one more
    than are listed would tell of somebody who is restricted.
    """
    with desk.store.reading() as reading:
        severities = _severities(desk, caller, reading) if caller is not None else []
    return Strip(
        node=desk.node.id,
        node_name=desk.node.name,
        place=desk.place,
        now_ms=desk.now_ms(),
        line=line_view(desk),
        conflicts=len(severities),
        conflicts_s1=severities.count("S1"),
    )


_CONFLICTS: Final = """
SELECT c.kind, c.field, a.type, a.code, c.subject, c.other_subject FROM conflict AS c
LEFT JOIN alert AS a ON c.kind = 'alert' AND a.subject = c.subject AND a.record = c.record
"""


def _severities(desk: Desk, caller: Caller, reading: Reading) -> list[Severity]:
    """Of every open conflict shown to the caller, without reading its sides: every page asks."""
    rows = reading.select(_CONFLICTS)
    if not rows:
        return []
    sight, day = sight_of(desk, caller, reading), day_of(desk.now_ms())
    return [
        severity_of(kind, field, {"type": alert_type, "code": code}, day=day)
        for kind, field, alert_type, code, *subjects in rows
        if is_told(
            desk,
            caller,
            reading,
            sight,
            (kind, field, [SubjectId(one) for one in subjects if one]),
        )
    ]


def counts(desk: Desk, caller: Caller) -> Counts:
    """How much this node holds: of people and conflicts, as many as this caller may be told of.

    To whoever reads no record nobody has a name, and all are counted.
    """
    with desk.store.reading() as reading:
        held = reading.counts()
        people = int(reading.select("SELECT count(*) FROM person")[0][0])
        conflicts = held["conflicts"]
        if may(caller, "read"):
            conflicts = len(_severities(desk, caller, reading))
            people -= _hidden(desk, caller, reading)
    return Counts(people=people, ops=held["ops"], parked_ops=held["parked"], conflicts=conflicts)


def _hidden(desk: Desk, caller: Caller, reading: Reading) -> int:
    """How many people the caller is not told of; nobody is looked at where it is nobody."""
    sight = sight_of(desk, caller, reading)
    if not sight.closed and not sight.others and sight.own is None:
        return 0
    people = (SubjectId(row[0]) for row in reading.select("SELECT subject FROM person"))
    return sum(not sight.is_listed(one) for one in people)


def parked(desk: Desk, caller: Caller) -> list[HistoryEntry]:
    """The ops that are kept and do not count, the newest first: the page tells nothing of whom."""
    gate.allow(desk, caller, "see_estate")
    with desk.store.reading() as reading:
        return reading.parked()


def estate(desk: Desk, caller: Caller) -> tuple[PeerView, ...]:
    """Every other node of the estate as the centre last heard of it; nothing at a spoke."""
    gate.allow(desk, caller, "see_estate")
    if desk.line is not None:
        return ()
    with desk.store.reading() as reading:
        peers = {peer.node: peer for peer in reading.peers()}
    others = [node for node in desk.nodes if node != desk.node.id]
    return tuple(_peer_view(desk, node, peers.get(node)) for node in others)


def _peer_view(desk: Desk, node: NodeId, peer: Peer | None) -> PeerView:
    known = desk.nodes[node]
    if peer is None:
        nothing = (None, None, None, None, None)
        return PeerView(node, known.name, known.place, *nothing, 0, 0, None)
    return PeerView(
        node=node,
        name=known.name,
        place=known.place,
        last_contact_ms=peer.last_contact_ms,
        waiting_ops=peer.waiting_ops,
        oldest_waiting_ms=peer.oldest_waiting_ms or None,
        is_digest_equal=peer.digest_equal,
        digest_at_ms=peer.digest_at_ms,
        cursor_lag_ops=peer.cursor_lag_ops,
        parked_ops=peer.parked,
        release=peer.release or None,
        is_lag_more=peer.is_lag_more,
        is_forked=peer.is_forked,
        is_revoked=peer.is_revoked,
    )
