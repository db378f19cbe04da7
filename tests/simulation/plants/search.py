"""Looks for seeds that catch the plants, and scores the simulation by them."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import process_time

import msgspec

from tests.simulation.plants.planting import Plant, planted
from tests.simulation.plants.recorded import Catch, read_recorded
from tests.simulation.plants.registry import PLANTS

ALARM_MAX = 160


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found of one plant.

    `others` are reports in which nothing tells of the plant though something was wrong, and
    `unsound` seeds that fail without it.
    """

    name: str
    area: str
    tried: int
    catch: Catch | None = None
    others: tuple[str, ...] = ()
    unsound: tuple[int, ...] = ()


def search(name: str, seeds: Iterable[int], *, looks: int = 1) -> Found:
    """The cheapest of the first `looks` seeds that catch a plant and are sound without it."""
    plant = PLANTS[name]
    catches: list[Catch] = []
    others: dict[str, None] = {}
    unsound: list[int] = []
    tried = 0
    for seed in seeds:
        tried += 1
        catch, other = _try(plant, seed, tried)
        others |= {other: None} if other else {}
        if catch is None:
            continue
        if not plant.run(seed).is_sound:
            unsound.append(seed)
            continue
        catches.append(catch)
        if len(catches) == looks:
            break
    return Found(
        name=name,
        area=plant.area,
        tried=catches[0].tried if catches else tried,
        catch=min(catches, key=lambda one: one.cpu_s) if catches else None,
        others=tuple(others)[:3],
        unsound=tuple(unsound),
    )


def _try(plant: Plant, seed: int, tried: int) -> tuple[Catch | None, str]:
    began_s = process_time()
    with planted(plant):
        outcome = plant.run(seed)
    cpu_s = round(process_time() - began_s, 2)
    alarm = plant.alarm(outcome)
    if alarm:
        return Catch(seed=seed, tried=tried, alarm=alarm[:ALARM_MAX], cpu_s=cpu_s), ""
    return None, outcome.faults[0].strip().splitlines()[-1][:ALARM_MAX] if outcome.faults else ""


def play_recorded(workers: int = 1) -> Iterator[bool]:
    """Of each plant, whether the seed that is recorded for it catches it."""
    known = read_recorded()
    seeds = [[known[name].seed] if name in known else [] for name in PLANTS]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for found in pool.map(search, PLANTS, seeds):
            yield found.catch is not None
