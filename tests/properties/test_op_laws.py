"""The laws of an op's bytes: they come back as they were, and no change of them goes unseen."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.author import plain_values as composed_values
from sync_protocol.causality import read_seen_token, seen_token
from sync_protocol.digest import EMPTY, digest_term
from sync_protocol.errors import InvalidValue, OpTooLarge, UnreadableOp
from sync_protocol.limits import NAMED_IDS_MAX
from sync_protocol.messages import ids_hash
from sync_protocol.op import OpBytes, hash_raw, op_id_of, read_op
from sync_protocol.seal import ScopeEpoch, segment_chain
from tests import toys
from tests.properties.strategies import plain_values

field_names = st.from_regex(r"[a-z][a-z_]{0,11}", fullmatch=True)
op_ids = st.integers(0, 9).map(toys.op_id)
op_values = st.dictionaries(field_names, plain_values, max_size=4)
hashes = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=6)

# What an enemy may put where a value belongs: anything msgpack can say.
hostile_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=40)
    | st.datetimes(timezones=st.timezones())
    | st.builds(msgspec.msgpack.Ext, st.integers(0, 127), st.binary(max_size=4)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3) | st.integers(-9, 2**60), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(op_values, st.dictionaries(field_names, st.lists(op_ids, max_size=3), max_size=3))
def test_an_op_comes_back_as_it_was_written(
    values: dict[str, Any], replaces: dict[str, list[Any]]
) -> None:
    op = toys.op(1, values, replaces)
    assert op.values == values
    assert {field: list(ids) for field, ids in op.header.replaces.items()} == replaces
    assert read_op(op.raw) == op


@given(op_values)
def test_the_same_op_is_the_same_bytes_everywhere(values: dict[str, Any]) -> None:
    turned = dict(reversed(list(values.items())))
    assert toys.raw_op(1, values) == toys.raw_op(1, turned)


@given(op_values, st.integers(0, 10_000), st.integers(0, 7))
def test_no_bit_of_an_op_changes_without_its_id(
    values: dict[str, Any], place: int, bit: int
) -> None:
    """INV-08: header and body alike are what the id, the chain and the signature bind."""
    raw = toys.raw_op(1, values)
    assert raw.body is not None
    whole = bytearray(raw.opening + raw.body)
    whole[place % len(whole)] ^= 1 << bit
    cut = len(raw.opening)
    spoiled = OpBytes(bytes(whole[:cut]), bytes(whole[cut:]))
    assert op_id_of(hash_raw(spoiled)) != op_id_of(hash_raw(raw))


@given(op_values)
def test_an_id_outlives_its_body(values: dict[str, Any]) -> None:
    op = toys.op(1, values)
    assert toys.redacted(op).id == op.id


@given(st.binary(max_size=200), st.none() | st.binary(max_size=200), st.binary(max_size=33))
def test_noise_is_unreadable_and_nothing_worse(
    opening: bytes, body: bytes | None, body_hash: bytes
) -> None:
    """INV-09, INV-14: what does not parse ends in one error, which parks it and goes on."""
    with pytest.raises(UnreadableOp):
        read_op(OpBytes(opening, body, body_hash))


@given(st.lists(hostile_values, min_size=16, max_size=16))
def test_a_header_of_anything_is_unreadable_and_nothing_worse(fields: list[Any]) -> None:
    whole = msgspec.msgpack.encode(fields)
    _reads_or_says_why(OpBytes(whole, msgspec.msgpack.encode([b"", 0, {}])))
    _reads_or_says_why(OpBytes(whole[:-34], None, whole[-32:]))


@given(st.integers(0, 15), hostile_values)
def test_a_sound_header_with_one_hostile_field_is_read_or_refused(place: int, hostile: Any) -> None:
    body = msgspec.msgpack.encode([b"", 0, {}])
    sound = toys.header(1, body_hash=sha256(body).digest())
    fields = list(msgspec.structs.astuple(sound))
    fields[place] = hostile
    _reads_or_says_why(OpBytes(msgspec.msgpack.encode(fields)[:-34], body))


@given(hostile_values)
def test_a_hostile_body_is_read_or_refused(values: Any) -> None:
    opening = toys.raw_op(1, {}).opening
    for body in (values, [b"", 0, values], [b"", 0, {"a": values}], [b"", values, {}]):
        _reads_or_says_why(OpBytes(opening, msgspec.msgpack.encode(body)))


@given(op_values, st.integers(0, 400), st.binary(max_size=6))
def test_a_body_cut_or_stuffed_is_read_or_refused(
    values: dict[str, Any], place: int, stuffing: bytes
) -> None:
    raw = toys.raw_op(1, values)
    assert raw.body is not None
    at = place % (len(raw.body) + 1)
    _reads_or_says_why(OpBytes(raw.opening, raw.body[:at]))
    _reads_or_says_why(OpBytes(raw.opening, raw.body[:at] + stuffing + raw.body[at:]))


def _reads_or_says_why(raw: OpBytes) -> None:
    """Reads it, in which case it is plain enough to encode again; or raises UnreadableOp alone."""
    try:
        op = read_op(raw)
    except UnreadableOp:
        return
    assert op.raw is raw
    msgspec.msgpack.encode(op.values)


@given(st.dictionaries(st.text(max_size=3), hostile_values, max_size=3))
def test_what_an_author_hands_in_is_composed_or_refused(values: dict[str, Any]) -> None:
    try:
        composed = composed_values(values)
    except (InvalidValue, OpTooLarge):
        return
    assert composed_values(composed) == composed


@given(hashes, st.integers(0, 5), st.integers(0, 5))
def test_the_chain_differs_on_any_change_removal_or_reordering(
    listed: list[bytes], one: int, two: int
) -> None:
    """INV-08."""
    epoch = ScopeEpoch(toys.incarnation(1), 1)
    whole = segment_chain(b"0" * 32, epoch, 1, listed)
    one, two = one % len(listed), two % len(listed)
    changed, removed, turned = listed.copy(), listed.copy(), listed.copy()
    changed[one] = sha256(listed[one]).digest()
    del removed[one]
    turned[one], turned[two] = turned[two], turned[one]
    assert segment_chain(b"0" * 32, epoch, 1, changed) != whole
    assert segment_chain(b"0" * 32, epoch, 1, removed) != whole
    assert (segment_chain(b"0" * 32, epoch, 1, turned) == whole) == (turned == listed)
    assert segment_chain(b"0" * 32, epoch, 1, [*listed, bytes(32)]) != whole


@given(st.lists(op_ids, max_size=NAMED_IDS_MAX))
def test_a_seen_token_gives_back_what_was_put_in(ids: list[Any]) -> None:
    token = seen_token(ids)
    assert read_seen_token(token) == frozenset(ids)
    assert token == seen_token(reversed(ids))


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=8), st.randoms())
def test_a_digest_is_a_sum(ops: list[tuple[int, bool]], chance: Any) -> None:
    """INV-04: the same in any order, and taking an op away leaves the rest."""
    terms = [digest_term(toys.op_id(n), suspect=s, late=False, redacted=False) for n, s in ops]
    there = back = EMPTY
    for term in terms:
        there = there.plus(term)
    chance.shuffle(terms)
    for term in terms:
        back = back.plus(term)
    assert there == back
    for term in terms:
        back = back.minus(term)
    assert back == EMPTY


@given(st.lists(op_ids, min_size=2, max_size=4, unique=True))
def test_an_own_range_binds_the_order_of_its_ops(ids: list[Any]) -> None:
    assert ids_hash(ids) != ids_hash(ids[::-1])
    assert ids_hash(ids) != ids_hash(ids[1:])
