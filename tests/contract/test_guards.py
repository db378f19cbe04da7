"""A subject that tells who may read another comes before it, and goes after it."""

import msgspec

from sync_protocol.departure import Departure
from sync_protocol.ids import SubjectId
from sync_protocol.messages import Reply
from tests import toys
from tests.contract.departing import CANARY, SUBJECT, back_up, move, state_of
from tests.contract.world import Node, World, parcel, secret


def _guarded(node: Node, number: int, by: int) -> None:
    """Have one subject be guarded by another at this node."""
    guards = {toys.subject(number): toys.subject(by)}

    def guard(subject: SubjectId) -> SubjectId | None:
        return guards.get(subject)

    core = node.store.core
    core.parts = msgspec.structs.replace(core.parts, guard=guard)


def test_who_may_read_somebody_is_known_as_long_as_there_is_something_to_read(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-05: else whoever was refused could read it in the days of its leaving."""
    world, leeds, moorland = pair
    _guarded(leeds, 1, by=2)
    world.introduce(2)
    world.settle()
    for number in (1, 2):
        move(world, moorland, number=number)
    world.settle()
    leeds.write({"label": CANARY}, parcel(1))
    request = world.request_of(leeds)[1]
    assert [(one.subject, one.waiting) for one in request.departures] == [(SUBJECT, 1)]
    back_up(world)
    world.exchange(leeds)
    assert (state_of(leeds), state_of(leeds, 2)) == ("releasing", "drained")
    back_up(world)
    world.exchange(leeds)
    assert (state_of(leeds), state_of(leeds, 2)) == ("sealed", "drained")
    assert leeds.values(secret(2)) == {"text": "known"}
    world.settle()
    assert state_of(leeds, 2) == "sealed"
    assert leeds.values(secret(2)) == {}


def test_who_may_read_somebody_is_known_before_there_is_anything_to_read(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-05: the line may break between the two."""
    first, last = sorted((1, 2), key=toys.subject)
    _guarded(world.hub, first, by=last)
    for number in (1, 2):
        world.let_hold(toys.subject(number), leeds)
    world.introduce(1, 2)
    for number in (1, 2):
        world.let_hold(toys.subject(number), leeds, moorland)
    with world.hub.store.core.transaction():
        world.hub.store.ingest_side.scope.ask_again([toys.subject(1), toys.subject(2)])
    reply = world.exchange(moorland)
    assert isinstance(reply, Reply)
    assert [one.subject for one in reply.steps] == [toys.subject(last), toys.subject(first)]


def test_who_may_read_somebody_is_known_where_there_is_a_temporary_grant(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-05: a grant of one file alone would open it to everybody there."""
    first, last = sorted((1, 2), key=toys.subject)
    _guarded(world.hub, first, by=last)
    for number in (1, 2):
        world.let_hold(toys.subject(number), leeds)
    world.introduce(1, 2)
    until_ms = world.hub.clock.ms + 60_000
    with world.hub.store.core.transaction():
        scope = world.hub.store.ingest_side.scope
        scope.grant_until(moorland.id, toys.subject(first), until_ms)
    reply = world.exchange(moorland)
    assert isinstance(reply, Reply)
    assert [one.subject for one in reply.steps] == [toys.subject(last), toys.subject(first)]


def test_a_departure_tells_nothing_of_whom_a_node_does_not_hold(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-05: not whether there is anything about them, nor whether anything came since."""
    world, leeds, moorland = pair
    for number in (5, 6):
        world.let_hold(toys.subject(number), moorland)
    world.introduce(5)
    move(world, leeds, moorland, number=6)
    move(world, moorland, number=6)
    world.settle()

    def asked(number: int) -> Reply:
        one = Departure(toys.subject(number), 2, bytes(32), 0, 1 << 40)
        request = msgspec.structs.replace(world.request_of(leeds)[1], departures=(one,))
        return world.hub.store.answer(request, leeds.id, 0)

    for number in (5, 77):
        reply = asked(number)
        assert (reply.permits, reply.unproven) == ((), (toys.subject(number),))
    back_up(world)
    before = asked(6)
    moorland.write({"text": "since"}, secret(6))
    world.settle(moorland)
    back_up(world)
    after = asked(6)
    assert len(before.permits) == len(after.permits) == 1
