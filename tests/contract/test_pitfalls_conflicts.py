"""Faults that other systems shipped: conflicts, bad writes, clocks and fingerprints. Not ours."""

import tracemalloc

import msgspec
import pytest

from sync_protocol.causality import read_seen_token
from sync_protocol.clock import hlc_ms
from sync_protocol.departure import Departure
from sync_protocol.digest import MODULUS, digest_term
from sync_protocol.io.local_check import mend_store
from sync_protocol.limits import DRIFT_MS_MAX, OP_BYTES_MAX
from sync_protocol.messages import Reply
from sync_protocol.op import OpBytes
from tests import toys
from tests.contract.couriers import Pair
from tests.contract.crafted import CraftedLog
from tests.contract.departing import SUBJECT, back_up, move, state_of
from tests.contract.world import Node, World, parcel, secret

TEN_YEARS_MS = 10 * 365 * 24 * 60 * 60 * 1000
BRANCHES = 320


def _conflicts(node: Node) -> list[tuple[str, int]]:
    with node.store.reading() as reading:
        return [(one.field, len(one.sides)) for one in reading.conflicts()]


def test_what_was_replaced_is_kept_until_the_answer_came_and_after(parcelled: Pair) -> None:
    """INV-01: Couchbase Lite 402: the common base was let go of when the change had been sent.

    It was not taken, and the two sides could not be compared with what they both came from.
    """
    world, leeds, moorland = parcelled
    base = world.hub.write({"place": "attic"}).op_ids[0]
    world.settle()
    leeds.write({"place": "cellar"})
    moorland.write({"place": "garage"})
    _, request = world.request_of(leeds)
    world.sealed(leeds, request)
    leeds.reopen()
    world.settle(moorland)
    world.settle()
    for node in (world.hub, leeds, moorland):
        with node.store.reading() as reading:
            entry = reading.op(base)
        assert entry is not None
        assert entry.op is not None
        assert entry.op.values == {"place": "attic"}
        assert _conflicts(node) == [("place", 2)]


def test_an_open_conflict_is_there_after_a_restart(parcelled: Pair) -> None:
    """INV-06: Couchbase Lite 758: a resolver that fell was never called again for its conflict."""
    world, leeds, moorland = parcelled
    leeds.write({"place": "attic"})
    moorland.write({"place": "cellar"})
    world.settle()
    for node in (world.hub, leeds, moorland):
        for _ in range(2):
            node.reopen()
            assert _conflicts(node) == [("place", 2)], node.name
    leeds.write({"place": "cellar"})
    world.settle()
    for node in (world.hub, leeds, moorland):
        node.reopen()
        assert _conflicts(node) == [], node.name
    world.assert_agreed()


@pytest.mark.slow
def test_a_conflict_makes_no_ops_and_no_conflicts(parcelled: Pair) -> None:
    """INV-06: Syncthing 2282: copies of conflicts conflicted in their turn, without an end.

    However often nodes speak and fall, what two people wrote is two ops and one open conflict.
    """
    world, leeds, moorland = parcelled
    third = world.spoke("NIL")
    world.hub.write({"text": "seen by all"}, secret(1))
    world.settle()
    before = world.hub.ops
    for node, place in ((leeds, "attic"), (moorland, "cellar"), (third, "garage")):
        node.write({"place": place})
    world.settle()
    for _ in range(3):
        for node in (leeds, moorland, third, world.hub):
            node.reopen()
        world.settle()
    for node in (world.hub, leeds, moorland, third):
        assert node.ops == before + 3
        assert node.waiting == 0
        assert _conflicts(node) == [("place", 3)]


@pytest.mark.slow
def test_hundreds_of_sides_are_bounded_and_settled_by_one_person(parcelled: Pair) -> None:
    """INV-14: PouchDB 7244: a document of 300 branches took gigabytes and could not be closed."""
    world, leeds, moorland = parcelled
    with leeds.store.changing():
        for number in range(BRANCHES):
            leeds.write({"place": f"place {number}"}, seen=frozenset(), on_purpose=True)
    world.settle()
    shown = moorland.shown()
    assert shown is not None
    seen = read_seen_token(shown.seen)
    assert len(seen) == 1 + BRANCHES
    tracemalloc.start()
    assert _conflicts(moorland) == [("place", BRANCHES)]
    moorland.write({"place": "attic"}, seen=seen)
    world.settle()
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < OP_BYTES_MAX * BRANCHES, "no more than the ops themselves might"
    for node in (world.hub, leeds, moorland):
        assert node.values()["place"] == "attic"
        assert _conflicts(node) == []
    world.assert_agreed()


@pytest.mark.parametrize(
    "what", ["unreadable", pytest.param("not_entitled", marks=pytest.mark.slow)]
)
def test_one_bad_write_holds_nobody_up(parcelled: Pair, what: str) -> None:
    """INV-09: PowerSync native 15: what the server refused came again, and all behind it waited."""
    world, _, moorland = parcelled
    world.let_hold(toys.subject(2), moorland)
    world.introduce(2)
    log = CraftedLog(world, world.spoke("ODD"))
    if what == "unreadable":
        log.seq += 1
        bad = OpBytes(b"\xff" * 40, b"\xc1" * 40)
    else:
        bad = log.op({"label": "of somebody else"}, parcel(2)).raw
    good = [log.op({"text": f"{number}"}, secret(30 + number)) for number in range(4)]
    log.send(log.request(log.run([bad, *(one.raw for one in good)])))
    log.offer(log.op({"text": "next time"}, secret(40)))
    assert world.hub.values(secret(40)) == {"text": "next time"}
    with world.hub.store.reading() as reading:
        assert [one.verdict.reason for one in reading.parked()] == [what]
        assert reading.counts()["parked"] == 1
    world.settle(moorland)
    assert [moorland.values(secret(30 + number))["text"] for number in range(4)] == list("0123")


def test_one_op_from_the_future_throws_nothing_off(parcelled: Pair) -> None:
    """INV-07: Harmony 7: one commit of the future stood above all that was written after it.

    Nor does it take the clocks of those who read it along.
    """
    world, leeds, moorland = parcelled
    leeds.clock.ms += TEN_YEARS_MS
    leeds.write({"colour": "of the future"})
    moorland.write({"colour": "red"})
    world.settle()
    assert world.hub.values()["colour"] == "red", "of two that had not seen one another"
    leeds.write({"colour": "green"})
    world.settle()
    now_ms = moorland.clock.ms
    for node in (world.hub, moorland):
        assert hlc_ms(node.store.core.place().hlc) < now_ms + DRIFT_MS_MAX
        assert node.values()["colour"] == "green", "what was written last, having seen the others"
    world.hub.write({"colour": "blue"})
    world.settle()
    assert leeds.values()["colour"] == moorland.values()["colour"] == "blue"
    world.assert_agreed()


@pytest.mark.parametrize(
    "sign",
    [pytest.param(1, marks=pytest.mark.slow), -1],
    ids=["as under XOR", "as under a sum"],
)
def test_faults_that_cancel_each_other_are_found(parcelled: Pair, sign: int) -> None:
    """INV-04: fingerprints of a whole view by XOR or by one sum: two equal faults are none.

    Here the same term is in two subjects at once, or in one of them what the other lacks.
    """
    world, leeds, _ = parcelled
    world.introduce(2)
    with leeds.store.reading() as reading:
        before = reading.digests()
        op_id = reading.history(SUBJECT)[0].op_id
    term = digest_term(op_id, suspect=False, late=False, redacted=False)
    with leeds.store.changing() as connection:
        for subject, added in ((SUBJECT, term), (toys.subject(2), sign * term)):
            total = (before[subject].total + added) % MODULUS
            connection.execute(
                "UPDATE subjects SET digest = ? WHERE subject = ?",
                (total.to_bytes(32, "big"), subject),
            )
    leeds.reopen()
    leeds.clock.ms += 3_600_000
    heard = [_exchange(world, leeds).digest_equal for _ in range(3)]
    assert False in heard, "the views differ"
    world.settle()
    world.assert_agreed()


def test_who_claims_anothers_fingerprint_is_believed_for_itself_alone(parcelled: Pair) -> None:
    """INV-01: additive fingerprints trusted against an insider: "I hold what you hold" is a claim.

    The hub has lost a note; a spoke that still holds it says the hub's own digest, and may let go.
    """
    world, leeds, moorland = parcelled
    note = moorland.write({"remarks": "the hub loses this"}).op_ids[0]
    world.settle()
    with world.hub.store.changing() as connection:
        connection.execute("DELETE FROM ops WHERE op_id = ?", (note,))
    world.hub.reopen()
    assert not mend_store(world.hub.store).is_nothing
    ends = leeds.count("SELECT number FROM grants WHERE node = ?", leeds.id)
    move(world, moorland)
    back_up(world)
    for _ in range(2):
        world.exchange(leeds)
    assert state_of(leeds) == "drained"
    with world.hub.store.reading() as reading:
        digest = reading.digests()[SUBJECT]
    session, request = world.request_of(leeds)
    through = world.hub.store.last_hub_seq()
    claim = Departure(SUBJECT, ends, digest.to_bytes(), digest.count, through)
    lie = msgspec.structs.replace(request, departures=(claim,))
    came = world.carry(leeds, world.sealed(leeds, lie))
    assert isinstance(came, Reply)
    assert [one.subject for one in came.permits] == [SUBJECT], "the hub cannot know better"
    for effect in session.receive(came):
        world.do(leeds, session, lie, effect)
    assert state_of(leeds) == "drained", "no permit but for exactly what is here"
    assert leeds.values()["remarks"] == ["the hub loses this"]


def _exchange(world: World, spoke: Node) -> Reply:
    came = world.exchange(spoke)
    assert isinstance(came, Reply)
    return came
