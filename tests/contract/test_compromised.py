"""An enrolled node whose keys are in the wrong hands changes nothing elsewhere, and is named."""

import pytest

from sync_protocol.errors import BrokenChain, PeerFault
from sync_protocol.io.key_ring import KeySigner
from sync_protocol.scope import Flag
from tests import toys
from tests.contract.crafted import CraftedLog
from tests.contract.world import Node, World, parcel

FIVE_YEARS_MS = 5 * 365 * 86_400_000


def forked(world: World) -> set[bytes]:
    """The nodes that the centre names as having two branches."""
    with world.hub.store.reading() as reading:
        return {peer.node for peer in reading.peers() if peer.is_forked}


def test_a_node_that_equivocates_is_named_at_the_next_exchange(
    pair: tuple[World, Node, Node],
) -> None:
    """S8, INV-08: both branches are kept as evidence, and it alone is named."""
    world, leeds, moorland = pair
    leeds.keep_copy("twin")
    leeds.write({"label": "one branch"})
    world.settle()
    assert forked(world) == set()
    leeds.roll_back("twin")
    leeds.write({"label": "another"}, parcel(1, 2))
    world.exchange(leeds)
    assert forked(world) == {leeds.id}
    world.settle()
    assert forked(world) == {leeds.id}
    assert moorland.values() == {"label": "one branch"}
    assert moorland.values(parcel(1, 2)) == {"label": "another"}


def test_a_back_dated_change_is_kept_as_claimed_and_shown_as_received(
    pair: tuple[World, Node, Node],
) -> None:
    """S9: five years back; it supersedes what its author had seen, and nothing moves in the log."""
    world, leeds, moorland = pair
    moorland.write({"label": "first", "colour": "red"})
    world.settle()
    end = world.hub.store.last_hub_seq()
    leeds.clock.ms -= FIVE_YEARS_MS
    claimed_ms = leeds.clock.ms
    received_ms = world.hub.clock.ms
    receipt = leeds.write({"colour": "blue"}, happened_at=claimed_ms)
    world.settle()
    with world.hub.store.reading() as reading:
        entry = reading.op(receipt.op_ids[0])
    assert entry is not None
    assert entry.op is not None
    assert entry.op.happened_at == claimed_ms
    assert entry.reached_ms >= received_ms
    assert entry.hub_seq is not None
    assert entry.hub_seq > end
    for node in (world.hub, leeds, moorland):
        assert node.values()["colour"] == "blue"
    world.assert_agreed()


def test_a_back_dated_change_that_had_seen_nothing_ends_nothing(
    pair: tuple[World, Node, Node],
) -> None:
    """S9, INV-07: whatever it claims, a grave hazard stays until somebody who saw it says so."""
    world, leeds, moorland = pair
    moorland.write({"label": "parcel", "hazard": "grave"})
    world.settle(moorland)
    log = CraftedLog(world, leeds)
    for clock in (0, 1 << 16):
        hlc = clock.to_bytes(8, "big")
        log.offer(log.op({"hazard": "none"}, hlc=hlc))
    world.settle(moorland)
    assert moorland.values()["hazard"] == "grave"
    assert world.hub.values()["hazard"] == "grave"


def test_what_a_node_writes_outside_its_scope_changes_nothing_elsewhere(
    pair: tuple[World, Node, Node],
) -> None:
    """S10: other nodes' digests are what they were, whatever epoch it says that it was told."""
    world, leeds, moorland = pair
    world.let_hold(toys.subject(2), moorland)
    world.introduce(2)
    moorland.write({"label": "not for Leeds"}, parcel(2))
    world.settle()
    before = moorland.store.projection_digest()
    log = CraftedLog(world, leeds)
    log.offer(log.op({"label": "forged"}, key=parcel(2)))
    world.settle(moorland)
    assert moorland.store.projection_digest() == before
    parked = "SELECT count(*) FROM ops WHERE flags & ? AND reason = 'not_entitled'"
    assert world.hub.count(parked, int(Flag.PARKED)) == 1
    with world.hub.store.reading() as reading:
        named = {peer.node: peer.parked for peer in reading.peers()}
    assert named == {leeds.id: 1, moorland.id: 0}


@pytest.mark.parametrize("forger", ["another node", "a stranger"])
def test_nobody_writes_into_the_log_of_another(pair: tuple[World, Node, Node], forger: str) -> None:
    """S10: neither under its own seal nor under one that it made up."""
    world, leeds, moorland = pair
    log = CraftedLog(world, moorland)
    op = log.op({"label": "forged"})
    signer = leeds.signer if forger == "another node" else KeySigner(bytes(32))
    run = log.run([op.raw], signer=signer)
    before = world.hub.ops
    with pytest.raises(PeerFault):
        log.send(log.request(run))
    log.node = leeds
    with pytest.raises(BrokenChain):
        log.send(log.request(run))
    assert world.hub.ops == before
