"""The envelope: a message's bytes, signed by its sender and bound to its receiver.

Implements PROTOCOL.md, Envelope. The same bytes travel by HTTP and in a file. A fixed opening is
read first, the signature is verified over the raw bytes, and only then is anything unpacked or
parsed, within named limits (INV-14).

    magic 2, version 1, packing 1, sender 16, receiver 16, incarnation 16, signature 64,
    in version 2: length 2 and changes of the sender's key, payload
"""

from typing import Final

import msgspec
import zstandard

from sync_protocol.errors import DOES_NOT_DECODE, BadMessage, TooLarge, WrongReceiver
from sync_protocol.ids import ID_BYTES, IncarnationId, NodeId
from sync_protocol.keys import KeyChange, KeyChanges
from sync_protocol.limits import (
    RATIO_FREE_BYTES,
    RATIO_MAX,
    RATIO_SENT_MAX,
    REQUEST_BYTES_MAX,
    UNPACKED_BYTES_MAX,
)
from sync_protocol.messages import Fault, Reply, Request
from sync_protocol.seal import (
    SIGNATURE_BYTES,
    Signer,
    check_signature,
    message_claim,
)

MAGIC: Final = b"tc"
ENVELOPE_VERSION: Final = 1
ENVELOPE_WITH_KEYS: Final = 2
"""One that tells how its sender's signing key changed."""
PLAIN: Final = 0
ZSTD: Final = 1
ZSTD_LEVEL: Final = 3
ZSTD_LEVEL_SMALL: Final = 9
SMALLISH_BYTES: Final = 1024 * 1024
"""Up to here a message is packed harder: most lines are slow, and few messages are larger."""
SMALL_BYTES: Final = 512
"""Below this packing gains nothing; an idle exchange goes plain."""

_SENDER_AT: Final = 4
OPENING_BYTES: Final = _SENDER_AT + ID_BYTES
"""Up to the sender, which is all that is needed to know a stranger."""
_SIGNATURE_AT: Final = _SENDER_AT + 3 * ID_BYTES
_PAYLOAD_AT: Final = _SIGNATURE_AT + SIGNATURE_BYTES
_LENGTH_BYTES: Final = 2


class Envelope(msgspec.Struct, frozen=True):
    """A message as it travels; `packed` is the packing byte and the payload, as signed."""

    sender: NodeId
    receiver: NodeId
    incarnation: IncarnationId
    signature: bytes
    packed: bytes
    changes: tuple[KeyChange, ...] = ()
    """How the sender says that its key changed; each proves itself, or is nothing."""


class Address(msgspec.Struct, frozen=True):
    """Between whom a message goes, and the hub's incarnation as the sender knows it."""

    sender: NodeId
    receiver: NodeId
    incarnation: IncarnationId


_TAGS: Final[dict[type, bytes]] = {Request: b"Q", Reply: b"R", Fault: b"F"}
_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoders: Final[dict[bytes, msgspec.msgpack.Decoder[Request | Reply | Fault]]] = {
    b"Q": msgspec.msgpack.Decoder(Request),
    b"R": msgspec.msgpack.Decoder(Reply),
    b"F": msgspec.msgpack.Decoder(Fault),
}


_changes_decoder = msgspec.msgpack.Decoder(KeyChanges)


def seal_message(
    message: Request | Reply | Fault,
    address: Address,
    signer: Signer,
    changes: tuple[KeyChange, ...] = (),
) -> bytes:
    """The bytes to send; raises TooLarge where the message is over the request's limit.

    The `changes` of the sender's key are told with it, so that a receiver who knows an earlier one
    can tell that this is his.
    """
    payload = _TAGS[type(message)] + _encoder.encode(message)
    return seal_payload(payload, address, signer, changes)


def seal_payload(
    payload: bytes, address: Address, signer: Signer, changes: tuple[KeyChange, ...] = ()
) -> bytes:
    """The bytes to send of a message that begins with the tag of its type."""
    packed = _pack(payload)
    claim = message_claim(address.sender, address.receiver, address.incarnation, packed)
    version, told = (ENVELOPE_WITH_KEYS, _framed(changes)) if changes else (ENVELOPE_VERSION, b"")
    opening = MAGIC + bytes((version, packed[0]))
    ids = address.sender + address.receiver + address.incarnation
    whole = opening + ids + signer.sign(claim) + told + packed[1:]
    if len(whole) > REQUEST_BYTES_MAX:
        raise TooLarge(f"{len(whole)} of {REQUEST_BYTES_MAX} bytes")
    return whole


def read_envelope(raw: bytes) -> Envelope:
    """The envelope's fixed opening; nothing of the payload is looked at."""
    if len(raw) > REQUEST_BYTES_MAX:
        raise TooLarge(f"{len(raw)} of {REQUEST_BYTES_MAX} bytes")
    if len(raw) <= _PAYLOAD_AT or raw[:2] != MAGIC:
        raise BadMessage("not an envelope")
    if raw[2] not in (ENVELOPE_VERSION, ENVELOPE_WITH_KEYS) or raw[3] not in (PLAIN, ZSTD):
        raise BadMessage(f"envelope version {raw[2]}, packing {raw[3]}")
    sender, receiver, incarnation = (
        raw[_SENDER_AT + place * ID_BYTES :][:ID_BYTES] for place in range(3)
    )
    changes, payload_at = _changes_in(raw) if raw[2] == ENVELOPE_WITH_KEYS else ((), _PAYLOAD_AT)
    return Envelope(
        sender=NodeId(sender),
        receiver=NodeId(receiver),
        incarnation=IncarnationId(incarnation),
        signature=raw[_SIGNATURE_AT:_PAYLOAD_AT],
        packed=raw[3:4] + raw[payload_at:],
        changes=changes,
    )


def sender_of(opening: bytes) -> NodeId:
    """Who says to have sent what begins so: enough to turn a stranger away before the rest comes.

    `opening` has at least OPENING_BYTES of it; raises BadMessage where it is no envelope.
    """
    if len(opening) < OPENING_BYTES or opening[:2] != MAGIC:
        raise BadMessage("not an envelope")
    return NodeId(opening[_SENDER_AT:OPENING_BYTES])


def open_envelope(
    envelope: Envelope, receiver: NodeId, public_key: bytes
) -> Request | Reply | Fault:
    """The message, once its receiver and signature are verified; raises a PeerFault otherwise."""
    payload = open_payload(envelope, receiver, public_key)
    decoder = _decoders.get(payload[:1])
    if decoder is None:
        raise BadMessage("of no known type")
    try:
        return decoder.decode(memoryview(payload)[1:])
    except DOES_NOT_DECODE as fault:
        raise BadMessage(type(fault).__name__) from fault


def open_payload(envelope: Envelope, receiver: NodeId, public_key: bytes) -> bytes:
    """The tag and what follows it, verified and unpacked; raises a PeerFault otherwise."""
    if envelope.receiver != receiver:
        raise WrongReceiver(envelope.receiver.hex())
    claim = message_claim(envelope.sender, envelope.receiver, envelope.incarnation, envelope.packed)
    check_signature(public_key, claim, envelope.signature)
    return _unpack(envelope.packed)


def _framed(changes: tuple[KeyChange, ...]) -> bytes:
    encoded = _encoder.encode(changes)
    return len(encoded).to_bytes(_LENGTH_BYTES, "big") + encoded


def _changes_in(raw: bytes) -> tuple[tuple[KeyChange, ...], int]:
    """The changes of the sender's key, and where the payload begins."""
    first = _PAYLOAD_AT + _LENGTH_BYTES
    payload_at = first + int.from_bytes(raw[_PAYLOAD_AT:first], "big")
    if len(raw) <= payload_at:
        raise BadMessage("not an envelope")
    try:
        return _changes_decoder.decode(raw[first:payload_at]), payload_at
    except DOES_NOT_DECODE as fault:
        raise BadMessage(type(fault).__name__) from fault


def _pack(payload: bytes) -> bytes:
    """Packed where that helps. What packs better than 15:1 goes plain: a receiver may refuse it."""
    if len(payload) >= SMALL_BYTES:
        level = ZSTD_LEVEL_SMALL if len(payload) <= SMALLISH_BYTES else ZSTD_LEVEL
        packed = zstandard.ZstdCompressor(level=level).compress(payload)
        is_honest = len(packed) * RATIO_SENT_MAX >= len(payload)
        if len(packed) < len(payload) and (is_honest or len(payload) <= RATIO_FREE_BYTES):
            return bytes((ZSTD,)) + packed
    return bytes((PLAIN,)) + payload


def _unpack(packed: bytes) -> bytes:
    if packed[0] == PLAIN:
        return packed[1:]
    room = min(UNPACKED_BYTES_MAX, max(RATIO_FREE_BYTES, RATIO_MAX * (len(packed) - 1)))
    try:
        stream = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(packed[1:])
        payload = stream.read(room + 1)
        is_whole = stream.read(1) == b""
    except zstandard.ZstdError as fault:
        raise BadMessage("does not unpack") from fault
    if len(payload) > room or not is_whole:
        raise TooLarge(f"unpacks to more than {room} bytes")
    return payload
