"""S20: whatever is done to a machine and its clocks, it shows no more than its lease."""

from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.lease import Lease, Term, is_lease_due, reach
from sync_protocol.limits import LEASE_CLOCK_STEP_MS
from tests import toys
from tests.unit.sync_protocol.io.lease_store import FakeStore

LENGTH_MS = 20 * LEASE_CLOCK_STEP_MS
ISSUED_MS = 1_000_000_000
SPANS = st.integers(0, 3 * LEASE_CLOCK_STEP_MS)
WALLS = st.integers(-(10**9), 10**9)
LATE = st.one_of(
    st.tuples(st.just("runs"), SPANS),
    st.tuples(st.just("wall"), WALLS),
    st.tuples(st.just("killed"), SPANS),
    st.tuples(st.just("asks"), st.just(0)),
)


@given(st.lists(LATE, max_size=40))
def test_a_node_shows_no_more_than_its_lease_whatever_is_done_to_it(
    done: list[tuple[str, int]],
) -> None:
    """S20: turned back, stopped, killed, started: what it ran while it could be read is bounded."""
    store = FakeStore(ISSUED_MS)
    store.keeper.take(
        Lease(toys.life(1), 1, ISSUED_MS, ISSUED_MS + LENGTH_MS, "office"),
        toys.incarnation(1),
        ISSUED_MS,
    )
    was_open, shown_ms = store.is_open(), 0
    for what, amount in done:
        if what == "runs":
            store.ran_ms += amount
            if was_open and store.is_open():
                shown_ms += amount
        elif what == "wall":
            store.wall_ms = ISSUED_MS + amount
        elif what == "killed":
            store.start_anew(amount)
        was_open = store.is_open()
    assert shown_ms <= LENGTH_MS


@given(st.integers(0, 10**12), st.lists(st.tuples(WALLS, SPANS)))
def test_the_clock_of_a_lease_never_goes_back(start_ms: int, seen: list[tuple[int, int]]) -> None:
    """S20."""
    reached_ms = start_ms
    for wall_ms, ran_ms in seen:
        later_ms = reach(reached_ms, wall_ms, ran_ms)
        assert later_ms >= reached_ms + ran_ms
        assert later_ms >= wall_ms
        reached_ms = later_ms


@given(st.integers(1, 10**10), st.integers(0, 10**13))
def test_a_new_lease_is_not_due_at_once(length_ms: int, now_ms: int) -> None:
    """S20: else every exchange would bring another, and none would ever wait."""
    term = Term("office", length_ms)
    if length_ms > 100:
        assert not is_lease_due(now_ms + length_ms, term, now_ms, is_locked=False)
