"""The envelope: signature first, parsing last, and nothing beyond a named limit."""

import random
from typing import Any

import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync_protocol.codec import (
    MAGIC,
    PLAIN,
    SMALL_BYTES,
    ZSTD,
    Address,
    open_envelope,
    read_envelope,
    seal_message,
    sender_of,
)
from sync_protocol.cursor import START
from sync_protocol.errors import BadMessage, BadSignature, PeerFault, TooLarge, WrongReceiver
from sync_protocol.keys import KeyChange
from sync_protocol.limits import (
    KEY_CHANGES_MAX,
    RATIO_FREE_BYTES,
    RATIO_MAX,
    RATIO_SENT_MAX,
    REQUEST_BYTES_MAX,
    UNPACKED_BYTES_MAX,
)
from sync_protocol.messages import Entry, Fault, Hello, Reply, Request
from sync_protocol.op import OpBytes
from sync_protocol.seal import message_claim
from tests import toys

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
ADDRESS = Address(toys.node(1), toys.node(2), toys.incarnation(1))
PAYLOAD_AT = 4 + 3 * 16 + 64
FAULT = Fault(code="x", detail="y", count=3, incarnation=toys.incarnation(1))
REQUEST = Request(
    Hello(
        count=1,
        life=toys.life(1),
        seq=0,
        chain=bytes(32),
        registry=bytes(32),
        release="1.0",
        sent_ms=toys.MORNING_MS,
        cursor=START,
    )
)
REPLY = Reply(
    count=1,
    incarnation=toys.incarnation(1),
    received_ms=1,
    sent_ms=2,
    clock=toys.op(1, {}).hlc,
    marks=(),
    cursor=START,
    entries=(Entry(toys.raw_op(1, {"label": "x"}), 1, 1),),
)


def _carrying(opening: bytes) -> Reply:
    """A reply with these bytes in it."""
    return msgspec.structs.replace(REPLY, entries=(Entry(OpBytes(opening, None), 1, 1),))


def _opened(raw: bytes) -> Any:
    return open_envelope(read_envelope(raw), toys.node(2), PUBLIC)


def _sealed(packed: bytes) -> bytes:
    """An envelope, truly signed, around any packing byte and payload."""
    claim = message_claim(ADDRESS.sender, ADDRESS.receiver, ADDRESS.incarnation, packed)
    ids = ADDRESS.sender + ADDRESS.receiver + ADDRESS.incarnation
    return MAGIC + bytes((1, packed[0])) + ids + KEY.sign(claim) + packed[1:]


def _packed(payload: bytes) -> bytes:
    return bytes((ZSTD,)) + zstandard.ZstdCompressor().compress(payload)


@pytest.mark.parametrize("message", [REQUEST, REPLY, FAULT], ids=lambda one: type(one).__name__)
def test_a_message_opens_as_it_was_sealed(message: Request | Reply | Fault) -> None:
    assert _opened(seal_message(message, ADDRESS, KEY)) == message


def test_the_opening_tells_between_whom_it_goes() -> None:
    envelope = read_envelope(seal_message(FAULT, ADDRESS, KEY))
    assert (envelope.sender, envelope.receiver) == (ADDRESS.sender, ADDRESS.receiver)
    assert envelope.incarnation == ADDRESS.incarnation


def test_a_small_message_goes_plain_and_a_larger_one_packed() -> None:
    assert seal_message(FAULT, ADDRESS, KEY)[3] == PLAIN
    long = msgspec.structs.replace(FAULT, detail="words and words " * SMALL_BYTES)
    raw = seal_message(long, ADDRESS, KEY)
    assert raw[3] == ZSTD
    assert len(raw) < SMALL_BYTES
    assert _opened(raw) == long


def test_what_packing_does_not_shrink_goes_plain() -> None:
    noise = b"".join(toys.id_of(number) for number in range(SMALL_BYTES))
    entry = Entry(OpBytes(noise, None), 1, 1)
    assert seal_message(msgspec.structs.replace(REPLY, entries=(entry,)), ADDRESS, KEY)[3] == PLAIN


def test_what_packs_too_well_goes_plain_so_that_nobody_takes_it_for_a_bomb() -> None:
    """INV-14: a receiver may refuse what unpacks to more than its limit of ratio."""
    long = _carrying(bytes(RATIO_FREE_BYTES + 1))
    raw = seal_message(long, ADDRESS, KEY)
    assert raw[3] == PLAIN
    assert _opened(raw) == long


def test_a_message_over_the_limit_is_not_sealed() -> None:
    noise = random.Random(1).randbytes(REQUEST_BYTES_MAX)
    huge = msgspec.structs.replace(REPLY, entries=(Entry(OpBytes(noise, None), 1, 1),))
    with pytest.raises(TooLarge):
        seal_message(huge, ADDRESS, KEY)


def test_a_message_over_the_limit_is_not_even_looked_at() -> None:
    """INV-14."""
    with pytest.raises(TooLarge):
        read_envelope(bytes(REQUEST_BYTES_MAX + 1))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"tc",
        bytes(PAYLOAD_AT + 1),
        seal_message(FAULT, ADDRESS, KEY)[:PAYLOAD_AT],
        b"tc\x02\x00" + bytes(PAYLOAD_AT),
        b"tc\x01\x02" + bytes(PAYLOAD_AT),
    ],
    ids=len,
)
def test_what_does_not_open_like_an_envelope_is_none(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        read_envelope(raw)


def test_a_message_to_somebody_else_is_not_opened() -> None:
    with pytest.raises(WrongReceiver):
        open_envelope(read_envelope(seal_message(FAULT, ADDRESS, KEY)), toys.node(3), PUBLIC)


@pytest.mark.parametrize("place", [3, 4, 4 + 32, 4 + 48, PAYLOAD_AT, -1])
def test_no_bit_can_be_changed(place: int) -> None:
    """Every byte but those that choose the reader is under the signature."""
    raw = bytearray(seal_message(FAULT, ADDRESS, KEY))
    raw[place] ^= 1
    with pytest.raises(PeerFault):
        _opened(bytes(raw))


def test_a_changed_payload_fails_its_signature_before_it_is_parsed() -> None:
    raw = bytearray(seal_message(FAULT, ADDRESS, KEY))
    raw[-1] ^= 1
    with pytest.raises(BadSignature):
        _opened(bytes(raw))


@pytest.mark.parametrize(
    "packed",
    [
        bytes((PLAIN,)) + b"X" + msgspec.msgpack.encode([]),
        bytes((PLAIN,)) + b"F",
        bytes((PLAIN,)) + b"F\xc1",
        bytes((PLAIN,)) + b"F" + msgspec.msgpack.encode([1, 2, 3, 4]),
        bytes((PLAIN,)) + b"F\x94\xa1\xff\xa0\x01\xc4\x00",
        bytes((PLAIN,)) + b"Q" + b"\x91" * 5000,
        bytes((ZSTD,)) + b"not packed at all",
        _packed(b""),
        _packed(b"F" + bytes(2000))[:-3],
    ],
    ids=lambda packed: packed[:6].hex(),
)
def test_what_does_not_parse_is_a_bad_message(packed: bytes) -> None:
    with pytest.raises(BadMessage):
        _opened(_sealed(packed))


def test_a_bomb_is_refused_at_its_limit() -> None:
    """INV-14: twenty times its packed size, or one mebibyte where that is more."""
    bomb = _packed(b"F" + bytes(RATIO_FREE_BYTES * 2))
    assert len(bomb) * RATIO_MAX < RATIO_FREE_BYTES
    with pytest.raises(TooLarge, match=str(RATIO_FREE_BYTES)):
        _opened(_sealed(bomb))


def test_what_unpacks_to_the_last_permitted_byte_is_taken() -> None:
    room = RATIO_FREE_BYTES
    spare = room - len(b"R" + msgspec.msgpack.encode(_carrying(bytes(room // 2))))
    longer = _carrying(bytes(room // 2 + spare))
    payload = b"R" + msgspec.msgpack.encode(longer)
    assert len(payload) == room
    assert _opened(_sealed(_packed(payload))) == longer


def test_no_ratio_reaches_beyond_the_limit_of_what_is_unpacked() -> None:
    assert RATIO_MAX * REQUEST_BYTES_MAX > UNPACKED_BYTES_MAX
    assert RATIO_SENT_MAX < RATIO_MAX


@pytest.mark.parametrize("opening", [b"", b"tc\x01\x00" + bytes(15), b"GET /" + bytes(20)])
def test_a_sender_is_read_of_an_envelope_alone(opening: bytes) -> None:
    """INV-14: what is no envelope is known by its first bytes."""
    with pytest.raises(BadMessage):
        sender_of(opening)
    assert sender_of(b"tc\x01\x00" + toys.node(1) + b"the rest") == toys.node(1)


CHANGE = KeyChange(PUBLIC, bytes(32), bytes(64), bytes(64))


def test_an_envelope_tells_how_its_senders_key_changed() -> None:
    """S13: beside what is signed, since a change proves itself."""
    raw = seal_message(FAULT, ADDRESS, KEY, (CHANGE,))
    envelope = read_envelope(raw)
    assert envelope.changes == (CHANGE,)
    assert open_envelope(envelope, ADDRESS.receiver, PUBLIC) == FAULT
    assert read_envelope(seal_message(FAULT, ADDRESS, KEY)).changes == ()


@pytest.mark.parametrize("length", [0xFFFF, 3])
def test_changes_that_are_cut_short_or_lie_about_their_length_are_no_message(length: int) -> None:
    """S13, INV-14: more than there is, and less than one change."""
    raw = bytearray(seal_message(FAULT, ADDRESS, KEY, (CHANGE,)))
    raw[PAYLOAD_AT : PAYLOAD_AT + 2] = length.to_bytes(2, "big")
    with pytest.raises(BadMessage):
        read_envelope(bytes(raw))


def test_a_node_tells_only_so_many_changes() -> None:
    """S13, INV-14."""
    raw = seal_message(FAULT, ADDRESS, KEY, (CHANGE,) * (KEY_CHANGES_MAX + 1))
    with pytest.raises(BadMessage):
        read_envelope(raw)
