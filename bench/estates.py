"""An estate made for a measure: one hub, a prison and a probation unit, run as programs.

The programs are started as an office starts them, from their settings, and stopped by pid.
"""

import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import msgspec

from bench.measure import BenchFailed
from bench.programs import LOCAL, Running, free_port, serving
from bench.workloads import PRISON, UNIT
from sync_protocol.io.op_store import OpStore
from throughcare.estate import Estate, EstateNode, Place, folder_of
from throughcare.loading import load_estate
from throughcare.making import SignIn, make_estate, open_estate, read_sign_ins
from throughcare.stores import open_store, paths_of

PLACES: Final = (Place("prison", PRISON), Place("probation", UNIT))
READY_S_MAX: Final = 30.0
PORTS_TRIED: Final = 50


class BenchEstate(msgspec.Struct, frozen=True):
    """An estate on disk, and how to run its nodes."""

    folder: Path
    estate: Estate

    @property
    def hub_url(self) -> str:
        """Where the hub listens."""
        return self.estate.hub.url

    @property
    def hub_bytes(self) -> int:
        """What the hub's store takes on disk; exact once the hub was stopped."""
        return _store_bytes(folder_of(self.folder, self.estate.hub).path)

    def bytes_at(self, code: str) -> int:
        """What a spoke's store takes on disk."""
        return _store_bytes(folder_of(self.folder, self.estate.node(code)).path)

    def copied_to(self, folder: Path) -> "BenchEstate":
        """A copy of stores and keys in another folder, on ports that are free."""
        shutil.copytree(self.folder, folder)
        return BenchEstate(folder, open_estate(folder, free_ports(len(self.estate.nodes))))

    def open_hub_store(self) -> OpStore:
        """The hub's store, once the hub was stopped."""
        return open_store(paths_of(folder_of(self.folder, self.estate.hub)), self.estate.hub)

    def sign_in_at(self, code: str) -> SignIn:
        """Somebody of the staff of this place, with their password."""
        for one in read_sign_ins(self.folder):
            if one.code == code and one.role == "staff":
                return one
        raise BenchFailed(f"nobody may sign in at {code}")

    @contextmanager
    def browser_at(self, code: str) -> Iterator[httpx.Client]:
        """A browser at a running place, in which one of its staff is signed in."""
        someone = self.sign_in_at(code)
        typed = {"user_name": someone.user_name, "password": someone.password}
        url = self.estate.node(code).url
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as browser:
            browser.post("/sign-in", data=typed)
            yield browser

    @contextmanager
    def hub(self) -> Iterator[Running]:
        """The hub while the block runs."""
        with self._running("server", self.estate.hub, {}) as running:
            yield running

    @contextmanager
    def edge(self, code: str, hub_url: str | None = None) -> Iterator[Running]:
        """An edge while the block runs; `hub_url` where its line does not lead straight there."""
        settings = {"THROUGHCARE_HUB_URL": hub_url} if hub_url else {}
        with self._running("edge", self.estate.node(code), settings) as running:
            yield running

    @contextmanager
    def _running(
        self, service: str, node: EstateNode, settings: dict[str, str]
    ) -> Iterator[Running]:
        own = folder_of(self.folder, node)
        environment = {
            **os.environ,
            "THROUGHCARE_ESTATE": str(self.folder / "estate.json"),
            "THROUGHCARE_FOLDER": str(own.path),
            "THROUGHCARE_HOST": LOCAL,
            "THROUGHCARE_PORT": str(node.port),
            **settings,
        }
        command = [sys.executable, "-m", "throughcare", "serve", service]
        with serving(command, own.path, port=node.port, environment=environment) as running:
            await_ready(node.url)
            yield running


def make_bench_estate(folder: Path) -> BenchEstate:
    """A new estate whose staff may sign in; nobody is recorded in it."""
    estate = make_estate(folder, PLACES, free_ports(1 + len(PLACES)))
    load_estate(folder, estate, people=0, seed=0, progress=lambda *_: None)
    return BenchEstate(folder, estate)


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    for _ in range(PORTS_TRIED):
        base = free_port()
        if base + count < 65_536 and all(_is_free(base + number) for number in range(1, count)):
            return base
    raise BenchFailed("no free ports in a row")


def await_ready(url: str) -> None:
    """Returns once the node says that it can do its work."""
    until_s = time.monotonic() + READY_S_MAX
    with httpx.Client(timeout=5, trust_env=False) as asking:
        while time.monotonic() < until_s:
            try:
                if asking.get(f"{url}/ready").is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
    raise BenchFailed(f"{url} is not ready after {READY_S_MAX:.0f} s")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOCAL, port)) != 0


def _store_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("store.db*"))
