"""Faults that other systems shipped, each as a claim that ours does not have it."""

from collections.abc import Callable
from typing import Any

import pytest

from sync_protocol.errors import NotSaved
from sync_protocol.io.connection import Connection
from sync_protocol.messages import Reply
from sync_protocol.session import LineBroke, Rest, SpokeSession, Tick
from tests import toys
from tests.contract.test_unknown import NEW_REGISTRY
from tests.contract.world import Node, World, parcel, secret

STATEMENTS_MAX = 200
CHANGING = ("execute", "executemany", "insert", "commit")


class _FullDisk:
    """A connection's disk that takes so many statements of a transaction and then no more."""

    def __init__(self, connection: Connection) -> None:
        """Stand between the store and its connection until `mend`."""
        self._connection: Any = connection
        self.room = STATEMENTS_MAX
        self._counting = [one for one in CHANGING if hasattr(connection, one)]
        for name in self._counting:
            setattr(self._connection, name, self._counted(getattr(connection, name)))

    def mend(self) -> None:
        """Room again, for ever."""
        for name in self._counting:
            delattr(self._connection, name)

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            if arguments[:1] != ("ROLLBACK",):
                self.room -= 1
                if self.room < 0:
                    raise NotSaved("test")
            return call(*arguments)

        return counted


def _state(node: Node) -> tuple[Any, ...]:
    """All that must change together or not at all."""
    core = node.store.core
    with core.transaction():
        cursor, place = core.cursor(), core.place()
        marks = core.connection.execute("SELECT life_no, received_seq FROM lives")
        audit = core.connection.execute("SELECT count(*) FROM audit")[0][0]
    with node.store.reading() as reading:
        digests = reading.digests()
    return node.store.projection_digest(), digests, node.ops, cursor, place, marks, audit


def _fails_at_every_statement(node: Node, change: Callable[[], object]) -> int:
    """Run `change` with one statement more each time until it succeeds; how often it failed."""
    before = _state(node)
    for room in range(1, STATEMENTS_MAX):
        disk = _FullDisk(node.store.core.connection)
        disk.room = room
        try:
            change()
        except NotSaved:
            disk.mend()
            assert _state(node) == before, f"half done after {room} statements"
            node.reopen()
            assert _state(node) == before, f"half durable after {room} statements"
            continue
        disk.mend()
        assert _state(node) != before
        return room - 1
    raise AssertionError("never enough room")


def test_an_op_and_all_that_follows_from_it_are_written_together(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-02: a disk that fills up at any statement of a write leaves nothing half done."""
    world, leeds, _ = pair
    written = {"label": "boots", "place": "attic", "status": "open"}
    assert _fails_at_every_statement(leeds, lambda: leeds.write(written)) > 5
    world.settle()
    world.assert_agreed()


# A statement that the full disk broke off is let go of after its connection.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_cursor_is_never_saved_before_what_it_admits_to(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-02: LiveStore 409, PowerSync core 162."""
    world, leeds, moorland = pair
    moorland.write({"label": "boots"})
    leeds.write({"text": "mine"}, secret(3))
    world.settle(moorland)
    assert _fails_at_every_statement(leeds, lambda: world.exchange(leeds)) > 10
    world.settle()
    world.assert_agreed()
    assert leeds.waiting == 0


def test_nothing_is_acknowledged_before_it_is_durable_at_the_hub(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-02, INV-01: the hub's disk fails at any statement; the spoke still has it waiting."""
    world, leeds, _ = pair
    leeds.write({"label": "boots"})

    before = world.hub.ops
    for room in range(1, STATEMENTS_MAX):
        disk = _FullDisk(world.hub.store.core.connection)
        disk.room = room
        try:
            world.exchange(leeds)
        except NotSaved:
            disk.mend()
            assert leeds.waiting == 1
            world.hub.reopen()
            assert world.hub.ops - before in (0, 1)
            continue
        disk.mend()
        break
    world.settle()
    assert world.hub.ops == before + 1
    assert leeds.waiting == 0
    numbers = "SELECT max(hub_seq) - count(*) FROM ops"
    assert world.hub.count(numbers) == 0, "no gap that a cursor could step over"


def test_ops_of_one_moment_are_told_apart_at_the_edge_of_a_page(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: a time as cursor skips what shares its millisecond (RxDB 5843)."""
    world, leeds, moorland = pair
    with leeds.store.changing():
        for number in range(7):
            leeds.clock.ms = toys.MORNING_MS
            leeds.write({"text": "same moment"}, secret(30 + number))
    world.settle(leeds)
    for _ in range(30):
        came = world.exchange(moorland, room_ops=1)
        assert isinstance(came, Reply)
        if not came.more:
            break
    world.settle()
    world.assert_agreed()
    assert moorland.count("SELECT count(*) FROM secret") == 1 + 7


def test_the_write_that_ends_a_scope_is_taken_from_its_author(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-09: couchbase-lite-c 241 refused the op that moved somebody out."""
    world.let_hold(toys.subject(1), leeds)
    world.introduce(1)
    world.let_hold(toys.subject(1), moorland)
    last = leeds.write({"label": "sent to Moorland"}).op_ids[0]
    world.settle()
    with leeds.store.reading() as reading:
        entry = reading.op(last)
    assert entry is not None
    assert (entry.verdict.is_parked, entry.hub_seq is None) == (False, False)
    assert moorland.values() == {"label": "sent to Moorland"}
    assert leeds.waiting == 0


def test_a_value_toggled_within_one_batch_ends_where_it_ended(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-04: Electric lost the toggles between two states of one batch."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots", "status": "open", "is_fragile": False})
    for turn in range(5):
        leeds.write({"is_fragile": turn % 2 == 0})
        leeds.write({"status": "closed" if turn % 2 == 0 else "open"})
    world.settle()
    for node in (world.hub, leeds, moorland):
        assert (node.values()["is_fragile"], node.values()["status"]) == (True, "closed")
    with moorland.store.reading() as reading:
        assert len(reading.record_history(toys.PARCEL_KEY)) == 11
        assert reading.conflicts() == []


def test_an_upgrade_keeps_what_waits(pair: tuple[World, Node, Node]) -> None:
    """INV-01: OpenCRVS dropped the outbox with the old release's tables."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    leeds.registry = NEW_REGISTRY
    leeds.reopen()
    assert leeds.waiting == 1
    world.settle()
    assert leeds.waiting == 0
    assert moorland.values() == {"label": "boots"}


def test_an_old_reply_carried_late_is_not_taken_in(pair: tuple[World, Node, Node]) -> None:
    """INV-02: a courier's old answer would set cursor and scope back."""
    world, leeds, moorland = pair
    session, request = world.request_of(leeds)
    old = world.carry(leeds, world.sealed(leeds, request))
    moorland.write({"label": "boots"})
    world.settle()
    before = _state(leeds)
    late = SpokeSession(leeds.store.spoke, leeds.id, world.hub.id, world.hub.signer.public_key)
    late.receive(Tick(leeds.clock.now_ms()))
    (rest,) = late.receive(old)
    assert isinstance(rest, Rest)
    assert rest.delay_ms > 0
    assert _state(leeds) == before
    session.receive(LineBroke())


def test_what_is_refused_leaves_no_gap_in_the_hubs_numbers(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: a number given and taken back is one that a cursor may step over."""
    world, leeds, _ = pair
    disk = _FullDisk(world.hub.store.core.connection)
    disk.room = 8
    with pytest.raises(NotSaved):
        world.hub.write({"label": "boots"}, parcel(5))
    disk.mend()
    world.hub.write({"label": "boots"}, parcel(5))
    world.settle(leeds)
    assert world.hub.count("SELECT max(hub_seq) - count(*) FROM ops") == 0
    assert world.hub.count("SELECT count(*) FROM ops WHERE hub_seq IS NULL") == 0
