"""Scope: a spoke is sent what it may hold, all of it, and nothing else."""

import pytest

from sync_protocol.io import hub_answer, peers
from sync_protocol.messages import Reply
from tests import toys
from tests.contract.world import Node, World, parcel, secret


def _exchange(world: World, spoke: Node, room_ops: int = 0) -> Reply:
    came = world.exchange(spoke, room_ops=room_ops)
    assert isinstance(came, Reply)
    return came


def _fill(world: World, number: int, ops: int) -> None:
    for place in range(ops):
        world.hub.write({"label": f"box {place}"}, parcel(number, 100 + place))


def test_only_granted_subjects_stream(world: World, leeds: Node, moorland: Node) -> None:
    """INV-05: not the op, not the subject, not the search index, not a byte of it."""
    world.let_hold(toys.subject(1), leeds)
    world.let_hold(toys.subject(2), moorland)
    world.hub.write({"text": "only Leeds"}, secret(1))
    world.hub.write({"text": "only Moorland"}, secret(2))
    world.settle()
    assert leeds.values(secret(1)) == {"text": "only Leeds"}
    assert moorland.values(secret(2)) == {"text": "only Moorland"}
    for spoke, subject in ((leeds, 2), (moorland, 1)):
        assert spoke.holds(toys.subject(subject)) == 0
        with spoke.store.reading() as reading:
            assert toys.subject(subject) not in set(reading.subjects())
        assert spoke.ops == 1


def test_a_pair_streams_to_whoever_holds_either_side(world: World) -> None:
    """INV-05: and to nobody who holds neither."""
    one, two, none = (world.spoke(name) for name in ("ONE", "TWO", "NIL"))
    for number, holder in ((1, one), (2, two), (3, none)):
        world.let_hold(toys.subject(number), holder)
    world.introduce(1, 2, 3)
    world.hub.write({"reason": "noise", "status": "open"}, toys.GRUDGE_KEY)
    world.settle()
    assert one.values(toys.GRUDGE_KEY) == two.values(toys.GRUDGE_KEY)
    assert one.values(toys.GRUDGE_KEY)["reason"] == ["noise"]
    assert none.values(toys.GRUDGE_KEY) == {}
    assert none.ops == 1
    for spoke in (one, two, none):
        assert _view_is_equal(world, spoke)


def test_a_subject_that_enters_late_is_backfilled(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-05, INV-01: everything from before the cursor comes with the grant."""
    world.let_hold(toys.subject(1), leeds)
    world.introduce(1, 2)
    _fill(world, 1, 7)
    world.settle()
    assert moorland.holds(toys.subject(1)) == 0
    world.let_hold(toys.subject(1), leeds, moorland)
    world.hub.write({"row": 1}, toys.SHELF_KEY)
    world.settle()
    assert moorland.holds(toys.subject(1)) == 9
    world.assert_agreed()


@pytest.mark.parametrize("room_ops", [1, 2, 3, 5])
def test_a_backfill_is_whole_in_pages_of_any_size(
    world: World, leeds: Node, moorland: Node, room_ops: int
) -> None:
    """INV-02: the node falls between any two pages, while others go on writing."""
    world.let_hold(toys.subject(1), leeds)
    world.let_hold(toys.subject(3), leeds)
    world.introduce(1, 2, 3)
    _fill(world, 1, 6)
    _fill(world, 3, 4)
    world.settle()
    world.let_hold(toys.subject(1), leeds, moorland)
    world.let_hold(toys.subject(3), leeds, moorland)
    world.hub.write({"row": 1}, toys.SHELF_KEY)
    world.hub.write({"text": "again"}, secret(3))
    for number in range(40):
        reply = _exchange(world, moorland, room_ops)
        assert len(reply.entries) <= room_ops
        moorland.reopen()
        if number < 3:
            world.hub.write({"remarks": f"meanwhile {number}"}, parcel(1, 100))
            moorland.write({"text": f"mine {number}"}, secret(10 + number))
        if not reply.more and number > 3:
            break
    world.settle()
    world.assert_agreed()
    assert moorland.waiting == 0


def test_a_spoke_that_is_told_of_many_subjects_holds_all(world: World, leeds: Node) -> None:
    """INV-05: steps come before the ops that they let in."""
    for number in range(1, 30):
        world.hub.write({"text": f"{number}"}, secret(number))
    for _ in range(12):
        if not _exchange(world, leeds, 3).more:
            break
    world.settle()
    assert leeds.ops == 29
    world.assert_agreed()


def test_safety_is_told_ahead_of_its_turn(world: World, leeds: Node) -> None:
    """INV-10: whoever meets the parcel must know it first; its own turn brings it again."""
    world.introduce(1)
    _fill(world, 1, 9)
    world.hub.write({"label": "bomb", "hazard": "grave"}, parcel(1, 200))
    _fill(world, 1, 3)
    reply = _exchange(world, leeds, 2)
    assert reply.more
    assert len(reply.notices) == 1
    assert leeds.values(parcel(1, 200)) == {"label": "bomb", "hazard": "grave"}
    notices = 0
    while (reply := _exchange(world, leeds, 2)).more:
        notices += len(reply.notices)
    assert notices == 0, "each notice is sent once"
    world.settle()
    world.assert_agreed()


def test_what_is_grave_does_not_wait_for_all_else_that_was_missed(
    world: World, leeds: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-10: of a log that takes many replies, each brings little until all that is told."""
    monkeypatch.setattr(hub_answer, "BESIDE_NOTICES_MAX", 2)
    monkeypatch.setattr(hub_answer, "NOTICES_MAX", 1)
    monkeypatch.setattr(hub_answer, "REPLY_OPS_MAX", 6)
    world.introduce(1)
    _fill(world, 1, 9)
    for number in (200, 201):
        world.hub.write({"label": "bomb", "hazard": "grave"}, parcel(1, number))
    _fill(world, 1, 3)
    replies = [_exchange(world, leeds) for _ in range(4)]
    told = [(len(one.notices), len(one.entries)) for one in replies]
    assert told == [(1, 2), (1, 2), (0, 6), (0, 4)]
    world.settle()
    world.assert_agreed()


def test_a_notice_does_not_leak(world: World, leeds: Node, moorland: Node) -> None:
    """INV-05: safety goes ahead of its turn, never beyond the scope."""
    world.let_hold(toys.subject(2), leeds)
    world.introduce(1, 2)
    _fill(world, 1, 5)
    world.hub.write({"label": "bomb", "hazard": "grave"}, parcel(2))
    assert _exchange(world, moorland, 2).notices == ()
    world.settle()
    assert moorland.holds(toys.subject(2)) == 0
    assert leeds.values(parcel(2))["hazard"] == "grave"


def test_what_a_spoke_wrote_itself_is_not_sent_back(pair: tuple[World, Node, Node]) -> None:
    """INV-03: it is told its numbers instead; a parked one goes to its author alone."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    leeds.write({"colour": "red"})
    reply = _exchange(world, leeds)
    assert reply.entries == ()
    assert [(one.first_seq, one.count) for one in reply.own] == [(1, 2)]
    assert len(_exchange(world, moorland).entries) == 2


def test_no_reply_ends_a_scope(pair: tuple[World, Node, Node]) -> None:
    """INV-01: an empty list from a fault at the hub must never empty a prison."""
    world, leeds, _ = pair
    leeds.write({"label": "boots"})
    world.settle()
    world.let_hold(toys.subject(1))
    with world.hub.store.changing() as connection:
        connection.execute("DELETE FROM grants")
    world.hub.write({"text": "again"}, secret(1))
    world.settle()
    assert leeds.values()["label"] == "boots"


def _view_is_equal(world: World, spoke: Node) -> bool:
    """Ask the hub to compare the view digest now, as a spoke does when it falls due."""
    spoke.reopen()
    spoke.clock.ms += 60 * 60 * 1000
    for _ in range(3):
        reply = _exchange(world, spoke)
        if reply.digest_equal is not None:
            return reply.digest_equal
    raise AssertionError("the view was never compared")


def test_the_view_digest_finds_a_difference(pair: tuple[World, Node, Node]) -> None:
    """INV-04: an op that a fault took out of one store is noticed at both ends."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    world.settle()
    assert _view_is_equal(world, moorland)
    with moorland.store.changing() as connection:
        connection.execute("UPDATE subjects SET digest = zeroblob(32) WHERE digest_count > 1")
    assert not _view_is_equal(world, moorland)
    with world.hub.store.reading() as reading:
        equal = {peer.node: peer.digest_equal for peer in reading.peers()}
    assert equal[moorland.id] is False


def test_what_a_spoke_lacks_counts_what_it_is_to_be_sent(
    world: World, leeds: Node, moorland: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-10: neither what it may not hold, nor its own, nor what is parked keeps it behind."""
    world.let_hold(toys.subject(1), leeds)
    world.let_hold(toys.subject(2), moorland)
    world.introduce(1, 2)

    def lag() -> tuple[int, bool]:
        with world.hub.store.reading() as reading:
            (peer,) = [one for one in reading.peers() if one.node == moorland.id]
        return peer.cursor_lag_ops, peer.is_lag_more

    assert lag() == (0, False)
    leeds.write({"label": "boots"}, parcel(1))
    leeds.write({"label": "not theirs"}, parcel(2))
    moorland.write({"label": "its own"}, parcel(2, 3))
    world.exchange(leeds)
    world.exchange(moorland)
    assert lag() == (0, False)
    for number in range(3):
        world.hub.write({"remarks": f"{number}"}, parcel(2, 3))
    assert lag() == (3, False)
    monkeypatch.setattr(peers, "LAG_SCANNED_MAX", 2)
    assert lag() == (0, True)
    monkeypatch.undo()
    world.settle()
    assert lag() == (0, False)
