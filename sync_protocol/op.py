"""The op: one immutable signed change to one record, and its exact bytes.

Implements PROTOCOL.md, The op. Header and body are apart, so that content can be redacted while
ids, chains and signatures still verify. An op is encoded once, by its author; every later node
keeps, hashes and forwards those bytes, and never encodes it again.
"""

from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import msgspec

from sync_protocol.clock import HLC_BYTES, Hlc, hlc_from_bytes
from sync_protocol.errors import OpTooLarge, UnreadableOp
from sync_protocol.ids import (
    HASH_BYTES,
    ID_BYTES,
    ActorId,
    ChangeSetId,
    LifeId,
    NodeId,
    OpId,
    RecordId,
    SubjectId,
    is_id,
)
from sync_protocol.limits import (
    BODY_BYTES_MAX,
    CHANGE_SET_OPS_MAX,
    NAMED_IDS_MAX,
    NESTING_MAX,
    OP_BYTES_MAX,
    TEXT_KIND_MAX,
)

BODY_HASH_TAG: Final = b"\xc4\x20"
"""Canonical msgpack opens a 32-byte string so; the body's hash is the header's last field."""

EXACT_INT: Final = 1 << 53
"""Integers beyond this do not survive JavaScript; no time and no sequence number comes near."""
SIGN_BIT: Final = 0x80
"""A clock value with this bit in its first byte does not fit a signed column."""

_ID_LENGTHS: Final = frozenset({ID_BYTES})

Values = dict[str, Any]


class ChangeSet(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Ops that must be seen together: which set, the place in it, and how many there are.

    Index and count are within one subject; all ops of a set travel in one segment.
    """

    id: ChangeSetId
    index: int
    count: int


class Header(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=False):
    """What every node may read of an op, whether or not it knows the kind."""

    v: int
    kind: str
    kind_version: int
    subjects: tuple[SubjectId, ...]
    record: RecordId
    node: NodeId
    life: LifeId
    seq: int
    hlc: bytes
    actor: ActorId
    device: str
    author_signature: bytes
    replaces: dict[str, tuple[OpId, ...]]
    refs: tuple[OpId, ...]
    change_set: ChangeSet | None
    body_hash: bytes


class Body(msgspec.Struct, frozen=True, array_like=True):
    """What an op says: salt, when it happened (as asserted, UTC ms), and the fields' values."""

    salt: bytes
    happened_at: int
    values: Values


class OpBytes(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An op as it travels and is stored: header without the body's hash, and the body.

    Where the body is redacted, `body` is None and `body_hash` is carried instead.
    """

    opening: bytes
    body: bytes | None
    body_hash: bytes = b""


class Op(msgspec.Struct, frozen=True):
    """A readable op: its identity, its parsed header and body, and the bytes they came from."""

    id: OpId
    hash: bytes
    header: Header
    body: Body | None
    raw: OpBytes

    @property
    def hlc(self) -> Hlc:
        """The author's clock when it was written."""
        return hlc_from_bytes(self.header.hlc)

    @property
    def values(self) -> Values:
        """The fields set; none where the body is redacted."""
        return self.body.values if self.body is not None else {}

    @property
    def happened_at(self) -> int:
        """When it is said to have happened, UTC ms; 0 where the body is redacted."""
        return self.body.happened_at if self.body is not None else 0


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_header_decoder = msgspec.msgpack.Decoder(Header)
_body_decoder = msgspec.msgpack.Decoder(Body)


def hash_raw(raw: OpBytes) -> bytes:
    """SHA-256 of the whole header, rebuilt from what travelled; its first 16 bytes are the id."""
    return sha256(raw.opening + BODY_HASH_TAG + _body_hash(raw)).digest()


def op_id_of(header_hash: bytes) -> OpId:
    """The op's id: the first half of its header's hash."""
    return OpId(header_hash[:ID_BYTES])


def encode_body(body: Body) -> bytes:
    """Canonical bytes; raises OpTooLarge over 48 kB. The author has refused what is not plain."""
    raw = _encoder.encode(body)
    if len(raw) > BODY_BYTES_MAX:
        raise OpTooLarge(f"{len(raw)} of {BODY_BYTES_MAX} bytes")
    return raw


def encode_op(header: Header, body_bytes: bytes) -> OpBytes:
    """The op's bytes for ever. `header.body_hash` must be the hash of `body_bytes`."""
    whole = _encoder.encode(header)
    assert whole[-HASH_BYTES:] == sha256(body_bytes).digest(), "a header binds its body"
    assert whole[-HASH_BYTES - 2 : -HASH_BYTES] == BODY_HASH_TAG, "the body's hash comes last"
    if len(whole) + len(body_bytes) > OP_BYTES_MAX:
        raise OpTooLarge(f"{len(whole) + len(body_bytes)} of {OP_BYTES_MAX} bytes")
    return OpBytes(whole[: -HASH_BYTES - 2], body_bytes)


def read_op(raw: OpBytes, header_hash: bytes | None = None) -> Op:
    """The op in `raw`; raises UnreadableOp where it does not parse or breaks a limit.

    `header_hash` may be handed in where the caller has just computed `hash_raw(raw)`.
    """
    known_hash = hash_raw(raw) if header_hash is None else header_hash
    _check_sizes(raw)
    tail = _body_hash(raw)
    try:
        header = _header_decoder.decode(raw.opening + BODY_HASH_TAG + tail)
        body = None if raw.body is None else _body_decoder.decode(raw.body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as fault:
        raise UnreadableOp(type(fault).__name__) from fault
    if header.body_hash != tail:
        raise UnreadableOp("the header does not end with its body's hash")
    _check_header(header)
    if body is not None:
        _check_values(body)
    return Op(op_id_of(known_hash), known_hash, header, body, raw)


def _body_hash(raw: OpBytes) -> bytes:
    return raw.body_hash if raw.body is None else sha256(raw.body).digest()


def _check_sizes(raw: OpBytes) -> None:
    body_bytes = len(raw.body) if raw.body is not None else 0
    if body_bytes > BODY_BYTES_MAX or len(raw.opening) + body_bytes > OP_BYTES_MAX:
        raise UnreadableOp("over the size of an op")
    if raw.body is None and len(raw.body_hash) != HASH_BYTES:
        raise UnreadableOp("neither body nor hash")


def _check_header(header: Header) -> None:
    subjects = header.subjects
    ids = (*subjects, header.record, header.node, header.life, header.actor)
    claims = (
        len(subjects) == 1 or (len(subjects) == 2 and subjects[0] != subjects[1]),
        set(map(len, ids)) == _ID_LENGTHS,
        len(header.hlc) == HLC_BYTES and header.hlc[0] < SIGN_BIT,
        1 <= header.seq < EXACT_INT,
        0 <= header.v < EXACT_INT and 0 <= header.kind_version < EXACT_INT,
        0 < len(header.kind) <= TEXT_KIND_MAX and len(header.device) <= TEXT_KIND_MAX,
        not (header.replaces or header.refs) or _names_soundly(header),
        header.change_set is None or _is_sound(header.change_set),
    )
    if not all(claims):
        raise UnreadableOp(f"header claim {claims.index(False)} does not hold")


def _names_soundly(header: Header) -> bool:
    """Whether what is named are ids, within their number, under fields that can be declared."""
    named = [op_id for of_field in header.replaces.values() for op_id in of_field]
    named += header.refs
    lengths = set(map(len, named))
    return (
        len(named) <= NAMED_IDS_MAX
        and lengths <= _ID_LENGTHS
        and all(map(_is_field, header.replaces))
    )


def _is_sound(change_set: ChangeSet) -> bool:
    return is_id(change_set.id) and 0 <= change_set.index < change_set.count <= CHANGE_SET_OPS_MAX


def _check_values(body: Body) -> None:
    if abs(body.happened_at) >= EXACT_INT:
        raise UnreadableOp("happened_at is out of range")
    for name, value in body.values.items():
        if not _is_field(name):
            raise UnreadableOp("names a field as none can be declared")
        if type(value) is not str:
            check_plain(value)


def _is_field(name: str) -> bool:
    return len(name) <= TEXT_KIND_MAX and _is_identifier(name)


@lru_cache(maxsize=4096)
def _is_identifier(name: str) -> bool:
    """Names recur in every op, so each is looked at once; INV-14: a short one, never a flood."""
    return name.isidentifier()


def check_plain(value: object, depth: int = 3) -> None:
    """Raise UnreadableOp unless `value` is plain: no float, no bomb of nesting, keys are text.

    `depth` starts at 3, the array and the map that hold an op's values being two levels. What is
    plain is listed, not what is not: a decoder may know more types than we do (timestamps).
    """
    if depth > NESTING_MAX:
        raise UnreadableOp("nested too deeply")
    if isinstance(value, dict):
        if not all(type(key) is str for key in value):
            raise UnreadableOp("holds a key that is not text")
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            check_plain(inner, depth + 1)
    elif isinstance(value, int):
        if abs(value) >= EXACT_INT:
            raise UnreadableOp("holds a number that is out of range")
    elif not (value is None or isinstance(value, str | bytes)):
        raise UnreadableOp("holds a value that is not plain")
