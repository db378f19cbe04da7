"""The simulation catches every fault that is put into the engine on purpose.

Search for their seeds anew after the simulation or the engine was changed, which takes an hour:
`python -m tests.simulation.plants --search --jobs 2 --write`. The score is printed by
`python -m tests.simulation.plants --run`.
"""

from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from tests.simulation.options import Options
from tests.simulation.plants.planting import AREAS, Plant, Slip, Withered, planted
from tests.simulation.plants.recorded import BOUND, read_recorded
from tests.simulation.plants.registry import PLANTS
from tests.simulation.run import Outcome
from tests.simulation.test_campaign import campaign_seeds

PLANTS_MIN = 36
PLANTS_ABOUT_AN_AREA_MIN = 2


def test_every_plant_finds_its_place_in_the_engine() -> None:
    for plant in PLANTS.values():
        with planted(plant):
            pass


def test_there_are_plants_in_every_area() -> None:
    areas = Counter(plant.area for plant in PLANTS.values())
    assert len(PLANTS) >= PLANTS_MIN
    assert {area for area, count in areas.items() if count >= PLANTS_ABOUT_AN_AREA_MIN} == {*AREAS}


def test_every_plant_was_caught_within_the_bound() -> None:
    recorded = read_recorded()
    assert recorded.keys() == PLANTS.keys()
    assert max(catch.tried for catch in recorded.values()) <= BOUND


def test_a_plant_whose_phrase_is_gone_says_so() -> None:
    plant = PLANTS["closed_wins"]
    slip = Slip(plant.slips[0].place, "no such phrase", "")
    with pytest.raises(Withered), planted(_with(plant, slip)):
        pass


def test_nothing_of_a_plant_stays() -> None:
    from sync_protocol.policy import OpenClose, Side

    sides = [
        Side(bytes([one]), one, False, one, value)  # type: ignore[arg-type] # an Hlc is a number
        for one, value in enumerate(("open", "closed"))
    ]
    with planted(PLANTS["closed_wins"]):
        assert OpenClose().show(sides).value == "closed"
    assert OpenClose().show(sides).value == "open"


@pytest.mark.simulation
@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTS)
def test_the_simulation_catches_what_was_planted(name: str) -> None:
    """With the plant the right alarm rings; the same seed without it is sound."""
    plant, catch = PLANTS[name], read_recorded()[name]
    with planted(plant):
        outcome = plant.run(catch.seed)
    assert plant.alarm(outcome), f"seed {catch.seed} did not catch {name}: {outcome.faults[:8]}"
    if not plant.is_ordinary or catch.seed not in campaign_seeds():
        # Every other seed is run without any plant by the campaign itself.
        assert _faults_without(plant.runs, catch.seed, plant.options_for(catch.seed)) == ()


@cache
def _faults_without(
    runs: Callable[[int, Options], Outcome], seed: int, options: Options
) -> tuple[str, ...]:
    """What is wrong where nothing is planted; plants of one recipe share it."""
    return runs(seed, options).faults


def _with(plant: Plant, slip: Slip) -> Plant:
    return Plant(
        name="withered",
        area=plant.area,
        does=plant.does,
        harms=plant.harms,
        caught_by=plant.caught_by,
        slips=(slip,),
    )
