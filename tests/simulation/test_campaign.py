"""The campaign that `make test` plays, and the scenarios that once failed."""

import os
from collections.abc import Callable
from typing import Final

import pytest

from tests.simulation.campaign import Totals, play_seeds
from tests.simulation.found import Scenario, scenarios
from tests.simulation.options import SEASON
from tests.simulation.run import simulate

SEASONS: Final = 76
STORMS: Final = 50
NODE_YEARS: Final = 100
OPS_A_YEAR: Final = 2_000
ACKNOWLEDGED: Final = 200_000


def campaign_seeds() -> list[int]:
    """The seasons and storms of `make test`; the seasons first, since they take longest."""
    seasons = [number * SEASON for number in range(1, SEASONS + 1)]
    return seasons + [seed for seed in range(1, STORMS + 1) if seed % SEASON]


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.longest
@pytest.mark.timeout(2400)
def test_node_years_of_storms_and_seasons_lose_nothing(
    record_property: Callable[[str, object], None],
) -> None:
    """INV-01, INV-04, INV-10, INV-12: and every rare state was come to."""
    totals = Totals()
    for outcome in play_seeds(campaign_seeds(), workers=os.cpu_count() or 1):
        totals.add(outcome)
        assert not outcome.faults, f"seed {outcome.seed}, {outcome.options}: {outcome.faults[:9]}"
    record_property("simulated", totals.told())
    assert (totals.lost_unexcused, totals.diverged, totals.stalled) == (0, 0, 0)
    assert totals.node_years >= NODE_YEARS
    assert totals.season_ops >= OPS_A_YEAR * totals.node_years
    assert totals.acknowledged >= ACKNOWLEDGED
    assert totals.missed() == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scenario"), scenarios().items())
def test_what_once_failed_is_sound(name: str, scenario: Scenario) -> None:
    assert simulate(scenario.seed, scenario.options).faults == (), scenario.was_wrong
