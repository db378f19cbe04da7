"""The author: one act becomes ops that say what was seen, or an error before any op exists."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from sync_protocol.author import (
    Act,
    Draft,
    LogPlace,
    StaleWrite,
    Written,
    plain_values,
    seal_ops,
    write_act,
)
from sync_protocol.clock import HLC_ZERO, hlc_ms, pack_hlc
from sync_protocol.errors import InvalidValue, OpTooLarge, UnknownKind
from sync_protocol.ids import OpId, SubjectId
from sync_protocol.limits import (
    BODY_BYTES_MAX,
    CHANGE_SET_OPS_MAX,
    NAMED_IDS_MAX,
    SEGMENT_BYTES_MAX,
    SEGMENT_OPS_MAX,
)
from sync_protocol.merge import RecordKey, RecordState, apply, fold, new_state, show
from sync_protocol.op import Op
from sync_protocol.seal import ScopeEpoch, life_chain, segment_chain
from tests import toys

PLACE = LogPlace(
    node=toys.node(1),
    life=toys.life(1),
    follows=None,
    seq=0,
    chain=life_chain(toys.node(1), toys.life(1), None),
    hlc=HLC_ZERO,
    epoch=ScopeEpoch(toys.incarnation(1), 3),
)


def _chance(count: int) -> bytes:
    return bytes(range(count))


def _key(kind: str, *subjects: bytes) -> RecordKey:
    return RecordKey(kind, tuple(SubjectId(one) for one in subjects), toys.record(1))


def _draft(values: dict[str, Any], key: RecordKey = toys.PARCEL_KEY, **words: Any) -> Draft:
    usual: dict[str, Any] = {"happened_at": toys.MORNING_MS}
    return Draft(
        kind=key.kind, subjects=key.subjects, record=key.record, values=values, **usual | words
    )


def _write(
    *drafts: Draft, states: Sequence[RecordState] | None = None, place: LogPlace = PLACE
) -> Written:
    act = Act(actor=toys.actor(1), device="till-1", drafts=drafts)
    held = states if states is not None else [new_state() for _ in drafts]
    return write_act(act, held, place, toys.REGISTRY, now_ms=toys.MORNING_MS, chance=_chance)


def _write_one(draft: Draft, *before: Op) -> Op:
    return _write(draft, states=[fold((op, False) for op in before)]).ops[0]


def test_an_act_says_who_did_it_where_and_when() -> None:
    op = _write(_draft({"label": "x"})).ops[0]
    header = op.header
    assert (header.actor, header.device) == (toys.actor(1), "till-1")
    assert (header.node, header.life, header.seq) == (PLACE.node, PLACE.life, 1)
    assert hlc_ms(op.hlc) == toys.MORNING_MS
    assert op.body is not None
    assert op.body.salt == _chance(8)
    assert header.change_set is None
    assert header.replaces == {}


def test_the_log_ends_after_what_was_written() -> None:
    """INV-08: seq goes on without a gap, and the chain binds every op."""
    written = _write(_draft({"label": "x"}), _draft({"label": "y"}, toys.PARCEL_KEY))
    assert [op.header.seq for op in written.ops] == [1, 2]
    assert written.place.seq == 2
    hashes = [op.hash for op in written.ops]
    assert written.place.chain == segment_chain(PLACE.chain, PLACE.epoch, 1, hashes)
    assert written.chains == (written.place.chain,)
    assert written.place.hlc == written.ops[-1].hlc > written.ops[0].hlc


def test_a_clock_that_fell_back_does_not_turn_the_order() -> None:
    ahead = msgspec.structs.replace(PLACE, hlc=pack_hlc(toys.MORNING_MS + 60_000, 4))
    op = _write(_draft({"label": "x"}), place=ahead).ops[0]
    assert op.hlc == ahead.hlc + 1


def test_an_author_who_says_nothing_else_replaces_what_stands() -> None:
    first = toys.op(1, {"colour": "red", "place": "here"})
    op = _write_one(_draft({"colour": "blue"}), first)
    assert op.header.replaces == {"colour": (first.id,)}


def test_an_author_replaces_only_what_was_shown() -> None:
    """INV-06: what was not seen stays, and shows as a conflict."""
    first, second = (toys.op(seq, {"hazard": "some"}) for seq in (1, 2))
    draft = _draft({"hazard": "none"}, seen=frozenset({first.id}), on_purpose=True)
    op = _write_one(draft, first, second)
    assert op.header.replaces == {"hazard": (first.id,)}


def test_a_write_that_missed_something_is_stale_and_says_what() -> None:
    first = toys.op(1, {"colour": "red"})
    drafts = _draft({"label": "x"}), _draft({"colour": "blue"}, seen=frozenset[OpId]())
    with pytest.raises(StaleWrite) as caught:
        _write(*drafts, states=[new_state(), fold([(first, False)])])
    assert caught.value.unseen_by_draft == {1: {"colour": (first.id,)}}
    assert caught.value.detail == "fields: colour"


def test_a_gathered_value_stands_beside_what_it_did_not_see() -> None:
    first = toys.op(1, {"label": "x", "remarks": "one"})
    op = _write_one(_draft({"remarks": "two"}, seen=frozenset[OpId]()), first)
    assert op.header.replaces == {}


def test_a_gathered_value_replaces_only_what_it_corrects() -> None:
    first, second = (toys.op(seq, {"label": "x", "remarks": "a"}) for seq in (1, 2))
    op = _write_one(_draft({"remarks": "b"}, corrects=frozenset({second.id})), first, second)
    assert op.header.replaces == {"remarks": (second.id,)}


def test_a_change_to_an_open_record_says_again_that_it_is_open() -> None:
    """INV-07: so a close that had not seen the change does not end the record."""
    opened = toys.op(1, {"label": "x", "status": "open"})
    closed = toys.op(2, {"status": "closed"}, {"status": [opened.id]})
    change = _write_one(_draft({"colour": "red"}), opened)
    assert change.values == {"colour": "red", "status": "open"}
    assert change.header.replaces == {"status": (opened.id,)}
    row = show(toys.REGISTRY, toys.PARCEL_KEY, fold((op, False) for op in (opened, closed, change)))
    assert row is not None
    assert row.values["status"] == "open"
    assert row.asks["status"] == "close_missed_something"


def test_saying_again_that_it_is_open_does_not_undo_a_close_that_stands() -> None:
    opened, closed = toys.op(1, {"status": "open"}), toys.op(2, {"status": "closed"})
    change = _write_one(_draft({"label": "x", "colour": "red"}), opened, closed)
    assert change.header.replaces == {"status": (opened.id,)}


def test_a_change_to_a_closed_record_leaves_it_closed() -> None:
    closed = toys.op(1, {"label": "x", "status": "closed"})
    assert _write_one(_draft({"colour": "red"}), closed).values == {"colour": "red"}


def test_a_kind_without_such_a_field_says_nothing_of_it() -> None:
    assert _write(_draft({"row": 3}, toys.SHELF_KEY)).ops[0].values == {"row": 3}


def test_what_an_op_cannot_name_stays_standing() -> None:
    """INV-14: 512 named ids, refs included; the rest waits for the next op."""
    many = [toys.op(seq, {"colour": "red"}) for seq in range(1, NAMED_IDS_MAX + 2)]
    draft = _draft({"label": "x", "colour": "blue"}, refs=(toys.op_id(1),))
    op = _write_one(draft, *many)
    assert len(op.header.replaces["colour"]) == NAMED_IDS_MAX - 1
    state = fold((one, False) for one in many)
    apply(state, op)
    assert len(state.standing) == 3


def test_an_act_of_several_changes_is_one_set_and_one_segment() -> None:
    pair = _draft({"reason": "noise"}, toys.GRUDGE_KEY)
    written = _write(_draft({"label": "x"}), pair, _draft({"row": 1}, toys.SHELF_KEY))
    sets = [op.header.change_set for op in written.ops]
    assert all(one is not None for one in sets)
    assert len({one.id for one in sets if one is not None}) == 1
    assert [(one.index, one.count) for one in sets if one is not None] == [(0, 2), (0, 1), (1, 2)]
    assert len(written.segments) == 1
    assert written.segments[0].first_seq == 1


@pytest.mark.parametrize("count", [0, CHANGE_SET_OPS_MAX + 1])
def test_an_act_has_at_least_one_change_and_at_most_a_sets_worth(count: int) -> None:
    with pytest.raises(OpTooLarge):
        _write(*[_draft({"label": "x"})] * count)


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (_draft({"hazard": "huge", "label": "x"}), InvalidValue),
        (_draft({}), InvalidValue),
        (_draft({"label": "x"}, _key("ghost", toys.subject(1))), UnknownKind),
        (_draft({"reason": "x"}, _key("grudge", toys.subject(1))), InvalidValue),
        (_draft({"label": "x"}, _key("parcel", *toys.GRUDGE_KEY.subjects)), InvalidValue),
        (_draft({"label": "x" * BODY_BYTES_MAX}), OpTooLarge),
        (_draft({"label": "\ud800"}), InvalidValue),
        (_draft({"label": "x", "plan": {"approved": 1.5}}), InvalidValue),
        (_draft({"label": "x", "plan": {"n": 1 << 70}}), InvalidValue),
        (_draft({"label": "x"}, happened_at=1 << 53), InvalidValue),
        (_draft({"label": "x"}, happened_at=-(1 << 70)), InvalidValue),
        (_draft({"label": "x"}, refs=(toys.op_id(1),) * (NAMED_IDS_MAX + 1)), InvalidValue),
        (_draft({"label": "x"}, _key("parcel", bytes(5))), InvalidValue),
        (_draft({"label": "x"}, toys.GRUDGE_KEY), InvalidValue),
    ],
    ids=lambda value: str(value)[:12],
)
def test_what_cannot_be_an_op_is_refused_in_words_for_its_author(
    draft: Draft, error: type[Exception]
) -> None:
    with pytest.raises(error):
        _write(draft)


@pytest.mark.parametrize("device", ["d" * 65, "\ud800"])
def test_a_device_that_cannot_be_written_down_is_refused(device: str) -> None:
    act = Act(actor=toys.actor(1), device=device, drafts=(_draft({"label": "x"}),))
    with pytest.raises(InvalidValue):
        write_act(act, [new_state()], PLACE, toys.REGISTRY, now_ms=0, chance=_chance)


def test_text_is_kept_composed() -> None:
    raw = {"a": "e\u0301", "b": [{"e\u0301": ("e\u0301", 1)}], "c": None}
    assert plain_values(raw) == {"a": "é", "b": [{"é": ["é", 1]}], "c": None}


@pytest.mark.parametrize("value", [1.5, {1}, "\udfff", 1 << 64, object(), [[1.5]]])
def test_a_value_that_is_not_plain_is_invalid(value: Any) -> None:
    with pytest.raises(InvalidValue):
        plain_values({"a": value})


def test_a_value_nested_without_end_is_invalid() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidValue):
        plain_values({"a": endless})


def _many(count: int, text: str = "x", **parts: Any) -> list[Op]:
    return [toys.op(seq, {"label": text}, **parts) for seq in range(1, count + 1)]


def test_ops_are_divided_into_segments_under_both_limits() -> None:
    """INV-14: 256 ops, 64 kB."""
    written = seal_ops(_many(SEGMENT_OPS_MAX + 1), PLACE)
    assert [len(one.ops) for one in written.segments] == [SEGMENT_OPS_MAX, 1]
    assert [one.first_seq for one in written.segments] == [1, SEGMENT_OPS_MAX + 1]
    heavy = seal_ops(_many(3, "x" * (SEGMENT_BYTES_MAX // 2)), PLACE)
    assert [len(one.ops) for one in heavy.segments] == [1, 1, 1]


def test_each_segment_is_chained_to_the_one_before() -> None:
    ops = _many(SEGMENT_OPS_MAX + 1)
    written = seal_ops(ops, PLACE)
    first = segment_chain(PLACE.chain, PLACE.epoch, 1, [op.hash for op in ops[:-1]])
    second = segment_chain(first, PLACE.epoch, SEGMENT_OPS_MAX + 1, [ops[-1].hash])
    assert written.chains == (first, second)
    assert written.place.chain == second


def test_a_change_set_is_never_divided() -> None:
    alone, whole = 200, 100
    joined = [
        toys.op(alone + at, {"label": "x"}, change_set=toys.change_set(1, at - 1, whole))
        for at in range(1, whole + 1)
    ]
    written = seal_ops([*_many(alone), *joined], PLACE)
    assert [len(one.ops) for one in written.segments] == [alone, whole]


def test_a_change_set_over_the_size_of_a_segment_is_one_by_itself() -> None:
    joined = [
        toys.op(at, {"label": "x" * 40_000}, change_set=toys.change_set(1, at - 1, 3))
        for at in (1, 2, 3)
    ]
    written = seal_ops([*joined, *_many(1)], PLACE)
    assert [len(one.ops) for one in written.segments] == [3, 1]


def test_two_sets_side_by_side_are_two() -> None:
    joined = [
        toys.op(number * 200 + at, {"label": "x"}, change_set=toys.change_set(number, at, 200))
        for number in (1, 2)
        for at in range(200)
    ]
    assert [len(one.ops) for one in seal_ops(joined, PLACE).segments] == [200, 200]


def test_the_salt_keeps_equal_bodies_apart() -> None:
    salts = iter((b"12345678", b"87654321"))
    act = Act(actor=toys.actor(1), device="d", drafts=(_draft({"label": "x"}),) * 2)
    written = write_act(
        act,
        [new_state(), new_state()],
        PLACE,
        toys.REGISTRY,
        now_ms=0,
        chance=lambda count: next(salts) if count == 8 else bytes(count),
    )
    bodies = {sha256(op.raw.body or b"").digest() for op in written.ops}
    assert len(bodies) == 2
