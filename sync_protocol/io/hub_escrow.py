"""A restored hub opens what its spokes hold in escrow, and gives a key back to who holds it again.

Implements PROTOCOL.md, Leaving. A spoke that let go of a subject offers its ops without the bodies,
which it cannot open; they come beside, under a key in a box for the hub.
"""

from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync_protocol.departure import Escrowed, KeyBack, key_context
from sync_protocol.errors import DOES_NOT_DECODE
from sync_protocol.ids import NodeId, OpId, SubjectId
from sync_protocol.io.boxes import BoxClosed, Boxes, NoBoxKey
from sync_protocol.io.hub_departures import HeldBefore
from sync_protocol.io.op_log import KEY_BYTES, NONCE_BYTES
from sync_protocol.messages import Request
from sync_protocol.op import OpBytes, hash_raw, op_id_of

Keys = dict[int, bytes]
NO_KEYS: Final[Keys] = {}


def with_bodies(request: Request, node: NodeId, boxes: Boxes) -> Request:
    """The request with the bodies from escrow in their ops.

    What does not open, or is not the body that the header binds, is left out: the op is taken as it
    came then, and is parked until somebody has its body.
    """
    if not request.escrow:
        return request
    bodies = {
        op_id: body for one in request.escrow for op_id, body in _opened(one, node, boxes).items()
    }

    def whole(raw: OpBytes) -> OpBytes:
        body = bodies.get(op_id_of(hash_raw(raw))) if raw.body is None else None
        is_bound = body is not None and sha256(body).digest() == raw.body_hash
        return OpBytes(raw.opening, body) if is_bound else raw

    runs = tuple(
        msgspec.structs.replace(
            run,
            segments=tuple(
                msgspec.structs.replace(one, ops=tuple(whole(raw) for raw in one.ops))
                for one in run.segments
            ),
        )
        for run in request.runs
    )
    returned = tuple(
        msgspec.structs.replace(one, ops=tuple(whole(raw) for raw in one.ops))
        for one in request.returned
    )
    return msgspec.structs.replace(request, runs=runs, returned=returned)


def key_back(
    place: tuple[NodeId, SubjectId, int], held: HeldBefore, boxes: Boxes
) -> KeyBack | None:
    """The key in a receipt's box, for the node that let go of it; None where it does not open.

    `place` is which node has which subject again, and the number of its enter step.
    """
    node, subject, number = place
    context = key_context(node, subject)
    try:
        box = boxes.seal_to_node(node, boxes.open_own(held.box, context), context)
    except (BoxClosed, NoBoxKey):
        return None
    return KeyBack(subject, number, box, held.digest, held.through)


def _opened(one: Escrowed, node: NodeId, boxes: Boxes) -> dict[OpId, bytes]:
    keys = _keys_in(one, node, boxes)
    found: dict[OpId, bytes] = {}
    for sealed in one.bodies:
        key = keys.get(sealed.key_no)
        if key is None:
            continue
        try:
            nonce = sealed.op_id[:NONCE_BYTES]
            found[sealed.op_id] = AESGCM(key).decrypt(nonce, sealed.body, sealed.op_id)
        except InvalidTag:
            continue
    return found


def _keys_in(one: Escrowed, node: NodeId, boxes: Boxes) -> Keys:
    try:
        plain = boxes.open_own(one.box, key_context(node, one.subject))
        keys = msgspec.msgpack.decode(plain, type=list[tuple[int, bytes]])
        return {key_no: key for key_no, key in keys if len(key) == KEY_BYTES}
    except (BoxClosed, NoBoxKey, *DOES_NOT_DECODE):
        return NO_KEYS
