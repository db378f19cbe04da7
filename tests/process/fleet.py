"""The programs of an estate, each started, killed, stopped and continued by itself, with nobody
who starts them again: what is done to them is for a test to say.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import httpx

from casework.desk.settings import PREFIX
from tests.process.programs import COMMAND, free_base
from tests.process.warm import Warm, WarmChild
from throughcare.children import Child
from throughcare.estate import CENTRE_CODE, Estate, EstateNode, folder_of
from throughcare.loading import load_estate
from throughcare.making import PLACES_USUAL, make_estate, write_settings

PEOPLE = 3
SEED = 4
LIVE_S_MAX = 60.0
LOOK_EVERY_S = 0.01
CALL_S_MAX = 2.0


class Runs(Protocol):
    """A program that can be started and killed, any number of times."""

    @property
    def pid(self) -> int | None:
        """Its number while it runs."""

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""

    def start(self) -> None:
        """Starts it."""

    def kill(self) -> None:
        """Ends it as a power cut would."""

    def last_words(self, lines: int = 3) -> str:
        """The end of what it printed."""


class Fleet:
    """An estate's programs; none runs at first."""

    def __init__(self, folder: Path, estate: Estate, warm: Warm | None = None) -> None:
        self.folder, self.estate = folder, estate
        self.kills = 0
        self.starts = 0
        self._programs = {node.code: self._program(node, warm) for node in estate.nodes}

    @property
    def codes(self) -> tuple[str, ...]:
        """The hub's, then those of the spokes."""
        return tuple(self._programs)

    def start(self, *codes: str) -> None:
        """Starts these, and waits for none."""
        for code in codes:
            self._programs[code].start()
            self.starts += 1

    def kill(self, *codes: str) -> None:
        """Kill -9 of these, as far as they run."""
        for code in codes:
            program = self._programs[code]
            self.kills += program.is_running
            program.kill()

    def freeze(self, code: str) -> None:
        """It stays, and does nothing: as a machine that is suspended."""
        os.kill(self.pid(code), signal.SIGSTOP)

    def thaw(self, code: str) -> None:
        """It goes on as if nothing had been."""
        os.kill(self.pid(code), signal.SIGCONT)

    def pid(self, code: str) -> int:
        """The number of the program."""
        pid = self._programs[code].pid
        assert pid is not None, f"{code} runs"
        return pid

    def is_running(self, code: str) -> bool:
        """Whether a node's program runs."""
        return self._programs[code].is_running

    async def until_live(self, *codes: str) -> None:
        """Returns once these answer."""
        async with httpx.AsyncClient(timeout=CALL_S_MAX, trust_env=False) as asking:
            await asyncio.gather(*(self._until_live(asking, code) for code in codes))

    def end(self) -> None:
        """Kills whatever runs, stopped or not; that counts for nothing."""
        for program in self._programs.values():
            program.kill()

    async def _until_live(self, asking: httpx.AsyncClient, code: str) -> None:
        give_up_s = time.monotonic() + LIVE_S_MAX
        program, url = self._programs[code], f"{self.estate.node(code).url}/live"
        while True:
            with suppress(httpx.TransportError):
                if (await asking.get(url)).is_success:
                    return
            assert program.is_running, f"{code}: {program.last_words()}"
            assert time.monotonic() < give_up_s, f"{code} does not answer: {program.last_words()}"
            await asyncio.sleep(LOOK_EVERY_S)

    def _program(self, node: EstateNode, warm: Warm | None) -> Runs:
        own = folder_of(self.folder, node)
        role = "server" if node.code == CENTRE_CODE else "edge"
        words = ("serve", role, "--settings", str(own.settings))
        if warm is not None:
            return WarmChild(warm, words, own.log)
        command = (*COMMAND, *words)
        return Child(command=command, environment=os.environ, log=own.log, pid_file=own.pid)


@contextmanager
def made_fleet(
    folder: Path, *, has_lines: bool = False, is_warm: bool = False, people: int = PEOPLE
) -> Iterator[Fleet]:
    """A new estate with few people; when the block ends none of its programs runs.

    Where it `has_lines` the spokes call their ends of the lines, which a test opens; else the hub.
    """
    estate = make_estate(folder, PLACES_USUAL, free_base())
    load_estate(folder, estate, people=people, seed=SEED, progress=_in_silence)
    write_settings(folder, estate)
    if not has_lines:
        for node in estate.spokes:
            set_setting(folder, node, "HUB_URL", estate.hub.url)
    warm = Warm() if is_warm else None
    fleet = Fleet(folder, estate, warm)
    try:
        yield fleet
    finally:
        fleet.end()
        if warm is not None:
            warm.stop()


def set_setting(folder: Path, node: EstateNode, name: str, value: object) -> None:
    """Has a node started with another value from now on."""
    set_value(folder_of(folder, node).settings, name, value)


def set_value(settings: Path, name: str, value: object) -> None:
    """Changes one line of a settings file."""
    begins = f"{PREFIX}{name}="
    kept = [one for one in settings.read_text("utf-8").splitlines() if not one.startswith(begins)]
    settings.write_text("\n".join([*kept, f"{begins}{value}", ""]), "utf-8")


def _in_silence(_name: str, _done: int, _total: int) -> None:
    """Nobody watches it being filled."""
