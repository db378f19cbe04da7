"""Seeds in which a subject leaves where it was with its next move, and what happens in them."""

import msgspec
import pytest

from tests.simulation.options import options_of
from tests.simulation.run import simulate

pytestmark = pytest.mark.simulation

TRAVELLED_SEEDS = (258, 114, 136, 106, 143, 94, 118, 125, 173)
"""All that is drawn where subjects leave is on in these: one after another, until all happened."""
HAPPENS = (
    "back_within_the_hour",
    "back_when_purged",
    "back_when_sealed",
    "clones",
    "edge_lost_while_hub_recovers",
    "held_by_three",
    "leaves_confirmed",
    "purged",
    "received_while_cut",
    "sealed",
    "taken_in_while_cut",
)


@pytest.mark.parametrize("seed", [4, pytest.param(2, marks=pytest.mark.slow)])
def test_whoever_left_is_let_go_of_and_nothing_is_lost(seed: int) -> None:
    """INV-01, INV-05: with crashes, and a hub that was restored or rolled back."""
    outcome = simulate(seed, msgspec.structs.replace(options_of(seed), leaves=1))
    assert outcome.faults == ()
    assert outcome.tally["sealed"] > 0


@pytest.mark.slow
def test_all_that_may_happen_to_who_travels_happens_in_some_seed() -> None:
    """Received with the line cut, lent, back at once, back from escrow or after it, held back."""
    missed = set(HAPPENS)
    for seed in TRAVELLED_SEEDS:
        tally = simulate(seed).tally
        missed -= {name for name in missed if tally.get(name)}
        if not missed:
            break
    assert not missed
