"""A disk that fills up under a node: INV-01, INV-02, INV-10, INV-13.

While the last of it is kept for the audit, reading goes on and nothing is taken in; where something
else takes that as well, nothing is shown either, and everybody is told why. Room comes back, and
everything goes on by itself.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_protocol.limits import ROOM_KEPT_BYTES
from tests.process.accounts import settle
from tests.process.fleet import Fleet, made_fleet
from tests.process.scenes import Scene, scene_of
from tests.process.small_disk import SmallDisk, small_disk
from tests.process.workers import FormWorker, typed_in
from throughcare import acts
from throughcare.estate import folder_of
from throughcare.terminal import ApiRefused, Terminal

pytestmark = pytest.mark.process

MORE = 12
SAID_ONCE = "The disk was full while this was written."

Play = Callable[[Scene, SmallDisk], Awaitable[None]]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with made_fleet(tmp_path / "estate") as made:
        yield made


def _play(fleet: Fleet, code: str, play: Play, *, mounts: bool = True) -> None:
    async def whole(disk: SmallDisk) -> None:
        async with scene_of(fleet) as scene:
            await play(scene, disk)
            scene.begin()
            await scene.until_more(MORE)
            await scene.rest()
            found = await settle(scene.estate, scene.ledger)
            assert found.is_clean, found

    with small_disk(fleet, code, mounts=mounts) as disk:
        asyncio.run(whole(disk))


@pytest.mark.parametrize("mounts", [True, False], ids=["small", "limited"])
def test_an_office_whose_disk_is_full(fleet: Fleet, mounts: bool) -> None:
    async def play(scene: Scene, disk: SmallDisk) -> None:
        at, centre, form = scene.at("LEI"), scene.at("CENTRE"), scene.form("LEI")
        person = scene.people["LEI"]
        typed = typed_in(await form.page_of_form())
        if disk.is_mounted:
            disk.fill(ROOM_KEPT_BYTES // 2)
            await _is_refused(at, person)
            assert "disk little_room" in _unsound(fleet, "LEI")
            await at.enter()
            assert (await at.read("/people", q="Kilda"))["matches"]
            await at.read(f"/people/{person}")
            await _form_is_kept(form, typed)
            await _says_what_is_stuck(scene, at, centre, person)
        disk.fill()
        await _is_refused(at, person)
        assert "store not_saved" in _unsound(fleet, "LEI")
        await fleet.until_live("LEI")
        with pytest.raises(ApiRefused, match="not_saved"):
            await at.read(f"/people/{person}")
        page = await form.shown(f"/people/{person}")
        assert page.status_code == 503
        assert "This can&#39;t be shown now" in page.text or "This can't be shown now" in page.text
        assert "disk may be full" in page.text
        disk.clear()
        await _becomes_ready(scene, "LEI")

    _play(fleet, "LEI", play, mounts=mounts)


def test_a_centre_whose_disk_is_full(fleet: Fleet) -> None:
    """INV-01: what an office wrote meanwhile waits there, and nothing is acknowledged."""

    async def play(scene: Scene, disk: SmallDisk) -> None:
        leeds, centre, person = scene.at("LEI"), scene.at("CENTRE"), scene.people["LEI"]
        await scene.estate.until_sent("LEI")
        held = scene.estate.select("CENTRE", "SELECT count(*) FROM ops")
        disk.fill(ROOM_KEPT_BYTES // 2)
        await _is_refused(centre, person)
        if disk.is_mounted:
            await centre.read(f"/people/{person}")
        await acts.note(leeds, person, SAID_ONCE)
        await scene.estate.until(
            lambda: _has_said(leeds, "down"), "Leeds tells its staff that the centre is away"
        )
        disk.fill()
        await asyncio.sleep(1)
        assert scene.estate.waiting("LEI") == 1, "nothing is acknowledged that is not stored"
        assert scene.estate.select("CENTRE", "SELECT count(*) FROM ops") == held
        assert _unsound(fleet, "CENTRE")
        disk.clear()
        await _becomes_ready(scene, "CENTRE")
        await scene.estate.until_sent("LEI")

    _play(fleet, "CENTRE", play)


def test_an_office_that_ends_while_its_disk_is_full_starts_again(fleet: Fleet) -> None:
    """INV-02: with the last of the disk kept it starts, and shows what it holds."""

    async def play(scene: Scene, disk: SmallDisk) -> None:
        at, person = scene.at("LEI"), scene.people["LEI"]
        disk.fill(ROOM_KEPT_BYTES // 2)
        fleet.kill("LEI")
        fleet.start("LEI")
        await fleet.until_live("LEI")
        if disk.is_mounted:
            await _is_refused(at, person)
            await at.read(f"/people/{person}")
            disk.clear()
        await _becomes_ready(scene, "LEI")

    _play(fleet, "LEI", play)


async def _is_refused(at: Terminal, person: str) -> None:
    """A write is answered with what was not done and what to do."""
    with pytest.raises(ApiRefused, match=r"Nothing is half done\. Free some room") as refused:
        await acts.note(at, person, "This is not saved.")
    assert refused.value.status == 503
    assert "not_saved" in str(refused.value)


async def _form_is_kept(form: FormWorker, typed: dict[str, str]) -> None:
    answer = await form.sent({**typed, "subtype": "GEN/HIS", "text": SAID_ONCE, "step": "save"})
    assert answer.status_code == 503
    assert "could not save what you wrote" in answer.text
    assert SAID_ONCE in answer.text


async def _says_what_is_stuck(scene: Scene, at: Terminal, centre: Terminal, person: str) -> None:
    """What comes from the centre cannot be stored: staff are told whom to tell."""
    await acts.note(centre, person, "Written at the centre.")

    async def is_told() -> bool:
        line = (await at.read("/sync/status"))["strip"]["line"]
        return bool(line["needs_a_person"]) and line["fault"] == "not_saved"

    await scene.estate.until(is_told, "Leeds says that it does not synchronise")
    assert not await at.records(person, "case_note"), "no half of it is shown"


async def _has_said(at: Terminal, state: str) -> bool:
    return await acts.line_state(at) == state


async def _becomes_ready(scene: Scene, code: str) -> None:
    async def is_ready() -> bool:
        return not [one for one in _unsound(scene.fleet, code) if not one.startswith("job")]

    await scene.estate.until(is_ready, f"{code} is ready by itself")


def _unsound(fleet: Fleet, code: str) -> list[str]:
    """The checks that failed, each with its code, as `/ready` tells them."""
    said: Any = httpx.get(f"{_url(fleet, code)}/ready", trust_env=False, timeout=10).json()
    return [f"{one['name']} {one['code']}" for one in said["checks"] if not one["is_sound"]]


def _url(fleet: Fleet, code: str) -> str:
    return fleet.estate.node(code).url


def test_the_room_of_a_small_disk_is_told(fleet: Fleet) -> None:
    """What the others rely on: a disk that is filled is full, and has room again."""
    with small_disk(fleet, "MDI") as disk:
        own = folder_of(fleet.folder, fleet.estate.node("MDI")).path
        if disk.is_mounted:
            disk.fill(ROOM_KEPT_BYTES)
            assert shutil.disk_usage(own).free == ROOM_KEPT_BYTES
            disk.fill()
            assert shutil.disk_usage(own).free == 0
            disk.clear()
            assert shutil.disk_usage(own).free > 2 * ROOM_KEPT_BYTES
    assert folder_of(fleet.folder, fleet.estate.node("MDI")).store.stat().st_size > 0
