"""The laws of the policies: no order, no crash, nothing hidden that would be dangerous."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.causality import names_of
from sync_protocol.merge import apply, new_state, show
from sync_protocol.op import Op
from sync_protocol.policy import (
    CLOSED,
    OPEN,
    AnyPolicy,
    AskAPerson,
    Fixed,
    ForwardMost,
    Gather,
    Highest,
    LaterDate,
    Latest,
    Levels,
    OpenClose,
    Side,
    TrueOutranks,
    WholeVersion,
)
from sync_protocol.schema import fault_of
from tests import toys
from tests.properties.strategies import (
    POLICIES,
    Replica,
    canonical,
    plain_values,
    sides_of_a_field,
)

SCALES = (Levels(toys.HAZARDS), LaterDate(), TrueOutranks())
each_policy = pytest.mark.parametrize("policy", POLICIES, ids=str)
hazards = st.sampled_from(toys.HAZARDS)


def test_all_eight_policies_are_under_these_laws() -> None:
    eight = {Fixed, Latest, Highest, OpenClose, AskAPerson, Gather, ForwardMost, WholeVersion}
    assert {type(policy) for policy in POLICIES} == eight


@each_policy
@given(sides=sides_of_a_field(), chance=st.randoms(use_true_random=False))
def test_a_policy_does_not_see_the_order_of_its_sides(
    policy: AnyPolicy, sides: list[Side], chance: Random
) -> None:
    """INV-04: whatever the values, every node shows the same bytes."""
    other_order = sides.copy()
    chance.shuffle(other_order)
    assert canonical(policy.show(sides)) == canonical(policy.show(other_order))


@each_policy
@given(sides=sides_of_a_field())
def test_a_policy_shows_what_somebody_wrote(policy: AnyPolicy, sides: list[Side]) -> None:
    """No policy makes a value up; OpenClose alone speaks in its own two words."""
    shown = policy.show(sides).value
    values = [side.value for side in sides]
    if isinstance(policy, Gather):
        assert sorted(map(canonical, shown)) == sorted(map(canonical, values))
    elif isinstance(policy, OpenClose):
        assert shown in (OPEN, CLOSED)
    elif isinstance(policy, ForwardMost):
        reached = [one.get("to") if isinstance(one, dict) else one for one in values]
        assert canonical(shown) in map(canonical, reached)
    else:
        assert canonical(shown) in map(canonical, values)


@each_policy
@given(sides=sides_of_a_field())
def test_nobody_is_asked_about_one_legal_side(policy: AnyPolicy, sides: list[Side]) -> None:
    asks = policy.show(sides[:1]).asks
    assert asks is None or (isinstance(policy, ForwardMost) and asks == "illegal_transition")


@each_policy
@given(value=plain_values, count=st.integers(2, 4))
def test_nobody_is_asked_twice_about_the_same_value(
    policy: AnyPolicy, value: Any, count: int
) -> None:
    """Two who wrote the same are no conflict."""
    sides = [Side(toys.op_id(n), toys.op(1, {}).hlc, False, 0, value) for n in range(count)]
    assert policy.show(sides).asks == policy.show(sides[:1]).asks


@pytest.mark.parametrize("scale", SCALES, ids=str)
@given(sides=sides_of_a_field())
def test_highest_never_shows_less_than_any_standing_side(
    scale: Levels | LaterDate | TrueOutranks, sides: list[Side]
) -> None:
    """INV-07: no merge lowers a risk."""
    shown = Highest(scale).show(sides).value
    assert all(scale.rank(side.value) <= scale.rank(shown) for side in sides)


@given(st.lists(hazards, min_size=1, max_size=6), st.integers(0, 5))
def test_only_an_op_that_saw_the_highest_lowers_it(levels: list[str], last: int) -> None:
    """INV-07, through the fold: a lower level beside an unseen higher one changes nothing."""
    raised = [toys.op(seq, {"hazard": level}) for seq, level in enumerate(levels, start=1)]
    unseen = raised[last % len(raised)]
    seen = [op.id for op in raised if op is not unseen]
    lowering = toys.op(99, {"hazard": "none"}, {"hazard": seen})
    replica = Replica().receive_all((op, False) for op in [*raised, lowering])
    row = show(toys.REGISTRY, toys.PARCEL_KEY, replica.state)
    assert row is not None
    assert toys.HAZARDS.index(row.values["hazard"]) >= toys.HAZARDS.index(unseen.values["hazard"])


Turn = tuple[str, int, int]
offices_there = st.integers(0, 2)
words = st.sampled_from((OPEN, CLOSED, "change", "hear"))
turns = st.lists(st.tuples(words, offices_there, offices_there), max_size=12)


class _Office:
    """A replica whose author writes with all that it has heard."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = new_state()
        self.held: dict[bytes, Op] = {}

    def write(self, seq: int, word: str) -> Op:
        standing = [one.op_id for one in self.state.standing.values() if "status" in one.values]
        op = toys.op(seq, {"status": word}, {"status": standing}, node=toys.node(self.number))
        self.hear([op])
        return op

    def hear(self, ops: list[Op]) -> None:
        for op in ops:
            if op.id not in self.held:
                apply(self.state, op, is_applied=self.held.__contains__)
                self.held[op.id] = op


@given(turns)
def test_a_close_never_ends_an_opening_that_it_had_not_seen(played: list[Turn]) -> None:
    """INV-07: for whatever offices did apart, closed means that a close had seen each opening."""
    offices = [_Office(number) for number in range(3)]
    seen_by_close: list[set[bytes]] = []
    for seq, (what, here, there) in enumerate(played, start=1):
        if what == "hear":
            offices[here].hear(list(offices[there].held.values()))
            continue
        before = set(offices[here].held)
        offices[here].write(seq, CLOSED if what == CLOSED else OPEN)
        if what == CLOSED:
            seen_by_close.append(before)
    everything = [op for office in offices for op in office.held.values()]
    for office in offices:
        office.hear(everything)
        row = show(toys.REGISTRY, toys.PARCEL_KEY, office.state)
        if row is None or row.values["status"] == OPEN:
            continue
        openings = [op.id for op in everything if op.values["status"] == OPEN]
        assert all(any(one in seen for seen in seen_by_close) for one in openings)


@given(plain_values)
def test_no_plain_value_breaks_the_check_of_a_field(value: Any) -> None:
    """A value that does not fit is a fault in words, never a crash."""
    for kind in toys.REGISTRY.kinds.values():
        for spec in kind.fields.values():
            fault = fault_of(spec, value)
            assert fault is None or isinstance(fault, str)


@given(
    sides=st.lists(st.tuples(st.sets(hazards, max_size=2), hazards), min_size=1, max_size=5),
)
def test_every_concurrent_pair_is_settled_or_listed(sides: list[tuple[set[str], str]]) -> None:
    """INV-06: where two different values of a field stand, its policy settles it or it is asked."""
    ops = [toys.op(seq, {"hazard": level}) for seq, (_, level) in enumerate(sides, start=1)]
    assert not any(list(names_of(op)) for op in ops)
    row = show(toys.REGISTRY, toys.PARCEL_KEY, Replica().receive_all((o, False) for o in ops).state)
    assert row is not None
    assert ("hazard" in row.asks) == (len({level for _, level in sides}) > 1)
