"""Returns: what a restored hub lacks and no author offers again comes back from who holds it."""

import msgspec
import pytest

from sync_protocol.messages import Request, Returned
from sync_protocol.op import OpBytes, hash_raw, op_id_of
from tests import toys
from tests.contract.crafted import CraftedLog
from tests.contract.world import Node, World, draft, parcel, secret


@pytest.mark.parametrize("silent", [True, False], ids=["silent", "told"])
def test_the_hubs_own_work_comes_back_from_a_spoke(
    pair: tuple[World, Node, Node], *, silent: bool
) -> None:
    """INV-01: it stands on a disk that was not destroyed, so it is not lost."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    lost = world.hub.write({"text": "the centre's own"}, secret(9)).op_ids[0]
    world.settle()
    world.hub.roll_back("old")
    if not silent:
        world.hub.store.note_restored()
    world.hub.write({"text": "since"}, secret(8))
    world.settle()
    for node in (world.hub, leeds, moorland):
        assert node.values(secret(9)) == {"text": "the centre's own"}
        assert node.values(secret(8)) == {"text": "since"}
        with node.store.reading() as reading:
            entry = reading.op(lost)
        assert entry is not None
        assert not entry.verdict.is_parked
    world.assert_agreed()


def test_work_of_a_node_that_was_destroyed_comes_back_from_another(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: author and hub lost it; a third still shows it, and so will all."""
    world, leeds, moorland = pair
    leeds.keep_copy("old")
    world.hub.keep_copy("old")
    lost = leeds.write({"label": "boots"}).op_ids[0]
    world.settle()
    leeds.roll_back("old")
    leeds.store.note_restored()
    world.hub.roll_back("old")
    world.hub.store.note_restored()
    world.settle()
    for node in (world.hub, leeds, moorland):
        assert node.values() == {"label": "boots"}
        with node.store.reading() as reading:
            assert reading.op(lost) is not None
    world.assert_agreed()


def _returned(world: World, giver: Node) -> Returned:
    """What a spoke would give back under a manifest that proves nothing of it."""
    op = toys.op(1, {"text": "never was"}, key=secret(7))
    listing = op_id_of(hash_raw(op.raw)) + (5).to_bytes(8, "big") + b"\x01"
    return Returned(world.hub.store.incarnation, listing, bytes(64), (op.raw,))


def test_what_no_manifest_of_the_hub_proves_is_passed_over(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-08, INV-09: nobody slips in another's work, and its own is taken all the same."""
    world, leeds, _ = pair
    log = CraftedLog(world, leeds)
    request = log.request(log.run([log.op({"text": "own"}, secret(6)).raw]))
    forged = msgspec.structs.replace(request, returned=(_returned(world, leeds),))
    assert isinstance(forged, Request)
    log.send(forged)
    assert world.hub.values(secret(7)) == {}
    assert world.hub.values(secret(6)) == {"text": "own"}


def test_what_comes_back_without_its_body_is_passed_over(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: an id binds the body's hash alone; an op without its body would say nothing."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    (op_id,) = leeds.write({"label": "boots", "hazard": "grave"}).op_ids
    world.settle()
    with moorland.store.reading() as reading:
        held = reading.op(op_id)
        ((incarnation, listing, signature),) = reading.select(
            "SELECT incarnation, listing, signature FROM manifests"
            " ORDER BY manifest_no DESC LIMIT 1"
        )
    assert held is not None
    assert held.op is not None
    assert op_id in listing
    hollow = OpBytes(held.op.raw.opening, None, held.op.header.body_hash)
    assert op_id_of(hash_raw(hollow)) == op_id
    robbed = Returned(incarnation, listing, signature, (hollow,))
    world.hub.roll_back("old")
    world.hub.store.note_restored()
    log = CraftedLog(world, moorland)
    log.send(msgspec.structs.replace(log.request(), returned=(robbed,)))
    assert world.hub.values() == {}
    assert world.hub.count("SELECT count(*) FROM ops WHERE op_id = ?", op_id) == 0
    world.settle()
    assert world.hub.values() == {"label": "boots", "hazard": "grave"}
    world.assert_agreed()


def test_giving_back_half_of_a_change_set_parks_nothing_of_the_rest(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-09, INV-07: what is held already counts as here, or one node could part another's set."""
    world, leeds, moorland = pair
    world.hub.keep_copy("old")
    first, second = leeds.write_all(
        draft({"label": "boots", "status": "closed"}),
        draft({"label": "gloves", "hazard": "grave"}, parcel(1, 2)),
    ).op_ids
    world.settle()
    with moorland.store.reading() as reading:
        held = reading.op(first)
        rows = reading.select("SELECT incarnation, listing, signature FROM manifests")
    assert held is not None
    assert held.op is not None
    assert held.op.header.change_set is not None
    ((incarnation, listing, signature),) = [
        row for row in rows if first in row[1] and second in row[1]
    ]
    world.hub.roll_back("old")
    world.hub.store.note_restored()
    log = CraftedLog(world, moorland)
    half = Returned(incarnation, listing, signature, (held.op.raw,))
    log.send(msgspec.structs.replace(log.request(), returned=(half,)))
    world.settle(leeds)
    assert world.hub.values(parcel(1, 2)) == {"label": "gloves", "hazard": "grave"}
    world.settle()
    world.assert_agreed()


def test_the_rest_of_a_set_stands_as_soon_as_a_part_was_given_back(
    world: World, leeds: Node, moorland: Node
) -> None:
    """INV-07: the set was judged whole before the restore, whoever may hold the subject now."""
    world.hub.keep_copy("old")
    world.introduce(1)
    drafts = (draft({"label": "boots"}), draft({"label": "gloves"}, parcel(1, 2)))
    first, _ = leeds.write_all(*drafts).op_ids
    world.settle()
    with moorland.store.reading() as reading:
        held = reading.op(first)
        rows = reading.select("SELECT incarnation, listing, signature FROM manifests")
    assert held is not None
    assert held.op is not None
    (proof,) = [row for row in rows if first in row[1]]
    world.hub.roll_back("old")
    world.hub.store.note_restored()
    world.let_hold(toys.subject(1), moorland)
    log = CraftedLog(world, moorland)
    half = Returned(proof[0], proof[1], proof[2], (held.op.raw,))
    log.send(msgspec.structs.replace(log.request(), returned=(half,)))
    world.exchange(leeds)
    world.exchange(leeds)
    assert world.hub.values(parcel(1, 2)) == {"label": "gloves"}
    world.let_hold(toys.subject(1), leeds, moorland)
    world.hub.write({"text": "since"}, secret(1))
    assert world.hub.values(parcel(1, 2)) == {"label": "gloves"}
    world.settle()
    world.assert_agreed()
