"""The snapshot's parts, places and names; its law is in `tests/properties`."""

import msgspec

from sync_protocol.merge import apply, new_state
from sync_protocol.scope import APPLIED, Flag, Verdict
from sync_protocol.snapshot import (
    Dangling,
    Part,
    Place,
    Snapshot,
    Stands,
    await_names,
    cut_at,
    first_place,
    is_covered,
    part_of,
    snapshot_claim,
    stand,
    stands_of,
)
from tests import toys

PARKED = Verdict(Flag.PARKED, "not_entitled")


def _snapshot(since: Place) -> Snapshot:
    return Snapshot(
        subject=toys.subject(1),
        cut=7,
        number=1,
        registry=toys.REGISTRY.digest,
        since=since,
        until=Place(Part.DONE, 0),
    )


def test_safety_comes_first_whatever_its_kind() -> None:
    assert part_of(is_safety=True, is_later=True) is Part.SAFETY
    assert part_of(is_safety=False, is_later=True) is Part.LATER
    assert part_of(is_safety=False, is_later=False) is Part.REST
    assert sorted(Part) == [
        Part.SAFETY,
        Part.REST,
        Part.REFS,
        Part.LATER,
        Part.HISTORY,
        Part.DONE,
    ]


def test_an_arrival_begins_before_all_that_is_covered() -> None:
    assert _snapshot(first_place(7)).is_first
    assert not _snapshot(Place(Part.SAFETY, 7)).is_first
    assert is_covered(7, 7)
    assert not is_covered(8, 7)
    assert not is_covered(None, 7)


def test_an_op_is_told_with_its_fields_only_where_it_lost_some() -> None:
    first = toys.op(1, {"label": "boots", "hazard": "some"})
    lower = toys.op(2, {"hazard": "none"}, {"hazard": [first.id]})
    cut = cut_at([(first, APPLIED), (lower, APPLIED)])
    told = stands_of(cut.states[toys.PARCEL_KEY], {first.id: 2, lower.id: 1})
    assert set(told) == {Stands(first.id, ("label",)), Stands(lower.id)}
    assert cut.digest.count == 2


def test_a_name_whose_op_is_parked_dangles_until_it_is_let_in() -> None:
    """INV-07: an op that was answered while it was parked does not stand once it is applied."""
    parked = toys.op(1, {"status": "open"})
    answer = toys.op(2, {"status": "closed"}, {"status": [parked.id]})
    cut = cut_at([(parked, PARKED), (answer, APPLIED)])
    (dangling,) = cut.dangling()
    key = toys.PARCEL_KEY
    assert dangling == Dangling(key.kind, key.subjects, key.record, "status", parked.id)
    assert dangling.key == key
    state = new_state()
    stand(state, answer, (), suspect=False)
    await_names(state, [(dangling.field, dangling.op_id)])
    apply(state, parked)
    assert set(state.standing) == {answer.id}


def test_a_name_ends_what_stands_already() -> None:
    """INV-03: names and ops come in any order."""
    early = toys.op(1, {"status": "open"})
    state = new_state()
    apply(state, early)
    await_names(state, [("status", early.id)])
    assert state.standing == {}
    stand(state, early, ("status",), suspect=False)
    assert set(state.standing) == {early.id}


def test_what_was_replaced_after_the_cut_does_not_stand_when_it_comes() -> None:
    """INV-03: a later op may name it before the snapshot's part with it is here."""
    early = toys.op(1, {"status": "open"})
    answer = toys.op(2, {"status": "closed"}, {"status": [early.id]})
    state = new_state()
    apply(state, answer)
    stand(state, early, (), suspect=False)
    assert set(state.standing) == {answer.id}
    assert state.awaited == set()


def test_the_signature_binds_who_it_is_for_and_all_of_it() -> None:
    """INV-08."""
    told = _snapshot(first_place(7))
    claims = {
        snapshot_claim(toys.incarnation(1), toys.node(1), told),
        snapshot_claim(toys.incarnation(2), toys.node(1), told),
        snapshot_claim(toys.incarnation(1), toys.node(2), told),
        snapshot_claim(
            toys.incarnation(1), toys.node(1), msgspec.structs.replace(told, is_plain=True)
        ),
    }
    signed = msgspec.structs.replace(told, signature=bytes(64))
    assert len(claims) == 4
    assert snapshot_claim(toys.incarnation(1), toys.node(1), signed) in claims
