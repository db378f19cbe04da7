"""What nodes weigh when they do nothing, and how soon an estate stands."""

import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from bench.estates import BenchEstate, make_bench_estate
from bench.measure import Figures
from bench.programs import resident_mb
from bench.spoke import Spoke
from bench.workloads import CHANGES_PER_PERSON, PRISON, UNIT

SIZES: Final = (100, 300, 1_000)
SETTLE_S: Final = 5.0


def sizes_for(people: int) -> tuple[int, ...]:
    """The caseloads to weigh: those of the table up to `people`, or that number alone."""
    return tuple(size for size in SIZES if size <= people) or (people,)


def measure_memory(estate: BenchEstate, size: int) -> Figures:
    """The hub after it took in a caseload, and the edge that holds it, both resting."""
    with estate.hub() as hub:
        with closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke:
            spoke.exchange_until(estate.hub_url, size * CHANGES_PER_PERSON)
        with estate.edge(PRISON) as edge:
            time.sleep(SETTLE_S)
            return {
                f"edge_{size}_mb": resident_mb(edge.pid),
                f"hub_{size}_mb": resident_mb(hub.pid),
            }


def with_growth(figures: Mapping[str, float]) -> Figures:
    """The figures, and the hub's memory with the most people against that with the fewest."""
    small, large = (figures.get(f"hub_{size}_mb") for size in (SIZES[0], SIZES[-1]))
    return {**figures, "hub_growth": large / small} if small and large else figures


def measure_startup(people: int, folder: Path) -> Figures:
    """From the command to the answer of the last of a hub and two edges, one after another."""
    del people
    estate = make_bench_estate(folder / "estate")
    began = time.perf_counter()
    with estate.hub(), estate.edge(PRISON), estate.edge(UNIT):
        return {"seconds": time.perf_counter() - began}
