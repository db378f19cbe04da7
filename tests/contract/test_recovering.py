"""A hub that was restored lets nobody leave until every node was heard, and then whoever must."""

import pytest

from sync_protocol.io.bases import Way
from sync_protocol.io.mending import ask_for_all
from sync_protocol.io.recovery import StillRecovering, give_up, is_recovering
from sync_protocol.io.verify import verify_store
from sync_protocol.merge import RecordKey
from sync_protocol.messages import Reply
from tests import toys
from tests.contract.departing import back_up, leave, move, receipts, state_of
from tests.contract.world import Node, World, parcel, secret

SUBJECT = toys.subject(1)
Pair = tuple[World, Node, Node]


def _is_recovering(world: World) -> bool:
    with world.hub.store.changing() as connection:
        return is_recovering(connection)


def _acts(world: World, spoke: Node) -> list[tuple[str, bytes]]:
    """What the next exchanges say of this node's scope."""
    found: list[tuple[str, bytes]] = []
    for _ in range(6):
        reply = world.exchange(spoke)
        found += [(one.act, one.subject) for one in reply.steps] if isinstance(reply, Reply) else []
    return found


def _hold(node: Node) -> set[bytes]:
    with node.store.reading() as reading:
        rows = reading.select("SELECT subject FROM grants JOIN subjects USING(subject_no)")
    return {subject for (subject,) in rows}


def test_whoever_moves_on_halfway_into_an_arrival_holds_up_no_recovery(pair: Pair) -> None:
    """INV-01, INV-10: the node waited for the rest of him, which nobody sent, and was not heard.

    So what it alone had of the hub's own was never given back, and nobody was let go of any more.
    """
    world, leeds, moorland = pair
    for number in range(10, 16):
        moorland.write({"label": f"parcel {number}"}, parcel(1, number))
    world.settle()
    world.hub.keep_copy("old")
    lost = [world.hub.write({"label": "lost"}, parcel(1, 30)).op_ids[0]]
    world.settle()
    world.hub.roll_back("old")
    world.settle(moorland)
    world.exchange(leeds)
    assert _hold(leeds) == set()
    while SUBJECT not in _hold(leeds):
        world.exchange(leeds, room_ops=2)
    assert leeds.store.spoke.arrivals.is_filling
    move(world, moorland)
    world.settle()
    assert not _is_recovering(world)
    assert world.hub.store.core.log.find(lost)
    world.settle()
    assert _hold(leeds) == set()
    assert state_of(leeds) in {"releasing", "drained"}


def test_who_was_to_leave_before_the_restore_holds_up_nobody_who_enters(pair: Pair) -> None:
    world, leeds, moorland = pair
    world.introduce(2)
    move(world, moorland)
    world.hub.store.note_restored()
    world.settle(leeds)
    world.hub.write({"text": "arrives"}, secret(3))
    world.settle(leeds)
    assert _hold(leeds) == {toys.subject(2), toys.subject(3)}
    assert _is_recovering(world)
    world.settle(moorland)
    assert not _is_recovering(world)
    assert _acts(world, leeds) == [("leave", SUBJECT)]
    assert state_of(leeds) is not None


def test_what_was_let_go_of_before_is_not_to_be_let_go_of_again(pair: Pair) -> None:
    world, leeds, moorland = pair
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    world.hub.store.note_restored()
    world.settle()
    assert not _is_recovering(world)
    assert _acts(world, leeds) == []
    assert state_of(leeds) == "sealed"


def test_nobody_leaves_on_a_persons_word_either(pair: Pair) -> None:
    world, leeds, moorland = pair
    world.hub.store.note_restored()
    ledger = world.hub.store.ingest_side.scope.ledger
    with world.hub.store.core.transaction(), pytest.raises(StillRecovering):
        ledger.confirm_leaves(leeds.id)
    world.settle(leeds)
    with world.hub.store.core.transaction():
        for person in ("one", "two"):
            give_up(world.hub.store.core, moorland.id, person)
        assert ledger.confirm_leaves(leeds.id) == []


def test_who_came_back_while_the_hub_recovered_never_left(pair: Pair) -> None:
    """He is told of all along: the order in which the others come is not that in which he went."""
    world, leeds, moorland = pair
    world.hub.store.note_restored()
    world.settle(leeds)
    move(world, moorland)
    moorland.write({"label": "there"}, parcel(1, 7))
    while not world.hub.values(parcel(1, 7)):
        world.exchange(moorland, room_ops=1)
    assert _is_recovering(world)
    world.settle(leeds)
    assert leeds.values(parcel(1, 7)) == {"label": "there"}
    move(world, leeds, moorland)
    world.settle()
    assert not _is_recovering(world)
    assert _acts(world, leeds) == []
    assert _hold(leeds) == {SUBJECT}


def test_a_hub_that_forgot_a_receipt_gives_the_bodies_back_all_the_same(pair: Pair) -> None:
    """INV-04: it did not know that its node had let go, and sent it numbers for its own work."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots", "remarks": "old"})
    leeds.write({"remarks": "new"})
    world.settle()
    world.hub.keep_copy("old")
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    assert leeds.values() == {}
    world.hub.roll_back("old")
    world.let_hold(SUBJECT, leeds, moorland)
    world.settle()
    assert _hold(leeds) == {SUBJECT}
    assert leeds.values() == {"label": "boots", "remarks": ["old", "new"]}
    world.assert_agreed()


def test_what_comes_later_is_given_back_by_a_hub_that_forgot_a_receipt(pair: Pair) -> None:
    """INV-04: a note looked like one of the past until its part had come, and never showed again.

    The office asked what it could not open of whoever came back before all of him was there.
    """
    world, leeds, moorland = pair
    note = RecordKey("remark", (SUBJECT,), toys.record(40))
    moorland.write({"label": "boots"})
    move(world, moorland)
    world.settle()
    world.hub.keep_copy("old")
    move(world, leeds, moorland)
    world.settle()
    leeds.write({"text": "limps"}, note)
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    world.hub.roll_back("old")
    world.settle()
    assert receipts(world.hub, leeds) == []
    move(world, leeds, moorland)
    world.settle()
    assert leeds.values() == {"label": "boots"}
    assert leeds.values(note) == {"text": ["limps"]}
    world.assert_agreed()


def test_the_history_is_whole_after_a_hub_forgot_a_receipt(pair: Pair) -> None:
    """INV-04: what was replaced came as a number, to who could not open it any more."""
    world, leeds, moorland = pair
    move(world, moorland)
    world.settle()
    world.hub.keep_copy("old")
    move(world, leeds, moorland)
    world.settle()
    leeds.write({"label": "boots"})
    leeds.write({"label": "red boots"})
    leave(world, leeds, moorland)
    world.hub.roll_back("old")
    world.settle()
    move(world, leeds, moorland)
    world.settle()
    leeds.store.ask_history(SUBJECT)
    world.settle()
    assert leeds.values() == {"label": "red boots"}
    assert leeds.count("SELECT count(*) FROM ops WHERE body IS NULL") == 0
    world.assert_agreed()


def test_a_number_that_a_restored_hub_gives_anew_is_another_stay(pair: Pair) -> None:
    """INV-05: a receipt of the stay that it forgot was taken for one of the next, untold leave."""
    world, leeds, moorland = pair
    leave(world, leeds, moorland)
    world.hub.keep_copy("old")
    move(world, leeds, moorland)
    moorland.write({"label": "boots"})
    world.settle()
    move(world, moorland)
    world.settle()
    assert state_of(leeds) == "drained"
    world.hub.roll_back("old")
    world.settle()
    back_up(world)
    world.settle()
    (forgotten,) = receipts(world.hub, leeds)[-1:]
    world.hub.store.note_restored()
    world.settle()
    move(world, leeds, moorland)
    world.settle()
    assert leeds.values() == {"label": "boots"}
    with world.hub.store.reading() as reading:
        stays = {one.node: one.number for one in reading.scope.holding(SUBJECT)}
    assert stays[leeds.id] == forgotten.ends
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    assert leeds.values() == {}


def test_all_may_be_asked_for_of_whom_a_restored_hub_still_has_to_send(pair: Pair) -> None:
    """INV-04: what was based on a cut that is lost stays aside until all has come, then too."""
    world, leeds, moorland = pair
    for label in ("boots", "red boots"):
        moorland.write({"label": label})
    move(world, moorland)
    world.settle()
    move(world, leeds, moorland)
    world.settle()
    world.hub.store.note_restored()
    world.exchange(leeds)
    core = leeds.store.core
    with core.transaction():
        (before,) = core.folding.bases.rows().values()
        ask_for_all(core, before.subject_no)
        (asked,) = core.folding.bases.rows().values()
    assert (before.way, asked.way) == (Way.ASIDE, Way.ASIDE)
    assert asked.is_filling
    assert leeds.values() == {"label": "red boots"}
    world.settle()
    world.assert_agreed()
    assert verify_store(leeds.store).faults == ()


def test_who_was_let_go_of_in_two_lives_comes_back_whole(pair: Pair) -> None:
    """The second receipt's box has no key in it: what was closed is under that of the first."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    world.settle()
    leave(world, leeds, moorland)
    leeds.store.start_life(None)
    world.hub.store.note_restored()
    world.settle()
    assert not _is_recovering(world)
    world.settle()
    back_up(world)
    world.settle()
    assert [one.through for one in receipts(world.hub, leeds)][1:] == [0]
    move(world, leeds, moorland)
    world.settle()
    assert leeds.values() == {"label": "boots"}
    world.assert_agreed()


def test_what_was_let_go_of_is_not_sent_ahead_to_its_author(pair: Pair) -> None:
    """INV-05: a grave hazard that it wrote itself came back to it with its body."""
    world, leeds, moorland = pair
    world.introduce(2)
    for number in range(20, 24):
        leeds.write({"label": "boots"}, parcel(2, number))
    leeds.store.start_life(None)
    leeds.write({"label": "acid", "hazard": "grave"})
    leave(world, leeds, moorland)
    world.hub.store.note_restored()
    for _ in range(12):
        world.exchange(leeds, room_ops=1)
    world.settle()
    assert leeds.store.core.connection.execute(
        "SELECT count(*) FROM keys JOIN subjects USING(subject_no) WHERE subject = ? AND key"
        " NOT NULL",
        (SUBJECT,),
    ) == [(0,)]
    assert leeds.values() == {}


def test_who_came_back_before_the_restore_and_not_after_it_is_let_go_of(pair: Pair) -> None:
    """INV-05: the hub held the receipt of the first stay, and knew of no leave of the second."""
    world, leeds, moorland = pair
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    world.hub.keep_copy("old")
    move(world, leeds, moorland)
    world.settle()
    assert leeds.holds(SUBJECT)
    assert state_of(leeds) is None
    world.hub.roll_back("old")
    world.let_hold(SUBJECT, moorland)
    world.settle(leeds)
    assert _is_recovering(world)
    assert state_of(leeds) is None
    world.settle()
    assert not _is_recovering(world)
    world.settle()
    assert state_of(leeds) in {"releasing", "drained"}
    back_up(world)
    world.settle()
    assert state_of(leeds) == "sealed"
    assert leeds.count("SELECT count(*) FROM keys WHERE key NOT NULL") == 0
    assert [one.ends for one in receipts(world.hub, leeds)] == [1, 0]


def test_who_let_go_already_says_so_again_to_a_hub_that_forgot_it(pair: Pair) -> None:
    """Nothing can be read there: no permit is needed, and no backup waited for."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    world.settle()
    move(world, moorland)
    world.settle()
    world.hub.keep_copy("old")
    back_up(world)
    world.settle()
    assert state_of(leeds) == "sealed"
    world.hub.roll_back("old")
    world.settle()
    assert not _is_recovering(world)
    world.settle()
    assert state_of(leeds) == "sealed"
    with world.hub.store.reading() as reading:
        assert reading.scope.not_let_go() == []
    (receipt,) = receipts(world.hub, leeds)
    assert (receipt.act, receipt.through, receipt.box) == ("sealed", 0, b"")
    move(world, leeds, moorland)
    world.settle()
    assert leeds.values() == {"label": "boots"}
    world.assert_agreed()


def test_work_of_an_earlier_life_that_lay_sealed_takes_its_place_again(pair: Pair) -> None:
    """INV-04: it had no number when its subject came back, and was compared for ever."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    leeds.write({"label": "red boots"})
    world.settle()
    leeds.store.start_life(None)
    world.settle()
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    world.hub.store.note_restored()
    world.settle()
    world.settle()
    moorland.write({"label": "brown boots"})
    world.settle()
    move(world, leeds, moorland)
    world.settle()
    assert leeds.values() == {"label": "brown boots"}
    assert leeds.count("SELECT count(*) FROM ops WHERE hub_seq IS NULL") == 0
    world.assert_agreed()
