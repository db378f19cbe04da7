"""The op: one immutable signed change to one record, and its exact bytes.

Implements PROTOCOL.md, The op. Header and body are apart, so that content can be redacted while
ids, chains and signatures still verify. An op is encoded once, by its author; every later node
keeps, hashes and forwards those bytes, and never encodes it again.
"""

from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec

from sync_protocol.clock import HLC_BYTES, Hlc, hlc_from_bytes
from sync_protocol.errors import DOES_NOT_DECODE, OpTooLarge, UnreadableOp
from sync_protocol.ids import (
    AN_ID,
    HASH_BYTES,
    ID_BYTES,
    ActorId,
    ChangeSetId,
    LifeId,
    NodeId,
    OpId,
    RecordId,
    SubjectId,
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

NAMES_KEPT: Final = 1024
"""Characters of an op's field names up to which they are looked at once and remembered."""

Values = dict[str, Any]

_Version = Annotated[int, msgspec.Meta(ge=0, lt=EXACT_INT)]
_OpIds = tuple[Annotated[OpId, AN_ID], ...]
_Atom = None | bool | Annotated[int, msgspec.Meta(gt=-EXACT_INT, lt=EXACT_INT)] | str
_Group = _Atom | list[_Atom] | dict[str, _Atom]
_Plain = _Atom | list[_Group] | dict[str, _Group]
_AN_HLC: Final = msgspec.Meta(min_length=HLC_BYTES, max_length=HLC_BYTES)
_A_NAME: Final = msgspec.Meta(max_length=TEXT_KIND_MAX)


class ChangeSet(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Ops that must be seen together: which set, the place in it, and how many there are.

    Index and count are within one subject; all ops of a set travel in one segment.
    """

    id: Annotated[ChangeSetId, AN_ID]
    index: Annotated[int, msgspec.Meta(ge=0)]
    count: Annotated[int, msgspec.Meta(le=CHANGE_SET_OPS_MAX)]


class Header(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What every node may read of an op, whether or not it knows the kind.

    What a type can say of a field is checked as it is decoded, the rest by `read_op`.
    """

    v: _Version
    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_KIND_MAX)]
    kind_version: _Version
    subjects: Annotated[
        tuple[Annotated[SubjectId, AN_ID], ...], msgspec.Meta(min_length=1, max_length=2)
    ]
    record: Annotated[RecordId, AN_ID]
    node: Annotated[NodeId, AN_ID]
    life: Annotated[LifeId, AN_ID]
    seq: Annotated[int, msgspec.Meta(ge=1, lt=EXACT_INT)]
    hlc: Annotated[bytes, _AN_HLC]
    actor: Annotated[ActorId, AN_ID]
    device: Annotated[str, _A_NAME]
    author_signature: bytes
    replaces: dict[Annotated[str, _A_NAME], _OpIds]
    refs: _OpIds
    change_set: ChangeSet | None
    body_hash: bytes


class Body(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an op says: salt, when it happened (as asserted, UTC ms), and the fields' values."""

    salt: bytes
    happened_at: int
    values: Values


class _Moment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The beginning of a body."""

    salt: bytes
    happened_at: int


class OpBytes(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An op as it travels and is stored: header without the body's hash, and the body.

    Where the body is redacted, `body` is None and `body_hash` is carried instead.
    """

    opening: bytes
    body: bytes | None
    body_hash: bytes = b""


class Op(msgspec.Struct, frozen=True, gc=False):
    """A readable op: its identity, its parsed header and body, and the bytes they came from."""

    id: OpId
    hash: bytes
    header: Header
    body: Body | None
    raw: OpBytes
    hlc: Hlc
    """The author's clock when it was written."""

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
_moment_decoder = msgspec.msgpack.Decoder(_Moment)
_plain_decoder = msgspec.msgpack.Decoder(tuple[bytes, int, dict[str, _Plain]])
"""Takes most bodies, and only plain ones: what it does not take is looked at piece by piece."""


def whole_header(raw: OpBytes) -> bytes:
    """The header as its author wrote it: what travelled, closed by the body's hash."""
    return raw.opening + BODY_HASH_TAG + _body_hash(raw)


def hash_raw(raw: OpBytes) -> bytes:
    """SHA-256 of the whole header; its first 16 bytes are the id."""
    return sha256(whole_header(raw)).digest()


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


def read_op(raw: OpBytes, header_hash: bytes | None = None, whole: bytes | None = None) -> Op:
    """The op in `raw`; raises UnreadableOp where it does not parse or breaks a limit.

    Where the caller has just computed them, `whole_header(raw)` and its hash may be handed in.
    """
    known_whole = whole_header(raw) if whole is None else whole
    known_hash = sha256(known_whole).digest() if header_hash is None else header_hash
    _check_sizes(raw)
    try:
        header = _header_decoder.decode(known_whole)
        body = None if raw.body is None else _read_body(raw.body)
    except DOES_NOT_DECODE as fault:
        raise UnreadableOp(type(fault).__name__) from fault
    if header.body_hash != known_whole[-HASH_BYTES:]:
        raise UnreadableOp("the header does not end with its body's hash")
    # What says a key twice, or a number or a length longer than it need be, is read by one decoder
    # so and by another otherwise: the same op would stand for two things.
    if _encoder.encode(header) != known_whole or (
        body is not None and _encoder.encode(body) != raw.body
    ):
        raise UnreadableOp("not canonical")
    _check_header(header)
    hlc = hlc_from_bytes(header.hlc)
    return Op(op_id_of(known_hash), known_hash, header, body, raw, hlc)


def read_opening(opening: bytes) -> Header:
    """The header of an op that was read before, without its body's hash: that takes no body."""
    return _header_decoder.decode(opening + BODY_HASH_TAG + bytes(HASH_BYTES))


def read_moment(body: bytes) -> int:
    """When it happened, of a body that was read before: the rest of it is passed over."""
    return _moment_decoder.decode(body).happened_at


def _read_body(raw: bytes) -> Body:
    try:
        body = Body(*_plain_decoder.decode(raw))
    except msgspec.MsgspecError:
        body = _body_decoder.decode(raw)
        for value in body.values.values():
            check_plain(value)
    if abs(body.happened_at) >= EXACT_INT:
        raise UnreadableOp("happened_at is out of range")
    _check_names(tuple(body.values))
    return body


def _body_hash(raw: OpBytes) -> bytes:
    return raw.body_hash if raw.body is None else sha256(raw.body).digest()


def _check_sizes(raw: OpBytes) -> None:
    body_bytes = len(raw.body) if raw.body is not None else 0
    if body_bytes > BODY_BYTES_MAX or len(raw.opening) + body_bytes > OP_BYTES_MAX:
        raise UnreadableOp("over the size of an op")
    if raw.body is None and len(raw.body_hash) != HASH_BYTES:
        raise UnreadableOp("neither body nor hash")


def _check_header(header: Header) -> None:
    subjects, change_set = header.subjects, header.change_set
    if len(subjects) > 1 and subjects[0] == subjects[1]:
        raise UnreadableOp("is about one subject twice")
    if header.hlc[0] >= SIGN_BIT:
        raise UnreadableOp("a clock value that no column holds")
    if change_set is not None and change_set.index >= change_set.count:
        raise UnreadableOp("a place outside its change set")
    if header.replaces or header.refs:
        _check_named(header)


def _check_named(header: Header) -> None:
    """What is named is within its number, under fields that can be declared."""
    named = len(header.refs) + sum(map(len, header.replaces.values()))
    if named > NAMED_IDS_MAX:
        raise UnreadableOp(f"names {named} of {NAMED_IDS_MAX} ops")
    _check_names(tuple(header.replaces))


def _check_names(names: tuple[str, ...]) -> None:
    # INV-14: only short names are remembered, never a flood.
    are_short = sum(map(len, names)) <= NAMES_KEPT
    if not (_are_fields(names) if are_short else _are_fields.__wrapped__(names)):
        raise UnreadableOp("names a field as none can be declared")


@lru_cache(maxsize=4096)
def _are_fields(names: tuple[str, ...]) -> bool:
    """The same names come together in op after op, so each group of them is looked at once."""
    return all(len(name) <= TEXT_KIND_MAX and name.isidentifier() for name in names)


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
