"""An own op that the log lost, and that the hub does not have: what came after it goes on."""

from collections.abc import Sequence

import msgspec
import pytest

from sync_protocol.errors import BadSignature, BrokenChain, TooLarge
from sync_protocol.ids import OpId
from sync_protocol.io.local_check import mend_store
from sync_protocol.io.verify import verify_store
from sync_protocol.messages import Request
from tests.contract.world import Node, World, draft, parcel

Pair = tuple[World, Node, Node]


def _lose(node: Node, op_ids: Sequence[OpId]) -> None:
    """Its log forgot these ops, and its own check set right what follows from that."""
    with node.store.changing() as connection:
        connection.executemany("DELETE FROM ops WHERE op_id = ?", [(one,) for one in op_ids])
    node.reopen()
    assert mend_store(node.store).own_lost == len(op_ids)


def _note(node: Node, number: int, *more: int) -> list[OpId]:
    """One act about these parcels."""
    drafts = [draft({"label": f"note {one}"}, parcel(1, one)) for one in (number, *more)]
    return list(node.write_all(*drafts).op_ids)


def _labels(node: Node) -> set[str]:
    with node.store.reading() as reading:
        return {row.values["label"] for row in reading.records("parcel", parcel(1).subjects[0])}


def test_what_was_written_after_a_lost_word_reaches_the_hub(pair: Pair) -> None:
    """INV-10: the hub is told that it is lost, and the office is not refused for ever."""
    world, leeds, moorland = pair
    acts = [_note(leeds, number) for number in range(1, 6)]
    _lose(leeds, [*acts[1], *acts[2]])
    world.settle()
    assert _labels(world.hub) == _labels(moorland) == {"note 1", "note 4", "note 5"}
    assert leeds.waiting == 0
    _note(leeds, 6)
    world.settle()
    assert "note 6" in _labels(moorland)
    assert verify_store(world.hub.store).faults == ()


@pytest.mark.parametrize("lost", [(1,), (4,), (1, 2, 3, 4), (1, 3)])
def test_the_first_the_last_or_every_word_may_be_lost(pair: Pair, lost: tuple[int, ...]) -> None:
    """INV-10: nothing waits then that could never be sent."""
    world, leeds, _ = pair
    acts = {number: _note(leeds, number) for number in range(1, 5)}
    _lose(leeds, [op_id for number in lost for op_id in acts[number]])
    world.settle()
    assert leeds.waiting == 0
    assert _labels(world.hub) == {f"note {number}" for number in acts if number not in lost}
    assert verify_store(world.hub.store).faults == ()


def test_a_restored_hub_and_a_log_that_lost_what_it_had_acknowledged(pair: Pair) -> None:
    """INV-10: found by a power cut's story, seed 15: the office was refused from then on."""
    world, leeds, moorland = pair
    world.settle()
    world.hub.keep_copy("old")
    lost = _note(leeds, 1)
    world.settle(leeds)
    _note(leeds, 2)
    world.hub.roll_back("old")
    world.hub.store.note_restored()
    _lose(leeds, lost)
    world.settle()
    assert _labels(world.hub) == _labels(moorland) == {"note 2"}
    assert leeds.waiting == 0


def test_what_others_hold_of_it_comes_back_to_all(pair: Pair) -> None:
    """INV-01: to say that it is lost here says nothing of the copies elsewhere."""
    world, leeds, moorland = pair
    world.settle()
    world.hub.keep_copy("old")
    lost = _note(leeds, 1)
    world.settle()
    _note(leeds, 2)
    world.hub.roll_back("old")
    world.hub.store.note_restored()
    _lose(leeds, lost)
    world.settle()
    world.settle()
    assert _labels(world.hub) == _labels(moorland) == _labels(leeds) == {"note 1", "note 2"}
    world.assert_agreed()


def test_of_an_act_that_lost_a_part_nothing_is_sent(pair: Pair) -> None:
    """INV-07: a change set stands whole or not at all."""
    world, leeds, moorland = pair
    act = _note(leeds, 1, 2, 3)
    _note(leeds, 4)
    _lose(leeds, act[1:2])
    world.settle()
    assert _labels(world.hub) == _labels(moorland) == {"note 4"}
    assert leeds.waiting == 0


def test_a_hub_that_has_it_is_told_nothing_that_changes_it(pair: Pair) -> None:
    """INV-01: lost here, and still to be offered since the hub's answer never came."""
    world, leeds, moorland = pair
    lost = _note(leeds, 1)
    _, request = world.request_of(leeds)
    world.carry(leeds, world.sealed(leeds, request))
    _lose(leeds, lost)
    _note(leeds, 2)
    world.settle()
    world.settle()
    assert _labels(world.hub) == _labels(moorland) == _labels(leeds) == {"note 1", "note 2"}
    assert verify_store(leeds.store).faults == ()


def _request_after_a_loss(pair: Pair) -> tuple[World, Node, Request]:
    world, leeds, _ = pair
    acts = [_note(leeds, number) for number in range(1, 4)]
    _lose(leeds, acts[1])
    return world, leeds, world.request_of(leeds)[1]


def _with(request: Request, at: int, **changed: object) -> Request:
    (run,) = request.runs
    segments = list(run.segments)
    segments[at] = msgspec.structs.replace(segments[at], **changed)
    return msgspec.structs.replace(
        request, runs=(msgspec.structs.replace(run, segments=tuple(segments)),)
    )


def test_a_gap_that_nobody_names_is_refused(pair: Pair) -> None:
    """INV-08: only what its node says is lost may be lacking, under its signature."""
    world, leeds, request = _request_after_a_loss(pair)
    (run,) = request.runs
    left = (run.segments[0], run.segments[2])
    bare = msgspec.structs.replace(request, runs=(msgspec.structs.replace(run, segments=left),))
    lost = run.segments[1].lost
    assert lost is not None
    longer = _with(request, 1, lost=msgspec.structs.replace(lost, ops=2))
    none = _with(request, 1, lost=msgspec.structs.replace(lost, ops=0))
    other = _with(request, 1, lost=msgspec.structs.replace(lost, chain_after=bytes(32)))
    both = _with(request, 1, ops=run.segments[0].ops)
    for wrong, fault in (
        (bare, BrokenChain),
        (longer, BrokenChain),
        (none, TooLarge),
        (other, BadSignature),
        (both, BrokenChain),
    ):
        with pytest.raises(fault):
            world.hub.store.ingest(wrong, leeds.id, leeds.signer.public_key)
    world.settle()
    assert _labels(world.hub) == {"note 1", "note 3"}
