"""What a courier meets besides: restores, copies, clocks, strangers and hostile files."""

import msgspec
import pytest

from sync_protocol.codec import Address, seal_message
from sync_protocol.errors import BadMessage, BadSignature, PeerFault, UnknownNode
from sync_protocol.io.courier import (
    CourierRefused,
)
from sync_protocol.io.courier_file import (
    CourierDamaged,
    OldCourier,
    open_file,
    pack,
)
from sync_protocol.messages import Fault, Request
from tests.contract.couriers import Pair, answer, ask, bring, journey, state, take

TEN_DAYS_MS = 10 * 86_400_000


def test_a_restored_hub_is_told_everything_by_the_next_file(parcelled: Pair) -> None:
    world, leeds, _ = parcelled
    leeds.write({"colour": "1"})
    world.settle()
    world.hub.keep_copy("yesterday")
    leeds.write({"colour": "2"})
    world.settle()
    world.hub.roll_back("yesterday")
    world.hub.store.note_restored()
    assert bring(world, ask(world, leeds)).is_restored
    came = take(world, leeds, answer(world, leeds))
    assert came.asks_again
    while journey(world, leeds).asks_again:
        pass
    world.assert_agreed(leeds)


def test_what_only_this_office_holds_of_others_comes_back_to_a_restored_hub(
    parcelled: Pair,
) -> None:
    """INV-01: by courier as by the line; the next file goes on after what was given back."""
    world, leeds, moorland = parcelled
    world.hub.keep_copy("yesterday")
    moorland.keep_copy("yesterday")
    moorland.write({"colour": "5"})
    world.settle()
    world.hub.roll_back("yesterday")
    world.hub.store.note_restored()
    moorland.roll_back("yesterday")
    moorland.store.note_restored()
    for _ in range(4):
        journey(world, leeds)
    assert world.hub.values()["colour"] == "5"
    world.settle()
    world.assert_agreed()


def test_an_office_that_was_restored_since_it_asked_takes_no_answer(parcelled: Pair) -> None:
    world, leeds, _ = parcelled
    leeds.write({"colour": "1"})
    bring(world, ask(world, leeds))
    back = answer(world, leeds)
    leeds.store.note_restored()
    with pytest.raises(OldCourier):
        take(world, leeds, back)
    journey(world, leeds)
    world.assert_agreed(leeds)


def test_a_copied_office_is_found_by_courier_too(parcelled: Pair) -> None:
    """INV-08: its second branch goes on under a new life, and nothing of either is lost."""
    world, leeds, _ = parcelled
    leeds.keep_copy("twin")
    leeds.write({"colour": "1"})
    world.settle()
    leeds.roll_back("twin")
    leeds.write({"colour": "2"})
    life = leeds.store.core.place().life
    came = journey(world, leeds)
    assert came.asks_again
    assert leeds.store.core.place().life != life
    while journey(world, leeds).asks_again:
        pass
    world.settle()
    world.assert_agreed()
    assert world.hub.count("SELECT count(*) FROM ops") == leeds.ops


def test_what_is_offered_again_from_within_a_branch_is_acknowledged(parcelled: Pair) -> None:
    """INV-10: a copy that goes on still has as waiting what the hub has had for long."""
    world, leeds, _ = parcelled
    leeds.write({"colour": "1"})
    leeds.keep_copy("twin")
    leeds.write({"colour": "2"})
    world.settle()
    leeds.roll_back("twin")
    for _ in range(3):
        journey(world, leeds)
    assert leeds.waiting == 0


def test_a_journey_of_days_says_nothing_of_a_clock(parcelled: Pair) -> None:
    """Else an office would be taken for one that runs ahead, and go on in a new life."""
    world, leeds, _ = parcelled
    drift = world.hub.count("SELECT clock_drift_ms FROM peers WHERE node = ?", leeds.id)
    leeds.write({"colour": "1"})
    raw = ask(world, leeds)
    world.hub.clock.ms += TEN_DAYS_MS
    bring(world, raw)
    assert world.hub.count("SELECT clock_drift_ms FROM peers WHERE node = ?", leeds.id) == drift
    place, measured = leeds.store.core.place(), leeds.store.core.meta("clock_drift_ms")
    world.hub.clock.ms -= TEN_DAYS_MS
    leeds.clock.ms += TEN_DAYS_MS
    take(world, leeds, answer(world, leeds))
    assert leeds.store.core.place().life == place.life
    assert leeds.store.core.meta("clock_drift_ms") == measured


def test_a_node_of_no_estate_is_not_let_in(parcelled: Pair) -> None:
    world, leeds, _ = parcelled
    raw = ask(world, leeds)
    del world.spokes[leeds.id]
    with pytest.raises(UnknownNode):
        bring(world, raw)


def test_what_is_hostile_in_a_file_is_refused_as_on_a_line(parcelled: Pair) -> None:
    """A box opens for whoever seals it: what is in it is believed only where it is signed."""
    world, leeds, moorland = parcelled
    hub = world.hub.store
    (theirs,) = open_file(hub, ask(world, moorland), moorland.id, moorland.signer.public_key)
    (own,) = open_file(hub, ask(world, leeds), leeds.id, leeds.signer.public_key)
    before = state(world.hub), state(leeds)
    unsigned = own[:52] + bytes(64) + own[116:]
    for parts, fault in (
        ([theirs], BadMessage),
        ([unsigned], BadSignature),
        ([b""], PeerFault),
        ([b"tc" + bytes(200)], PeerFault),
    ):
        with pytest.raises(fault):
            bring(world, pack(leeds.store, world.hub.id, parts))
        with pytest.raises(PeerFault):
            take(world, leeds, pack(hub, leeds.id, parts))
    with pytest.raises(CourierDamaged):
        bring(world, pack(leeds.store, world.hub.id, []))
    assert (state(world.hub), state(leeds)) == before


def test_a_request_sent_back_to_its_sender_is_no_answer(parcelled: Pair) -> None:
    world, leeds, _ = parcelled
    signed = seal_message(
        world.request_of(leeds)[1],
        Address(world.hub.id, leeds.id, bytes(16)),  # type: ignore[arg-type]
        world.hub.signer,
    )
    with pytest.raises(BadMessage, match="answer was expected"):
        take(world, leeds, pack(world.hub.store, leeds.id, [signed]))


def test_nodes_that_share_no_version_say_so(parcelled: Pair) -> None:
    world, leeds, _ = parcelled
    _, request = world.request_of(leeds)
    hello = msgspec.structs.replace(request.hello, oldest=9, newest=9)
    later = world.sealed(leeds, Request(hello))
    with pytest.raises(CourierRefused, match="unsupported_protocol"):
        bring(world, pack(leeds.store, world.hub.id, [later]))
    ask(world, leeds)
    count = leeds.store.core.meta("courier_asked")
    asked = msgspec.msgpack.decode(count)[-1][0]
    fault = Fault(code="other", detail="", count=asked[2], incarnation=world.hub.store.incarnation)
    address = Address(world.hub.id, leeds.id, fault.incarnation)
    signed = seal_message(fault, address, world.hub.signer)
    with pytest.raises(CourierRefused, match="other"):
        take(world, leeds, pack(world.hub.store, leeds.id, [signed]))
