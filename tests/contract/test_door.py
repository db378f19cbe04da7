"""The door: what is not authentic, not meant for it, or over a limit never gets in."""

import tracemalloc

import msgspec
import pytest
import zstandard

from sync_protocol.codec import Address, read_envelope, seal_message
from sync_protocol.cursor import Cursor
from sync_protocol.errors import (
    BadMessage,
    BadSignature,
    BrokenChain,
    PeerFault,
    TooLarge,
    UnknownNode,
    WrongReceiver,
)
from sync_protocol.io.key_ring import KeySigner
from sync_protocol.limits import (
    DEAD_LETTER_BYTES_MAX,
    DEAD_LETTERS_MAX,
    REQUEST_BYTES_MAX,
    SEGMENT_OPS_MAX,
    UNPACKED_BYTES_MAX,
)
from sync_protocol.messages import Fault, Reply
from sync_protocol.seal import message_claim
from tests import toys
from tests.contract.crafted import CraftedLog
from tests.contract.world import Node, World, secret

STRANGER = KeySigner(b"\x07" * 32)
MEMORY_BYTES_MAX = 3 * UNPACKED_BYTES_MAX
PAYLOAD_AT = 4 + 3 * 16 + 64


def _letters(node: Node) -> int:
    return node.count("SELECT count(*) FROM dead_letters")


def _state(node: Node) -> tuple[bytes, int, int]:
    """What a refusal must leave as it was: the record, the log, and every request's count."""
    peers = node.count("SELECT coalesce(sum(count), 0) FROM peers")
    return node.store.projection_digest(), node.ops, peers


def _sealed(world: World, spoke: Node, payload: bytes, packing: int = 0) -> bytes:
    """Any payload in a true envelope of an enrolled spoke."""
    packed = bytes((packing,)) + payload
    ids = spoke.id + world.hub.id + bytes(16)
    claim = message_claim(spoke.id, world.hub.id, Cursor().incarnation, packed)
    return b"tc\x01" + packed[:1] + ids + spoke.signer.sign(claim) + payload


def test_a_flipped_bit_anywhere_is_refused_before_anything_changes(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-08: every byte is under the signature, or names who must have signed."""
    world, leeds, _ = pair
    leeds.write({"label": "boots"})
    _, request = world.request_of(leeds)
    raw = world.sealed(leeds, request)
    before = _state(world.hub)
    places = [*range(PAYLOAD_AT + 8), *range(PAYLOAD_AT + 8, len(raw), 17), len(raw) - 1]
    for place in places:
        flipped = bytearray(raw)
        flipped[place] ^= 1 << (place % 8)
        with pytest.raises(PeerFault):
            world.door.receive(bytes(flipped))
    assert _state(world.hub) == before
    assert _letters(world.hub) == 0, "what nobody signed is not kept"
    assert isinstance(world.carry(leeds, raw), Reply)


def test_a_truncated_message_is_refused_at_any_length(pair: tuple[World, Node, Node]) -> None:
    """INV-14."""
    world, leeds, _ = pair
    leeds.write({"label": "boots"})
    _, request = world.request_of(leeds)
    raw = world.sealed(leeds, request)
    before = _state(world.hub)
    for length in (*range(PAYLOAD_AT + 4), len(raw) // 2, len(raw) - 1):
        with pytest.raises(PeerFault):
            world.door.receive(raw[:length])
    with pytest.raises(BadSignature):
        world.door.receive(raw + b"\x00")
    assert _state(world.hub) == before


def test_a_replayed_request_is_refused(pair: tuple[World, Node, Node]) -> None:
    """INV-03: an old request is worth nothing to whoever recorded it."""
    world, leeds, _ = pair
    _, request = world.request_of(leeds)
    raw = world.sealed(leeds, request)
    assert isinstance(world.carry(leeds, raw), Reply)
    before = _state(world.hub)
    came = world.carry(leeds, raw)
    assert isinstance(came, Fault)
    assert (came.code, came.count) == ("replayed", request.hello.count)
    assert _state(world.hub) == before


def test_a_node_whose_count_fell_behind_counts_on(pair: tuple[World, Node, Node]) -> None:
    """INV-10: its clock was set back and it was started anew; one refusal, then all is well."""
    world, leeds, _ = pair
    leeds.clock.ms -= 60 * 60 * 1000
    leeds.reopen()
    leeds.write({"label": "boots"})
    came = world.exchange(leeds)
    assert isinstance(came, Fault)
    world.settle(leeds)
    assert leeds.waiting == 0


def test_a_stranger_is_refused(pair: tuple[World, Node, Node]) -> None:
    """INV-05: whoever is not of the estate learns nothing and leaves nothing."""
    world, _, _ = pair
    stranger = world.spoke("WHO")
    _, request = world.request_of(stranger)
    raw = world.sealed(stranger, request)
    del world.spokes[stranger.id]
    before = _state(world.hub)
    with pytest.raises(UnknownNode):
        world.door.receive(raw)
    assert _state(world.hub) == before
    assert _letters(world.hub) == 0
    stranger.store.close()


def test_a_key_that_is_not_the_senders_is_refused(pair: tuple[World, Node, Node]) -> None:
    """INV-05."""
    world, leeds, _ = pair
    _, request = world.request_of(leeds)
    address = Address(leeds.id, world.hub.id, request.hello.cursor.incarnation)
    with pytest.raises(BadSignature):
        world.door.receive(seal_message(request, address, STRANGER))


def test_a_message_for_another_receiver_is_refused(pair: tuple[World, Node, Node]) -> None:
    """INV-08: what a spoke says to one hub is worth nothing to another."""
    world, leeds, moorland = pair
    _, request = world.request_of(leeds)
    address = Address(leeds.id, moorland.id, request.hello.cursor.incarnation)
    with pytest.raises(WrongReceiver):
        world.door.receive(seal_message(request, address, leeds.signer))


def test_what_nobody_signed_fills_no_dead_letters(pair: tuple[World, Node, Node]) -> None:
    """INV-14: any passer-by can name a sender and another receiver."""
    world, leeds, _ = pair
    forged = b"tc\x01\x00" + leeds.id + bytes(16) + bytes(16) + bytes(64) + b"Q" * 100
    with pytest.raises(PeerFault):
        world.door.receive(forged)
    assert _letters(world.hub) == 0


def test_an_envelope_of_another_incarnation_than_its_cursor_is_refused(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-08."""
    world, leeds, _ = pair
    _, request = world.request_of(leeds)
    address = Address(leeds.id, world.hub.id, toys.incarnation(9))
    with pytest.raises(BadMessage):
        world.door.receive(seal_message(request, address, leeds.signer))
    assert _letters(world.hub) == 1


def test_a_run_of_another_node_is_refused_whole(pair: tuple[World, Node, Node]) -> None:
    """INV-08: under its own envelope, with ops and signature that are truly the other's."""
    world, leeds, moorland = pair
    moorland.write({"label": "boots"})
    stolen = world.request_of(moorland)[1].runs
    log = CraftedLog(world, leeds)
    own = log.run([log.op({"text": "own"}, secret(2)).raw])
    before = world.hub.ops
    with pytest.raises(BrokenChain):
        log.send(log.request(own, *stolen))
    assert world.hub.ops == before


def test_a_broken_chain_is_refused_whole_and_kept_with_the_dead_letters(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-08: a gap, an edit or a removal is found at the first exchange."""
    world, leeds, _ = pair
    log = CraftedLog(world, leeds)
    good = log.run([log.op({"text": "a"}, secret(2)).raw])
    log.run([log.op({"text": "removed"}, secret(3)).raw])
    after = log.run([log.op({"text": "b"}, secret(4)).raw])
    before = world.hub.ops
    with pytest.raises(BrokenChain):
        log.send(log.request(good, after))
    assert world.hub.ops == before
    assert _letters(world.hub) == 1


def test_an_edited_op_breaks_the_signature(pair: tuple[World, Node, Node]) -> None:
    """INV-08."""
    world, leeds, _ = pair
    log = CraftedLog(world, leeds)
    run = log.run([log.op({"text": "a"}, secret(2)).raw])
    other = toys.op(1, {"text": "b"}, key=secret(2), node=leeds.id, life=log.life)
    segment = msgspec.structs.replace(run.segments[0], ops=(other.raw,))
    with pytest.raises(BadSignature):
        log.send(log.request(msgspec.structs.replace(run, segments=(segment,))))
    with pytest.raises(BadSignature):
        log.send(log.request(msgspec.structs.replace(run, signature=b"x" * 64)))


def test_a_segment_over_its_limits_is_refused(pair: tuple[World, Node, Node]) -> None:
    """INV-14."""
    world, leeds, _ = pair
    log = CraftedLog(world, leeds)
    ops = [log.op({"text": "a"}, secret(2)).raw for _ in range(SEGMENT_OPS_MAX + 1)]
    with pytest.raises(TooLarge):
        log.send(log.request(log.run(ops)))
    with pytest.raises(TooLarge):
        log.send(log.request(log.run([])))


@pytest.mark.parametrize(
    "payload",
    [
        b"Q",
        b"Qnot msgpack",
        b"Z" + msgspec.msgpack.encode([1, 2]),
        b"Q" + msgspec.msgpack.encode([]),
        b"Q" + msgspec.msgpack.encode({"hello": 1}),
        b"Q" + b"\x91" * 100_000,
        b"Q" + b"\x81\xa1a" * 100_000,
        b"Q\xdd\xff\xff\xff\xff",
        b"Q\xc6\xff\xff\xff\xff",
        b"R" + msgspec.msgpack.encode([0] * 20),
    ],
    ids=[
        "empty", "garbage", "no such type", "no fields", "a map", "deep lists", "deep maps",
        "four thousand million entries", "four thousand million bytes", "a reply of noughts",
    ],
)  # fmt: skip
def test_a_signed_body_that_is_none_is_refused_in_bounded_memory(
    pair: tuple[World, Node, Node], payload: bytes
) -> None:
    """INV-14: and kept once with the dead letters, for whoever must find out why."""
    world, leeds, _ = pair
    raw = _sealed(world, leeds, payload)
    before = _state(world.hub)
    tracemalloc.start()
    try:
        with pytest.raises(PeerFault):
            world.door.receive(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024
    assert _state(world.hub) == before
    assert _letters(world.hub) == 1


@pytest.mark.parametrize("size", [UNPACKED_BYTES_MAX + 1, 1 << 30])
def test_a_zip_bomb_is_refused_in_bounded_memory(pair: tuple[World, Node, Node], size: int) -> None:
    """INV-14: unpacking stops at the limit, whatever the packed form promises."""
    world, leeds, _ = pair
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    part = bytes(1 << 20)
    bomb = b"".join(packer.compress(part) for _ in range(size >> 20)) + packer.flush()
    raw = _sealed(world, leeds, bomb, packing=1)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            world.door.receive(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_BYTES_MAX


def test_a_message_over_the_limit_is_refused_unread(pair: tuple[World, Node, Node]) -> None:
    """INV-14: before its sender is even looked up, and without a copy of it being kept."""
    world, _, _ = pair
    with pytest.raises(TooLarge):
        read_envelope(b"tc\x01\x00" + bytes(REQUEST_BYTES_MAX))
    with pytest.raises(TooLarge):
        world.door.receive(b"tc\x01\x00" + bytes(REQUEST_BYTES_MAX))
    assert _letters(world.hub) == 0


def test_dead_letters_are_bounded_in_number_and_in_bytes(world: World) -> None:
    """INV-14: the newest are kept; a node that sends rubbish all night fills no disk."""
    store = world.hub.store
    with store.changing():
        for number in range(DEAD_LETTERS_MAX + 5):
            store.dead_letter(world.hub.id, "bad_message", b"%d" % number)
    assert _letters(world.hub) == DEAD_LETTERS_MAX
    assert world.hub.count("SELECT min(letter_no) FROM dead_letters") == 6
    store.dead_letter(world.hub.id, "bad_message", bytes(REQUEST_BYTES_MAX))
    assert _letters(world.hub) == DEAD_LETTERS_MAX
    assert world.hub.count("SELECT max(length(raw)) FROM dead_letters") == DEAD_LETTER_BYTES_MAX


def test_a_reply_is_bounded_by_what_the_spoke_asked_for(pair: tuple[World, Node, Node]) -> None:
    """INV-14."""
    world, leeds, _ = pair
    for number in range(9):
        world.hub.write({"text": f"{number}"}, secret(20 + number))
    came = world.exchange(leeds, room_ops=4)
    assert isinstance(came, Reply)
    assert (len(came.entries), came.more) == (4, True)


def test_a_node_of_a_protocol_that_is_not_spoken_keeps_its_work(
    pair: tuple[World, Node, Node],
) -> None:
    """INV-01: refused with a reason, and nothing of it counts as received."""
    world, leeds, _ = pair
    log = CraftedLog(world, leeds)
    request = log.request(log.run([log.op({"text": "a"}, secret(2)).raw]), oldest=7, newest=9)
    came = world.carry(leeds, world.sealed(leeds, request))
    assert isinstance(came, Fault)
    assert came.code == "unsupported_protocol"
    assert world.hub.values(secret(2)) == {}
