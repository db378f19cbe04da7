"""What is carried from node to node, and who notices that a bit of it is another."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.departure import Receipt, claim_of_receipt, key_context
from sync_protocol.errors import (
    DOES_NOT_DECODE,
    BadSignature,
    PeerFault,
    Refused,
    UnreadableOp,
)
from sync_protocol.ids import NodeId
from sync_protocol.io.boxes import BoxClosed, open_box
from sync_protocol.io.courier_file import open_file
from sync_protocol.messages import Reply
from sync_protocol.op import OpBytes, hash_raw, read_op
from sync_protocol.seal import check_signature
from sync_protocol.snapshot import Snapshot, snapshot_claim
from tests import toys
from tests.boxes import box_secret
from tests.contract.departing import SUBJECT
from tests.contract.world import Node
from tests.fuzz import samples

Piece = tuple[bytes, Callable[[bytes], bool]]


def ops() -> list[Piece]:
    """Ops, as their bytes lie one after another: what is read of them has another id, or none."""
    pieces: list[Piece] = []
    for raw in map(samples.divided, samples.ops()):
        before, cut = hash_raw(raw), len(raw.opening)
        is_redacted = raw.body is None
        rest = raw.body_hash if raw.body is None else raw.body

        def noticed(
            whole: bytes, before: bytes = before, cut: int = cut, is_redacted: bool = is_redacted
        ) -> bool:
            opening, rest = whole[:cut], whole[cut:]
            came = OpBytes(opening, None, rest) if is_redacted else OpBytes(opening, rest)
            try:
                return read_op(came).hash != before
            except UnreadableOp:
                return True

        pieces.append((raw.opening + rest, noticed))
    return pieces


def request_envelopes() -> list[Piece]:
    """Sealed requests at the hub's door."""
    world = samples.lived()

    def noticed(raw: bytes) -> bool:
        try:
            world.door.receive(raw)
        except PeerFault:
            return True
        return False

    return [(raw, noticed) for raw in samples.envelopes()]


def reply_envelopes() -> list[Piece]:
    """Sealed replies at the spoke that they are for."""
    world, leeds = samples.lived(), samples.leeds()
    key = world.hub.signer.public_key

    def noticed(raw: bytes) -> bool:
        try:
            open_envelope(read_envelope(raw), leeds.id, key)
        except PeerFault:
            return True
        return False

    found = [one for one in world.replies if isinstance(one, Reply) and one.entries][:6]
    return [
        (
            seal_message(one, Address(world.hub.id, leeds.id, one.incarnation), world.hub.signer),
            noticed,
        )
        for one in found
    ]


def snapshots() -> list[Piece]:
    """Parts of snapshots by themselves, under the hub's signature."""
    world = samples.lived()
    key = world.hub.signer.public_key

    def is_signed(raw: bytes) -> bool:
        try:
            part = msgspec.msgpack.decode(raw, type=Snapshot)
            for node in world.spokes:
                for incarnation in {one.incarnation for one in world.replies}:
                    if _verifies(key, snapshot_claim(incarnation, node, part), part.signature):
                        return True
        except DOES_NOT_DECODE:
            return False
        return False

    found = samples.structs("Snapshot")
    assert all(map(is_signed, found)), "each is a part that the hub signed"
    return [(raw, lambda spoiled: not is_signed(spoiled)) for raw in found]


def receipts() -> list[Piece]:
    """Receipts by themselves: signed, and with a box that the hub opens."""
    hub, leeds = samples.lived().hub.id, samples.leeds()
    incarnations = {one.incarnation for one in samples.lived().replies}

    def is_sound(raw: bytes) -> bool:
        try:
            one = msgspec.msgpack.decode(raw, type=Receipt)
            claims = [claim_of_receipt(one, name, leeds.id) for name in incarnations]
            open_box(box_secret(hub), one.box, _context(leeds.id, one))
        except (*DOES_NOT_DECODE, BoxClosed, PeerFault):
            return False
        return any(_verifies(leeds.signer.public_key, claim, one.signature) for claim in claims)

    found = samples.structs("Receipt")
    assert all(map(is_sound, found)), "each was signed, and its box opens"
    return [(raw, lambda spoiled: not is_sound(spoiled)) for raw in found]


def courier_files() -> list[Piece]:
    """Courier files, there and back, as whoever takes them in opens them."""
    world, leeds = samples.lived(), samples.leeds()
    asked, answered = samples.courier_files()

    def is_opened(raw: bytes, reader: Node, writer: Node) -> bool:
        try:
            for part in open_file(reader.store, raw, writer.id, writer.signer.public_key):
                open_envelope(read_envelope(part), reader.id, writer.signer.public_key)
        except (PeerFault, Refused):
            return False
        return True

    return [
        (asked, lambda raw: not is_opened(raw, world.hub, leeds)),
        (answered, lambda raw: not is_opened(raw, leeds, world.hub)),
    ]


def _context(node: NodeId, receipt: Receipt) -> bytes:
    return key_context(node, receipt.subject)


def _verifies(key: bytes, claim: bytes, signature: bytes) -> bool:
    try:
        check_signature(key, claim, signature)
    except BadSignature:
        return False
    return True


PIECES: Final[dict[str, Callable[[], Sequence[Piece]]]] = {
    "op": ops,
    "request": request_envelopes,
    "reply": reply_envelopes,
    "snapshot": snapshots,
    "receipt": receipts,
    "courier": courier_files,
}

assert toys.subject(1) == SUBJECT, "the first subject is the one that was let go of"
