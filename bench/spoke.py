"""A spoke without terminals: an estate's own store, filled with changes, and its line to the hub.

What it writes and sends is what an edge writes and sends: the same store, author, session, driver
and line. Only the web pages are left out, and where those are measured real edges run instead.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.measure import BenchFailed
from bench.workloads import Change
from sync_protocol.author import Act, Draft
from sync_protocol.ids import ActorId
from sync_protocol.io.http_peer import HttpPeer, Line
from sync_protocol.io.sync_driver import SyncDriver
from throughcare.estate import Estate, EstateNode, folder_of
from throughcare.making import read_sign_ins
from throughcare.stores import open_store, paths_of

FILL_PART: Final = 2_000
EXCHANGES_MAX: Final = 1_000


class _TimedLine:
    """A line that adds up for how long the other side was waited for."""

    def __init__(self, line: Line) -> None:
        """Carry everything over `line`."""
        self._line = line
        self.waited_s = 0.0
        self.close = line.close

    async def carry(self, request: bytes) -> bytes:
        """The answer of the line beneath."""
        began = time.perf_counter()
        try:
            return await self._line.carry(request)
        finally:
            self.waited_s += time.perf_counter() - began


class Spoke:
    """One spoke's store and driver; close it before anything else opens the store."""

    def __init__(self, folder: Path, estate: Estate, code: str) -> None:
        """Opens the spoke of this place in the estate that lies in `folder`."""
        self.node = estate.node(code)
        self.hub = estate.hub
        own = folder_of(folder, self.node)
        self.store = open_store(paths_of(own), self.node)
        self._actor = actor_at(folder, self.node)
        self.hub_share = 0.0
        """Of the time of the last exchange: how much of it the hub was waited for."""

    def fill(self, changes: Sequence[Change]) -> None:
        """Writes each change as an act of its own; they share commits, which nobody times."""
        for start in range(0, len(changes), FILL_PART):
            with self.store.changing():
                for change in changes[start : start + FILL_PART]:
                    self.store.write(act_of(change, self._actor))

    def exchange_until(self, url: str, hub_seq: int) -> float:
        """Exchanges until nothing waits here and the hub's log is known to that number; seconds."""
        return asyncio.run(self._exchange_until(url, hub_seq))

    def exchange_once(self, url: str, times: int = 1) -> None:
        """So many exchanges over one kept connection, whatever they bring."""
        asyncio.run(self._exchange_once(url, times))

    @property
    def waiting_ops(self) -> int:
        """How many ops the hub is not known to have."""
        with self.store.core.transaction():
            return self.store.spoke.waiting()[0]

    def close(self) -> None:
        """Lets the store go."""
        self.store.close()

    async def _exchange_until(self, url: str, hub_seq: int) -> float:
        loop = asyncio.get_running_loop()
        line = _TimedLine(HttpPeer(url))
        driver = self.driver(line)
        try:
            began = loop.time()
            for _ in range(EXCHANGES_MAX):
                await driver.exchange()
                status = driver.status()
                if status.fault is not None:
                    raise BenchFailed(f"the exchange failed: {status.fault}")
                if not status.waiting_ops and self._reached() >= hub_seq:
                    seconds = loop.time() - began
                    self.hub_share = line.waited_s / seconds
                    return seconds
            raise BenchFailed(f"the hub's log ends at {self._reached()}, not at {hub_seq}")
        finally:
            await line.close()

    async def _exchange_once(self, url: str, times: int) -> None:
        line = HttpPeer(url)
        driver = self.driver(line)
        try:
            for _ in range(times):
                await driver.exchange()
        finally:
            await line.close()

    def driver(self, line: Line) -> SyncDriver:
        """What exchanges with the hub over a line, as an edge's does."""
        # Without a wait: a measure ends when everything is there, not when a long poll does.
        self.store.spoke.wait_ms = 0
        return SyncDriver(self.store, line, self.hub.node_id, self.hub.key)

    def _reached(self) -> int:
        with self.store.core.transaction():
            return self.store.core.cursor().hub_seq


def actor_at(folder: Path, node: EstateNode) -> ActorId:
    """A member of staff who may write at this place."""
    for one in read_sign_ins(folder):
        if one.code == node.code and one.role == "staff":
            return one.staff_id
    raise BenchFailed(f"nobody may write at {node.code}")


def act_of(change: Change, actor: ActorId) -> Act:
    """The change as one act of one member of staff."""
    draft = Draft(
        kind=change.kind,
        subjects=(change.subject,),
        record=change.record,
        values=change.values,
        happened_at=change.happened_at,
    )
    return Act(actor=actor, device="bench", drafts=(draft,))
