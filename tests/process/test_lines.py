"""INV-01, INV-03, INV-10: lines with every fault there is; `lines.py` for more of them."""

import asyncio
from pathlib import Path

import pytest

from tests.process.fault_proxy import ALL_FAULTS, FAULTS, FaultLine
from tests.process.fleet import Fleet, made_fleet
from tests.process.lines import fault_lines, met_of, trouble
from tests.process.scenes import Scene, scene_of
from throughcare import acts
from throughcare.terminal import Json, Terminal

pytestmark = pytest.mark.process

SEED = 2026
SILENT_MS = 2_000
BROKEN = {"stall": 1.0, "other_page": 1.0, "cut_answer": 1.0}


def test_lines_with_every_fault_lose_and_double_nothing(tmp_path: Path) -> None:
    async def play(fleet: Fleet) -> None:
        async with fault_lines(fleet, SEED) as lines, scene_of(fleet) as scene:
            await _is_told_what_is_stuck(scene, lines["LEI"])
            found = await trouble(scene, lines)
            assert found.is_clean, (found, met_of(lines))
            assert met_of(lines).keys() == FAULTS.keys()
            assert found.acknowledged > 0

    with made_fleet(tmp_path / "estate", has_lines=True, is_warm=True) as fleet:
        asyncio.run(play(fleet))


async def _is_told_what_is_stuck(scene: Scene, line: FaultLine) -> None:
    """INV-10: both ends say since when they have not heard of one another, and what waits."""
    at, centre = scene.at("LEI"), scene.at("CENTRE")
    line.meet(1.0, BROKEN)
    await acts.note(at, scene.people["LEI"], "Nobody else has this yet.")

    async def is_told() -> bool:
        here, there = await _told_here(at), await _told_at_centre(centre, "LEI")
        return bool(
            here["line"]["state"] == "down"
            and here["line"]["waiting_ops"] == 1
            and here["now_ms"] - here["line"]["last_heard_ms"] > SILENT_MS
            and here["now_ms"] - here["line"]["oldest_waiting_ms"] > SILENT_MS
            and here["now_ms"] - there["last_contact_ms"] > SILENT_MS
        )

    await scene.estate.until(is_told, "both ends say how long they have not heard of one another")
    await line.calm()
    await scene.estate.until_sent("LEI")


async def _told_here(at: Terminal) -> Json:
    strip: Json = (await at.read("/sync/status"))["strip"]
    return strip


async def _told_at_centre(centre: Terminal, code: str) -> Json:
    nodes: list[Json] = (await centre.read("/sync/status"))["nodes"]
    return next(one for one in nodes if one["place"]["code"] == code)


def test_every_fault_has_its_weight() -> None:
    assert ALL_FAULTS.keys() == FAULTS.keys() - {"sound"}
