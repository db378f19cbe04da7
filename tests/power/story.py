"""What happens on the disks of a hub and two spokes before the power is cut: one story a seed.

Every path of the store that writes is taken: acts, exchanges, snapshots of whoever arrives, leaves
down to the purge, forks, backups put back, a damaged log mended.
"""

from random import Random
from typing import Any, Final

from sync_protocol.errors import Refused
from sync_protocol.ids import OpId
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.backup import restore_backup, take_backup
from sync_protocol.io.local_check import mend_store
from sync_protocol.limits import PURGE_AFTER_MS
from sync_protocol.merge import RecordKey
from tests import toys
from tests.contract.departing import move
from tests.contract.world import HUB, Node, draft, parcel, secret
from tests.power.paths import VolumePath, backups_on_volumes
from tests.power.recording import (
    MAKING,
    Held,
    PowerWorld,
    Recording,
    RecordingPlaces,
    Scene,
    Tamper,
)

SPOKES: Final = ("leeds", "moorland")
SUBJECTS: Final = 5
KEY: Final = bytes(32)
LOG_PAGES: Final = (12, 40, 150)
"""How long the write-ahead log gets before it is folded back; in use it is 4,000."""
WORDS: Final = ("blue", "torn", "wet", "late", "twice", "a long remark " * 90)
QUARTER_MS: Final = 16 * 60_000
IN_BROKEN_ACTS: Final = (
    "op_no IN (SELECT o.op_no FROM segments s JOIN ops o ON o.op_no BETWEEN s.first_op_no AND"
    " s.first_op_no + s.last_seq - s.first_seq WHERE (SELECT count(*) FROM ops WHERE op_no BETWEEN"
    " s.first_op_no AND s.first_op_no + s.last_seq - s.first_seq) < s.last_seq - s.first_seq + 1)"
)
DEEDS: Final[tuple[tuple[str, int], ...]] = (
    ("write", 30),
    ("bundle", 6),
    ("exchange", 30),
    ("witness", 3),
    ("move", 6),
    ("settle", 4),
    ("back_up", 4),
    ("restart", 3),
    ("fold_log", 2),
    ("fork", 2),
    ("put_back", 2),
    ("lose_and_mend", 1),
    ("wait_for_purge", 2),
    ("ask_history", 2),
    ("read_meanwhile", 4),
)


class Story:
    """Plays a seed's deeds and notes what each had promised by when."""

    def __init__(self, seed: int, *, deeds: int, tamper: Tamper | None = None) -> None:
        """`deeds` is how many things happen. Every second seed has readers of their own.

        `tamper` is done to each writing connection, by a test that plants a fault.
        """
        self.chance = Random(f"power story {seed}")
        self.recording = Recording()
        is_apart = bool(seed % 2) and tamper is None
        log_pages = self.chance.choice(LOG_PAGES)
        self.places = RecordingPlaces(self.recording, log_pages=log_pages, is_shared=is_apart)
        if tamper is not None:
            self.places.tamper = tamper
        self.deeds = deeds
        self.excused: frozenset[bytes] = frozenset()
        self._written: set[bytes] = set()

    def play(self) -> Recording:
        """Everything, from the first start of the hub on."""
        with backups_on_volumes():
            self.recording.scenes.append(Scene(0, MAKING, {}, toys.MORNING_MS, frozenset()))
            self.world = PowerWorld(self.places)
            self.nodes: dict[str, Node] = {HUB: self.world.hub}
            for name in SPOKES:
                self.nodes[name] = self.world.spoke(name)
            self._scene("introduce")
            self.backups: dict[str, list[VolumePath]] = {name: [] for name in self.nodes}
            names = [name for name, _ in DEEDS]
            weights = [weight for _, weight in DEEDS]
            self.world.introduce(*range(1, SUBJECTS + 1))
            self._all_held()
            for _ in range(self.deeds):
                name = self.chance.choices(names, weights)[0]
                self._scene(name)
                getattr(self, f"_{name}")()
            self._scene("end")
            for node in self.nodes.values():
                node.store.close()
        return self.recording

    def _scene(self, title: str) -> None:
        world = self.world
        self.recording.scenes.append(
            Scene(
                step=len(self.recording.steps),
                title=title,
                holders={subject: set(nodes) for subject, nodes in world.holders.items()},
                now_ms=max(node.clock.ms for node in self.nodes.values()),
                excused=self.excused,
            )
        )

    def _all_held(self) -> None:
        for node in self.nodes.values():
            self.recording.note_held(node)

    def _any(self) -> Node:
        return self.nodes[self.chance.choice(sorted(self.nodes))]

    def _spoke(self) -> Node:
        return self.nodes[self.chance.choice(SPOKES)]

    def _number(self) -> int:
        return self.chance.randint(1, SUBJECTS)

    def _told(self, node: Node, op_ids: tuple[OpId, ...]) -> None:
        self._written |= set(op_ids)
        self.recording.told.append(Held(len(self.recording.steps), frozenset(op_ids)))
        self.recording.note_held(node)

    def _values(self, node: Node, key: RecordKey) -> dict[str, Any]:
        word = self.chance.choice(WORDS)
        values: dict[str, Any] = self.chance.choice(
            (
                {"remarks": word},
                {"hazard": self.chance.choice(toys.HAZARDS)},
                {"colour": word[:9]},
                {"status": self.chance.choice(("open", "closed"))},
                {"place": word[:9]},
            )
        )
        return values if node.shown(key) else {"label": word[:20]} | values

    def _write(self) -> None:
        self._write_at(self._any())

    def _write_at(self, node: Node) -> None:
        key = parcel(self._number(), self.chance.choice((None, 40, 41)))
        if self.chance.random() < 0.2:
            key = secret(self._number())
        values = {"text": "seen"} if key.kind == "secret" else self._values(node, key)
        against = {"seen": frozenset(), "on_purpose": True} if self.chance.random() < 0.3 else {}
        try:
            self._told(node, node.write(values, key, **against).op_ids)
        except Refused:
            return

    def _bundle(self) -> None:
        node = self._any()
        first, other = self.chance.sample(range(1, SUBJECTS + 1), 2)
        pair = RecordKey("grudge", (toys.subject(first), toys.subject(other)), toys.record(70))
        drafts = [draft({"reason": self.chance.choice(WORDS)}, pair)]
        keys = [parcel(number) for number in (first, other)]
        drafts += [draft(self._values(node, key), key) for key in keys]
        try:
            self._told(node, node.write_all(*drafts).op_ids)
        except Refused:
            return

    def _exchange(self) -> None:
        spoke = self._spoke()
        self.world.exchange(spoke, room_ops=self.chance.choice((0, 0, 3)))
        for node in (self.world.hub, spoke):
            self.recording.note_held(node)

    def _settle(self) -> None:
        self.world.settle()
        self._all_held()

    def _witness(self) -> None:
        line = AuditLine(actor=toys.actor(1), act="read", subject=toys.subject(1), why="asked")
        self._any().store.witness([line])

    def _move(self) -> None:
        spokes = [self.nodes[name] for name in SPOKES]
        count = self.chance.choice((1, 1, 2))
        move(self.world, *self.chance.sample(spokes, count), number=self._number())

    def _restart(self) -> None:
        self._any().reopen()

    def _fold_log(self) -> None:
        self._any().store.core.empty_write_ahead_log()

    def _fork(self) -> None:
        node = self._spoke()
        node.store.start_life(None)

    def _read_meanwhile(self) -> None:
        """A reader keeps its snapshot while the writer commits and folds its log back."""
        node = self._any()
        with node.store.reading() as reading:
            before = reading.history(toys.subject(1))
            for _ in range(4):
                self._write_at(node)
            assert not self.places.is_shared or reading.history(toys.subject(1)) == before

    def _ask_history(self) -> None:
        self._spoke().store.ask_history(toys.subject(self._number()))

    def _wait_for_purge(self) -> None:
        for node in self.nodes.values():
            node.clock.ms += PURGE_AFTER_MS + 1
        self.world.settle()
        for name in SPOKES:
            store = self.nodes[name].store
            with store.core.transaction():
                store.spoke.departures.purge_due(self.nodes[name].clock.ms)
        self.world.settle()
        self._all_held()

    def _back_up(self) -> None:
        node = self._any()
        folder = VolumePath(self.recording.volume(node.name), "backups")
        backup = take_backup(node.store, KEY, folder, node.clock)  # type: ignore[arg-type]
        self.backups[node.name].append(backup.path)  # type: ignore[arg-type] # it is of this kind.

    def _put_back(self) -> None:
        """The latest backup of a node takes the place of its store."""
        kept = sorted(name for name, paths in self.backups.items() if paths)
        if not kept:
            return
        node = self.nodes[self.chance.choice(kept)]
        before = self._ids(node)
        first = len(self.recording.steps)
        self.recording.held[node.name].append(Held(first, frozenset()))
        node.store.close()
        target = VolumePath(self.recording.volume(node.name), "store.db")
        restore_backup(self.backups[node.name][-1], KEY, target)  # type: ignore[arg-type]
        self.recording.note_file(node.name)
        node.starts += 1
        node.store = type(node.store)(node._parts(node))
        node.store.note_restored()
        self.recording.replacing.append((node.name, first, len(self.recording.steps)))
        elsewhere = set().union(*(self._ids(one) for one in self.nodes.values()))
        self.excused |= (before & self._written) - elsewhere
        self.recording.note_held(node)

    def _lose_and_mend(self) -> None:
        """A log that lost an op is set right by its own check and by the hub.

        Of whom it does not hold it would be sent nothing, and lack it for good.
        """
        node = self._spoke()
        held = "subject_no IN (SELECT subject_no FROM grants) AND other_no = 0"
        lost = sorted(self._ids(node, f"hub_seq NOT NULL AND flags & 1 AND {held}"))[:1]
        first = len(self.recording.steps)
        self.recording.held[node.name].append(Held(first, frozenset()))
        with node.store.changing() as connection:
            connection.executemany("DELETE FROM ops WHERE op_id = ?", [(one,) for one in lost])
        node.reopen()
        mend_store(node.store)
        for one in self.nodes.values():
            one.clock.ms += QUARTER_MS
        self.world.settle()
        elsewhere = set().union(*(self._ids(one) for one in self.nodes.values()))
        self.excused |= (set(lost) & self._written) - elsewhere
        # Of an act that lost a part nobody is sent the rest.
        self.excused |= self._ids(node, IN_BROKEN_ACTS) - self._ids(self.world.hub)
        self.recording.damaged.append((node.name, first, len(self.recording.steps)))
        self._all_held()

    @staticmethod
    def _ids(node: Node, where: str = "1") -> set[bytes]:
        with node.store.reading() as reading:
            return {row[0] for row in reading.select(f"SELECT op_id FROM ops WHERE {where}")}
