"""Nodes that stand still, and nodes of which there are two: INV-01, INV-08, INV-10."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.process.accounts import settle
from tests.process.fault_proxy import FaultLine
from tests.process.fleet import Fleet, made_fleet
from tests.process.lines import fault_lines
from tests.process.programs import run
from tests.process.scenes import Scene, scene_of
from tests.process.twins import Twin, staff_of, twin_of
from throughcare import acts
from throughcare.estate import folder_of
from throughcare.terminal import Terminal

pytestmark = pytest.mark.process

PAUSE_S = 0.1
STILL_S = 1.5
OVERDUE_S = 62.0
"""Longer than a spoke waits for an answer."""
TURNS = 3
AWAITED = "The centre was restored, and awaits"

Play = Callable[[Scene], Awaitable[None]]


def _play(fleet: Fleet, play: Play) -> None:
    """Plays, has everybody write a while, and counts: nothing is lost, nothing stands twice."""

    async def whole() -> None:
        async with scene_of(fleet) as scene:
            await play(scene)
            scene.begin()
            await scene.until_more(len(scene.workers))
            await scene.rest()
            found = await settle(scene.estate, scene.ledger)
            assert found.is_clean, found

    asyncio.run(whole())


def test_nodes_that_stand_still_go_on_where_they_were(tmp_path: Path) -> None:
    """Each in turn, then all but one: an exchange under way is answered late, or by nobody."""

    async def play(scene: Scene) -> None:
        scene.begin(pause_s=PAUSE_S)
        for codes in (("CENTRE",), ("LEI",), ("CENTRE", "MDI"), ("LEI", "MDI", "N55LEE")):
            for code in codes:
                scene.fleet.freeze(code)
            await asyncio.sleep(STILL_S)
            for code in codes:
                scene.fleet.thaw(code)
            await scene.until_more(len(scene.workers))
        await scene.rest()
        await scene.estate.until_sent("LEI", "MDI", "N55LEE")
        await _is_told_of_a_centre_that_stands_still(scene)

    with made_fleet(tmp_path / "estate", is_warm=True) as fleet:
        _play(fleet, play)


async def _is_told_of_a_centre_that_stands_still(scene: Scene) -> None:
    """Its port still takes calls: only the time that an answer may take tells that it is away."""
    at = scene.at("LEI")
    scene.fleet.freeze("CENTRE")
    try:
        await acts.note(at, scene.people["LEI"], "Nobody takes this.")

        async def is_told() -> bool:
            return await acts.line_state(at) == "down" and await acts.waiting(at) == 1

        await scene.estate.until(is_told, "the line is said to be down", within_s=OVERDUE_S)
    finally:
        scene.fleet.thaw("CENTRE")
    await scene.estate.until_sent("LEI")


def test_two_centres_at_once_lose_nothing(tmp_path: Path) -> None:
    """A copy of the centre's folder is started; offices call now the one, now the other."""

    async def play(fleet: Fleet) -> None:
        async with fault_lines(fleet, 0) as lines, scene_of(fleet) as scene:
            await scene.estate.until_sent("LEI", "MDI", "N55LEE")
            async with twin_of(fleet, "CENTRE", tmp_path / "twin") as twin:
                await _take_turns(scene, lines, twin)
            for line in lines.values():
                await _lead_to(line, fleet.estate.hub.port)
            scene.begin(pause_s=PAUSE_S)
            await scene.until_more(len(scene.workers))
            await scene.rest()
            found = await settle(scene.estate, scene.ledger)
            assert found.is_clean, found
            assert "rollback_found" in folder_of(fleet.folder, fleet.estate.hub).log.read_text()
            assert "rollback_found" in twin.said()

    with made_fleet(tmp_path / "estate", has_lines=True) as fleet:
        asyncio.run(play(fleet))


async def _take_turns(scene: Scene, lines: dict[str, FaultLine], twin: Twin) -> None:
    """Everybody writes at whichever centre they reach; each centre's staff are told of it."""
    ports = (scene.fleet.estate.hub.port, twin.port)
    leeds, moorland, centre = (scene.at(code) for code in ("LEI", "MDI", "CENTRE"))
    async with staff_of(twin, scene.sign_in("CENTRE", 0)) as other:
        for turn in range(TURNS):
            for number, line in enumerate(lines.values()):
                await _lead_to(line, ports[(turn + number) % 2])
            here, there = ("LEI", "MDI") if turn % 2 == 0 else ("MDI", "LEI")
            for at, person in (
                (leeds, scene.people["LEI"]),
                (moorland, scene.people["MDI"]),
                # Each centre about somebody whose prison calls it now.
                (centre, scene.people[here]),
                (other, scene.people[there]),
            ):
                text = f"Turn {turn}: {at.code}, {'other' if at is other else 'first'}."
                await scene.write(at, person, text)
            await scene.estate.until_sent("LEI", "MDI")
            await scene.estate.until(_holds_all(scene, turn), "what centres wrote is with offices")
        for at in (centre, other):
            page = await scene.page_of(at, "/nodes")
            assert AWAITED in page, "staff at the centre are told that something is wrong"


def _holds_all(scene: Scene, turn: int) -> Callable[[], Awaitable[bool]]:
    """Whether what either centre wrote in this turn has come to a prison."""

    async def look() -> bool:
        held = [*scene.estate.texts_of("LEI"), *scene.estate.texts_of("MDI")]
        return {f"Turn {turn}: CENTRE, first.", f"Turn {turn}: CENTRE, other."} <= {*held}

    return look


async def _lead_to(line: FaultLine, port: int) -> None:
    line.far_port = port
    await line.cut()


def test_two_copies_of_an_office_at_once_lose_nothing(tmp_path: Path) -> None:
    """INV-08: the second branch is found at once; each goes on in a life of its own."""

    async def play(scene: Scene) -> None:
        await scene.estate.until_sent("LEI")
        person, first = scene.people["LEI"], scene.at("LEI")
        async with (
            twin_of(scene.fleet, "LEI", tmp_path / "twin") as twin,
            staff_of(twin, scene.sign_in("LEI", 1)) as second,
        ):
            for turn in range(TURNS):
                await asyncio.gather(
                    scene.write(first, person, f"The first writes {turn}."),
                    scene.write(second, person, f"The copy writes {turn}."),
                )
            for at in (first, second, scene.at("CENTRE")):
                await scene.estate.until(_shows(at, person, 2 * TURNS), "all three have all")
            logs = folder_of(scene.fleet.folder, scene.fleet.estate.node("LEI")).log.read_text()
            assert "fork_found" in logs + twin.said()

    with made_fleet(tmp_path / "estate") as fleet:
        _play(fleet, play)


def _shows(at: Terminal, person: str, count: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return len(await at.records(person, "case_note")) == count

    return look


def test_a_second_program_on_the_folder_of_one_that_runs_is_refused(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        fleet = scene.fleet
        for code, role in (("LEI", "edge"), ("CENTRE", "server")):
            own = folder_of(fleet.folder, fleet.estate.node(code))
            settings = tmp_path / f"{code}.env"
            port = fleet.estate.node(code).port + 40
            settings.write_text(f"{own.settings.read_text()}THROUGHCARE_PORT={port}\n")
            said = await asyncio.to_thread(run, "serve", role, "--settings", str(settings))
            assert said.returncode == 3
            assert f"Another program serves from {own.path}." in said.stderr
            assert "Stop the node first" in said.stderr
            assert fleet.is_running(code)

    with made_fleet(tmp_path / "estate", is_warm=True) as fleet:
        _play(fleet, play)
