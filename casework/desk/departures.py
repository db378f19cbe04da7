"""Who leaves and who has left, for programs: an office's own, or at the centre every office's."""

import msgspec

from casework.access.actions import may
from casework.access.caller import Caller
from casework.desk import gate
from casework.desk.desk import Desk, node_name
from casework.desk.holding import ReceiptView, not_let_go, not_let_go_views, receipt_view
from casework.desk.sight import sight_of
from casework.desk.standing import leaving_people
from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.reading import Reading
from sync_protocol.io.scope_rows import SignedReceipt


class DepartureView(msgspec.Struct, frozen=True):
    """Somebody who left an office (`since_ms`), and whom it has not let go of.

    `waiting` is how many entries it has still to send; None where it has not been told.
    """

    person: SubjectId
    node: NodeId
    name: str
    since_ms: int
    waiting: int | None


class Departures(msgspec.Struct, frozen=True):
    """Those who leave, and a page of receipts; `after` asks for older ones, None at the end."""

    departures: tuple[DepartureView, ...]
    receipts: tuple[ReceiptView, ...]
    after: int | None


def departures(desk: Desk, caller: Caller, *, after: int, limit: int) -> Departures:
    """Who leaves and who has left."""
    is_centre = desk.place.kind == "centre"
    gate.allow(desk, caller, "see_estate" if is_centre else "see_boards")
    with desk.store.reading() as reading:
        leaving = (_everywhere if is_centre else _here)(desk, caller, reading)
        found = _receipts(desk, caller, reading, after, limit + 1)
    receipts = tuple(receipt_view(desk, one, whose=is_centre) for one in found[:limit])
    gate.witness(desk, caller, "read", [one.person for one in leaving], detail="departures")
    return Departures(tuple(leaving), receipts, after + limit if len(found) > limit else None)


def _receipts(
    desk: Desk, caller: Caller, reading: Reading, after: int, room: int
) -> list[SignedReceipt]:
    """A page of receipts. At the centre they say of whom: not of whom a restriction closes."""
    is_told_all = desk.place.kind != "centre" or not may(caller, "read")
    sight = None if is_told_all else sight_of(desk, caller, reading)
    if sight is None or not sight.closed:
        return reading.scope.receipts(limit=room, after=after)
    found = [
        one
        for one in reading.scope.receipts()
        if one.receipt.subject not in sight.closed and not sight.is_closed(one.receipt.subject)
    ]
    return found[after : after + room]


def _here(desk: Desk, caller: Caller, reading: Reading) -> list[DepartureView]:
    return [
        DepartureView(
            person=one.person,
            node=desk.node.id,
            name=node_name(desk, desk.node.id),
            since_ms=one.standing.since_ms or 0,
            waiting=one.standing.waiting,
        )
        for one in leaving_people(desk, caller, reading)
    ]


def _everywhere(desk: Desk, caller: Caller, reading: Reading) -> list[DepartureView]:
    return [
        DepartureView(person, one.node, one.name, one.since_ms, one.waiting)
        for person in not_let_go(desk, caller, reading)
        for one in not_let_go_views(desk, reading, person)
    ]
