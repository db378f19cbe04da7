"""Courier files: what a line would carry, by hand; late, torn, doubled, forged they do no harm."""

import random

import msgspec
import pytest

from sync_protocol import session
from sync_protocol.author import Act
from sync_protocol.errors import BadSignature, Refused, UnknownNode
from sync_protocol.io import hub_answer
from sync_protocol.io.courier import (
    NothingAsked,
    answer_by_courier,
    ask_by_courier,
    take_answer,
    take_requests,
)
from sync_protocol.io.courier_file import (
    COURIER_DOMAIN,
    MAGIC,
    OPENING_BYTES,
    CourierDamaged,
    NoCourierFile,
    OldCourier,
    OtherReceiver,
    open_file,
    pack,
)
from sync_protocol.io.op_store import OpStore
from sync_protocol.limits import COURIER_ASKED_MAX, COURIER_BYTES_MAX
from sync_protocol.messages import Reply
from tests import toys
from tests.contract.couriers import Pair, answer, ask, bring, journey, send_parcel, state, take
from tests.contract.world import World, draft


def test_a_courier_brings_there_and_back_what_a_line_would(parcelled: Pair) -> None:
    """INV-01, INV-04: what was written in both places is in both, and their digests are equal."""
    world, leeds, moorland = parcelled
    leeds.write({"colour": "1"})
    moorland.write({"hazard": "some"})
    world.settle(moorland)
    came = journey(world, leeds)
    assert (came.new_ops, came.acknowledged, came.asks_again) == (1, 1, False)
    assert leeds.waiting == 0
    world.assert_agreed(leeds)


def test_what_waits_goes_on_waiting_until_it_is_answered(parcelled: Pair) -> None:
    """INV-01: a stick that is lost on its way has cost nothing."""
    world, leeds, _ = parcelled
    leeds.write({"colour": "1"})
    ask(world, leeds)
    assert leeds.waiting == 1
    bring(world, ask(world, leeds))
    assert leeds.waiting == 1
    take(world, leeds, answer(world, leeds))
    assert leeds.waiting == 0


def test_only_its_receiver_opens_a_file(parcelled: Pair) -> None:
    world, leeds, moorland = parcelled
    leeds.write({"colour": "7"})
    raw = ask(world, leeds)
    before = state(moorland)
    with pytest.raises(OtherReceiver, match=world.hub.id.hex()):
        take(world, moorland, raw)
    renamed = raw.replace(leeds.id + world.hub.id, world.hub.id + moorland.id, 1)
    with pytest.raises(CourierDamaged):
        take(world, moorland, renamed)
    assert state(moorland) == before


@pytest.mark.parametrize("is_answer", [False, True])
def test_a_file_cut_short_or_changed_anywhere_changes_nothing(
    parcelled: Pair, is_answer: bool
) -> None:
    world, leeds, moorland = parcelled
    leeds.write({"colour": "1"})
    moorland.write({"hazard": "some"})
    world.settle(moorland)
    raw = ask(world, leeds)
    if is_answer:
        bring(world, raw)
        raw = answer(world, leeds)
    before = state(leeds), state(world.hub)
    chance = random.Random(7)
    for place in sorted({0, 1, len(MAGIC), *(chance.randrange(len(raw)) for _ in range(40))}):
        changed = bytearray(raw)
        changed[place] ^= 1 << chance.randrange(8)
        for spoiled in (raw[:place], bytes(changed)):
            with pytest.raises((Refused, UnknownNode)):
                take(world, leeds, spoiled) if is_answer else bring(world, spoiled)
    assert (state(leeds), state(world.hub)) == before


def test_what_is_no_courier_file_is_told_as_such(parcelled: Pair) -> None:
    world, leeds, _ = parcelled
    raw = ask(world, leeds)
    later = raw.replace(MAGIC + b"\x01", MAGIC + b"\x02")
    for strange in (b"", b"Dear colleague", later, raw + bytes(COURIER_BYTES_MAX)):
        with pytest.raises(NoCourierFile):
            bring(world, strange)


def test_a_file_that_is_taken_in_twice_changes_nothing_and_may_be_answered(parcelled: Pair) -> None:
    """INV-03: neither of the two directions."""
    world, leeds, _ = parcelled
    leeds.write({"colour": "1"})
    raw = ask(world, leeds)
    bring(world, raw)
    before = state(world.hub)
    with pytest.raises(OldCourier, match="Nothing to do"):
        bring(world, raw)
    assert state(world.hub) == before
    back = answer(world, leeds)
    take(world, leeds, back)
    before = state(leeds)
    with pytest.raises(OldCourier):
        take(world, leeds, back)
    assert state(leeds) == before
    world.assert_agreed(leeds)


def test_a_hub_that_stopped_before_it_noted_what_to_answer_answers_the_same_file(
    parcelled: Pair,
) -> None:
    world, leeds, _ = parcelled
    leeds.write({"colour": "1"})
    raw = ask(world, leeds)
    bring(world, raw)
    with world.hub.store.changing() as connection:
        connection.execute("DELETE FROM meta WHERE name LIKE 'courier_from_%'")
    with pytest.raises(NothingAsked, match=leeds.id.hex()):
        answer(world, leeds)
    with pytest.raises(OldCourier):
        bring(world, raw)
    take(world, leeds, answer(world, leeds))
    assert leeds.waiting == 0


def test_files_that_come_in_another_order_lose_nothing(parcelled: Pair) -> None:
    world, leeds, moorland = parcelled
    leeds.write({"colour": "1"})
    first = ask(world, leeds)
    leeds.write({"colour": "2"})
    second = ask(world, leeds)
    bring(world, second)
    with pytest.raises(OldCourier):
        bring(world, first)
    late = answer(world, leeds)
    moorland.write({"hazard": "some"})
    world.settle(moorland)
    fresh = answer(world, leeds)
    assert take(world, leeds, fresh).new_ops == 1
    with pytest.raises(OldCourier):
        take(world, leeds, late)
    world.assert_agreed(leeds)


def test_an_answer_to_the_file_before_the_last_is_taken_in(parcelled: Pair) -> None:
    world, leeds, _ = parcelled
    leeds.write({"colour": "1"})
    bring(world, ask(world, leeds))
    back = answer(world, leeds)
    leeds.write({"colour": "2"})
    later = ask(world, leeds)
    take(world, leeds, back)
    assert leeds.waiting == 1
    bring(world, later)
    with pytest.raises(OldCourier):
        take(world, leeds, answer(world, leeds))
    journey(world, leeds)
    assert leeds.waiting == 0
    world.assert_agreed(leeds)


def test_what_a_spoke_asked_long_ago_is_forgotten(parcelled: Pair) -> None:
    """INV-14: what a spoke remembers of its files has a limit."""
    world, leeds, _ = parcelled
    bring(world, ask(world, leeds))
    back = answer(world, leeds)
    for _ in range(COURIER_ASKED_MAX):
        ask(world, leeds)
    with pytest.raises(OldCourier):
        take(world, leeds, back)


def test_a_line_that_came_back_in_between_makes_both_files_old(parcelled: Pair) -> None:
    world, leeds, moorland = parcelled
    leeds.write({"colour": "1"})
    raw = ask(world, leeds)
    unsent = ask(world, leeds)
    bring(world, raw)
    back = answer(world, leeds)
    moorland.write({"hazard": "some"})
    world.settle()
    before = state(leeds), state(world.hub)
    with pytest.raises(OldCourier):
        bring(world, unsent)
    with pytest.raises(OldCourier):
        take(world, leeds, back)
    assert (state(leeds), state(world.hub)) == before
    world.assert_agreed()


def test_an_answer_of_the_line_that_a_courier_overtook_is_dropped(parcelled: Pair) -> None:
    """INV-02: a cursor never goes back behind what came with it."""
    world, leeds, moorland = parcelled
    bring(world, ask(world, leeds))
    _, request = world.request_of(leeds)
    reply = world.carry(leeds, world.sealed(leeds, request))
    assert isinstance(reply, Reply)
    moorland.write({"hazard": "some"})
    world.settle(moorland)
    take(world, leeds, answer(world, leeds))
    before = state(leeds)
    leeds.store.spoke.accept(reply, request.hello, leeds.clock.now_ms())
    assert state(leeds) == before
    world.settle()
    world.assert_agreed()


def test_an_answer_of_many_replies_goes_on_from_where_it_was_broken_off(
    parcelled: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, leeds, moorland = parcelled
    for number in range(7):
        moorland.write({"colour": str(number)})
    world.settle(moorland)
    bring(world, ask(world, leeds))
    monkeypatch.setattr(hub_answer, "REPLY_OPS_MAX", 2)
    raw = answer(world, leeds)
    parts = open_file(leeds.store, raw, world.hub.id, world.hub.signer.public_key)
    assert len(parts) > 2
    came = take(world, leeds, pack(world.hub.store, leeds.id, parts[:2]))
    assert (came.new_ops, came.asks_again) == (4, True)
    came = take(world, leeds, raw)
    assert (came.new_ops, came.asks_again) == (3, False)
    world.assert_agreed(leeds)


def test_replies_in_another_order_than_the_hub_signed_are_refused(
    parcelled: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INV-02: a cursor that skips what was left out would say that it is held."""
    world, leeds, moorland = parcelled
    for number in range(7):
        moorland.write({"colour": str(number)})
    world.settle(moorland)
    bring(world, ask(world, leeds))
    monkeypatch.setattr(hub_answer, "REPLY_OPS_MAX", 2)
    raw = answer(world, leeds)
    parts = open_file(leeds.store, raw, world.hub.id, world.hub.signer.public_key)
    before = state(leeds)
    context = COURIER_DOMAIN + raw[OPENING_BYTES - 32 : OPENING_BYTES]
    boxes = leeds.store.core.parts.boxes
    signature = boxes.open_own(raw[OPENING_BYTES:], context)[:64]
    for others in (parts[1:], parts[:-1], [*reversed(parts)]):
        content = signature + msgspec.msgpack.encode(others)
        forged = raw[:OPENING_BYTES] + boxes.seal_to_node(leeds.id, content, context)
        with pytest.raises(BadSignature):
            take(world, leeds, forged)
    assert state(leeds) == before
    assert take(world, leeds, raw).new_ops == 7


def test_more_than_one_request_holds_travels_in_one_file(
    parcelled: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, leeds, _ = parcelled
    for number in range(7):
        leeds.write({"colour": str(number)})
    monkeypatch.setattr(session, "REQUEST_OPS_MAX", 2)
    packed = ask_by_courier(leeds.store, world.hub.id)
    assert (packed.ops, packed.is_more) == (7, False)
    assert len(open_file(world.hub.store, packed.raw, leeds.id, leeds.signer.public_key)) == 4
    assert bring(world, packed.raw).ops == 7
    take(world, leeds, answer(world, leeds))
    assert leeds.waiting == 0
    world.assert_agreed(leeds)


def test_a_file_is_taken_in_beside_the_running_node(disk: World) -> None:
    """INV-02, INV-08: what the node keeps in memory never outlives what another program wrote."""
    leeds, moorland = disk.spoke("LEI"), disk.spoke("MDI")
    send_parcel(disk)
    leeds.write({"colour": "1"})
    moorland.write({"hazard": "some"})
    disk.settle(moorland)
    beside: dict[str, OpStore] = {}
    for node in (leeds, disk.hub):
        node.starts += 1
        beside[node.name] = OpStore(node._parts(node))
    raw = ask_by_courier(beside["LEI"], disk.hub.id).raw
    take_requests(beside["HUB"], disk._find_key, disk.hub.signer.public_key, raw)
    back = answer_by_courier(beside["HUB"], leeds.id).raw
    moorland.write({"hazard": "some"})
    disk.settle(moorland)
    take_answer(beside["LEI"], disk.hub.id, disk.hub.signer.public_key, back)
    leeds.write({"colour": "2"})
    beside["LEI"].write(_act({"colour": "3"}))
    leeds.write({"colour": "4"})
    disk.hub.write({"hazard": "some"})
    for store in beside.values():
        store.close()
    assert leeds.values()["colour"] == "4"
    disk.settle()
    disk.assert_agreed()


def _act(values: dict[str, str]) -> Act:
    return Act(actor=toys.actor(1), device="till-2", drafts=(draft(values),), why="asked")
