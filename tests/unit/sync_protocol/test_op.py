"""The op: its exact bytes, its identity, and what is refused before anybody looks at it."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest

from sync_protocol.errors import OpTooLarge, UnreadableOp
from sync_protocol.ids import ID_BYTES
from sync_protocol.limits import (
    BODY_BYTES_MAX,
    CHANGE_SET_OPS_MAX,
    NAMED_IDS_MAX,
    NESTING_MAX,
    OP_BYTES_MAX,
    TEXT_KIND_MAX,
)
from sync_protocol.op import (
    BODY_HASH_TAG,
    Body,
    OpBytes,
    check_plain,
    encode_body,
    encode_op,
    hash_raw,
    op_id_of,
    read_op,
)
from tests import toys


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def _with_body(values: Any, *, salt: Any = b"12345678", happened_at: Any = 0) -> OpBytes:
    """An op whose body is whatever msgpack can say."""
    body = msgspec.msgpack.encode([salt, happened_at, values])
    return OpBytes(toys.raw_op(1, {}).opening, body)


def _with_body_bytes(body: bytes) -> OpBytes:
    return OpBytes(toys.raw_op(1, {}).opening, body)


def _with_header(**parts: Any) -> OpBytes:
    """An op whose header is whatever msgpack can say, with a body that is sound."""
    body = encode_body(Body(b"12345678", 0, {}))
    sound = {**msgspec.structs.asdict(toys.header(1)), "body_hash": sha256(body).digest()}
    whole = msgspec.msgpack.encode(list({**sound, **parts}.values()))
    return OpBytes(whole[: -len(BODY_HASH_TAG) - 32], body)


def test_an_op_reads_back_as_it_was_written() -> None:
    op = toys.op(3, {"label": "x"}, {"label": [toys.op_id(1)]}, refs=(toys.op_id(2),))
    assert op.values == {"label": "x"}
    assert op.header.replaces == {"label": (toys.op_id(1),)}
    assert op.header.refs == (toys.op_id(2),)
    assert op.happened_at == toys.MORNING_MS + 3000
    assert op.header.change_set is None


def test_a_change_set_reads_back() -> None:
    op = toys.op(1, {}, change_set=toys.change_set(1, 0, 2))
    assert op.header.change_set == toys.change_set(1, 0, 2)


def test_the_id_is_half_the_hash_of_the_whole_header() -> None:
    raw = toys.raw_op(1, {"label": "x"})
    assert raw.body is not None
    whole = raw.opening + BODY_HASH_TAG + sha256(raw.body).digest()
    op = read_op(raw)
    assert op.hash == sha256(whole).digest() == hash_raw(raw)
    assert op.id == op_id_of(op.hash) == op.hash[:ID_BYTES]


def test_a_hash_that_is_at_hand_is_not_computed_again() -> None:
    raw = toys.raw_op(1, {"label": "x"})
    assert read_op(raw, hash_raw(raw)) == read_op(raw)


def test_the_id_outlives_the_body() -> None:
    op = toys.op(1, {"label": "x"})
    bare = toys.redacted(op)
    assert (bare.id, bare.hash) == (op.id, op.hash)
    assert bare.body is None
    assert bare.values == {}
    assert bare.happened_at == 0


def test_an_op_without_body_or_hash_is_unreadable() -> None:
    with pytest.raises(UnreadableOp, match="neither body nor hash"):
        read_op(OpBytes(toys.raw_op(1, {}).opening, None))


def test_a_header_is_canonical_whatever_the_order_of_its_maps() -> None:
    one = toys.raw_op(1, {"a": 1, "b": 2}, replaces={"a": (), "b": ()})
    other = toys.raw_op(1, {"b": 2, "a": 1}, replaces={"b": (), "a": ()})
    assert one == other


def test_a_body_over_its_limit_is_refused_at_the_author() -> None:
    with pytest.raises(OpTooLarge):
        encode_body(Body(b"", 0, {"text": "x" * BODY_BYTES_MAX}))


def test_an_op_over_its_limit_is_refused_at_the_author() -> None:
    names = {f"field_{number}": (toys.op_id(number),) for number in range(NAMED_IDS_MAX)}
    with pytest.raises(OpTooLarge):
        toys.raw_op(1, {"text": "x" * (BODY_BYTES_MAX - 64)}, replaces=names)


def test_a_header_that_does_not_bind_its_body_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        encode_op(toys.header(1, body_hash=bytes(32)), b"another body")


def test_a_body_over_its_limit_is_unreadable() -> None:
    """INV-14: sizes are looked at before anything is parsed."""
    with pytest.raises(UnreadableOp, match="size"):
        read_op(_with_body_bytes(bytes(BODY_BYTES_MAX + 1)))
    with pytest.raises(UnreadableOp, match="size"):
        read_op(OpBytes(bytes(OP_BYTES_MAX), b"x"))


@pytest.mark.parametrize(
    "parts",
    [
        {"subjects": ()},
        {"subjects": (toys.subject(1), toys.subject(1))},
        {"subjects": (toys.subject(1), toys.subject(2), toys.subject(3))},
        {"subjects": (b"short",)},
        {"record": bytes(17)},
        {"node": b""},
        {"life": bytes(15)},
        {"actor": bytes(32)},
        {"refs": (b"short",)},
        {"refs": tuple(toys.op_id(number) for number in range(NAMED_IDS_MAX + 1))},
        {"hlc": bytes(7)},
        {"hlc": b"\x80" + bytes(7)},
        {"seq": 0},
        {"seq": -1},
        {"seq": 1 << 53},
        {"v": 1 << 53},
        {"v": -1},
        {"kind_version": 1 << 53},
        {"kind_version": -1},
        {"kind": ""},
        {"kind": "k" * (TEXT_KIND_MAX + 1)},
        {"device": "d" * (TEXT_KIND_MAX + 1)},
        {"replaces": {"label": (b"short",)}},
        {"replaces": {"label": tuple(toys.op_id(n) for n in range(NAMED_IDS_MAX + 1))}},
        {"change_set": (b"short", 0, 1)},
        {"change_set": (bytes(16), 1, 1)},
        {"change_set": (bytes(16), -1, 1)},
        {"change_set": (bytes(16), 0, CHANGE_SET_OPS_MAX + 1)},
        {"kind": 7},
        {"seq": "1"},
        {"seq": 1.0},
        {"subjects": toys.subject(1)},
        {"replaces": []},
        {"refs": None},
        {"hlc": 5},
        {"author_signature": "text"},
        {"change_set": []},
    ],
    ids=lambda parts: str(parts)[:40],
)
def test_a_header_that_breaks_a_claim_is_unreadable(parts: dict[str, Any]) -> None:
    with pytest.raises(UnreadableOp):
        read_op(_with_header(**parts))


def test_the_header_above_is_sound_without_its_fault() -> None:
    assert read_op(_with_header()).header.kind == "parcel"


def test_a_header_must_end_with_the_hash_of_its_body() -> None:
    """Else the id would bind bytes that the header itself calls something else."""
    body = encode_body(Body(b"12345678", 0, {}))
    fields = list(msgspec.structs.asdict(toys.header(1, body_hash=b"x" * 32)).values())
    longer = msgspec.msgpack.encode([*fields, sha256(body).digest()])
    with pytest.raises(UnreadableOp):
        read_op(OpBytes(longer[: -len(BODY_HASH_TAG) - 32], body))


@pytest.mark.parametrize(
    "values",
    [
        {"a": 1.5},
        {"a": [1.5]},
        {"a": {"b": {"c": 1.5}}},
        {"a": msgspec.msgpack.Ext(5, b"x")},
        {"a": {"b": msgspec.msgpack.Ext(5, b"x")}},
        {"a": _nested(NESTING_MAX)},
        {"a": _nested(900)},
        {"a": {1: 2}},
        {"a": {"b": {b"c": 2}}},
        {1: 2},
        {"a": 1 << 53},
        {"a": [-1, (1 << 64) - 1]},
        {"a": -(1 << 53)},
        [],
        None,
        7,
    ],
    ids=lambda values: str(values)[:30],
)
def test_values_that_are_not_plain_are_unreadable(values: Any) -> None:
    with pytest.raises(UnreadableOp):
        read_op(_with_body(values))


@pytest.mark.parametrize("name", ["", "a,b", "a b", "1a", "a\x00", "n" * (TEXT_KIND_MAX + 1)])
def test_a_field_is_named_as_a_declared_field_can_be(name: str) -> None:
    """Else a store that lists the fields of an op could not read its own list."""
    with pytest.raises(UnreadableOp):
        read_op(_with_body({name: 1}))
    with pytest.raises(UnreadableOp):
        read_op(_with_header(replaces={name: ()}))


@pytest.mark.parametrize(
    "tail",
    [
        b"\xd6\xff\x00\x00\x00\x01",
        b"\xd7\xff\x00\x00\x00\x00\x00\x00\x00\x01",
        b"\xc7\x0c\xff" + b"\xff" * 12,
        b"\x91\xd6\xff\x00\x00\x00\x01",
        b"\x81\xd6\xff\x00\x00\x00\x01\x01",
        b"\x81\x80\x01",
        b"\x81\x91\x80\x01",
        b"\x81\xc0\x01",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xa3\xed\xa0\x80",
        b"\x81\xa3\xed\xa0\x80\x01",
        b"\xc1",
        b"\x01\x01",
        b"",
        b"\x91" * 40_000,
        b"\x81\xa1a" * 15_000,
    ],
    ids=lambda tail: tail[:8].hex(),
)
def test_bytes_made_to_hurt_are_unreadable(tail: bytes) -> None:
    """INV-14: timestamps, bombs, false lengths and broken text end in one error."""
    opening = b"\x93\xc4\x08" + bytes(8) + b"\x00\x81\xa1a"
    with pytest.raises(UnreadableOp):
        read_op(_with_body_bytes(opening + tail))


@pytest.mark.parametrize(
    "body",
    [
        b"\x93\xc4\x00\x00\x82\xa1a\x01\xa1a\x02",
        b"\x93\xc4\x00\x00\x82\xa1b\x01\xa1a\x02",
        b"\x93\xc4\x00\xcd\x00\x01\x80",
        b"\x94\xc4\x00\x00\x80\xa1\xff",
    ],
    ids=["a key twice", "keys unsorted", "a number longer than it need be", "more than a body has"],
)
def test_a_body_in_another_encoding_is_unreadable(body: bytes) -> None:
    """Two decoders would else find two contents in one op, under one signature."""
    opening = toys.raw_op(1, {}).opening
    with pytest.raises(UnreadableOp, match="not canonical"):
        read_op(OpBytes(opening, body))


def test_a_header_in_another_encoding_is_unreadable() -> None:
    """Of an op without its body, too."""
    one = toys.op(1, {})
    longer = one.raw.opening.replace(b"\xa6parcel", b"\xd9\x06parcel")
    assert longer != one.raw.opening
    with pytest.raises(UnreadableOp, match="not canonical"):
        read_op(OpBytes(longer, one.raw.body))
    with pytest.raises(UnreadableOp, match="not canonical"):
        read_op(OpBytes(longer, None, bytes(32)))


@pytest.mark.parametrize("happened_at", [1 << 53, -(1 << 53), (1 << 64) - 1])
def test_a_moment_beyond_what_every_node_can_count_is_unreadable(happened_at: int) -> None:
    with pytest.raises(UnreadableOp):
        read_op(_with_body({}, happened_at=happened_at))


def test_plain_values_pass() -> None:
    plain: dict[str, Any] = {
        "a": [None, True, "text", b"bytes", (1 << 53) - 1, 1 - (1 << 53), {"b": [{}]}]
    }
    assert read_op(_with_body(plain)).values == plain


def test_the_deepest_plain_value_passes_and_one_deeper_does_not() -> None:
    check_plain(_nested(NESTING_MAX - 3))
    with pytest.raises(UnreadableOp, match="nested"):
        check_plain(_nested(NESTING_MAX - 2))


def test_an_author_may_hand_in_a_tuple() -> None:
    check_plain((1, ("a", None)))
    with pytest.raises(UnreadableOp):
        check_plain((1, (1.5,)))


def test_a_set_is_not_plain() -> None:
    with pytest.raises(UnreadableOp):
        check_plain({1, 2})
