"""S12: a revoked node. What the hub had received stands, what comes after waits for two people."""

import pytest

from sync_protocol.io.revoking import (
    AlreadyRevoked,
    Held,
    NotInQuarantine,
    NotRevoked,
    SameJudge,
    quarantined,
    reinstate,
    revocations,
    revoke,
)
from sync_protocol.lease import Term
from sync_protocol.merge import RecordKey
from sync_protocol.messages import Reply
from sync_protocol.scope import REVOKED, Flag
from tests import toys
from tests.contract.world import Node, World, draft, parcel, secret

ANN, BEN = toys.actor(1), toys.actor(2)
TERM = Term("office", 86_400_000)


def bar(world: World, node: Node) -> None:
    """Revoke a node at the hub."""
    with world.hub.store.core.transaction():
        revoke(world.hub.store.core, node.id, ANN, "stolen")


def trust(world: World, node: Node) -> None:
    """Trust it again."""
    with world.hub.store.core.transaction():
        reinstate(world.hub.store.core, node.id)


def held_at(world: World) -> list[Held]:
    """What is in quarantine."""
    with world.hub.store.changing() as connection:
        return quarantined(connection)


def say(world: World, word: str, actor: bytes, *held: Held) -> bool:
    """One person's word about what is held."""
    with world.hub.store.core.transaction():
        ids = [one.op_id for one in held]
        return world.hub.store.quarantine.decide(ids, word, actor)  # type: ignore[arg-type]


def test_what_came_before_stands_and_what_comes_after_is_kept_and_counts_for_nothing(
    pair: tuple[World, Node, Node],
) -> None:
    """S12, INV-11: by receipt; no time that anybody claims moves it to the other side."""
    world, leeds, moorland = pair
    leeds.write({"label": "before"})
    world.settle()
    bar(world, leeds)
    leeds.clock.ms -= 10**9
    leeds.write({"colour": "claimed to be older"})
    world.exchange(leeds)
    world.settle(moorland)
    assert moorland.values() == {"label": "before"}
    assert world.hub.values() == {"label": "before"}
    (held,) = held_at(world)
    assert (held.node, held.word, held.is_settled) == (leeds.id, None, False)
    parked = world.hub.count("SELECT count(*) FROM ops WHERE flags & 2 AND reason = ?", REVOKED)
    assert parked == 1


def test_nothing_leaves_for_a_revoked_node_but_the_order_to_lock(
    pair: tuple[World, Node, Node],
) -> None:
    """S12, INV-05: neither what others write nor what becomes of its own."""
    world, leeds, moorland = pair
    bar(world, leeds)
    moorland.write({"label": "not for it"})
    world.settle(moorland)
    leeds.write({"label": "red"})
    reply = world.exchange(leeds)
    assert isinstance(reply, Reply)
    assert reply.lease is not None
    assert reply.lease.is_order
    told = (reply.entries, reply.notices, reply.steps, reply.own, reply.snapshots, reply.keys)
    assert not any(told)
    assert leeds.store.spoke.lease.tenure().why_locked == "locked"
    assert leeds.waiting == 0


def test_the_order_is_given_once_and_a_held_request_is_held(
    pair: tuple[World, Node, Node],
) -> None:
    """S12, INV-10: a node that was told does not knock again and again."""
    world, leeds, _ = pair
    bar(world, leeds)
    world.exchange(leeds)
    again = world.exchange(leeds)
    assert isinstance(again, Reply)
    assert again.lease is None
    leeds.reopen()
    assert leeds.store.spoke.lease.tenure().why_locked == "locked"


def test_all_that_a_revoked_node_has_comes_in_however_much_it_is(
    pair: tuple[World, Node, Node],
) -> None:
    """S12: evidence is not left behind because it does not fit in one request."""
    world, leeds, _ = pair
    bar(world, leeds)
    for number in range(5):
        leeds.write({"label": f"note {number}"}, parcel(1, 20 + number))
        world.exchange(leeds, room_ops=1)
    assert len(held_at(world)) == 5
    assert leeds.waiting == 0


def test_two_people_release_what_stands_then_as_if_it_came_now(
    pair: tuple[World, Node, Node],
) -> None:
    """S12: one alone changes nothing, and nobody counts twice."""
    world, leeds, moorland = pair
    bar(world, leeds)
    leeds.write({"label": "true all the same"})
    world.exchange(leeds)
    (held,) = held_at(world)
    assert not say(world, "release", ANN, held)
    assert world.hub.values() == {}
    with pytest.raises(SameJudge):
        say(world, "release", ANN, held)
    assert say(world, "release", BEN, held)
    world.settle(moorland)
    assert moorland.values() == {"label": "true all the same"}
    assert held_at(world) == []
    world.assert_agreed(moorland)


def test_two_people_may_say_that_it_stays_and_others_may_think_otherwise_later(
    pair: tuple[World, Node, Node],
) -> None:
    """S12: it is kept for ever, and a second thought needs two people again."""
    world, leeds, _ = pair
    bar(world, leeds)
    leeds.write({"label": "doubtful"})
    world.exchange(leeds)
    (held,) = held_at(world)
    assert not say(world, "release", ANN, held)
    assert not say(world, "keep", BEN, held)
    assert say(world, "keep", ANN, held)
    (kept,) = held_at(world)
    assert kept.is_settled
    assert not say(world, "release", BEN, held)
    assert say(world, "release", ANN, held)
    assert world.hub.values() == {"label": "doubtful"}


def test_a_change_set_is_released_whole(pair: tuple[World, Node, Node]) -> None:
    """S12, INV-07: half of an act could end what the other half begins."""
    world, leeds, _ = pair
    bar(world, leeds)
    other = RecordKey("parcel", (toys.subject(1),), toys.record(77))
    leeds.write_all(draft({"label": "one"}), draft({"label": "two"}, other))
    world.exchange(leeds)
    first = held_at(world)[0]
    say(world, "release", ANN, first)
    say(world, "release", BEN, first)
    assert held_at(world) == []
    assert (world.hub.values(), world.hub.values(other)) == ({"label": "one"}, {"label": "two"})


def test_who_was_not_entitled_is_not_made_so_by_a_release(
    pair: tuple[World, Node, Node],
) -> None:
    """S10, S12: a release takes the revocation away and nothing else."""
    world, leeds, moorland = pair
    world.let_hold(toys.subject(2), moorland)
    world.introduce(2)
    bar(world, leeds)
    leeds.write({"label": "none of its business"}, parcel(2))
    world.exchange(leeds)
    (held,) = held_at(world)
    say(world, "release", ANN, held)
    say(world, "release", BEN, held)
    assert world.hub.values(parcel(2)) == {}
    sql = "SELECT count(*) FROM ops WHERE flags & 2 AND reason = 'not_entitled'"
    assert world.hub.count(sql) == 1


def test_what_is_new_in_quarantine_creates_nobody_until_it_is_released(
    pair: tuple[World, Node, Node],
) -> None:
    """S12: a stolen box brings no new people into the record, and none that were real are lost."""
    world, leeds, _ = pair
    bar(world, leeds)
    leeds.write({"text": "somebody new"}, secret(9))
    world.exchange(leeds)
    with world.hub.store.reading() as reading:
        assert reading.holders(toys.subject(9)) == {}
    (held,) = held_at(world)
    say(world, "release", ANN, held)
    say(world, "release", BEN, held)
    assert world.hub.values(secret(9)) == {"text": "somebody new"}
    with world.hub.store.reading() as reading:
        assert leeds.id in reading.holders(toys.subject(9))


def test_the_author_hears_the_verdicts_once_it_is_trusted_again(
    pair: tuple[World, Node, Node],
) -> None:
    """S12: a node that comes back reads again, and knows what of its work counts."""
    world, leeds, _ = pair
    world.term = TERM
    world.hub.reopen()
    bar(world, leeds)
    leeds.write({"label": "written by a thief, or not"})
    world.exchange(leeds)
    trust(world, leeds)
    world.settle(leeds)
    assert leeds.store.spoke.lease.tenure().why_locked == ""
    assert leeds.values() == {}
    with leeds.store.reading() as reading:
        (parked,) = reading.parked()
    assert parked.verdict.reason == REVOKED
    (held,) = held_at(world)
    say(world, "release", ANN, held)
    say(world, "release", BEN, held)
    world.settle(leeds)
    assert leeds.values() == {"label": "written by a thief, or not"}
    leeds.write({"colour": "blue"})
    world.settle(leeds)
    assert world.hub.values() == {"label": "written by a thief, or not", "colour": "blue"}


def test_a_hub_that_gives_no_leases_takes_its_order_back_all_the_same(
    pair: tuple[World, Node, Node],
) -> None:
    """S12: nobody stays locked for ever who is trusted again."""
    world, leeds, _ = pair
    bar(world, leeds)
    world.exchange(leeds)
    trust(world, leeds)
    world.settle(leeds)
    told = leeds.store.spoke.lease.tenure()
    assert (told.why_locked, told.is_short) == ("", False)


def test_what_the_hub_had_and_lost_is_no_late_arrival(pair: tuple[World, Node, Node]) -> None:
    """S12, INV-01: the chain of its segment proves that it came before."""
    world, leeds, _ = pair
    leeds.write({"label": "before"})
    world.settle(leeds)
    with world.hub.store.core.transaction():
        core = world.hub.store.core
        core.connection.execute(
            "DELETE FROM ops WHERE op_no = (SELECT max(op_no) FROM ops WHERE flags & ?)",
            (int(Flag.APPLIED),),
        )
    bar(world, leeds)
    with leeds.store.core.transaction():
        leeds.store.core.connection.execute("UPDATE lives SET received_seq = 0")
    world.exchange(leeds)
    assert held_at(world) == []
    assert world.hub.count("SELECT count(*) FROM ops WHERE flags & 2") == 0


def test_revoking_is_told_once_and_ended_once(pair: tuple[World, Node, Node]) -> None:
    """S12: who did it, why, and until when is kept for ever."""
    world, leeds, _ = pair
    with pytest.raises(NotRevoked):
        trust(world, leeds)
    bar(world, leeds)
    with pytest.raises(AlreadyRevoked):
        bar(world, leeds)
    trust(world, leeds)
    bar(world, leeds)
    world.hub.reopen()
    assert leeds.id in world.hub.store.core.revoked
    with world.hub.store.changing() as connection:
        latest, first = revocations(connection)
    assert (latest.why, latest.actor, latest.ended_ms) == ("stolen", ANN, None)
    assert first.ended_ms is not None
    assert latest.at_ms > first.at_ms


def test_nothing_else_is_in_quarantine(pair: tuple[World, Node, Node]) -> None:
    """S12: a release cannot reach what was parked for another reason."""
    world, leeds, moorland = pair
    world.let_hold(toys.subject(2), moorland)
    world.introduce(2)
    receipt = leeds.write({"label": "not entitled"}, parcel(2))
    world.settle(leeds)
    assert held_at(world) == []
    with pytest.raises(NotInQuarantine), world.hub.store.core.transaction():
        world.hub.store.quarantine.decide(receipt.op_ids, "release", ANN)


def test_a_receipt_of_a_revoked_node_proves_nothing(pair: tuple[World, Node, Node]) -> None:
    """S12: a stolen box may say that it let go of everybody."""
    world, leeds, moorland = pair
    world.let_hold(toys.subject(1), moorland)
    world.hub.write({"text": "moved"}, secret(1))
    world.settle()
    before = world.hub.count("SELECT count(*) FROM receipts WHERE node = ?", leeds.id)
    bar(world, leeds)
    world.exchange(leeds)
    assert world.hub.count("SELECT count(*) FROM receipts WHERE node = ?", leeds.id) == before
