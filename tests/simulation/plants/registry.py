"""All plants, by name."""

from typing import Final

from tests.simulation.plants.arriving import ARRIVING
from tests.simulation.plants.exchanging import EXCHANGING
from tests.simulation.plants.judging import JUDGING
from tests.simulation.plants.leaving import LEAVING
from tests.simulation.plants.planting import Plant
from tests.simulation.plants.writing import WRITING

PLANTS: Final[dict[str, Plant]] = {
    plant.name: plant for plant in (*WRITING, *JUDGING, *EXCHANGING, *ARRIVING, *LEAVING)
}
