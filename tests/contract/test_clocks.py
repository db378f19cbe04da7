"""Clocks: a wrong one is seen, marked and survived; it never refuses and never wins."""

from sync_protocol.clock import hlc_ms
from sync_protocol.limits import DRIFT_MS_MAX
from sync_protocol.messages import Reply
from sync_protocol.scope import Flag
from tests import toys
from tests.contract.world import Node, World

TEN_YEARS_MS = 10 * 365 * 24 * 60 * 60 * 1000
A_DAY_MS = 24 * 60 * 60 * 1000


def _flags(node: Node, op_id: bytes) -> int:
    return node.count("SELECT flags FROM ops WHERE op_id = ?", op_id)


def test_a_clock_ten_years_ahead_is_accepted_marked_and_loses_every_tie(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-07: what it wrote counts, under Latest it loses to any sound clock, everywhere."""
    world, leeds, moorland = pair
    leeds.write({"label": "boots"})
    world.settle()
    leeds.clock.ms += TEN_YEARS_MS
    ahead = leeds.write({"colour": "of the future"}).op_ids[0]
    sound = moorland.write({"colour": "red"}).op_ids[0]
    world.settle()
    for node in (world.hub, leeds, moorland):
        assert _flags(node, ahead) == Flag.APPLIED | Flag.SUSPECT
        assert _flags(node, sound) == Flag.APPLIED
        assert node.values()["colour"] == "red"
    world.assert_agreed()


def test_a_node_that_is_told_starts_a_new_life_with_its_clock_reset(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-08: and what it writes from then on is sound, though its wall clock is still wrong."""
    world, leeds, _ = pair
    leeds.clock.ms += TEN_YEARS_MS
    leeds.write({"label": "boots"})
    life = leeds.store.core.place().life
    world.settle()
    place = leeds.store.core.place()
    assert place.life != life
    assert hlc_ms(place.hlc) < toys.MORNING_MS + TEN_YEARS_MS // 2
    after = leeds.write({"colour": "red"}).op_ids[0]
    world.settle()
    assert _flags(world.hub, after) == Flag.APPLIED
    assert leeds.store.core.place().life == place.life, "once is enough"
    assert leeds.waiting == 0
    world.assert_agreed()


def test_the_clock_that_was_mended_goes_on_without_the_correction(
    pair: tuple[World, Node, Node],
) -> None:
    world, leeds, _ = pair
    leeds.clock.ms += TEN_YEARS_MS
    leeds.write({"label": "boots"})
    world.settle()
    leeds.clock.ms = world.hub.clock.ms
    leeds.reopen()
    world.settle()
    after = leeds.write({"colour": "red"})
    world.settle()
    assert _flags(world.hub, after.op_ids[0]) == Flag.APPLIED
    assert abs(after.written_ms - world.hub.clock.ms) < DRIFT_MS_MAX


def test_nobody_catches_a_clock_that_runs_ahead(pair: tuple[World, Node, Node]) -> None:
    """INV-04: a suspect time moves no other clock, not the hub's and not another spoke's."""
    world, leeds, moorland = pair
    leeds.clock.ms += TEN_YEARS_MS
    leeds.write({"label": "boots"})
    world.settle()
    for node in (world.hub, moorland):
        assert hlc_ms(node.store.core.place().hlc) < toys.MORNING_MS + DRIFT_MS_MAX


def test_a_clock_years_behind_writes_on_after_what_it_has_seen(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-07: its change of what it saw comes later in every order."""
    world, leeds, moorland = pair
    moorland.write({"label": "boots", "colour": "red"})
    world.settle()
    leeds.clock.ms -= TEN_YEARS_MS
    leeds.reopen()
    leeds.write({"colour": "blue"})
    world.settle()
    for node in (world.hub, leeds, moorland):
        assert node.values()["colour"] == "blue"
    rows = "SELECT flags FROM ops ORDER BY hub_seq DESC LIMIT 1"
    assert world.hub.count(rows) == Flag.APPLIED


def test_each_exchange_measures_how_far_the_clocks_are_apart(
    pair: tuple[World, Node, Node],
) -> None:
    world, leeds, _ = pair
    leeds.clock.ms += 60_000
    assert isinstance(world.exchange(leeds), Reply)
    with world.hub.store.reading() as reading:
        peers = {peer.node: peer for peer in reading.peers()}
    assert abs(peers[leeds.id].clock_drift_ms - 60_000) < 2_000


def test_a_clock_that_is_set_back_does_not_put_off_the_view_digest(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-10: else two copies that differ would not be found until the clock had caught up."""
    world, leeds, _ = pair
    world.settle()
    assert not world.request_of(leeds)[1].hello.view
    leeds.clock.ms -= A_DAY_MS
    assert world.request_of(leeds)[1].hello.view
    world.settle()
    assert not world.request_of(leeds)[1].hello.view
