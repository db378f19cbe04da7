"""Seeds in which a subject leaves where it was with its next move, and what happens in them."""

import msgspec
import pytest

from tests.simulation.options import options_of
from tests.simulation.run import simulate

pytestmark = [pytest.mark.simulation, pytest.mark.unhurried]


@pytest.mark.parametrize("seed", [4, pytest.param(2, marks=pytest.mark.slow)])
def test_whoever_left_is_let_go_of_and_nothing_is_lost(seed: int) -> None:
    """INV-01, INV-05: with crashes, and a hub that was restored or rolled back."""
    options = msgspec.structs.replace(options_of(seed), leaves=1, hours=3, incidents=25)
    outcome = simulate(seed, options)
    assert outcome.faults == ()
    assert outcome.tally["sealed"] > 0
