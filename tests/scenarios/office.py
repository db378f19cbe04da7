"""The offices of a story: real encrypted stores, real drivers, and a line that can be cut."""

import asyncio
import shutil
from pathlib import Path

from sync_protocol.errors import LineDown
from sync_protocol.ids import NodeId
from sync_protocol.io.backup import latest_backup, restore_backup, take_backup
from sync_protocol.io.hub_door import HubDoor
from sync_protocol.io.key_ring import load_key
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.sync_driver import SyncDriver
from sync_protocol.io.system_clock import SYSTEM_CLOCK, Clock
from throughcare.estate import Estate, EstateNode, Place, folder_of
from throughcare.making import make_estate
from throughcare.stores import duties_of, open_store, paths_of

EXCHANGES_MAX = 20
PLACES = {
    "LEI": Place("prison", "LEI"),
    "MDI": Place("prison", "MDI"),
    "HLI": Place("prison", "HLI"),
    "N55LEE": Place("probation", "N55LEE"),
}


class DoorLine:
    """A line straight to the hub's door; `is_cut` refuses, `loses_answer` forgets one answer."""

    def __init__(self, centre: "Centre") -> None:
        self._centre = centre
        self.is_cut = False
        self.loses_answer = False

    async def carry(self, request: bytes) -> bytes:
        """The hub's answer, taken at its door."""
        if self.is_cut:
            raise LineDown("cut")
        visit = self._centre.door.receive(request)
        answer = visit if isinstance(visit, bytes) else visit.answer(is_last=True)
        assert answer is not None
        if self.loses_answer:
            self.loses_answer = False
            raise LineDown("the answer was lost")
        return answer

    async def close(self) -> None:
        """Nothing to let go of."""


class Node:
    """One node of a story."""

    def __init__(self, folder: Path, estate: Estate, node: EstateNode, clock: Clock) -> None:
        self.clock = clock
        self.node = node
        self.estate = estate
        self.paths = paths_of(folder_of(folder, node))
        self._backups = folder_of(folder, node).backups
        self.store = self._open()

    def restart(self) -> None:
        """As after a power cut: what was not durable is gone."""
        self.store.close()
        self.store = self._open()

    def back_up(self) -> None:
        """A verified backup."""
        take_backup(self.store, load_key(self.paths.store_key), self._backups, self.clock)

    def restore(self) -> None:
        """The store as it was in the last backup; everything since is gone from this disk."""
        backup = latest_backup(self._backups)
        assert backup is not None, "the story backs up before it restores"
        self.store.close()
        restore_backup(backup, load_key(self.paths.store_key), self.paths.store)
        self.store = self._open()
        self.store.note_restored()

    def _open(self) -> OpStore:
        return open_store(self.paths, self.node, clock=self.clock)


class Centre(Node):
    """The hub of a story, and its door."""

    def _open(self) -> OpStore:
        store = open_store(
            self.paths, self.node, duties_of(self.estate, self.clock), clock=self.clock
        )
        keys = {NodeId(node.node_id): node.key for node in self.estate.spokes}
        self.door = HubDoor(store, keys.get)
        return store


class Spoke(Node):
    """A prison or unit of a story, and its line."""

    def __init__(self, folder: Path, estate: Estate, node: EstateNode, centre: Centre) -> None:
        self.line = DoorLine(centre)
        super().__init__(folder, estate, node, centre.clock)

    def exchange(self) -> None:
        """Exchanges until there is nothing more to say; a cut line is tried once."""
        asyncio.run(self._exchange())

    async def _exchange(self) -> None:
        self.store.spoke.wait_ms = 0
        hub = self.estate.hub
        driver = SyncDriver(self.store, self.line, hub.node_id, hub.key)
        for _ in range(EXCHANGES_MAX):
            before = self.store.core.cursor()
            await driver.exchange()
            is_idle = self.store.core.cursor() == before and not self.store.spoke.waiting()[0]
            if driver.status().state == "down" or is_idle:
                return


class World:
    """A centre and its spokes in a folder."""

    def __init__(self, folder: Path, codes: list[str], clock: Clock = SYSTEM_CLOCK) -> None:
        self.folder = folder
        self.estate = make_estate(folder, [PLACES[code] for code in codes], 18_400)
        self.centre = Centre(folder, self.estate, self.estate.hub, clock)
        self.spokes = {
            node.code: Spoke(folder, self.estate, node, self.centre) for node in self.estate.spokes
        }

    def node(self, code: str) -> Node:
        """A node by its code; the centre by its name."""
        return self.centre if code == "CENTRE" else self.spokes[code]

    def settle_down(self) -> None:
        """Everybody exchanges until all have heard what the others wrote."""
        for _ in range(2):
            for spoke in self.spokes.values():
                spoke.exchange()

    def close(self) -> None:
        """Lets every store go."""
        for node in (self.centre, *self.spokes.values()):
            node.store.close()
        shutil.rmtree(self.folder)
