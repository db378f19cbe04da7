"""S20: leases and the clock that they are judged by, without a store."""

import pytest

from sync_protocol.lease import LOCKED, Lease, Tenure, Term, claim_of_lease, is_lease_due, reach
from sync_protocol.limits import DRIFT_MS_MAX
from tests import toys

HUNDRED = Lease(toys.life(1), 7, 1_000, 1_100, "office")
ORDER = Lease(toys.life(1), 8, 1_000, 1_000, LOCKED)
TERM = Term("office", 100_000)


@pytest.mark.parametrize(
    ("reached_ms", "why", "left_ms", "is_short", "until_ms"),
    [
        (1_000, "", 100, False, 1_100),
        (1_079, "", 21, False, 1_100),
        (1_080, "", 20, True, 1_100),
        (1_099, "", 1, True, 1_100),
        (1_100, "lapsed", 0, False, 0),
    ],
)
def test_a_lease_is_short_at_four_fifths_and_over_at_its_end(
    reached_ms: int, why: str, left_ms: int, is_short: bool, until_ms: int
) -> None:
    told = Tenure(HUNDRED, reached_ms)
    assert (told.why_locked, told.left_ms, told.is_short) == (why, left_ms, is_short)
    assert told.asks_until_ms == until_ms


def test_a_node_that_was_told_none_is_not_locked_and_asks_for_one() -> None:
    told = Tenure()
    assert (told.why_locked, told.left_ms, told.is_short, told.asks_until_ms) == (
        "",
        None,
        False,
        0,
    )


def test_an_order_to_lock_holds_whatever_the_clock_says() -> None:
    """S12."""
    told = Tenure(ORDER, 0)
    assert (told.why_locked, told.left_ms, told.is_short, told.asks_until_ms) == (
        "locked",
        0,
        False,
        0,
    )


@pytest.mark.parametrize(
    ("reached_ms", "wall_ms", "ran_ms", "later_ms"),
    [(100, 150, 10, 150), (100, 50, 10, 110), (100, 105, 10, 110), (100, 50, -10, 100)],
)
def test_the_clock_goes_on_by_what_ran_and_never_back(
    reached_ms: int, wall_ms: int, ran_ms: int, later_ms: int
) -> None:
    assert reach(reached_ms, wall_ms, ran_ms) == later_ms


@pytest.mark.parametrize(
    ("left_ms", "is_due"),
    [
        (100_000, False),
        (67_001, False),
        (67_000, True),
        (1, True),
        (-5, True),
        (100_000 + DRIFT_MS_MAX, False),
        (100_001 + DRIFT_MS_MAX, True),
    ],
)
def test_a_lease_is_due_once_a_third_is_used_or_where_it_ends_later_than_any(
    left_ms: int, is_due: bool
) -> None:
    now_ms = 1_000_000
    assert is_lease_due(now_ms + left_ms, TERM, now_ms, is_locked=False) is is_due


def test_who_has_none_or_is_locked_needs_one() -> None:
    assert is_lease_due(0, TERM, 5, is_locked=False)
    assert is_lease_due(100_005, TERM, 5, is_locked=True)


def test_the_claim_binds_everything_that_a_lease_says() -> None:
    claims = {
        claim_of_lease(one, toys.incarnation(which), toys.node(node))
        for one, which, node in (
            (HUNDRED, 1, 1),
            (HUNDRED, 2, 1),
            (HUNDRED, 1, 2),
            (ORDER, 1, 1),
            (Lease(toys.life(2), 7, 1_000, 1_100, "office"), 1, 1),
            (Lease(toys.life(1), 9, 1_000, 1_100, "office"), 1, 1),
            (Lease(toys.life(1), 7, 1_001, 1_100, "office"), 1, 1),
            (Lease(toys.life(1), 7, 1_000, 1_101, "office"), 1, 1),
            (Lease(toys.life(1), 7, 1_000, 1_100, "prison"), 1, 1),
        )
    }
    assert len(claims) == 9
