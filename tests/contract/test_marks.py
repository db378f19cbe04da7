"""Marks, forks and restores: what counts as received, and what is offered again."""

import pytest

from sync_protocol.io.own_chain import take_marks
from sync_protocol.messages import Fault, Mark, Reply
from sync_protocol.scope import Flag
from tests import toys
from tests.contract.crafted import CraftedLog
from tests.contract.world import Node, World, parcel, secret


def _ids(node: Node) -> set[bytes]:
    with node.store.reading() as reading:
        return {row[0] for row in reading.select("SELECT op_id FROM ops")}


def _lives(node: Node) -> int:
    return node.count("SELECT count(*) FROM lives WHERE node = ?", node.id)


def test_nothing_counts_as_received_before_the_hub_says_so(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: the line broke after the hub stored it; offered again, it is held once."""
    world, leeds, _ = pair
    leeds.write({"label": "boots"})
    _, request = world.request_of(leeds)
    world.carry(leeds, world.sealed(leeds, request))
    assert leeds.waiting == 1
    held = world.hub.ops
    world.settle()
    assert leeds.waiting == 0
    assert world.hub.ops == held
    world.assert_agreed()


def test_a_mark_counts_only_where_this_log_passes_through_it(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-08: a number alone proves nothing; the chain at it does."""
    _world, leeds, _ = pair
    leeds.write({"label": "boots"})
    life = leeds.store.core.place().life
    for mark in (Mark(life, 1, b"x" * 32), Mark(toys.life(7), 1, leeds.store.core.place().chain)):
        with leeds.store.core.transaction():
            take_marks(leeds.store.core, [mark])
        assert leeds.waiting == 1


def test_a_copied_node_is_found_at_its_first_exchange_and_nothing_is_lost(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-08: twins of one life; each goes on under a life of its own, at one place each."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    world.settle()
    leeds.keep_copy("twin")
    first = leeds.write({"remarks": "one"})
    world.settle(leeds)
    leeds.keep_copy("original")
    leeds.roll_back("twin")
    twins = [leeds.write({"remarks": "two"}), leeds.write({"colour": "red"})]
    came = world.exchange(leeds)
    assert isinstance(came, Reply)
    assert leeds.store.core.place().seq == 0, "the fork was found: a new life"
    world.settle()
    written = {first.op_ids[0], *(one.op_ids[0] for one in twins)}
    assert written <= _ids(world.hub)
    assert written <= _ids(moorland)
    assert leeds.waiting == 0
    assert leeds.values()["remarks"] == ["one", "two"] or set(leeds.values()["remarks"]) == {
        "one",
        "two",
    }
    leeds.roll_back("original")
    last = leeds.write({"remarks": "three"})
    world.settle()
    assert {*written, last.op_ids[0]} <= _ids(moorland)
    assert leeds.waiting == 0
    world.assert_agreed()


def test_a_node_rolled_back_in_silence_gets_its_own_work_back(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-08, INV-01: ack by number alone would take its new ops for the old ones."""
    world, leeds, _ = pair
    leeds.write({"label": "boots"})
    world.settle()
    leeds.keep_copy("old")
    lost = leeds.write({"remarks": "after the copy"})
    world.settle()
    leeds.roll_back("old")
    new = leeds.write({"remarks": "after the restore"})
    world.settle()
    assert {lost.op_ids[0], new.op_ids[0]} <= _ids(leeds) & _ids(world.hub)
    assert _lives(leeds) == 2
    world.assert_agreed()


@pytest.mark.parametrize("told", [True, False], ids=["told", "silent"])
def test_what_a_restored_node_had_sent_since_its_copy_is_not_offered_for_ever(
    pair: tuple[World, Node, Node], *, told: bool
) -> None:
    """INV-10: the copy still held it as waiting; the hub has it, in a longer branch."""
    world, leeds, _ = pair
    leeds.write({"label": "boots"})
    world.settle()
    waiting = leeds.write({"remarks": "waiting when copied"})
    leeds.keep_copy("old")
    lost = leeds.write({"remarks": "after the copy"})
    world.settle()
    leeds.roll_back("old")
    if told:
        leeds.store.note_restored()
    world.settle()
    assert leeds.waiting == 0
    assert {waiting.op_ids[0], lost.op_ids[0]} <= _ids(leeds)
    world.assert_agreed()


def test_a_restored_hub_is_given_all_again(pair: tuple[World, Node, Node]) -> None:
    """INV-01: under its new name nothing counts as acknowledged; nothing of anybody is lost."""
    world, leeds, moorland = pair
    world.hub.keep_copy("backup")
    written = {
        leeds.write({"label": "boots"}).op_ids[0],
        moorland.write({"text": "new"}, secret(7)).op_ids[0],
    }
    world.settle()
    before = world.hub.store.incarnation
    world.hub.roll_back("backup")
    world.hub.store.note_restored()
    assert world.hub.store.incarnation != before
    assert not written & _ids(world.hub)
    came = world.exchange(leeds)
    assert isinstance(came, Fault)
    assert came.code == "wrong_receiver"
    world.settle()
    assert written <= _ids(world.hub)
    for spoke in (leeds, moorland):
        assert spoke.waiting == 0
        assert written <= _ids(spoke)
    world.assert_agreed()


def test_a_hub_rolled_back_in_silence_is_found_by_a_spoke_that_knows_more(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: a cursor beyond the end of the log proves that the log was longer."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    written = leeds.write({"label": "boots"}).op_ids[0]
    world.settle()
    before = world.hub.store.incarnation
    world.hub.roll_back("old")
    world.settle()
    assert world.hub.store.incarnation != before
    assert written in _ids(world.hub) & _ids(moorland)
    world.assert_agreed()


def test_a_hub_rolled_back_in_silence_that_went_on_is_found_too(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: its log is as long again when the spoke calls; its marks have gone back."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    written = leeds.write({"label": "boots"}).op_ids[0]
    world.settle()
    world.hub.roll_back("old")
    for number in range(5):
        world.hub.write({"text": f"{number}"}, secret(20 + number))
    world.settle()
    assert written in _ids(world.hub) & _ids(moorland)
    for spoke in (leeds, moorland):
        assert spoke.waiting == 0
    world.assert_agreed()


def test_work_of_a_place_that_received_a_person_stands_after_the_hub_was_restored(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-01: whatever order the spokes come back in, what was entitled is not parked for good."""
    world.let_hold(toys.subject(3), moorland)
    world.introduce(1, 2)
    world.hub.keep_copy("backup")
    world.let_hold(toys.subject(3), leeds, moorland)
    leeds.write({"text": "received"}, secret(3))
    world.settle()
    mine = moorland.write({"label": "boots"}, parcel(3)).op_ids[0]
    world.settle()
    world.hub.roll_back("backup")
    world.hub.store.note_restored()
    world.settle(moorland)
    world.settle(leeds, moorland)
    for node in (world.hub, leeds, moorland):
        assert node.values(parcel(3)) == {"label": "boots"}
        with node.store.reading() as reading:
            assert mine not in {entry.op_id for entry in reading.parked()}
    world.assert_agreed()


def test_a_node_and_the_hub_restored_at_once_lose_nothing_that_is_on_a_disk(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01."""
    world, leeds, moorland = pair
    first = leeds.write({"label": "boots"}).op_ids[0]
    world.settle()
    leeds.keep_copy("old")
    world.hub.keep_copy("backup")
    second = moorland.write({"remarks": "since"}).op_ids[0]
    world.settle()
    leeds.roll_back("old")
    leeds.store.note_restored()
    world.hub.roll_back("backup")
    world.hub.store.note_restored()
    third = leeds.write({"remarks": "after"}).op_ids[0]
    world.settle()
    assert {first, second, third} <= _ids(world.hub) & _ids(leeds) & _ids(moorland)
    assert leeds.waiting == moorland.waiting == 0
    world.assert_agreed()


def test_a_life_that_continues_another_is_bound_to_it(pair: tuple[World, Node, Node]) -> None:
    """INV-08: a second first segment of one life is refused, not joined to it."""
    world, leeds, _ = pair
    leeds.store.note_restored()
    leeds.write({"label": "boots"})
    world.settle()
    assert leeds.waiting == 0
    rows = "SELECT count(*) FROM lives WHERE follows_life IS NOT NULL AND node = ?"
    assert world.hub.count(rows, leeds.id) == 1


def test_a_branch_may_begin_at_any_point_that_is_held(pair: tuple[World, Node, Node]) -> None:
    """INV-08: both branches stand in the log for ever, and both ends are marked."""
    world, leeds, _ = pair
    log = CraftedLog(world, leeds)
    log.offer(log.op({"text": "a"}, secret(2)))
    chain, seq = log.chain, log.seq
    log.offer(log.op({"text": "b"}, secret(3)))
    log.chain, log.seq = chain, seq
    log.offer(log.op({"text": "c"}, secret(4)))
    texts = [world.hub.values(secret(number))["text"] for number in (2, 3, 4)]
    assert texts == ["a", "b", "c"]
    assert world.hub.count("SELECT count(*) FROM tips") == 2


def test_a_restored_hub_judges_own_work_anew_and_its_author_follows(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-04: of the present life, too, an earlier incarnation's suspicion counts no more."""
    world, leeds, _ = pair
    world.hub.keep_copy("old")
    ten_minutes_ms = 10 * 60 * 1000
    (op_id,) = leeds.write({"label": "boots"}).op_ids
    world.hub.clock.ms -= ten_minutes_ms
    _, request = world.request_of(leeds)
    world.carry(leeds, world.sealed(leeds, request))
    world.hub.clock.ms += ten_minutes_ms
    world.settle()
    flags = "SELECT flags FROM ops WHERE op_id = ?"
    assert leeds.count(flags, op_id) == Flag.APPLIED | Flag.SUSPECT
    world.hub.roll_back("old")
    world.hub.store.note_restored()
    world.settle()
    assert world.hub.count(flags, op_id) == leeds.count(flags, op_id) == Flag.APPLIED
    world.assert_agreed()
