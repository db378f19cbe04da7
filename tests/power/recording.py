"""What a story did to the disks, step by step, and what had been promised by each step."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.connection import OpenReader, SqlConnection
from sync_protocol.io.store_core import StoreParts
from tests import toys
from tests.boxes import boxes_for
from tests.contract.places import BorrowedConnection
from tests.contract.world import HUB, DrawnChance, Node, World
from tests.power.raw import STORE, SectorConnection, open_sectors
from tests.power.vfs import ALONE, SHARED
from tests.power.volume import Step, Volume

State = bytes
Tamper = Callable[[SectorConnection], None]
MAKING: Final = "first start"
LOG: Final = f"{STORE}-wal"


class Stood(NamedTuple):
    """Every page of a store as it was committed once `step` steps had been taken."""

    step: int
    state: State
    is_promised: bool


class Held(NamedTuple):
    """The ops that a node must hold from a step on: somebody was told so."""

    step: int
    op_ids: frozenset[bytes]


class Scene(NamedTuple):
    """What the world was when a step was taken: who may hold whom, what time it was."""

    step: int
    title: str
    holders: dict[SubjectId, set[NodeId]]
    now_ms: int
    excused: frozenset[bytes]


class Recording:
    """Everything that happened to the volumes of a story."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.steps: list[Step] = []
        self.volumes: dict[str, Volume] = {}
        self.stood: dict[str, list[Stood]] = {}
        self.held: dict[str, list[Held]] = {}
        self.told: list[Held] = []
        """What users were told is saved."""
        self.replacing: list[tuple[str, int, int]] = []
        """Between which steps a node's store was being put back from a backup."""
        self.damaged: list[tuple[str, int, int]] = []
        """Between which steps a log lacked an op that had been taken off it."""
        self.scenes: list[Scene] = []

    def volume(self, name: str) -> Volume:
        """The volume of a node, its steps noted."""
        if name not in self.volumes:
            volume = self.volumes[name] = Volume()
            volume.steps = self.steps
            self.stood[name] = [Stood(0, state_of(b""), is_promised=True)]
            self.held[name] = []
        return self.volumes[name]

    def note_state(self, name: str, connection: SectorConnection) -> None:
        """Called after each statement that left no transaction open."""
        stood = self.stood[name]
        if stood[-1].step == len(self.steps):
            return
        state = state_of(connection.raw.serialize())
        if state == stood[-1].state:
            return
        # Before there is a write-ahead log SQLite ends transactions by names that go unsynced.
        volume = self.volumes[name]
        is_promised = connection.is_promised and LOG in volume.files and not volume.unsure
        stood.append(Stood(len(self.steps), state, is_promised=is_promised))

    def note_file(self, name: str) -> None:
        """A file took the place of a node's store."""
        raw = bytes(self.volumes[name].files[STORE].now)
        self.stood[name].append(Stood(len(self.steps), state_of(raw), is_promised=True))

    def note_held(self, node: Node) -> None:
        """What is held now was answered for."""
        with node.store.reading() as reading:
            op_ids = frozenset(row[0] for row in reading.select("SELECT op_id FROM ops"))
        self.held[node.name].append(Held(len(self.steps), op_ids))


def state_of(pages: bytes) -> State:
    """What tells one committed state from every other."""
    return sha256(pages).digest()[:16]


class RecordingPlaces:
    """Places on volumes that note every step; a reader has a connection of its own."""

    def __init__(self, recording: Recording, *, log_pages: int, is_shared: bool) -> None:
        """The write-ahead log is folded back every `log_pages`, more often than in use."""
        self.recording = recording
        self.log_pages = log_pages
        self.is_shared = is_shared
        self.tamper: Tamper = lambda _connection: None
        """What a test does to each connection that a store is handed."""

    def connect(self, name: str) -> tuple[SqlConnection, OpenReader]:
        """A writer and what opens readers."""
        volume = self.recording.volume(name)
        vfs = SHARED if self.is_shared else ALONE
        writer = open_sectors(
            volume, vfs, noted=lambda connection: self.recording.note_state(name, connection)
        )
        writer.fold_log_every(self.log_pages)
        self.tamper(writer)
        if self.is_shared:
            return writer, lambda: open_sectors(volume, vfs)
        return writer, lambda: BorrowedConnection(writer.raw)

    def copy(self, name: str, target: str) -> None:
        """Not asked: images are taken and put back as the product does."""
        raise NotImplementedError((name, target))


class GivenPlaces:
    """Places that lead to connections which are there already."""

    def __init__(self, connections: dict[str, SectorConnection]) -> None:
        """By the names of the nodes."""
        self._connections = connections

    def connect(self, name: str) -> tuple[SqlConnection, OpenReader]:
        """A writer and what opens readers."""
        writer = self._connections[name]
        return writer, lambda: BorrowedConnection(writer.raw)

    def copy(self, name: str, target: str) -> None:
        """Not asked."""
        raise NotImplementedError((name, target))


class PowerWorld(World):
    """A contract world whose chance is drawn under the name of the boot, so none repeats."""

    def __init__(self, places: Any, boot: str = "first") -> None:
        """Nobody but the hub."""
        self.boot = boot
        super().__init__(places)

    def _spoke_parts(self, node: Node) -> StoreParts:
        name = f"{self.boot} {node.name} {node.starts}"
        boxes = boxes_for(node.id, NodeId(toys.id_of("node", HUB)), DrawnChance(f"boxes {name}"))
        usual = super()._spoke_parts(node)
        return msgspec.structs.replace(usual, chance=DrawnChance(name), boxes=boxes)
