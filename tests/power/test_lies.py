"""A disk that lied once about what is certain: what it lost is missed, and comes back."""

import pytest

from tests.power.lies import run

SEEDS = 60


@pytest.mark.slow
def test_what_a_lying_disk_lost_comes_back_from_whoever_was_shown_it() -> None:
    """INV-01, INV-08."""
    totals, faults = run(1, SEEDS)
    assert not faults, faults
    assert totals["shown_and_lost"], totals
