"""Letting go of a subject: what a spoke offers, what the hub permits, and the receipt of it.

Implements PROTOCOL.md, Leaving. A permit and a receipt are signed by themselves, since each is
shown long after the message that carried it is gone.
"""

from typing import Annotated, Final, Literal

import msgspec

from sync_protocol.ids import (
    A_COUNT,
    A_HASH,
    A_MOMENT,
    AN_ID,
    ID_BYTES,
    IncarnationId,
    LifeId,
    NodeId,
    OpId,
    SubjectId,
)
from sync_protocol.limits import DEPARTURE_IDS_MAX, KEY_BOX_BYTES_MAX
from sync_protocol.seal import A_SIGNATURE, permit_claim, receipt_claim

IDS: Final = msgspec.Meta(max_length=DEPARTURE_IDS_MAX * ID_BYTES)
KEY_BOX: Final = msgspec.Meta(max_length=KEY_BOX_BYTES_MAX)
KEY_DOMAIN: Final = b"throughcare subject key v1\x00"

ReceiptAct = Literal["sealed", "purged"]


class Departure(msgspec.Struct, frozen=True, array_like=True):
    """A subject that a spoke would let go of: what it holds of it, and what it has still to send.

    `ends` is the number of the grant that ended; `through` how far it had heard of the subject.
    `ids` are those of all its ops here, one after another, where the hub has asked for them, or has
    not said of all of them that it has them.
    """

    subject: Annotated[SubjectId, AN_ID]
    ends: Annotated[int, A_COUNT]
    digest: Annotated[bytes, A_HASH]
    count: Annotated[int, A_COUNT]
    through: Annotated[int, A_COUNT]
    waiting: Annotated[int, A_COUNT] = 0
    ids: Annotated[bytes, IDS] | None = None


class Permit(msgspec.Struct, frozen=True, array_like=True):
    """The hub's word that it holds, in a verified backup, all that a spoke holds of a subject."""

    subject: Annotated[SubjectId, AN_ID]
    ends: Annotated[int, A_COUNT]
    digest: Annotated[bytes, A_HASH]
    count: Annotated[int, A_COUNT]
    signature: Annotated[bytes, A_SIGNATURE] = b""


class Receipt(msgspec.Struct, frozen=True, array_like=True):
    """A spoke's word that it let go of a subject, and of what: signed by it, kept by the hub.

    `box` holds the subject's key for the hub, where it was sealed and not destroyed.
    """

    subject: Annotated[SubjectId, AN_ID]
    ends: Annotated[int, A_COUNT]
    act: ReceiptAct
    life: Annotated[LifeId, AN_ID]
    digest: Annotated[bytes, A_HASH]
    count: Annotated[int, A_COUNT]
    through: Annotated[int, A_COUNT]
    at_ms: Annotated[int, A_MOMENT]
    signature: Annotated[bytes, A_SIGNATURE] = b""
    box: Annotated[bytes, KEY_BOX] = b""


class Receipted(msgspec.Struct, frozen=True, array_like=True):
    """A receipt that is durable at the hub."""

    subject: Annotated[SubjectId, AN_ID]
    ends: Annotated[int, A_COUNT]
    act: ReceiptAct


class Elsewhere(msgspec.Struct, frozen=True, array_like=True):
    """A node that has not let go of a subject yet: it may hold entries that nobody has seen.

    `silent_ms` is when the hub heard from it last, where that is longer ago than usual; else 0.
    """

    subject: Annotated[SubjectId, AN_ID]
    node: Annotated[NodeId, AN_ID]
    since_ms: Annotated[int, A_MOMENT]
    silent_ms: Annotated[int, A_MOMENT] = 0


class KeyBack(msgspec.Struct, frozen=True, array_like=True):
    """The key of a subject that comes back before it was purged, in a box for its node.

    `number` is that of the enter step that it comes with; the node lacks what came after the
    receipt of this `digest` and `through`, and that alone. A copy of the node may have signed it.
    A hub of an earlier release does not say which receipt it was.
    """

    subject: Annotated[SubjectId, AN_ID]
    number: Annotated[int, A_COUNT]
    box: Annotated[bytes, KEY_BOX]
    digest: Annotated[bytes, A_HASH] | None = None
    through: Annotated[int, A_COUNT] = 0


class SealedBody(msgspec.Struct, frozen=True, array_like=True):
    """The body of an op as it lies in escrow, and the number that its key has there."""

    op_id: Annotated[OpId, AN_ID]
    key_no: Annotated[int, A_COUNT]
    body: bytes


class Escrowed(msgspec.Struct, frozen=True, array_like=True):
    """Bodies that a spoke cannot open and a restored hub may lack, with the box of their key."""

    subject: Annotated[SubjectId, AN_ID]
    box: Annotated[bytes, KEY_BOX]
    bodies: tuple[SealedBody, ...]


def claim_of_permit(permit: Permit, incarnation: IncarnationId, node: NodeId) -> bytes:
    """The bytes that the hub signs of a permit."""
    words = (permit.subject, permit.digest)
    return permit_claim(incarnation, node, (permit.ends, permit.count), words)


def claim_of_receipt(receipt: Receipt, incarnation: IncarnationId, node: NodeId) -> bytes:
    """The bytes that a spoke signs of a receipt."""
    numbers = (receipt.ends, receipt.count, receipt.through, max(0, receipt.at_ms))
    words = (receipt.act.encode(), receipt.life, receipt.subject, receipt.digest)
    return receipt_claim(incarnation, node, numbers, words)


def key_context(node: NodeId, subject: SubjectId) -> bytes:
    """What a box with the key of a subject is for: no other node's, and no other subject's."""
    return KEY_DOMAIN + node + subject
