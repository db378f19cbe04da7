"""The fold: what stands, what is shown, and what this release cannot read."""

from sync_protocol.clock import hlc_bytes, pack_hlc
from sync_protocol.merge import RecordKey, apply, fold, key_of, new_state, show, standing_ids
from sync_protocol.op import Op
from tests import toys


def _shown(*ops: Op, key: RecordKey = toys.PARCEL_KEY) -> dict[str, object]:
    row = show(toys.REGISTRY, key, fold((op, False) for op in ops))
    assert row is not None
    return dict(row.values)


def test_an_op_names_the_record_that_it_changes() -> None:
    assert key_of(toys.op(1, {})) == toys.PARCEL_KEY
    assert key_of(toys.op(1, {}, key=toys.GRUDGE_KEY)) == toys.GRUDGE_KEY


def test_a_record_of_which_nothing_stands_shows_nothing() -> None:
    assert show(toys.REGISTRY, toys.PARCEL_KEY, new_state()) is None


def test_an_op_replaces_only_the_field_that_it_names() -> None:
    first = toys.op(1, {"colour": "red", "place": "here"})
    second = toys.op(2, {"colour": "blue"}, {"colour": [first.id]})
    assert _shown(first, second) == {"colour": "blue", "place": "here"}


def test_naming_an_op_for_a_field_it_never_set_does_nothing() -> None:
    first = toys.op(1, {"colour": "red"})
    second = toys.op(2, {"place": "here"}, {"place": [first.id]})
    state = fold([(first, False), (second, False)])
    assert state.standing.keys() == {first.id, second.id}
    assert state.awaited == set()


def test_an_op_that_comes_after_its_successor_does_not_stand() -> None:
    """INV-03: the name waits for the op, however late it comes."""
    first = toys.op(1, {"colour": "red", "place": "here"})
    second = toys.op(2, {"colour": "blue"}, {"colour": [first.id]})
    state = fold([(second, False)])
    assert state.awaited == {("colour", first.id)}
    state = fold([(second, False), (first, False)])
    assert state.awaited == set()
    assert state.standing[first.id].fields == {"place"}


def test_an_op_replaced_in_every_field_is_gone() -> None:
    first = toys.op(1, {"colour": "red"})
    second = toys.op(2, {}, {"colour": [first.id]})
    for ops in ((first, second), (second, first)):
        assert fold((op, False) for op in ops) == new_state()


def test_two_that_name_the_same_op_await_nothing() -> None:
    """INV-03: the witness of a name that was awaited for ever in one order and not in another."""
    first = toys.op(1, {"colour": "red"})
    rivals = [toys.op(seq, {"colour": "blue"}, {"colour": [first.id]}) for seq in (2, 3)]
    for ops in ([first, *rivals], [*rivals, first], [rivals[0], first, rivals[1]]):
        assert fold((op, False) for op in ops).awaited == set()


def test_who_does_not_know_what_was_applied_keeps_a_name_for_nothing_and_shows_the_same() -> None:
    first = toys.op(1, {"colour": "red"})
    rivals = [toys.op(seq, {"colour": "blue"}, {"colour": [first.id]}) for seq in (2, 3)]
    state = new_state()
    for op in (first, *rivals):
        apply(state, op)
    assert state.awaited == {("colour", first.id)}
    assert state.standing == fold((op, False) for op in (first, *rivals)).standing


def test_a_body_destroyed_still_replaces() -> None:
    first = toys.op(1, {"colour": "red"})
    second = toys.redacted(toys.op(2, {"colour": "blue"}, {"colour": [first.id]}))
    assert fold([(first, False), (second, False)]) == new_state()


def test_unseen_changes_both_stand_and_the_policy_decides() -> None:
    """INV-06: a concurrent pair is settled by a named policy or listed under `asks`."""
    sides = [toys.op(seq, {"hazard": level}) for seq, level in ((1, "none"), (2, "grave"))]
    row = show(toys.REGISTRY, toys.PARCEL_KEY, fold((op, False) for op in sides))
    assert row is not None
    assert row.values == {"hazard": "grave"}
    assert row.asks == {"hazard": "levels_differ"}


def test_the_standing_ids_of_each_field_are_in_order() -> None:
    ops = [toys.op(seq, {"hazard": "some", "colour": "red"}) for seq in (1, 2, 3)]
    by_field = standing_ids(fold((op, False) for op in ops))
    expected = tuple(sorted(op.id for op in ops))
    assert by_field == {"hazard": expected, "colour": expected}


def test_a_row_tells_who_wrote_last_and_since_when_it_is_there() -> None:
    first = toys.op(1, {"colour": "red"}, actor=toys.actor(1))
    between = toys.op(2, {"label": "boots"}, actor=toys.actor(3))
    last = toys.op(3, {"place": "here"}, actor=toys.actor(2), node=toys.node(2), happened_at=7)
    ops = [(last, False), (first, False), (between, False)]
    row = show(toys.REGISTRY, toys.PARCEL_KEY, fold(ops))
    assert row is not None
    assert (row.actor, row.node, row.happened_at) == (toys.actor(2), toys.node(2), 7)
    assert row.first_written == pack_hlc(toys.MORNING_MS + 1000, 0)
    assert row.last_written == pack_hlc(toys.MORNING_MS + 3000, 0)


def test_of_two_written_at_one_moment_the_id_decides_and_not_the_order() -> None:
    """INV-04: every policy is told whose value it weighs."""
    moment = hlc_bytes(pack_hlc(toys.MORNING_MS, 0))
    ops = [toys.op(seq, {"colour": f"of {seq}"}, hlc=moment) for seq in range(1, 9)]
    highest = max(ops, key=lambda op: op.id)
    assert _shown(*ops) == _shown(*reversed(ops)) == highest.values


def test_what_happened_later_is_shown_though_it_was_written_first() -> None:
    later = toys.op(1, {"place": "attic", "remarks": "second"}, happened_at=9)
    earlier = toys.op(2, {"place": "cellar", "remarks": "first"}, happened_at=1)
    assert _shown(later, earlier) == {"place": "attic", "remarks": ["first", "second"]}


def test_what_asks_a_person_asks_where_it_stands_alone() -> None:
    """INV-06: one transition alone may be illegal."""
    jump = toys.op(1, {"stage": {"from": None, "to": "arrived"}})
    row = show(toys.REGISTRY, toys.PARCEL_KEY, fold([(jump, False)]))
    assert row is not None
    assert row.asks == {"stage": "illegal_transition"}


def test_a_suspect_clock_loses_where_the_policy_weighs_clocks() -> None:
    sound, suspect = toys.op(1, {"colour": "red"}), toys.op(2, {"colour": "blue"})
    row = show(toys.REGISTRY, toys.PARCEL_KEY, fold([(suspect, True), (sound, False)]))
    assert row is not None
    assert row.values == {"colour": "red"}


def test_a_kind_of_a_later_release_is_kept_unread() -> None:
    key = RecordKey("novelty", (toys.subject(1),), toys.record(9))
    row = show(toys.REGISTRY, key, fold([(toys.op(1, {"shape": "round"}, key=key), False)]))
    assert row is not None
    assert row.values == {}
    assert row.unread == {"shape": ["round"]}
    two = [(toys.op(seq, {"shape": f"of {seq}"}, key=key), False) for seq in (1, 2)]
    row = show(toys.REGISTRY, key, fold(two))
    assert row is not None
    assert (row.values, row.unread) == ({}, {"shape": ["of 1", "of 2"]})


def test_a_field_of_a_later_release_is_kept_beside_those_known() -> None:
    row = show(
        toys.REGISTRY,
        toys.PARCEL_KEY,
        fold([(toys.op(1, {"aspect": "odd", "shape": "round", "colour": "red"}), False)]),
    )
    assert row is not None
    assert row.values == {"colour": "red"}
    assert row.unread == {"aspect": ["odd"], "shape": ["round"]}


def test_a_value_that_does_not_fit_is_shown_and_listed_as_unread() -> None:
    row = show(toys.REGISTRY, toys.PARCEL_KEY, fold([(toys.op(1, {"hazard": "huge"}), False)]))
    assert row is not None
    assert row.values == {"hazard": "huge"}
    assert row.unread == {"hazard": ["huge"]}
