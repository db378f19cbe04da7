"""The courier file itself: sealed messages in a box, and what can be told of it from outside.

Implements PROTOCOL.md, Courier. It knows boxes and sizes, and nothing of what the messages say. Of
a file that does not open nothing is believed, and of one that does only what is signed inside.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Final

import msgspec

from sync_protocol.codec import read_envelope
from sync_protocol.errors import DOES_NOT_DECODE, Refused, UnknownNode
from sync_protocol.ids import ID_BYTES, NodeId
from sync_protocol.io.boxes import BoxClosed
from sync_protocol.io.op_store import OpStore
from sync_protocol.limits import (
    COURIER_BYTES_AIM,
    COURIER_BYTES_MAX,
    COURIER_PARTS_MAX,
    REQUEST_BYTES_MAX,
)
from sync_protocol.seal import SIGNATURE_BYTES, check_signature

MAGIC: Final = b"throughcare courier\n"
COURIER_VERSION: Final = 1
COURIER_DOMAIN: Final = b"throughcare courier v1\x00"
OPENING_BYTES: Final = len(MAGIC) + 1 + 2 * ID_BYTES
_PARTS = Annotated[
    list[Annotated[bytes, msgspec.Meta(max_length=REQUEST_BYTES_MAX)]],
    msgspec.Meta(min_length=1, max_length=COURIER_PARTS_MAX),
]


class NoCourierFile(Refused):
    """This is no courier file, or its beginning was cut off."""

    code = "no_courier_file"
    hint = "Name the file that `courier export` wrote; nothing was taken in."


class OtherReceiver(Refused):
    """This courier file is for another node."""

    code = "other_receiver"
    hint = "Carry it there: nobody else opens it. Nothing was taken in."


class CourierDamaged(Refused):
    """This courier file does not open: it was cut short or changed on its way."""

    code = "courier_damaged"
    hint = (
        "Copy it again from where it was written, or have it exported again; nothing was taken in."
    )


class OldCourier(Refused):
    """This courier file was taken in before, or is older than what is known here."""

    code = "old_courier"
    hint = "Nothing to do, nothing is lost: what it held is here, or goes with the next export."


class Opening(msgspec.Struct, frozen=True):
    """Whose file it is and who opens it: what can be read of it from outside, unproved."""

    sender: NodeId
    receiver: NodeId


def read_opening(raw: bytes) -> Opening:
    """From whom and for whom a file is; raises NoCourierFile."""
    if len(raw) < OPENING_BYTES or not raw.startswith(MAGIC):
        raise NoCourierFile
    if raw[len(MAGIC)] != COURIER_VERSION:
        raise NoCourierFile(f"It is of version {raw[len(MAGIC)]}, this release reads 1.")
    if len(raw) > COURIER_BYTES_MAX:
        raise NoCourierFile(f"It is over {COURIER_BYTES_MAX} bytes.")
    ids = raw[len(MAGIC) + 1 : OPENING_BYTES]
    return Opening(NodeId(ids[:ID_BYTES]), NodeId(ids[ID_BYTES:]))


def has_room(parts: Sequence[bytes]) -> bool:
    """INV-14: whether one more message may go into the file of these."""
    return sum(map(len, parts)) < COURIER_BYTES_AIM and len(parts) < COURIER_PARTS_MAX


def pack(store: OpStore, receiver: NodeId, parts: Sequence[bytes]) -> bytes:
    """A file with these sealed messages, in this order, which the receiver alone opens."""
    between = store.node + receiver
    listed = msgspec.msgpack.encode(parts)
    signature = store.core.parts.signer.sign(_claim(between, listed))
    context = COURIER_DOMAIN + between
    sealed = store.core.parts.boxes.seal_to_node(receiver, signature + listed, context)
    return MAGIC + bytes((COURIER_VERSION,)) + between + sealed


def open_file(store: OpStore, raw: bytes, sender: NodeId, key: bytes) -> Sequence[bytes]:
    """The messages that `sender`, whose public key is `key`, put into a file, in their order.

    Each is sealed for itself besides, and is opened as one that came by the line.
    """
    opening = read_opening(raw)
    if opening.receiver != store.node:
        raise OtherReceiver(f"It is for node {opening.receiver.hex()}.")
    if opening.sender != sender:
        raise UnknownNode(opening.sender.hex())
    between = opening.sender + opening.receiver
    try:
        content = store.core.parts.boxes.open_own(raw[OPENING_BYTES:], COURIER_DOMAIN + between)
    except BoxClosed as fault:
        raise CourierDamaged from fault
    signature, listed = content[:SIGNATURE_BYTES], content[SIGNATURE_BYTES:]
    try:
        parts = msgspec.msgpack.decode(listed, type=_PARTS)
    except DOES_NOT_DECODE as fault:
        check_signature(key, _claim(between, listed), signature)
        raise CourierDamaged from fault
    # Its messages tell how its sender's key has changed.
    in_use, _ = store.core.keys.in_use(sender, key, read_envelope(parts[0]).changes)
    check_signature(in_use, _claim(between, listed), signature)
    return parts


def _claim(between: bytes, listed: bytes) -> bytes:
    """What is signed of a file: replies follow from one another, so their order counts."""
    return COURIER_DOMAIN + between + sha256(listed).digest()
