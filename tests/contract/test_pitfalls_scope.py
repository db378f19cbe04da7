"""Faults that other systems shipped around who may hold what: not ours.

A list that fell empty, a removal taken for an ending, a subject that enters while it is written
about, an old message that ends what began since.
"""

import pytest

from sync_protocol.io.courier_file import OldCourier
from sync_protocol.limits import LEAVES_FLOOR
from sync_protocol.messages import Reply
from sync_protocol.op import OpBytes
from tests import toys
from tests.contract.couriers import answer, ask, bring, state, take
from tests.contract.crafted import CraftedLog
from tests.contract.departing import SUBJECT, leave, move, state_of
from tests.contract.world import Node, World, parcel, secret

FEW = range(1, LEAVES_FLOOR - 9)
MANY = range(1, LEAVES_FLOOR + 21)


def _exchange(world: World, spoke: Node, room_ops: int = 0) -> Reply:
    came = world.exchange(spoke, room_ops=room_ops)
    assert isinstance(came, Reply)
    return came


def _acts(reply: Reply) -> list[str]:
    return [one.act for one in reply.steps]


def _ask_about(world: World, *numbers: int) -> None:
    with world.hub.store.core.transaction():
        world.hub.store.ingest_side.scope.ask_again([toys.subject(one) for one in numbers])
        world.hub.store.core.name_commit()


def _fill(world: World, ops: int) -> None:
    for place in range(ops):
        world.hub.write({"label": f"box {place}"}, parcel(1, 100 + place))


def test_a_list_that_lacks_somebody_lets_nobody_go(
    world: World, leeds: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-01: purged because "not in my list": the list fell empty, and so did the prison."""
    world.introduce(*FEW)
    held = leeds.ops
    monkeypatch.setattr(world, "_holders_of", lambda *_: {})
    world.hub.reopen()
    _ask_about(world, *FEW)
    assert _acts(_exchange(world, leeds)) == []
    world.settle()
    assert leeds.ops == held
    assert all(state_of(leeds, number) is None for number in FEW)
    assert leeds.values(secret(1)) == {"text": "known"}


def test_a_list_that_names_nobody_empties_no_prison(world: World, leeds: Node) -> None:
    """INV-01: the same fault, where the centre says in so many words that nobody holds anybody.

    As many may leave as on any day; the others wait for a person. No op is lost by either.
    """
    world.introduce(*MANY)
    held = leeds.ops
    for number in MANY:
        world.let_hold(toys.subject(number))
    _ask_about(world, *MANY)
    world.settle()
    gone = sum(state_of(leeds, number) is not None for number in MANY)
    assert gone <= LEAVES_FLOOR
    with world.hub.store.reading() as reading:
        assert len(reading.scope.held_leaves()) == len(MANY) - gone
    assert (leeds.ops, world.hub.ops) == (held, held)


def test_what_ends_a_record_removes_nobody(pair: tuple[World, Node, Node]) -> None:
    """INV-01: Couchbase Lite 1249: a deletion has no body, so its channels were taken for none.

    The document was then purged from every device. Here its kind says who holds the subject.
    """
    world, leeds, moorland = pair
    leeds.write({"label": "boots", "status": "open"})
    world.settle()
    leeds.write({"status": "closed", "colour": None, "hazard": None, "place": None})
    odd = CraftedLog(world, world.spoke("ODD"))
    odd.seq += 1
    odd.send(odd.request(odd.run([OpBytes(b"\xff" * 40, b"\xc1" * 40)])))
    acts = {spoke.name: _acts(_exchange(world, spoke)) for spoke in (leeds, moorland)}
    assert acts == {"LEI": [], "MDI": []}
    world.settle()
    for node in (world.hub, leeds, moorland):
        assert node.values()["status"] == "closed"
        assert node.holds(SUBJECT) == 3, "an ending is one op more"
    assert state_of(leeds) is state_of(moorland) is None


def test_who_is_let_go_of_ends_nothing_anywhere(pair: tuple[World, Node, Node]) -> None:
    """INV-01: the same the other way round: "remove it here" arrived elsewhere as "delete it"."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots", "status": "open"})
    world.settle()
    shown, held = moorland.values(), [world.hub.ops, moorland.ops, leeds.ops]
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    assert leeds.values() == {}
    assert moorland.values() == world.hub.values() == shown
    assert [world.hub.ops, moorland.ops, leeds.ops] == held


def test_what_is_written_while_a_subject_enters_is_neither_lost_nor_undone(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-02, INV-04: Electric, pending move-in: changes during the query for who enters.

    Some were dropped as covered by it, others were overwritten by its older rows.
    """
    world.let_hold(SUBJECT, leeds)
    world.introduce(1)
    _fill(world, 6)
    world.settle()
    move(world, leeds, moorland)
    for turn in range(4):
        assert _exchange(world, moorland, 2).more
        for place in range(6):
            world.hub.write({"colour": f"turn {turn}"}, parcel(1, 100 + place))
        world.hub.write({"label": "new"}, parcel(1, 200 + turn))
    world.settle()
    world.assert_agreed()
    assert [moorland.values(parcel(1, 100 + place))["colour"] for place in range(6)] == [
        "turn 3"
    ] * 6
    assert all(moorland.values(parcel(1, 200 + turn)) for turn in range(4))


def test_what_enters_is_not_taken_for_seen_because_its_numbers_are_old(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-01: PGlite 883: rows that enter have no place after the cursor, and were skipped."""
    world.let_hold(SUBJECT, leeds)
    world.introduce(1)
    _fill(world, 5)
    world.introduce(*range(2, 12))
    world.settle()
    cursor = moorland.store.core.cursor()
    assert cursor.hub_seq == world.hub.store.last_hub_seq(), "far beyond those of the subject"
    move(world, leeds, moorland)
    world.settle()
    assert moorland.holds(SUBJECT) == 6
    world.assert_agreed()


def test_reasons_that_change_while_a_subject_enters_do_not_hold_it_for_ever(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-05: Electric 3833: the reason that ended while another began was never taken away.

    The row stayed with whoever had lost every right to it.
    """
    world.reasons[SUBJECT] = {leeds.id: frozenset({"kept"}), moorland.id: frozenset({"court"})}
    world.introduce(1)
    _fill(world, 6)
    _ask_about(world, 1)
    _exchange(world, moorland, 2)
    world.reasons[SUBJECT][moorland.id] = frozenset({"visit"})
    _ask_about(world, 1)
    _exchange(world, moorland, 2)
    with moorland.store.reading() as reading:
        assert reading.holders(SUBJECT)[moorland.id] == {"visit"}
    world.reasons[SUBJECT] = {leeds.id: frozenset({"kept"})}
    leave(world, moorland, leeds)
    assert state_of(moorland) == "sealed"
    assert moorland.values(parcel(1, 100)) == {}


@pytest.mark.parametrize("ends_inside", [pytest.param(True, marks=pytest.mark.slow), False])
def test_who_comes_and_goes_within_one_transaction_is_where_it_ended(
    pair: tuple[World, Node, Node], *, ends_inside: bool
) -> None:
    """INV-05: Electric 3854: of several changes in one transaction the last was dropped."""
    world, leeds, moorland = pair
    scope = world.hub.store.ingest_side.scope
    with world.hub.store.core.transaction():
        for turn in range(5):
            nodes = (leeds, moorland) if (turn % 2 == 0) is ends_inside else (leeds,)
            world.let_hold(SUBJECT, *nodes)
            scope.ask_again([SUBJECT])
        world.hub.store.core.name_commit()
    world.settle()
    with world.hub.store.reading() as reading:
        assert (moorland.id in reading.holders(SUBJECT)) is ends_inside
    assert (state_of(moorland) is None) is ends_inside
    leeds.write({"label": "after"})
    world.settle()
    assert (moorland.values() == {"label": "after"}) is ends_inside


def test_an_old_courier_answer_lets_go_of_nobody_who_came_back(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: the stick lay in a drawer: it says "let go", and is of before the person returned."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    world.settle()
    bring(world, ask(world, leeds))
    move(world, moorland)
    old = answer(world, leeds)
    leave(world, leeds, moorland)
    assert state_of(leeds) == "sealed"
    permitted = answer(world, leeds)
    move(world, leeds, moorland)
    world.settle()
    before = state(leeds)
    for late in (old, permitted):
        with pytest.raises(OldCourier):
            take(world, leeds, late)
    world.settle()
    assert state(leeds)[:2] == before[:2]
    assert state_of(leeds) is None
    assert leeds.values() == {"label": "boots"}
    world.assert_agreed()


def test_an_ending_written_long_ago_reaches_who_has_long_read_on(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: RxDB, tombstones behind the checkpoint: it was older than the cursor, so never sent.

    An office that was cut off ended something weeks ago, by a clock that is slow besides.
    """
    world, leeds, moorland = pair
    leeds.write({"label": "boots", "status": "open"})
    world.settle()
    leeds.clock.ms -= 400_000_000
    ending = leeds.write({"status": "closed"}).op_ids[0]
    for number in range(4):
        world.hub.clock.ms += 86_400_000
        world.hub.write({"text": f"{number}"}, secret(20 + number))
        world.settle(moorland)
    assert moorland.values()["status"] == "open"
    world.settle()
    assert moorland.values()["status"] == world.hub.values()["status"] == "closed"
    with moorland.store.reading() as reading:
        assert reading.op(ending) is not None
    world.assert_agreed()
