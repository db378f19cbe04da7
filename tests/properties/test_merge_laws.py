"""The laws of the fold: any order, any repeats, the same outcome (INV-03, INV-04)."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.merge import fold, show
from sync_protocol.op import Op
from tests import toys
from tests.properties.strategies import (
    Replica,
    awaited_by_definition,
    canonical,
    histories,
    standing_by_definition,
)

History = list[tuple[Op, bool]]


@given(histories(), st.randoms(use_true_random=False), st.integers(0, 5))
def test_any_order_with_repeats_ends_in_the_same_bytes(
    history: History, chance: Random, repeats: int
) -> None:
    """INV-03: applying an op twice, or in any order, changes nothing. INV-04: to the byte."""
    other_order = history + [chance.choice(history) for _ in range(repeats)]
    chance.shuffle(other_order)
    first, second = Replica().receive_all(history), Replica().receive_all(other_order)
    assert first.canonical() == second.canonical()


@given(histories(hostile=True), st.randoms(use_true_random=False))
def test_hostile_values_do_not_depend_on_order_either(history: History, chance: Random) -> None:
    """INV-04 holds for values that no form of ours would have written."""
    other_order = history.copy()
    chance.shuffle(other_order)
    first, second = Replica().receive_all(history), Replica().receive_all(other_order)
    assert first.canonical() == second.canonical()


@given(histories(), st.integers(0, 7), st.integers(0, 7))
def test_merge_is_associative(history: History, first_cut: int, second_cut: int) -> None:
    """(a + b) + c is a + (b + c): what a node heard in one go or in two is the same."""
    low, high = sorted((first_cut, second_cut))
    a, b, c = history[:low], history[low:high], history[high:]
    left = Replica().receive_all(Replica().receive_all(a + b).received() + c)
    right = Replica().receive_all(a + Replica().receive_all(b + c).received())
    assert left.canonical() == right.canonical()


@given(histories(), st.integers(0, 7))
def test_merge_is_commutative(history: History, cut: int) -> None:
    """It is all one whether a or b was heard first."""
    a, b = history[:cut], history[cut:]
    assert Replica().receive_all(a + b).canonical() == Replica().receive_all(b + a).canonical()


@given(histories())
def test_merge_is_idempotent(history: History) -> None:
    """Hearing everything twice is hearing it once (INV-03)."""
    once = Replica().receive_all(history).canonical()
    assert Replica().receive_all(history + history).canonical() == once


@given(histories())
def test_the_fold_is_the_definition(history: History) -> None:
    """Standing = applied ops that set a field, minus every id any of them names for it."""
    replica = Replica().receive_all(history)
    assert replica.state.standing == standing_by_definition(history)
    assert replica.state.awaited == awaited_by_definition(history)


@given(histories(), st.randoms(use_true_random=False))
def test_the_fold_of_a_whole_history_is_the_fold_op_by_op(history: History, chance: Random) -> None:
    """A rebuild of the projection equals what was kept up to date."""
    other_order = history.copy()
    chance.shuffle(other_order)
    state, kept = fold(other_order), Replica().receive_all(history)
    assert (state.standing, state.awaited) == (kept.state.standing, kept.state.awaited)
    shown = show(toys.REGISTRY, toys.PARCEL_KEY, state)
    assert canonical(shown) == canonical(show(toys.REGISTRY, toys.PARCEL_KEY, kept.state))


@given(histories(), st.integers(0, 6))
def test_a_parked_op_neither_stands_nor_replaces(history: History, place: int) -> None:
    """What is parked is never folded: nothing of it shows, and what it named still stands."""
    parked, _ = history[place % len(history)]
    applied = [(op, suspect) for op, suspect in history if op.id != parked.id]
    replica = Replica().receive_all(applied)
    assert parked.id not in replica.state.standing
    assert replica.state.standing == standing_by_definition(applied)


@given(histories(), st.integers(0, 6))
def test_an_op_unparked_later_counts_as_if_it_had_never_been_parked(
    history: History, place: int
) -> None:
    """INV-09: a parked op delays nothing, and its turn may come at any time."""
    at = place % len(history)
    late = [*history[:at], *history[at + 1 :], history[at]]
    assert Replica().receive_all(late).canonical() == Replica().receive_all(history).canonical()
