"""A disk that fills up or fails, at every few steps of everything that a node does."""

import pytest

from tests.power.troubles import KINDS, strike_all


@pytest.mark.slow
def test_trouble_is_told_and_leaves_nothing_half_done() -> None:
    """INV-01, INV-02: and once there is room again, or the disk is mended, everything goes on."""
    totals, faults = strike_all()
    assert not faults, faults
    assert all(totals[f"struck_{kind}"] for kind in KINDS), totals
