"""All plants, by name.

A disk that acknowledges what it has not synced is planted where a disk can be cut at every sector:
`tests/power/test_campaign.py`.
"""

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
