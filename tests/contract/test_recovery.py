"""Recovery: a restored hub waits for every node; one without a backup is filled by the others."""

import msgspec
import pytest

from sync_protocol.errors import NotFound
from sync_protocol.io.recovery import (
    Recovery,
    SamePerson,
    give_up,
    is_recovering,
    read_recovery,
    read_regained,
)
from sync_protocol.messages import Reply
from tests import toys
from tests.contract.world import Node, World, parcel, secret

Pair = tuple[World, Node, Node]


def _recovery(world: World) -> Recovery:
    with world.hub.store.changing() as connection:
        recovery = read_recovery(connection)
    assert recovery is not None
    return recovery


def _begin_empty(world: World) -> None:
    """The hub's disk is lost, and so is every backup."""
    writer, _ = world.places.connect("HUB-empty")
    writer.execute("CREATE TABLE unused(here ANY)")
    writer.close()
    world.hub.roll_back("empty")


def _is_told(spoke: Node) -> bool:
    return spoke.store.spoke.is_hub_recovering


def _is_recovering(world: World) -> bool:
    with world.hub.store.changing() as connection:
        return is_recovering(connection)


def test_a_hub_that_was_never_restored_awaits_nobody(pair: Pair) -> None:
    world, leeds, _ = pair
    with world.hub.store.changing() as connection:
        assert read_recovery(connection) is None
    assert not _is_told(leeds)
    with world.hub.store.core.transaction(), pytest.raises(NotFound):
        give_up(world.hub.store.core, leeds.id, "one")


@pytest.mark.parametrize("silent", [True, False], ids=["silent", "told"])
def test_a_restored_hub_recovers_when_everybody_has_offered(pair: Pair, *, silent: bool) -> None:
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    leeds.write({"label": "boots"})
    world.settle()
    world.hub.roll_back("old")
    if not silent:
        world.hub.store.note_restored()
        assert _is_recovering(world)
    world.settle(leeds)
    assert _is_recovering(world)
    assert _is_told(leeds)
    assert {one.node for one in _recovery(world).awaited} == {moorland.id}
    world.settle()
    assert not _is_recovering(world)
    world.settle(leeds)
    world.exchange(leeds)
    assert not _is_told(leeds)
    assert world.hub.values() == {"label": "boots"}


def test_who_has_work_or_returns_left_has_not_offered_all(pair: Pair) -> None:
    world, leeds, _ = pair
    world.hub.store.note_restored()
    leeds.write({"label": "boots"})
    said = []
    for _ in range(10):
        said.append(world.request_of(leeds)[1].hello.has_offered)
        world.exchange(leeds)
    assert said[0] is False
    assert said[-1] is True
    first = said.index(True)
    assert all(said[first:])
    assert leeds.id not in {one.node for one in _recovery(world).awaited}


def test_the_word_of_an_earlier_incarnation_does_not_count(pair: Pair) -> None:
    """What was offered to the hub before says nothing of the one that forgot it."""
    world, leeds, _ = pair
    raw = world.request_of(leeds)[1]
    world.hub.store.note_restored()
    told = msgspec.structs.replace(raw.hello, has_offered=True)
    world.carry(leeds, world.sealed(leeds, msgspec.structs.replace(raw, hello=told)))
    assert leeds.id in {one.node for one in _recovery(world).awaited}


def test_two_people_give_up_a_node_that_will_not_come(pair: Pair) -> None:
    world, leeds, moorland = pair
    world.hub.store.note_restored()
    world.settle(leeds)
    core = world.hub.store.core
    with core.transaction():
        assert not give_up(core, moorland.id, "first").is_settled
    assert _is_recovering(world)
    with core.transaction(), pytest.raises(SamePerson):
        give_up(core, moorland.id, "first")
    with core.transaction():
        assert give_up(core, moorland.id, "second").is_settled
    assert not _is_recovering(world)
    moorland.write({"label": "late"}, parcel(1, 77))
    world.settle()
    assert world.hub.values(parcel(1, 77)) == {"label": "late"}


def test_a_hub_without_a_backup_is_filled_by_the_others(pair: Pair) -> None:
    """INV-01: all that stands on any disk is there again, the hub's own included."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    world.settle()
    moorland.write({"remarks": "worn"})
    world.hub.write({"text": "the centre's own"}, secret(9))
    world.settle()
    before = world.hub.ops
    _begin_empty(world)
    assert world.hub.ops == 0
    world.hub.store.note_restored()
    world.settle()
    assert world.hub.ops == before
    assert world.hub.values(secret(9)) == {"text": "the centre's own"}
    world.assert_agreed()
    with world.hub.store.changing() as connection:
        regained = {one.node: one for one in read_regained(connection)}
    assert regained[leeds.id].ops == 1
    assert regained[leeds.id].gaps == 0
    assert not regained[leeds.id].parked
    assert leeds.values() == moorland.values() == {"label": "boots", "remarks": ["worn"]}


def test_an_answer_says_that_the_hub_recovers(pair: Pair) -> None:
    world, leeds, _ = pair
    world.hub.store.note_restored()
    world.exchange(leeds)
    reply = world.exchange(leeds)
    assert isinstance(reply, Reply)
    assert reply.is_recovering


def test_the_gaps_of_a_life_are_counted(pair: Pair) -> None:
    world, leeds, _ = pair
    ids = [leeds.write({"label": "x"}, parcel(1, number)).op_ids[0] for number in range(1, 5)]
    world.settle()
    with world.hub.store.changing() as connection:
        connection.execute("DELETE FROM ops WHERE op_id = ?", (ids[1],))
        (found,) = [one for one in read_regained(connection) if one.node == leeds.id]
    assert (found.ops, found.lives, found.gaps) == (3, 1, 1)
    assert toys.id_of("node", "LEI") == leeds.id
