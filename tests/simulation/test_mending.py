"""Ops taken off disks after a whole run of faults: what stands on any disk stands on all again."""

import pytest

from tests.simulation.damage import simulate_damaged
from tests.simulation.options import options_of

GATE_SEEDS = (3,)
MORE_SEEDS = (1, 2, 4, 7, 8, 9, 27, 29, 33)


def _assert_mended(seed: int) -> None:
    outcome = simulate_damaged(seed, options_of(seed))
    lost = outcome.tally["damaged"]
    assert not outcome.faults, f"seed {seed}, {lost} lost: {outcome.faults[:8]}"


@pytest.mark.unhurried
@pytest.mark.parametrize("seed", GATE_SEEDS)
def test_what_one_disk_lost_another_gives_back(seed: int) -> None:
    """INV-01, INV-04."""
    _assert_mended(seed)


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_whatever_failed_before(seed: int) -> None:
    """Twins, restored hubs and snapshots among them."""
    _assert_mended(seed)
