"""A copy of a node's folder that runs beside the node itself: the same identity, another port."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from tests.process.fleet import LIVE_S_MAX, LOOK_EVERY_S, Fleet, set_value
from tests.process.programs import COMMAND
from throughcare.children import Child
from throughcare.estate import CENTRE_CODE, NodeFolder, folder_of
from throughcare.making import SignIn
from throughcare.terminal import Terminal

PORT_BESIDE = 40
"""The twin listens so many ports further on."""


class Twin:
    """A copied node that runs; `url` is where it listens."""

    def __init__(self, fleet: Fleet, code: str, folder: Path) -> None:
        """Copies the node, which must not run."""
        assert not fleet.is_running(code), "a store that is written is copied by `backup` alone"
        node = fleet.estate.node(code)
        own = folder_of(fleet.folder, node)
        shutil.copytree(own.path, folder)
        self.own = NodeFolder(folder)
        self.port = node.port + PORT_BESIDE
        self.url = f"http://127.0.0.1:{self.port}"
        self.code = code
        set_value(self.own.settings, "FOLDER", folder)
        set_value(self.own.settings, "PORT", self.port)
        role = "server" if code == CENTRE_CODE else "edge"
        self._child = Child(
            command=(*COMMAND, "serve", role, "--settings", str(self.own.settings)),
            environment=os.environ,
            log=self.own.log,
            pid_file=self.own.pid,
        )

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._child.is_running

    def start(self) -> None:
        """Starts it, and waits for nothing."""
        self._child.start()

    def stop(self) -> None:
        """Ends it."""
        self._child.kill()

    def said(self) -> str:
        """All that it printed."""
        return self.own.log.read_text("utf-8", errors="replace")

    async def until_live(self) -> None:
        """Returns once it answers."""
        give_up_s = time.monotonic() + LIVE_S_MAX
        async with httpx.AsyncClient(timeout=2, trust_env=False) as asking:
            while True:
                with suppress(httpx.TransportError):
                    if (await asking.get(f"{self.url}/live")).is_success:
                        return
                assert self.is_running, self.said()
                assert time.monotonic() < give_up_s, self.said()
                await asyncio.sleep(LOOK_EVERY_S)


@asynccontextmanager
async def twin_of(fleet: Fleet, code: str, folder: Path) -> AsyncIterator[Twin]:
    """Kills a node, copies it, and starts both; the copy is ended with the block."""
    fleet.kill(code)
    twin = Twin(fleet, code, folder)
    fleet.start(code)
    twin.start()
    try:
        await fleet.until_live(code)
        await twin.until_live()
        yield twin
    finally:
        twin.stop()


@asynccontextmanager
async def staff_of(twin: Twin, sign_in: SignIn) -> AsyncIterator[Terminal]:
    """A member of staff who is signed in at the copy."""
    terminal = Terminal(twin.code, twin.url, sign_in)
    try:
        yield await terminal.enter()
    finally:
        await terminal.close()
