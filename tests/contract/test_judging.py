"""Judging: nothing authentic is refused, each op is judged once, and a change set whole."""

from sync_protocol.ids import HASH_BYTES
from sync_protocol.op import BODY_HASH_TAG, OpBytes, hash_raw
from tests import toys
from tests.contract.crafted import CraftedLog
from tests.contract.world import Node, World, parcel, secret


def _parked(node: Node) -> dict[bytes, str]:
    with node.store.reading() as reading:
        return {bytes(entry.op_id): entry.verdict.reason for entry in reading.parked()}


def test_an_unreadable_op_in_a_good_segment_is_parked_and_the_chain_goes_on(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-09, INV-11: it is kept, counted and shown as parked, and delays nobody."""
    world, leeds, moorland = pair
    log = CraftedLog(world, world.spoke("ODD"))
    before = log.op({"text": "before"}, secret(11))
    log.seq += 1
    poison = OpBytes(b"\xff" * 40, b"\xc1" * 40)
    after = log.op({"text": "after"}, secret(12))
    log.send(log.request(log.run([before.raw, poison, after.raw])))
    log.offer(log.op({"text": "later"}, secret(13)))
    assert list(_parked(world.hub).values()) == ["unreadable"]
    with world.hub.store.reading() as reading:
        assert reading.counts()["ops"] == 1 + 4
    world.settle(leeds, moorland)
    for number, text in ((11, "before"), (12, "after"), (13, "later")):
        assert moorland.values(secret(number)) == {"text": text}
    assert _parked(moorland) == {}
    world.assert_agreed(leeds, moorland)


def test_an_unreadable_op_comes_back_to_its_author_alone(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-09: the node that lost its disk is sent what it wrote, parked as the hub has it."""
    world, leeds, moorland = pair
    odd = world.spoke("ODD")
    log = CraftedLog(world, odd)
    log.seq += 1
    log.send(log.request(log.run([OpBytes(b"\xff" * 40, b"\xc1" * 40)])))
    world.settle()
    assert list(_parked(odd).values()) == ["unreadable"]
    assert _parked(leeds) == _parked(moorland) == {}


def test_a_forbidden_op_is_parked_with_its_reason_and_its_author_is_told(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-09, INV-11: kept at the hub, listed at both ends, in nobody's way."""
    world.let_hold(toys.subject(1), moorland)
    world.introduce(1)
    forbidden = leeds.write({"label": "boots"})
    leeds.write({"text": "mine"}, secret(2))
    world.settle()
    expected = {forbidden.op_ids[0]: "not_entitled"}
    assert _parked(world.hub) == _parked(leeds) == expected
    assert leeds.values() == world.hub.values() == moorland.values() == {}
    assert world.hub.values(secret(2)) == {"text": "mine"}
    assert leeds.waiting == 0
    world.assert_agreed(moorland)


def test_one_forbidden_op_parks_its_whole_change_set(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-07: else closing one alert to open another could end it by machine."""
    world.let_hold(toys.subject(1), moorland)
    world.introduce(1)
    log = CraftedLog(world, leeds)
    allowed = log.op({"text": "x"}, secret(1), change_set=toys.change_set(1, 0, 2))
    forbidden = log.op({"label": "x"}, change_set=toys.change_set(1, 1, 2))
    log.offer(allowed, forbidden)
    assert _parked(world.hub) == {allowed.id: "change_set", forbidden.id: "not_entitled"}
    assert world.hub.values(secret(1)) == {"text": "known"}


def test_the_part_of_another_subject_is_judged_by_itself(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-07: a change set is judged whole per subject."""
    world.let_hold(toys.subject(1), moorland)
    world.introduce(1)
    log = CraftedLog(world, leeds)
    forbidden = log.op({"label": "x"}, change_set=toys.change_set(1, 0, 1))
    other = log.op({"text": "y"}, secret(2), change_set=toys.change_set(1, 0, 1))
    log.offer(forbidden, other)
    assert _parked(world.hub) == {forbidden.id: "not_entitled"}
    assert world.hub.values(secret(2)) == {"text": "y"}


def test_a_change_set_that_is_not_whole_here_is_parked(pair: tuple[World, Node, Node]) -> None:
    """INV-07: its other half is unreadable; the close alone would end an alert by machine."""
    world, leeds, _ = pair
    leeds.write({"label": "boots", "status": "open"})
    world.settle()
    with world.hub.store.reading() as reading:
        opening = reading.history(toys.subject(1))[0].op_id
    log = CraftedLog(world, leeds)
    closing = log.op(
        {"status": "closed"},
        replaces={"status": [opening]},
        change_set=toys.change_set(1, 0, 2),
    )
    log.seq += 1
    log.send(log.request(log.run([closing.raw, OpBytes(b"\xff" * 40, b"\xc1" * 40)])))
    assert world.hub.values()["status"] == "open"
    assert _parked(world.hub)[closing.id] == "change_set"


def test_an_op_is_judged_by_what_its_node_had_been_told(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-07: a grant that its author had not heard of when it wrote is no licence."""
    world.let_hold(toys.subject(1), moorland)
    world.introduce(1)
    log = CraftedLog(world, leeds)
    log.epoch = type(log.epoch)(world.hub.store.incarnation, 0)
    world.let_hold(toys.subject(1), moorland, leeds)
    world.hub.write({"text": "again"}, secret(1))
    early = log.op({"label": "x"})
    log.offer(early)
    assert _parked(world.hub) == {early.id: "not_entitled"}


def test_who_creates_a_subject_may_go_on_writing_before_any_answer(
    world: World, leeds: Node
) -> None:
    """INV-09: a reception at a prison whose line is down is never parked."""
    leeds.write({"text": "received"}, secret(5))
    leeds.write({"label": "boots"}, parcel(5))
    world.settle()
    assert _parked(world.hub) == {}
    assert world.hub.values(parcel(5))["label"] == "boots"
    assert leeds.holds(toys.subject(5)) == 2


def test_an_op_that_names_another_place_in_the_log_is_parked(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-08: an op says itself where it belongs; in another's segment it proves nothing."""
    world, leeds, moorland = pair
    foreign = moorland.write({"label": "boots"})
    with moorland.store.reading() as reading:
        entry = reading.op(foreign.op_ids[0])
    assert entry is not None
    assert entry.op is not None
    log = CraftedLog(world, leeds)
    log.seq += 1
    log.send(log.request(log.run([entry.op.raw])))
    assert _parked(world.hub) == {foreign.op_ids[0]: "misplaced"}
    world.settle()
    assert world.hub.values()["label"] == "boots"


def test_an_op_that_a_node_sent_divided_otherwise_is_judged_in_its_own_place(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-09: the same bytes divided otherwise have the same id and do not parse.

    Where a header holds the mark of a hash by chance, whoever holds the op could send it so before
    its author does, to a hub that was restored.
    """
    world, leeds, moorland = pair
    author, liar = CraftedLog(world, leeds), CraftedLog(world, moorland)
    op = author.op({"label": "boots", "hazard": "grave"}, author_signature=b"s" * HASH_BYTES)
    at = op.raw.opening.index(BODY_HASH_TAG)
    tail = op.raw.opening[at + len(BODY_HASH_TAG) :] + BODY_HASH_TAG + op.header.body_hash
    twisted = OpBytes(op.raw.opening[:at], None, tail)
    assert hash_raw(twisted) == op.hash
    liar.seq += 1
    liar.send(liar.request(liar.run([twisted])))
    assert _parked(world.hub) == {op.id: "unreadable"}
    author.offer(op)
    assert _parked(world.hub) == {}
    assert world.hub.values() == {"label": "boots", "hazard": "grave"}
