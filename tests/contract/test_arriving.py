"""Arriving: a subject that enters a scope comes as a snapshot, and all is as if every op had."""

import msgspec
import pytest

from sync_protocol.author import Act
from sync_protocol.ids import OpId
from sync_protocol.io import snapshots
from sync_protocol.io.bases import Way
from sync_protocol.io.verify import verify_store
from sync_protocol.merge import RecordKey
from sync_protocol.messages import Entry, Reply
from sync_protocol.op import hash_raw, op_id_of
from sync_protocol.snapshot import Part, Place, Want
from tests import toys
from tests.contract.crafted import CraftedLog
from tests.contract.world import Node, World, draft, parcel, secret

CHANGES = 12


@pytest.fixture
def story(world: World, leeds: Node, moorland: Node) -> tuple[World, Node, Node]:
    """A subject with a past that one spoke has lived through, and another knows nothing of."""
    world.let_hold(toys.subject(1), leeds)
    world.introduce(1, 2)
    leeds.write({"label": "boots", "hazard": "grave", "status": "open", "colour": "red"})
    for number in range(CHANGES):
        leeds.write({"colour": f"shade {number}", "place": f"room {number}"})
        leeds.write({"text": f"note {number}"}, _remark(number))
    leeds.write_all(draft({"row": 1}, toys.SHELF_KEY), draft({"label": "gloves"}, parcel(1, 5)))
    leeds.write({"row": 2}, toys.SHELF_KEY)
    world.settle()
    return world, leeds, moorland


def _remark(number: int) -> RecordKey:
    return RecordKey("remark", (toys.subject(1),), toys.record(5_000 + number))


def _enter(world: World, *spokes: Node) -> None:
    """Let them hold the first subject; the hub writes so that it is asked."""
    world.let_hold(toys.subject(1), *spokes)
    world.hub.write({"place": "door"}, parcel(1, 5))


def _assert_sound(*nodes: Node) -> None:
    for node in nodes:
        assert verify_store(node.store).faults == (), node.name


def _way(node: Node) -> int | None:
    """How the first subject is folded; None where it is held op by op."""
    with node.store.reading() as reading:
        sql = "SELECT way FROM snapshots JOIN subjects USING(subject_no) WHERE subject = ?"
        rows = reading.select(sql, (toys.subject(1),))
    return rows[0][0] if rows else None


def test_who_enters_is_sent_what_stands_and_not_the_past(
    story: tuple[World, Node, Node],
) -> None:
    """INV-04: fewer ops, and the same rows and digests."""
    world, leeds, moorland = story
    _enter(world, leeds, moorland)
    world.settle()
    world.assert_agreed()
    _assert_sound(world.hub, leeds, moorland)
    assert moorland.ops < leeds.ops
    assert _way(moorland) == Way.BASED
    moorland.store.rebuild()
    world.assert_agreed()
    with moorland.store.reading() as reading:
        assert reading.arriving(toys.subject(1)) is Part.HISTORY


@pytest.mark.parametrize("room_ops", [1, 2, 3, 7])
def test_an_arrival_is_resumed_anywhere_while_life_goes_on(
    story: tuple[World, Node, Node], room_ops: int
) -> None:
    """INV-02: the node falls between any two parts, and others write meanwhile."""
    world, leeds, moorland = story
    _enter(world, leeds, moorland)
    for number in range(80):
        reply = world.exchange(moorland, room_ops=room_ops)
        assert isinstance(reply, Reply)
        assert len(reply.entries) <= room_ops
        moorland.reopen()
        _assert_sound(moorland)
        if number < 4:
            leeds.write({"colour": f"later {number}", "place": "cellar"})
            moorland.write({"text": f"mine {number}"}, secret(10 + number))
            world.exchange(leeds)
        if not reply.more and not moorland.store.spoke.wants():
            break
    world.settle()
    world.assert_agreed()
    _assert_sound(world.hub, leeds, moorland)


def test_safety_comes_first_and_notes_newest_first(story: tuple[World, Node, Node]) -> None:
    """Whoever receives a person must know first what may hurt."""
    world, leeds, moorland = story
    world.exchange(moorland)
    _enter(world, leeds, moorland)
    came: list[Entry] = []
    reply = world.exchange(moorland, room_ops=2)
    assert isinstance(reply, Reply)
    came += reply.entries
    assert moorland.values()["hazard"] == "grave"
    while moorland.store.spoke.wants():
        reply = world.exchange(moorland, room_ops=2)
        assert isinstance(reply, Reply)
        came += reply.entries
    with moorland.store.reading() as reading:
        kinds = {
            one.op_id: one.op.header.kind
            for one in reading.history(toys.subject(1))
            if one.op is not None
        }
    numbers = [one.hub_seq for one in came if kinds.get(op_id_of(hash_raw(one.raw))) == "secret"]
    assert numbers
    assert numbers == sorted(numbers, reverse=True)
    others = [one.hub_seq for one in came[: len(came) - len(numbers)]]
    assert {kinds[op_id_of(hash_raw(one.raw))] for one in came if one.hub_seq in others} >= {
        "parcel",
        "secret",
    }


def test_history_comes_page_by_page_where_somebody_asks(
    story: tuple[World, Node, Node],
) -> None:
    """In the end the node holds what it would hold had it been there all along."""
    world, leeds, moorland = story
    _enter(world, leeds, moorland)
    world.settle()
    before = moorland.ops
    pages = 0
    while moorland.store.spoke.arrivals.ask_history(toys.subject(1), 5):
        world.settle(moorland)
        pages += 1
        assert moorland.ops <= before + 5 * pages
        _assert_sound(moorland)
    assert pages > 2
    assert _way(moorland) is None
    assert moorland.holds(toys.subject(1)) == leeds.holds(toys.subject(1))
    assert not moorland.store.ask_history(toys.subject(1))
    for table in ("past", "base_standing", "base_replaced"):
        assert moorland.count(f"SELECT count(*) FROM {table}") == 0
    moorland.store.rebuild()
    world.assert_agreed()
    _assert_sound(moorland)


def test_what_standing_ops_rely_on_comes_with_them(world: World, leeds: Node) -> None:
    """At once or through others; it is past all the same, and stands in nothing."""
    world.let_hold(toys.subject(1), leeds)
    world.introduce(1)
    leeds.write({"label": "boots"})
    named: tuple[OpId, ...] = ()
    for colour in ("red", "green", "blue"):
        receipt = leeds.store.write(
            Act(
                actor=toys.actor(1),
                device="till-1",
                drafts=(draft({"colour": colour}, refs=named),),
            )
        )
        named = receipt.op_ids
        leeds.write({"place": colour})
    world.settle()
    new = world.spoke("NEW")
    world.let_hold(toys.subject(1), leeds, new)
    world.hub.write({"text": "again"}, secret(1))
    world.settle()
    with new.store.reading() as reading:
        colours = {
            one.op.values.get("colour")
            for one in reading.history(toys.subject(1))
            if one.op is not None
        }
    assert colours == {"red", "green", "blue", None}
    assert new.values()["colour"] == "blue"
    assert new.ops < leeds.ops
    world.assert_agreed()
    _assert_sound(new)


def test_a_subject_without_a_past_is_here_at_once(world: World, leeds: Node) -> None:
    """One reply, and nothing is asked for after it."""
    world.hub.write({"text": "known"}, secret(1))
    reply = world.exchange(leeds)
    assert isinstance(reply, Reply)
    assert [one.until.part for one in reply.snapshots] == [Part.HISTORY]
    assert leeds.store.spoke.wants() == ()
    assert _way(leeds) is None


def test_asking_for_history_wakes_who_listens(story: tuple[World, Node, Node]) -> None:
    """The driver lets go of its long poll, as for something written."""
    world, leeds, moorland = story
    _enter(world, leeds, moorland)
    world.settle()
    woken: list[bool] = []
    moorland.store.listen(lambda: woken.append(True))
    assert moorland.store.ask_history(toys.subject(1))
    assert woken


def test_nobody_is_sent_parts_of_whom_it_may_not_hold(story: tuple[World, Node, Node]) -> None:
    """INV-05: what a spoke asks for is answered by its grants, whatever it says."""
    world, _, moorland = story
    world.settle()
    _, request = world.request_of(moorland)
    wants = tuple(
        Want(toys.subject(number), 1 << 40, Place(part, 1 << 41))
        for number in (1, 77)
        for part in (Part.SAFETY, Part.LATER, Part.HISTORY)
    )
    reply = world.carry(
        moorland, world.sealed(moorland, msgspec.structs.replace(request, wants=wants))
    )
    assert isinstance(reply, Reply)
    assert (reply.entries, reply.snapshots) == ((), ())


def test_nothing_is_wanted_of_whom_one_may_not_hold_any_more(
    story: tuple[World, Node, Node],
) -> None:
    """INV-10: what nobody would answer is not asked for, nor waited for."""
    world, leeds, moorland = story
    _enter(world, leeds, moorland)
    world.exchange(moorland, room_ops=1)
    assert moorland.store.spoke.wants()
    with moorland.store.changing() as connection:
        connection.execute("DELETE FROM grants WHERE node = ?", (moorland.id,))
    assert moorland.store.spoke.wants() == ()
    assert not moorland.store.spoke.arrivals.is_filling


def test_who_was_first_recorded_here_needs_no_snapshot(pair: tuple[World, Node, Node]) -> None:
    """All that counts is here already: nothing is folded twice."""
    world, leeds, _ = pair
    leeds.write({"text": "found here"}, secret(30))
    leeds.write({"colour": "red", "label": "x"}, parcel(30))
    leeds.write({"colour": "blue"}, parcel(30))
    world.settle()
    with leeds.store.reading() as reading:
        assert reading.arriving(toys.subject(30)) is None
    world.assert_agreed()


def test_own_work_about_whom_one_does_not_hold_becomes_part_of_the_snapshot(
    story: tuple[World, Node, Node],
) -> None:
    """INV-03: numbered before the cut, it is in the snapshot; written since, it comes on top."""
    world, leeds, moorland = story
    moorland.write({"text": "seen from here"}, secret(1))
    world.exchange(moorland)
    leeds.write({"text": "and answered"}, secret(1))
    world.settle(leeds)
    _enter(world, leeds, moorland)
    moorland.write({"text": "not sent yet"}, _remark(90))
    world.settle()
    world.assert_agreed()
    _assert_sound(world.hub, leeds, moorland)


def test_what_was_answered_before_the_cut_stands_nowhere(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-04: of an op that lost a field only the fields that stand are told."""
    world.let_hold(toys.subject(1), leeds)
    world.introduce(1)
    log = CraftedLog(world, leeds)
    ahead = log.op({"status": "open", "label": "unknown"})
    log.seq += 1
    own = toys.op(
        log.seq, {"status": "closed"}, {"status": [ahead.id]}, node=leeds.id, life=log.life
    )
    log.send(log.request(log.run([ahead.raw, own.raw])))
    world.settle(leeds)
    world.let_hold(toys.subject(1), leeds, moorland)
    world.hub.write({"row": 3}, toys.SHELF_KEY)
    world.settle(moorland)
    world.assert_agreed(moorland)


def test_many_dangling_names_make_a_plain_arrival(
    story: tuple[World, Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-14: what cannot be told in a message is folded op by op instead."""
    world, leeds, moorland = story
    log = CraftedLog(world, leeds)
    ops = [
        log.op({"colour": "x"}, replaces={"colour": tuple(toys.op_id(n) for n in range(20))}),
        log.op({"colour": "y"}),
    ]
    log.send(log.request(log.run([one.raw for one in ops])))
    monkeypatch.setattr(snapshots, "DANGLING_MAX", 10)
    _enter(world, leeds, moorland)
    world.settle(moorland)
    world.assert_agreed(moorland)
    assert _way(moorland) is None
    assert moorland.holds(toys.subject(1)) == world.hub.holds(toys.subject(1))
    _assert_sound(moorland)


def test_dangling_names_travel_and_stay(story: tuple[World, Node, Node]) -> None:
    """INV-04: also through a rebuild."""
    world, leeds, moorland = story
    log = CraftedLog(world, leeds)
    missing = toys.op(900, {"colour": "late", "label": "z"}, node=moorland.id)
    op = log.op({"colour": "x"}, replaces={"colour": (missing.id,)})
    log.send(log.request(log.run([op.raw])))
    _enter(world, leeds, moorland)
    world.settle(moorland)
    assert moorland.count("SELECT count(*) FROM base_replaced") == 1
    moorland.store.rebuild()
    world.assert_agreed(moorland)


@pytest.mark.parametrize("silent", [True, False], ids=["silent", "told"])
def test_a_restored_hub_is_met_by_who_holds_snapshots(
    story: tuple[World, Node, Node], *, silent: bool
) -> None:
    """INV-01, INV-04: what was based on a cut that is lost is folded from all ops again."""
    world, leeds, moorland = story
    _enter(world, leeds, moorland)
    world.settle()
    world.hub.keep_copy("old")
    leeds.write({"colour": "after the copy", "hazard": "some"})
    moorland.write({"place": "moor"})
    world.settle()
    shown = moorland.values()
    world.hub.roll_back("old")
    if not silent:
        world.hub.store.note_restored()
    world.exchange(moorland)
    assert moorland.values() == shown
    world.settle()
    world.assert_agreed()
    _assert_sound(world.hub, leeds, moorland)
    assert moorland.values() == shown


def test_a_spoke_restored_goes_on_from_its_own_place(story: tuple[World, Node, Node]) -> None:
    """INV-01: parts that it lost come again."""
    world, leeds, moorland = story
    _enter(world, leeds, moorland)
    world.exchange(moorland, room_ops=3)
    moorland.keep_copy("old")
    world.settle()
    moorland.roll_back("old")
    moorland.store.note_restored()
    world.settle()
    world.assert_agreed()
    _assert_sound(moorland)


def test_a_pair_is_whole_whichever_side_comes_last(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-04: one side is held already, so its ops are here when the other arrives."""
    world.let_hold(toys.subject(1), leeds, moorland)
    world.let_hold(toys.subject(2), leeds)
    world.introduce(1, 2)
    leeds.write({"reason": "noise", "status": "open"}, toys.GRUDGE_KEY)
    leeds.write({"reason": "smoke", "status": "open"}, toys.GRUDGE_KEY)
    world.settle()
    leeds.write({"reason": "peace", "status": "closed"}, toys.GRUDGE_KEY)
    world.let_hold(toys.subject(2), leeds, moorland)
    world.exchange(leeds)
    world.hub.write({"label": "hat"}, parcel(2))
    world.settle()
    world.assert_agreed()
    leeds.write({"status": "open"}, toys.GRUDGE_KEY)
    moorland.write({"reason": "again"}, toys.GRUDGE_KEY)
    world.settle()
    world.assert_agreed()
    _assert_sound(leeds, moorland)


def test_who_gets_a_first_grant_late_is_not_streamed_the_past(
    story: tuple[World, Node, Node],
) -> None:
    """A new office is sent what stands of its people."""
    world, leeds, _ = story
    new = world.spoke("NEW")
    world.let_hold(toys.subject(1), leeds, new)
    world.hub.write({"place": "door"}, parcel(1, 5))
    reply = world.exchange(new)
    assert isinstance(reply, Reply)
    assert len(reply.entries) < CHANGES
    world.settle()
    assert new.values() == leeds.values()
    assert _way(new) == Way.BASED
    _assert_sound(new)
