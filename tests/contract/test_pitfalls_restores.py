"""Faults that other systems shipped around restarts, restores and acknowledgements: not ours.

Each test names what it would have looked like here. What a power cut takes back is modelled: a
disk that kept its last commit that waited for it, and no later one.
"""

from typing import Any

import pytest

from sync_protocol.messages import Fault, Reply
from tests import toys
from tests.contract.couriers import Pair, send_parcel
from tests.contract.departing import back_up, move, state_of
from tests.contract.world import Node, World, secret

TOLD = pytest.mark.parametrize(
    "told", [pytest.param(True, marks=pytest.mark.slow), False], ids=["told", "silent"]
)
KEPT = "at the last commit that waited for the disk"


def _ids(node: Node) -> set[bytes]:
    with node.store.reading() as reading:
        return {row[0] for row in reading.select("SELECT op_id FROM ops")}


def _lose_power_from_now_on(node: Node) -> None:
    """Keep what the node's disk is sure of, commit by commit, for `_cut`."""
    connection: Any = node.store.core.connection
    commit = connection.commit

    def keep() -> None:
        commit()
        if connection.execute("PRAGMA synchronous") == [(2,)]:
            node.keep_copy(KEPT)

    node.keep_copy(KEPT)
    connection.commit = keep


def _cut(node: Node) -> None:
    """The power goes, and comes back."""
    node.roll_back(KEPT)
    _lose_power_from_now_on(node)


def _lose_the_centre(world: World, *, told: bool) -> None:
    """Its store is lost with every backup, and the program begins with an empty one."""
    writer, _ = world.places.connect("HUB-empty")
    writer.execute("CREATE TABLE unused(here ANY)")
    writer.close()
    world.hub.roll_back("empty")
    if told:
        world.hub.store.note_restored()


def test_what_is_acknowledged_survives_a_power_cut_at_once(parcelled: Pair) -> None:
    """INV-01: acknowledged before fsync (NATS under Jepsen): the note was saved, and is gone."""
    world, leeds, _ = parcelled
    for node in (world.hub, leeds):
        _lose_power_from_now_on(node)
    saved = leeds.write({"label": "boots"}).op_ids[0]
    _cut(leeds)
    assert saved in _ids(leeds), "the member of staff was told that it is saved"
    came = world.exchange(leeds)
    _cut(world.hub)
    assert isinstance(came, Reply)
    assert leeds.waiting == 0
    assert saved in _ids(world.hub), "the spoke was told that the centre has it"
    _cut(leeds)
    world.settle()
    world.assert_agreed()


@TOLD
def test_a_hub_put_back_is_offered_what_it_forgot(parcelled: Pair, *, told: bool) -> None:
    """INV-01: CHT 8093: phones that had sent all of it never sent again what a restore forgot.

    Nor does anybody throw away what the older centre does not know (ownCloud 1038).
    """
    world, leeds, moorland = parcelled
    world.hub.keep_copy("backup")
    sent = {leeds.write({"remarks": f"{number}"}).op_ids[0] for number in range(5)}
    world.settle()
    assert leeds.waiting == 0
    held = {node.name: _ids(node) for node in (leeds, moorland)}
    world.hub.roll_back("backup")
    if told:
        world.hub.store.note_restored()
    assert not sent & _ids(world.hub)
    world.settle()
    assert sent <= _ids(world.hub)
    assert {node.name: _ids(node) for node in (leeds, moorland)} == held
    assert leeds.waiting == moorland.waiting == 0
    world.assert_agreed()


@TOLD
def test_a_centre_that_lost_everything_is_filled_again(parcelled: Pair, *, told: bool) -> None:
    """INV-01: Evolu 660: the emptied relay said yes to all, kept nothing and passed nothing on."""
    world, leeds, moorland = parcelled
    leeds.write({"label": "boots"})
    world.settle()
    before = _ids(world.hub)
    _lose_the_centre(world, told=told)
    after = leeds.write({"remarks": "written to the emptied centre"}).op_ids[0]
    came = world.exchange(leeds)
    assert isinstance(came, Fault) or leeds.waiting > 0 or after in _ids(world.hub)
    world.settle()
    assert before | {after} <= _ids(world.hub)
    assert after in _ids(moorland)
    assert leeds.waiting == moorland.waiting == 0
    world.assert_agreed()


def test_a_number_is_no_acknowledgement_after_a_restore_that_nobody_noticed(
    parcelled: Pair,
) -> None:
    """INV-08: Active Directory's USN rollback: the centre has three, and this node has three.

    They are not the same three: the newer ones were written while the answer was on its way.
    """
    world, leeds, moorland = parcelled
    leeds.keep_copy("old")
    forgotten = {leeds.write({"remarks": f"before {one}"}).op_ids[0] for one in range(3)}
    world.settle()
    leeds.roll_back("old")
    session, request = world.request_of(leeds)
    came = world.carry(leeds, world.sealed(leeds, request))
    written = {leeds.write({"remarks": f"after {one}"}).op_ids[0] for one in range(3)}
    assert leeds.store.core.place().seq == 3
    for effect in session.receive(came):
        world.do(leeds, session, request, effect)
    assert leeds.waiting == 3
    world.settle()
    for node in (world.hub, leeds, moorland):
        assert forgotten | written <= _ids(node), node.name
    assert leeds.waiting == 0
    world.assert_agreed()


def test_what_was_in_a_backup_under_an_old_life_proves_nothing_of_the_new(parcelled: Pair) -> None:
    """INV-01: a first trial of ours kept the stable mark across lives: the new op 1 was let go of.

    The mark of the old life says that its ops up to 5 are in a backup of the centre.
    """
    world, leeds, moorland = parcelled
    for number in range(5):
        leeds.write({"remarks": f"{number}"})
    world.settle()
    back_up(world)
    world.exchange(leeds)
    assert leeds.store.core.meta("stable_seq") == 5
    leeds.store.note_restored()
    assert leeds.store.core.meta("stable_seq") == 0
    new = leeds.write({"remarks": "of the new life"}).op_ids[0]
    assert leeds.store.core.place().seq == 1
    world.settle()
    assert leeds.store.core.meta("stable_seq") == 0
    move(world, moorland)
    for _ in range(3):
        world.exchange(leeds)
    assert state_of(leeds) == "drained", "it is at the centre, and in no backup yet"
    assert leeds.shown() is not None
    back_up(world)
    world.settle()
    assert state_of(leeds) == "sealed"
    assert new in _ids(world.hub)


def test_a_node_that_only_listened_so_far_may_write_after_a_restart(parcelled: Pair) -> None:
    """INV-10: LiveStore 970: after a reload its own numbers began below what it had received.

    Everything written then was turned away, and the program hung.
    """
    world, leeds, moorland = parcelled
    for number in range(5):
        moorland.write({"remarks": f"{number}"})
    world.settle()
    for turn in (1, 2):
        leeds.reopen()
        leeds.write({"remarks": f"after restart {turn}"})
        assert leeds.store.core.place().seq == turn
        world.settle()
        assert leeds.waiting == 0
    assert len(moorland.values()["remarks"]) == 7
    world.assert_agreed()


def test_what_is_offered_again_keeps_its_name_and_what_is_built_on_it(parcelled: Pair) -> None:
    """INV-08: LiveStore 641: put on another base, an op was deleted that the next one stood on.

    A twin makes this node go on in a new life, with a correction and its base both unsent.
    """
    world, leeds, moorland = parcelled
    leeds.keep_copy("twin")
    leeds.write({"colour": "of the twin"})
    world.settle(leeds)
    leeds.roll_back("twin")
    base = leeds.write({"place": "attic"}).op_ids[0]
    correction = leeds.write({"place": "cellar"}).op_ids[0]
    world.settle()
    assert leeds.count("SELECT count(*) FROM lives WHERE node = ?", leeds.id) == 2
    for node in (world.hub, leeds, moorland):
        assert {base, correction} <= _ids(node), node.name
        shown = node.shown()
        assert shown is not None
        assert (shown.values["place"], shown.asks) == ("cellar", {})
    world.assert_agreed()


def test_the_answer_tells_where_the_centre_is_and_never_where_it_was_asked_from(
    parcelled: Pair,
) -> None:
    """INV-08: an acknowledgement that echoes the request hides what the centre lost."""
    world, leeds, _ = parcelled
    world.hub.keep_copy("before")
    leeds.write({"label": "boots"})
    _, request = world.request_of(leeds)
    world.carry(leeds, world.sealed(leeds, request))
    world.hub.roll_back("before")
    leeds.write({"text": "mine"}, secret(4))
    _, request = world.request_of(leeds)
    withheld = type(request)(request.hello)
    came = world.carry(leeds, world.sealed(leeds, withheld))
    assert isinstance(came, Reply)
    assert max((one.seq for one in came.marks), default=0) < request.hello.seq
    world.settle()
    assert leeds.waiting == 0
    assert world.hub.values() == {"label": "boots"}
    assert world.hub.values(secret(4)) == {"text": "mine"}


@pytest.mark.slow
def test_numbers_are_read_whole_while_somebody_is_writing(disk: World) -> None:
    """INV-02: numbers that are given before they are committed: a reader steps over the gap.

    A sequence of PostgreSQL does that; here a reply is gathered while an op is half written.
    """
    leeds, moorland = disk.spoke("LEI"), disk.spoke("MDI")
    send_parcel(disk)
    door, hub = disk.door, disk.hub
    _, request = disk.request_of(moorland)
    visit = door.receive(disk.sealed(moorland, request))
    assert not isinstance(visit, bytes)
    before = hub.store.last_hub_seq()
    with hub.store.changing():
        slow = hub.write({"colour": "red"}).op_ids[0]
        reply = disk.hub.store.answer(request, moorland.id, toys.MORNING_MS)
        assert reply.cursor.hub_seq <= before
        assert visit.answer(is_last=True) is not None
    leeds.write({"remarks": "meanwhile"})
    disk.settle()
    assert slow in _ids(leeds) & _ids(moorland)
    disk.assert_agreed()
