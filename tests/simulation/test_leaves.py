"""Seeds in which a subject leaves where it was with its next move."""

import msgspec
import pytest

from tests.simulation.options import options_of
from tests.simulation.run import simulate

pytestmark = pytest.mark.simulation


@pytest.mark.parametrize("seed", [2, 3])
def test_whoever_left_is_let_go_of_and_nothing_is_lost(seed: int) -> None:
    """INV-01, INV-05: with crashes, a clone, and a hub that was restored or rolled back."""
    outcome = simulate(seed, msgspec.structs.replace(options_of(seed), leaves=1))
    assert outcome.faults == ()
    assert outcome.tally["sealed"] > 0
