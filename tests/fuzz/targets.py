"""Every decoder that reads what somebody else wrote, and what must hold of it whatever it is given.

A `Target` takes bytes. It says True where they were read and False where they were refused with an
error of a declared family; anything else that comes out of it is a find, a broken law included.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from sync_protocol.codec import (
    PLAIN,
    ZSTD,
    Envelope,
    open_envelope,
    read_envelope,
    sender_of,
)
from sync_protocol.cursor import Cursor
from sync_protocol.departure import (
    Departure,
    Elsewhere,
    Escrowed,
    KeyBack,
    Permit,
    Receipt,
    claim_of_permit,
    claim_of_receipt,
    key_context,
)
from sync_protocol.errors import DOES_NOT_DECODE, PeerFault, Refused, UnreadableOp
from sync_protocol.io.boxes import BoxClosed, open_box
from sync_protocol.io.courier_file import open_file, pack
from sync_protocol.messages import Fault, Look, Reply, Request, Returned
from sync_protocol.op import Body, Header, hash_raw, op_id_of, read_op, read_opening, whole_header
from sync_protocol.reconcile import answer_frame, take_frame
from sync_protocol.scope import ScopeStep, claim_of
from sync_protocol.seal import Run, Segment, message_claim, segment_chain
from sync_protocol.snapshot import Snapshot, Want, snapshot_claim
from tests import toys
from tests.boxes import box_secret
from tests.contract.departing import SUBJECT
from tests.fuzz import samples
from tests.fuzz.disk_targets import DISK
from tests.fuzz.door_targets import DOORS
from tests.fuzz.target import Target
from tests.vectors.make import KEY

PUBLIC: Final = KEY.public_key().public_bytes_raw()
HERE, THERE = toys.node(1), toys.node(2)
_encoder = msgspec.msgpack.Encoder(order="deterministic")


def read_an_op(raw: bytes) -> bool:
    """An op: its id is that of its bytes, and it says nothing that cannot be said again."""
    divided = samples.divided(raw)
    try:
        op = read_op(divided)
    except UnreadableOp:
        return False
    assert op.raw is divided
    assert op.id == op_id_of(hash_raw(divided))
    # PROTOCOL.md, The op: canonical, so that two readers never find two contents in one op.
    assert _encoder.encode(op.header) == whole_header(divided), "its header is another when written"
    if op.body is not None:
        assert _encoder.encode(op.body) == divided.body, "its body is another when written"
    assert read_opening(divided.opening).kind == op.header.kind
    return True


def open_a_message(payload: bytes) -> bool:
    """A message under a true seal: what is taken can be sent, and is then taken as the same."""
    return _opens(bytes((PLAIN,)) + payload)


def unpack_a_message(payload: bytes) -> bool:
    """What is packed under a true seal: bounded, whatever it unpacks to."""
    return _opens(bytes((ZSTD,)) + payload)


def _opens(packed: bytes) -> bool:
    claim = message_claim(HERE, THERE, toys.incarnation(1), packed)
    envelope = Envelope(HERE, THERE, toys.incarnation(1), KEY.sign(claim), packed)
    try:
        message = open_envelope(envelope, THERE, PUBLIC)
    except PeerFault:
        return False
    again = msgspec.msgpack.decode(_encoder.encode(message), type=type(message))
    assert again == message
    _check_claims(message)
    return True


def _check_claims(message: Request | Reply | Fault) -> None:
    """What is signed within a message can be put as a claim, or is a bad message."""
    node, incarnation = HERE, toys.incarnation(1)
    try:
        match message:
            case Reply():
                for step in message.steps:
                    claim_of(step, incarnation, node)
                for permit in message.permits:
                    claim_of_permit(permit, incarnation, node)
                for snapshot in message.snapshots:
                    snapshot_claim(incarnation, node, snapshot)
            case Request():
                for receipt in message.receipts:
                    claim_of_receipt(receipt, incarnation, node)
                for run in message.runs:
                    for one in run.segments:
                        segment_chain(run.chain_before, one.epoch, one.first_seq, ())
    except PeerFault:
        return


def read_an_envelope(raw: bytes) -> bool:
    """An envelope as it comes off the line, under whatever seal it has."""
    world = samples.lived()
    try:
        sender_of(raw)
        envelope = read_envelope(raw)
        spoke = world.spokes.get(envelope.sender)
        key = PUBLIC if spoke is None else spoke.signer.public_key
        open_envelope(envelope, world.hub.id, key)
    except PeerFault:
        return False
    assert raw in world.sealed_bytes, "nobody sealed this"
    return True


def open_a_courier_file(raw: bytes) -> bool:
    """A courier file as it is found on a stick."""
    world, leeds = samples.lived(), samples.leeds()
    try:
        open_file(world.hub.store, raw, leeds.id, leeds.signer.public_key)
    except (Refused, PeerFault):
        return False
    assert raw in samples.courier_files(), "nobody made this"
    return True


def open_courier_messages(listed: bytes) -> bool:
    """What somebody of the estate put into a courier file and sealed."""
    world, leeds = samples.lived(), samples.leeds()
    whole = pack(leeds.store, world.hub.id, msgspec.Raw(listed))  # type: ignore[arg-type]
    try:
        parts = open_file(world.hub.store, whole, leeds.id, leeds.signer.public_key)
    except (Refused, PeerFault):
        return False
    assert all(isinstance(part, bytes) for part in parts)
    return True


def open_a_box(raw: bytes) -> bool:
    """A box: it opens as it was closed, or not at all."""
    hub, leeds = samples.lived().hub.id, samples.leeds().id
    try:
        open_box(box_secret(hub), raw, key_context(leeds, SUBJECT))
    except BoxClosed:
        return False
    assert raw in samples.boxes(), "nobody closed this"
    return True


def compare_frames(raw: bytes) -> bool:
    """A frame of a repair, as the hub reads it and as a spoke does."""
    held = samples.holdings()
    try:
        answered = answer_frame(held, raw)
        asked, found = take_frame(held, raw)
    except PeerFault:
        return False
    for frame in (answered, asked):
        take_frame(held, frame)
    assert set(found.here) <= set(held.keys)
    return True


def _reads(kind: type) -> Callable[[bytes], bool]:
    """Reads one struct, which then comes back from its own bytes."""
    decoder: Any = msgspec.msgpack.Decoder(kind)

    def attempt(raw: bytes) -> bool:
        try:
            read = decoder.decode(raw)
        except DOES_NOT_DECODE:
            return False
        assert decoder.decode(_encoder.encode(read)) == read
        return True

    return attempt


def _courier_lists() -> Sequence[bytes]:
    one = samples.envelopes()
    return [msgspec.msgpack.encode(list(one)), msgspec.msgpack.encode([one[0]])]


def _packed() -> Sequence[bytes]:
    return [raw[116:] for raw in samples.envelopes() if raw[3] == ZSTD]


def _structs_of(name: str) -> Callable[[], Sequence[bytes]]:
    return lambda: samples.structs(name)


def _messages() -> Sequence[bytes]:
    return (*samples.requests(), *samples.replies())


STRUCTS: Final[tuple[type, ...]] = (
    Cursor,
    Run,
    Segment,
    Returned,
    Look,
    Want,
    Departure,
    Permit,
    Receipt,
    Escrowed,
    KeyBack,
    Elsewhere,
    ScopeStep,
    Snapshot,
)
"""Parts of messages that are kept, signed or read by themselves."""

TARGETS: Final[dict[str, Target]] = {
    one.name: one
    for one in (
        Target("op", samples.ops, read_an_op),
        Target("message", _messages, open_a_message),
        Target("packed", _packed, unpack_a_message),
        Target("envelope", samples.envelopes, read_an_envelope),
        Target("courier", samples.courier_files, open_a_courier_file),
        Target("courier_messages", _courier_lists, open_courier_messages),
        Target("box", samples.boxes, open_a_box),
        Target("frame", samples.frames, compare_frames),
        *(
            Target(kind.__name__.lower(), _structs_of(kind.__name__), _reads(kind))
            for kind in STRUCTS
        ),
        *DOORS,
        *DISK,
    )
}
"""Every target by the name under which it is asked for."""

assert Header.__struct_config__.array_like, "a header is one array"
assert Body.__struct_config__.array_like, "a body is one array"
