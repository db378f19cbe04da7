"""Repair: where a spoke's view differs from the hub's, both end with all that either holds."""

from typing import Any

import msgspec
import pytest

from sync_protocol.errors import BadMessage
from sync_protocol.ids import OpId
from sync_protocol.io.local_check import mend_sample, mend_store
from sync_protocol.io.repair import UNANSWERED_MAX
from sync_protocol.io.verify import verify_store
from sync_protocol.limits import REPAIR_PASSES_MAX
from sync_protocol.messages import Fault, Look, Repair, Repaired, Reply
from sync_protocol.reconcile import Holdings, answer_frame, open_frame
from tests import toys
from tests.contract.world import Node, World, draft, parcel, secret

Pair = tuple[World, Node, Node]
SUBJECTS = tuple(range(1, 6))


@pytest.fixture
def busy(world: World, leeds: Node, moorland: Node) -> Pair:
    """A hub and two spokes that hold five subjects, each with a few ops of either."""
    world.introduce(*SUBJECTS)
    for number in SUBJECTS:
        leeds.write({"label": f"a{number}"}, parcel(number))
        moorland.write({"label": f"b{number}"}, parcel(number, 100 + number))
        leeds.write({"remarks": "one"}, parcel(number))
    world.settle()
    world.assert_agreed()
    return world, leeds, moorland


def _lose(node: Node, *op_ids: OpId) -> None:
    """Its disk forgot these ops, and its own check found what follows from that."""
    with node.store.changing() as connection:
        connection.executemany("DELETE FROM ops WHERE op_id = ?", [(one,) for one in op_ids])
    node.reopen()
    assert not mend_store(node.store).is_nothing


def _damage(node: Node, sql: str, *parameters: Any) -> None:
    with node.store.changing() as connection:
        connection.execute(sql, parameters)
    node.reopen()


def _ids(node: Node, where: str = "1") -> list[OpId]:
    with node.store.reading() as reading:
        return [OpId(row[0]) for row in reading.select(f"SELECT op_id FROM ops WHERE {where}")]


def _settle_anew(world: World, *spokes: Node) -> None:
    """Compare again, as after a quarter of an hour."""
    for spoke in spokes:
        spoke.reopen()
    world.settle()
    world.assert_agreed()
    for node in (world.hub, *world.spokes.values()):
        assert verify_store(node.store).faults == (), node.name


def test_what_a_spoke_lost_of_others_comes_back(busy: Pair) -> None:
    """INV-01, INV-10: a spoke that was passed over is sent what it lacks, and nothing else."""
    world, leeds, moorland = busy
    lost = _ids(
        leeds,
        "life_no NOT IN (SELECT life_no FROM lives WHERE node = "
        "(SELECT value FROM meta WHERE name = 'node'))",
    )[::3]
    assert len(lost) > 3
    held = leeds.ops
    _lose(leeds, *lost)
    _settle_anew(world, leeds, moorland)
    assert leeds.ops == held
    assert set(leeds.store.spoke.differences.last.missing_here) == set(lost)


def test_what_a_spoke_lost_of_its_own_comes_back_to_its_place(busy: Pair) -> None:
    """INV-08: its chain is whole again, so a restored hub is offered what it takes."""
    world, leeds, moorland = busy
    lost = leeds.write_all(
        draft({"label": "x"}, parcel(1, 51)), draft({"label": "y"}, parcel(1, 52))
    ).op_ids[:1]
    leeds.write({"remarks": "after"}, parcel(1))
    world.settle()
    _lose(leeds, *lost)
    _settle_anew(world, leeds, moorland)
    assert leeds.values(parcel(1, 51)) == {"label": "x"}
    world.hub.store.note_restored()
    _settle_anew(world, leeds, moorland)


@pytest.mark.parametrize("is_in_a_set", [False, True])
def test_what_the_hub_lost_of_a_spokes_own_is_offered_again(
    busy: Pair, *, is_in_a_set: bool
) -> None:
    """INV-01, INV-07: the segment is known there, and the op is judged with the rest of its set."""
    world, leeds, moorland = busy
    drafts = [draft({"label": "x"}, parcel(2, 61)), draft({"label": "y"}, parcel(2, 62))]
    op_ids = leeds.write_all(*drafts[: 1 + is_in_a_set]).op_ids
    leeds.write({"remarks": "after"}, parcel(2))
    world.settle()
    _lose(world.hub, op_ids[0])
    assert world.hub.values(parcel(2, 61)) == {}
    _settle_anew(world, leeds, moorland)
    assert world.hub.values(parcel(2, 61)) == {"label": "x"}
    assert world.hub.count("SELECT count(*) FROM ops WHERE flags & 2") == 0


def test_what_the_hub_and_its_author_lost_comes_back_from_another(busy: Pair) -> None:
    """INV-01: the hub's own manifest proves it."""
    world, leeds, moorland = busy
    (lost,) = leeds.write({"label": "boots"}, parcel(3, 71)).op_ids
    own = world.hub.write({"text": "the centre's own"}, secret(3)).op_ids[0]
    world.settle()
    _lose(leeds, lost)
    _lose(world.hub, lost, own)
    _settle_anew(world, leeds, moorland)
    for node in (world.hub, leeds, moorland):
        assert node.values(parcel(3, 71)) == {"label": "boots"}
        with node.store.reading() as reading:
            assert reading.op(own) is not None


@pytest.mark.parametrize("at_hub", [False, True])
def test_a_digest_that_is_not_that_of_the_ops_is_set_right(busy: Pair, *, at_hub: bool) -> None:
    """INV-04: nothing but the comparison has to travel."""
    world, leeds, moorland = busy
    sql = "UPDATE subjects SET digest = ?, digest_count = digest_count + 1 WHERE subject = ?"
    _damage(world.hub if at_hub else leeds, sql, bytes(31) + b"x", toys.subject(2))
    _settle_anew(world, leeds, moorland)
    last = leeds.store.spoke.differences.last
    assert last.subjects
    assert not last.missing_here + last.missing_there + last.judged_otherwise


def test_a_projection_that_is_not_that_of_the_log_is_set_right(busy: Pair) -> None:
    world, leeds, moorland = busy
    _damage(leeds, "UPDATE parcel SET label = 'forged'")
    assert mend_store(leeds.store, is_trial=True).projections
    assert mend_store(leeds.store).projections
    assert mend_store(leeds.store).is_nothing
    _settle_anew(world, leeds, moorland)


@pytest.mark.parametrize(
    "change",
    [
        "flags = flags | 4",
        "hub_seq = NULL",
        "flags = 2, reason = 'change_set'",
        "hub_seq = NULL, flags = 0",
    ],
)
def test_the_hubs_verdict_replaces_another(busy: Pair, change: str) -> None:
    """INV-04: the hub alone judges; where a spoke has it otherwise, its word counts as it is."""
    world, leeds, moorland = busy
    lost = _ids(leeds)[1::4]
    marks = ",".join("?" * len(lost))
    _damage(leeds, f"UPDATE ops SET {change} WHERE op_id IN ({marks})", *lost)
    mend_store(leeds.store)
    _settle_anew(world, leeds, moorland)


def test_a_sample_is_checked_in_turn_and_set_right(busy: Pair) -> None:
    """INV-04: a few subjects at a time, all of them after a while."""
    world, leeds, moorland = busy
    held = leeds.count("SELECT count(*) FROM subjects")
    assert mend_sample(leeds.store, held) == 0
    _damage(leeds, "UPDATE parcel SET label = 'forged' WHERE subject = ?", toys.subject(2))
    _damage(leeds, "UPDATE subjects SET digest_count = 9 WHERE subject = ?", toys.subject(4))
    assert mend_sample(leeds.store, 1) <= 1
    assert mend_sample(leeds.store, held) + mend_sample(leeds.store, held) in (1, 2)
    assert mend_sample(leeds.store, held) == 0
    _settle_anew(world, leeds, moorland)


def test_a_store_without_subjects_has_nothing_to_check(world: World, leeds: Node) -> None:
    assert mend_sample(leeds.store, 5) == 0


def test_what_a_trial_finds_it_leaves_as_it_is(busy: Pair) -> None:
    world, leeds, _ = busy
    lost = _ids(leeds)[-1]
    _lose(leeds, lost)
    _lose(world.hub, _ids(world.hub)[0])
    held = (leeds.ops, world.hub.ops)
    leeds.store.spoke.differences.is_trial = True
    world.settle(leeds)
    found = leeds.store.spoke.differences.last
    assert lost in found.missing_here
    assert len(found.missing_there) == 1
    assert (leeds.ops, world.hub.ops) == held


def test_of_whom_a_spoke_may_not_hold_it_learns_nothing(busy: Pair) -> None:
    """INV-05: neither by a frame nor by asking for an op."""
    world, leeds, moorland = busy
    world.let_hold(toys.subject(9), moorland)
    moorland.write({"text": "not yours"}, secret(9))
    world.settle()
    (hidden,) = _ids(world.hub, "record_no = (SELECT max(record_no) FROM records)")
    strange = toys.op_id(4)
    _, request = world.request_of(leeds)
    frame = open_frame(Holdings({}))
    asks = Repair((Look(toys.subject(9), 0, frame),), (hidden, strange))
    raw = world.sealed(leeds, msgspec.structs.replace(request, repair=asks))
    reply = world.carry(leeds, raw)
    assert isinstance(reply, Reply)
    assert reply.repaired is not None
    assert reply.repaired.considered == 2
    assert reply.repaired.lacking == (hidden, strange)
    assert not reply.entries
    assert reply.repaired.looks[0].frame == answer_frame(Holdings({}), frame)


def test_what_cannot_be_mended_is_not_asked_for_ever(
    busy: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-10, INV-14: the node goes on with its work, and the centre goes on being told."""
    world, leeds, _ = busy
    monkeypatch.setattr("sync_protocol.io.hub_answer.HubAnswer._digest_equal", _never_equal)
    leeds.reopen()
    asked = 0
    for _ in range(40):
        asked += world.request_of(leeds)[1].repair is not None
        world.exchange(leeds)
    assert 0 < asked <= 3 * REPAIR_PASSES_MAX
    leeds.write({"label": "goes on"}, parcel(1, 91))
    world.exchange(leeds)
    assert world.hub.values(parcel(1, 91)) == {"label": "goes on"}


def _never_equal(*_: Any) -> bool:
    return False


def _differing(busy: Pair) -> tuple[World, Node]:
    """A spoke that has found that its view differs."""
    world, leeds, _ = busy
    _lose(leeds, _ids(leeds)[-1])
    world.exchange(leeds)
    assert leeds.store.spoke.differences.is_under_way
    return world, leeds


def test_an_answer_that_is_no_frame_ends_the_comparison_and_nothing_else(busy: Pair) -> None:
    world, leeds = _differing(busy)
    _, request = world.request_of(leeds)
    reply = world.carry(leeds, world.sealed(leeds, request))
    assert isinstance(reply, Reply)
    bad = msgspec.structs.replace(reply, repaired=Repaired((Look(b"", 0, b"\x09"),)))
    with pytest.raises(BadMessage):
        leeds.store.spoke.accept(bad, request.hello, leeds.clock.now_ms())
    assert not leeds.store.spoke.differences.is_under_way
    world.settle()


def test_a_hub_that_does_not_repair_is_asked_a_few_times(
    busy: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub of the release before passes over what it does not know."""
    world, leeds = _differing(busy)
    monkeypatch.setattr("sync_protocol.io.hub_answer.HubAnswer._repaired", lambda *_: (None, []))
    for _ in range(REPAIR_PASSES_MAX * (UNANSWERED_MAX + 3)):
        assert not isinstance(world.exchange(leeds), Fault)
    assert not leeds.store.spoke.differences.is_under_way


def test_a_frame_of_a_spoke_that_is_none_is_refused(busy: Pair) -> None:
    world, leeds, _ = busy
    _, request = world.request_of(leeds)
    asks = Repair((Look(b"", 0, b"\x09"),))
    with pytest.raises(BadMessage):
        world.carry(leeds, world.sealed(leeds, msgspec.structs.replace(request, repair=asks)))


def test_a_run_that_the_hub_never_takes_is_offered_whole(
    busy: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-10: its life is offered from the beginning, which every hub takes."""
    world, leeds, _ = busy
    (lost,) = leeds.write({"label": "boots"}, parcel(4, 81)).op_ids
    world.settle()
    _lose(world.hub, lost)
    leeds.reopen()
    while not leeds.store.spoke.outbox(100)[0]:
        world.exchange(leeds)
    monkeypatch.setattr(world, "tamper", _cut)
    for _ in range(6):
        with pytest.raises(BadMessage):
            world.exchange(leeds)
    assert leeds.waiting
    monkeypatch.undo()
    world.settle()
    assert world.hub.values(parcel(4, 81)) == {"label": "boots"}


def _cut(_raw: bytes) -> bytes:
    raise BadMessage("the line spoils it")
