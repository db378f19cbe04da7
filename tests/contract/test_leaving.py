"""Scope that moves: sets of reasons, leaves that name their grant, and what comes late."""

import pytest

from sync_protocol.io.backup import advance_stable
from sync_protocol.io.recovery import begin_recovery, note_offered
from sync_protocol.limits import SILENT_AFTER_MS
from sync_protocol.messages import Reply
from sync_protocol.scope import APPLIED, Flag, ScopeStep, Verdict, claim_of
from sync_protocol.seal import check_signature
from tests import toys
from tests.contract.world import Node, World, parcel, secret

SUBJECT = toys.subject(1)


def _exchange(world: World, spoke: Node, room_ops: int = 0) -> Reply:
    came = world.exchange(spoke, room_ops=room_ops)
    assert isinstance(came, Reply)
    return came


def _ask(world: World, number: int = 1) -> None:
    """Have the hub ask again who may hold a subject."""
    with world.hub.store.core.transaction():
        world.hub.store.ingest_side.scope.ask_again([toys.subject(number)])


def _move(world: World, *nodes: Node, number: int = 1) -> None:
    world.let_hold(toys.subject(number), *nodes)
    _ask(world, number)


def _acts(reply: Reply) -> list[tuple[str, int, int]]:
    return [(one.act, one.number, one.ends) for one in reply.steps]


def _verdict(world: World, op_id: bytes) -> Verdict:
    (found,) = world.hub.store.core.log.find([op_id]).values()  # type: ignore[list-item]
    return found.verdict


def test_a_leave_names_the_grant_that_it_ends(pair: tuple[World, Node, Node]) -> None:
    world, leeds, moorland = pair
    _move(world, moorland)
    (step,) = _exchange(world, leeds).steps
    assert (step.act, step.ends, step.reasons) == ("leave", 1, ())
    incarnation = world.hub.store.incarnation
    claim = claim_of(step, incarnation, leeds.id)
    check_signature(world.hub.signer.public_key, claim, step.signature)
    with leeds.store.reading() as reading:
        assert reading.holders(SUBJECT) == {}
    assert _exchange(world, leeds).steps == ()


def test_whoever_left_is_sent_nothing_more(pair: tuple[World, Node, Node]) -> None:
    """INV-05: not from the moment at which the node is told, but from that of the leave."""
    world, leeds, moorland = pair
    _move(world, moorland)
    moorland.write({"label": "after"}, parcel(1, 7))
    world.settle()
    assert leeds.values(parcel(1, 7)) == {}
    assert world.hub.values(parcel(1, 7)) == {"label": "after"}


def test_a_subject_stays_while_one_reason_is_left(pair: tuple[World, Node, Node]) -> None:
    world, leeds, _ = pair
    for words, expected in (
        ({"held", "expected"}, [("reasons", 2, 1)]),
        ({"expected"}, [("reasons", 3, 1)]),
        ({"expected"}, []),
        (set(), [("leave", 4, 1)]),
        ({"held"}, [("enter", 5, 0)]),
    ):
        world.reasons[SUBJECT] = {leeds.id: frozenset(words)} if words else {}
        _ask(world)
        reply = _exchange(world, leeds)
        assert _acts(reply) == expected
        assert [set(one.reasons) for one in reply.steps] == [words] * len(expected)
        with leeds.store.reading() as reading:
            assert set(reading.holders(SUBJECT).get(leeds.id, ())) == words


def test_what_came_and_went_unsaid_is_left_out(pair: tuple[World, Node, Node]) -> None:
    world, leeds, moorland = pair
    for nodes in ((moorland,), (leeds, moorland), (moorland,), (leeds,)):
        _move(world, *nodes)
    reply = _exchange(world, leeds)
    assert _acts(reply) == [("enter", 5, 0)]
    assert _acts(_exchange(world, moorland)) == [("leave", 2, 1)]
    world.hub.write({"text": "one of three"}, secret(3))
    world.settle()
    with leeds.store.reading() as reading:
        assert reading.holders(SUBJECT) == {leeds.id: {"held"}}


def test_a_leave_of_another_grant_does_nothing(pair: tuple[World, Node, Node]) -> None:
    """An old reply must not end the grant of somebody who came back."""
    world, leeds, moorland = pair
    _move(world, moorland)
    (old,) = _exchange(world, leeds).steps
    _move(world, leeds, moorland)
    reply = _exchange(world, leeds)
    assert _acts(reply) == [("enter", 3, 0)]
    again = Reply(
        count=1,
        incarnation=reply.incarnation,
        received_ms=0,
        sent_ms=0,
        clock=reply.clock,
        marks=(),
        cursor=reply.cursor,
        steps=(old,),
    )
    with leeds.store.core.transaction():
        leeds.store.spoke.departures.take_steps(again, 0)
    with leeds.store.reading() as reading:
        assert reading.holders(SUBJECT) == {leeds.id: {"held"}}


def test_the_op_that_moves_a_person_away_is_acknowledged_with_the_leave(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: it is told that it counts before it is told to let go; it is never parked by it."""
    world, leeds, moorland = pair
    for number in range(6):
        leeds.write({"label": f"box {number}"}, parcel(1, 60 + number))
    world.let_hold(SUBJECT, moorland)
    receipt = leeds.write({"text": "moved"}, secret(1))
    world.hub.write({"text": "another"}, secret(2))
    for _ in range(20):
        reply = _exchange(world, leeds, 1)
        if any(one.is_leave for one in reply.steps):
            break
    else:
        pytest.fail("it was never told to let go")
    found = leeds.store.core.log.find(receipt.op_ids)
    assert [one.verdict for one in found.values()] == [APPLIED]
    assert leeds.waiting == 0


def test_what_a_node_wrote_before_it_was_told_is_late(pair: tuple[World, Node, Node]) -> None:
    """INV-01: it counts, at the new holder too; the digests agree on how it is marked."""
    world, leeds, moorland = pair
    first = leeds.write({"label": "before"}, parcel(1, 5))
    world.settle()
    _move(world, moorland)
    late = leeds.write({"remarks": "not told yet"}, parcel(1, 5))
    world.settle()
    assert _verdict(world, first.op_ids[0]) == APPLIED
    assert _verdict(world, late.op_ids[0]) == Verdict(Flag.APPLIED | Flag.LATE)
    assert moorland.values(parcel(1, 5))["remarks"] == ["not told yet"]
    world.assert_agreed(moorland)


def test_the_new_holder_is_told_who_has_not_let_go(pair: tuple[World, Node, Node]) -> None:
    """INV-10: an office that cannot be reached may hold entries that nobody has seen."""
    world, leeds, moorland = pair
    _move(world, moorland)
    reply = _exchange(world, moorland)
    assert reply.elsewhere is not None
    with moorland.store.reading() as reading:
        (one,) = reading.scope.elsewhere(SUBJECT)
    assert (one.subject, one.node) == (SUBJECT, leeds.id)
    assert _exchange(world, moorland).elsewhere is None
    world.settle()
    advance_stable(world.hub.store, world.hub.store.last_hub_seq())
    world.settle()
    with moorland.store.reading() as reading:
        assert reading.scope.elsewhere(SUBJECT) == []


def test_what_a_node_finishes_before_it_lets_go_counts(pair: tuple[World, Node, Node]) -> None:
    """INV-01: it was told, and still has the record open."""
    world, leeds, moorland = pair
    _move(world, moorland)
    world.settle()
    receipt = leeds.write({"label": "finished"}, parcel(1, 6))
    world.settle()
    assert _verdict(world, receipt.op_ids[0]) == Verdict(Flag.APPLIED | Flag.LATE)
    assert moorland.values(parcel(1, 6)) == {"label": "finished"}


def test_there_and_back_within_the_hour(pair: tuple[World, Node, Node]) -> None:
    """INV-04: whoever was away meanwhile sees a grant that begins anew, and lacks nothing."""
    world, leeds, moorland = pair
    _move(world, moorland)
    world.exchange(moorland)
    moorland.write({"label": "at the other place"}, parcel(1, 8))
    world.exchange(moorland)
    _move(world, leeds)
    world.settle()
    assert leeds.values(parcel(1, 8)) == {"label": "at the other place"}
    world.assert_agreed(leeds)


def test_a_person_may_be_held_by_three_at_once(world: World) -> None:
    spokes = [world.spoke(name) for name in ("ONE", "TWO", "TRE")]
    world.introduce(1)
    _move(world, spokes[0], spokes[2])
    world.settle()
    with world.hub.store.reading() as reading:
        assert set(reading.holders(SUBJECT)) == {spokes[0].id, spokes[2].id}
    spokes[2].write({"label": "theirs"}, parcel(1, 3))
    world.settle()
    assert spokes[0].values(parcel(1, 3)) == {"label": "theirs"}
    assert spokes[1].values(parcel(1, 3)) == {}


def test_a_subject_that_leaves_while_it_arrives_leaves(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-05: nothing more of it comes, and what came is handed over like anything else."""
    world.let_hold(SUBJECT, leeds)
    world.introduce(1, 2)
    for number in range(8):
        world.hub.write({"label": f"box {number}"}, parcel(1, 100 + number))
    world.settle()
    _move(world, leeds, moorland)
    assert _exchange(world, moorland, 3).more
    _move(world, leeds)
    reply = _exchange(world, moorland)
    assert [one.act for one in reply.steps] == ["leave"]
    assert moorland.holds(SUBJECT) == 3
    world.settle()
    assert moorland.holds(SUBJECT) == 3


def test_too_many_leaves_within_the_hour_are_held(world: World, leeds: Node) -> None:
    """INV-01: an emptied list at the hub must never empty a prison."""
    numbers = range(1, 41)
    world.introduce(*numbers)
    for number in numbers:
        _move(world, number=number)
    ledger = world.hub.store.ingest_side.scope.ledger
    with world.hub.store.reading() as reading:
        held = reading.scope.held_leaves()
    assert len(held) == 20
    assert {one.node for one in held} == {leeds.id}
    world.settle()
    with leeds.store.reading() as reading:
        assert reading.select("SELECT count(*) FROM grants")[0][0] == 20
    with world.hub.store.core.transaction():
        assert len(ledger.confirm_leaves(leeds.id)) == 20
    assert len(_exchange(world, leeds).steps) == 20
    with world.hub.store.reading() as reading:
        assert reading.scope.held_leaves() == []


def test_leaves_that_are_cancelled_do_not_happen(world: World, leeds: Node) -> None:
    numbers = range(1, 31)
    world.introduce(*numbers)
    for number in numbers:
        _move(world, number=number)
    with world.hub.store.core.transaction():
        world.hub.store.ingest_side.scope.ledger.cancel_leaves(leeds.id)
    assert len(_exchange(world, leeds).steps) == 20
    for number in numbers[20:]:
        _move(world, leeds, number=number)
    assert _exchange(world, leeds).steps == ()


def test_whoever_has_a_reason_again_waits_for_no_word(world: World, leeds: Node) -> None:
    numbers = range(1, 23)
    world.introduce(*numbers)
    for number in numbers:
        _move(world, number=number)
    _move(world, leeds, number=21)
    with world.hub.store.reading() as reading:
        assert [one.subject for one in reading.scope.held_leaves()] == [toys.subject(22)]


def test_a_temporary_grant_ends_by_itself(pair: tuple[World, Node, Node]) -> None:
    world, leeds, moorland = pair
    scope = world.hub.store.ingest_side.scope
    _move(world, leeds)
    world.settle()
    until_ms = world.hub.clock.ms + 60_000
    with world.hub.store.core.transaction():
        scope.grant_until(moorland.id, SUBJECT, until_ms)
    (step,) = _exchange(world, moorland).steps
    assert (step.act, step.reasons) == ("enter", ("granted",))
    with world.hub.store.core.transaction():
        assert scope.end_temporary() == 0
    world.hub.clock.ms = until_ms
    with world.hub.store.core.transaction():
        assert scope.end_temporary() == 1
    assert [one.act for one in _exchange(world, moorland).steps] == ["leave"]


@pytest.mark.parametrize("told", [True, False])
def test_a_recovering_hub_tells_no_leave(pair: tuple[World, Node, Node], *, told: bool) -> None:
    """INV-01: it may have lost the reason, and not only the person."""
    world, leeds, moorland = pair
    with world.hub.store.core.transaction():
        begin_recovery(world.hub.store.core, [toys.node(99)])
    _move(world, moorland)
    assert _exchange(world, leeds).steps == ()
    if told:
        with world.hub.store.core.transaction():
            for node in (toys.node(99), leeds.id, moorland.id):
                note_offered(world.hub.store.core, node)
        assert [one.act for one in _exchange(world, leeds).steps] == ["leave"]


def test_a_step_is_kept_under_the_hubs_signature(pair: tuple[World, Node, Node]) -> None:
    world, leeds, moorland = pair
    _move(world, moorland)
    world.settle()
    with leeds.store.reading() as reading:
        rows = reading.select("SELECT number, act, reasons, ends, at_ms, signature FROM told")
    assert [row[1] for row in rows] == ["enter", "leave"]
    for number, act, words, ends, at_ms, signature in rows:
        reasons = tuple(words.split(",")) if words else ()
        step = ScopeStep(number, act, SUBJECT, reasons, ends, at_ms)
        claim = claim_of(step, world.hub.store.incarnation, leeds.id)
        check_signature(world.hub.signer.public_key, claim, signature)


def test_a_reason_is_as_old_as_its_first_step(pair: tuple[World, Node, Node]) -> None:
    """INV-05: another reason that came and went would else prolong it by as long again."""
    world, leeds, _ = pair
    over_ms = 0
    for words in ({"released"}, {"released", "linked"}, {"released"}):
        world.reasons[SUBJECT] = {leeds.id: frozenset(words)}
        _ask(world)
        over_ms = over_ms or world.hub.clock.ms
        world.hub.clock.ms += 2_000_000
    ledger = world.hub.store.ingest_side.scope.ledger
    with world.hub.store.core.transaction():
        assert ledger.held_since("released", over_ms) == [SUBJECT]
        assert ledger.held_since("released", over_ms - 1_000_000) == []
        assert ledger.held_since("linked", world.hub.clock.ms) == []


def test_the_new_holder_is_told_that_the_other_is_silent(pair: tuple[World, Node, Node]) -> None:
    """INV-10: said once when it falls silent, and once when it is heard again."""
    world, leeds, moorland = pair
    _move(world, moorland)
    told = _exchange(world, moorland).elsewhere
    assert told is not None
    assert told[0].silent_ms == 0
    with world.hub.store.reading() as reading:
        contact_ms = reading.scope.contacts()[leeds.id]
    world.hub.clock.ms += 2 * SILENT_AFTER_MS
    _exchange(world, moorland)
    with moorland.store.reading() as reading:
        (one,) = reading.scope.elsewhere(SUBJECT)
    assert one.silent_ms == contact_ms
    assert _exchange(world, moorland).elsewhere is None
    _exchange(world, leeds)
    _exchange(world, moorland)
    with moorland.store.reading() as reading:
        (one,) = reading.scope.elsewhere(SUBJECT)
    assert one.silent_ms == 0
