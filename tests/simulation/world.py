"""The world of one run: virtual time, a line that fails, machines, and what is remembered."""

from collections.abc import Callable
from hashlib import sha256
from heapq import heappop, heappush
from random import Random
from typing import Final

from sync_protocol.ids import NodeId, SubjectId
from sync_protocol.io.backup import advance_stable
from sync_protocol.io.recovery import StillRecovering, is_recovering
from tests.power.disk import SectorDisk
from tests.simulation.copies import Copies
from tests.simulation.disk import Disk, Medium
from tests.simulation.nodes import LEAVES_FLOOR, TURN_MS, Edge, Hub, Machine
from tests.simulation.options import Options
from tests.simulation.pictures import spans_on
from tests.simulation.records import release
from tests.toys import MORNING_MS

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
CALM_IDLE_MS: Final = 400_000
RETRY_MS: Final = 8 * HOUR_MS
"""In a season nobody knocks at a closed door every minute for weeks."""
FUSE_MAX: Final = 120
SOON_MS: Final = (5, 400)
LATE_MS: Final = (20_000, 900_000)
IMAGES_KEPT: Final = 4
BREAKER_FLOOR: Final = 2
"""How many may leave within an hour unasked, where somebody is there to confirm."""
EXCHANGES_MAX: Final = 6_000
"""Many times what any storm needs; a season has as many for every ten days."""
OLD_KEPT: Final = 30
"""How many messages of the past may be heard again."""
LOST_MS: Final = (DAY_MS, 90 * DAY_MS)


class World:
    """Runs what is planned, in order of time; nothing in it asks a real clock or generator."""

    def __init__(self, seed: int, options: Options) -> None:
        """A hub and its edges, started, with nothing written yet."""
        self.seed = seed
        self.options = options
        self.chance = Random(f"world {seed}")
        self.now_ms = MORNING_MS
        self.is_calm = False
        self.is_damaged = False
        """Whether ops were taken off disks: else nothing may ever have to be mended."""
        self.lines: list[str] = []
        self.trace = sha256()
        self.tally: dict[str, int] = {}
        self._planned: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._exchanges = 0
        self.acknowledged: dict[bytes, str] = {}
        """Each op that a user was told is saved, and the machine that said so."""
        self.written_blind: dict[bytes, set[bytes]] = {}
        """Of each op that was written against what stands, what its author had seen."""
        self.copies = Copies()
        self._old: list[Callable[[], None]] = []
        """Messages that went over the line, to be heard again."""
        self.once_applied: set[bytes] = set()
        """Ops that a hub since rolled back had applied: they may be lost, but never parked."""
        self.once_parked: set[bytes] = set()
        """Those of them that the image which took its place had parked by its own knowledge."""
        self.once_held: set[tuple[NodeId, SubjectId]] = set()
        """What a hub since rolled back had let nodes hold."""
        self.subjects: list[SubjectId] = []
        self.depots: dict[str, Edge] = {}
        self.phones: dict[str, Edge] = {}
        self.spokes: dict[str, Edge] = {}
        """Depots and phones by the name that a move or a loan gives."""
        self.hub = Hub(self, self.spokes)
        self.hub.registry = release(is_newer=False, has_careers=bool(options.careers))
        self.hub.is_leaving = bool(options.leaves)
        self.hub.leaves_floor = BREAKER_FLOOR if options.breaker else LEAVES_FLOOR
        for number in range(1, options.edges + 1):
            name = f"depot-{number}"
            is_newer = bool(options.newer) and number == options.edges
            registry = release(is_newer=is_newer, has_careers=bool(options.careers))
            self.depots[name] = Edge(self, name, name, self.hub, registry)
        for number in range(1, options.phones + 1):
            name = f"phone-{number}"
            self.phones[name] = Edge(self, name, name, self.hub, self.hub.registry)
        self.spokes |= self.depots | self.phones
        self.edges: list[Edge] = list(self.spokes.values())
        for machine in self.machines():
            self.power_on(machine)

    def machines(self) -> list[Machine]:
        """Every machine that runs or may run again."""
        return [self.hub, *self.edges]

    def power_on(self, machine: Machine) -> None:
        """Start a machine for the first time, with chance of its own."""
        machine.chance = Random(f"{self.seed} {machine.name}")
        if isinstance(machine, Edge):
            machine.room_ops = self.options.room_ops
            machine.outbox_ops = self.options.outbox_ops
            machine.idle_ms = self.options.idle_s * 1_000
            machine.retry_ms = RETRY_MS if self.options.days else TURN_MS
        machine.start()
        self.copies.add(machine.disk)

    def new_disk(self, name: str) -> Medium:
        """An empty disk for the machine of this name; sectors and all in some worlds."""
        if not self.options.sectors:
            return Disk()
        return SectorDisk(Random(f"disk {self.seed} {name} {self.tally.get('disks_lost', 0)}"))

    def after(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Do something later; what is planned for one moment is done in the order of planning."""
        self._order += 1
        heappush(self._planned, (self.now_ms + max(0, delay_ms), self._order, call))

    def run_until(self, end_ms: int) -> None:
        """Do everything planned up to that moment."""
        while self._planned and self._planned[0][0] <= end_ms:
            at_ms, _, call = heappop(self._planned)
            self.now_ms = at_ms
            call()
        self.now_ms = end_ms

    def skip(self, span_ms: int) -> None:
        """Time passes in which nothing happens: whatever is planned is that much later."""
        self.now_ms += span_ms
        self._planned = [(at_ms + span_ms, order, call) for at_ms, order, call in self._planned]

    def note(self, *what: object) -> None:
        """A line of the trace; the trace tells two runs apart (INV-12)."""
        line = f"{self.now_ms - MORNING_MS:>9} {' '.join(map(str, what))}"
        self.lines.append(line)
        self.trace.update(line.encode())

    def count(self, what: str) -> None:
        """One more of something, for the totals."""
        self.tally[what] = self.tally.get(what, 0) + 1

    def happens(self, share: float) -> bool:
        """Whether a fault of this share strikes now."""
        return not self.is_calm and share > 0 and self.chance.random() < share

    def fuse(self) -> int | None:
        """After how many statements a machine stops in what it is about to do, if it does."""
        if not self.happens(self.options.crash):
            return None
        self.count("crashes")
        return int(FUSE_MAX ** self.chance.random())

    def room(self) -> int | None:
        """After how many statements that write a machine's disk is full, if it is."""
        if not self.happens(self.options.full):
            return None
        self.count("disks_full")
        return int(FUSE_MAX ** self.chance.random())

    def rest_soon(self) -> None:
        """Everybody asks now, and is silent for minutes at most from now on."""
        for edge in self.edges:
            edge.idle_ms = min(edge.idle_ms, CALM_IDLE_MS)
            edge.retry_ms = TURN_MS
            edge.wake(self.chance.randint(*SOON_MS))

    def carry(self, edge: Edge, raw: bytes) -> None:
        """A request on its way: lost, late, torn, or heard more than once."""
        if edge.is_cut or self.happens(self.options.drop):
            self.count("requests_lost")
            return
        if self.happens(self.options.repeat):
            self.count("requests_repeated")
            self.after(self._delay_ms() + 50, lambda: self._arrive(edge, raw))
        sent = self._torn(raw)
        self.after(self._delay_ms(), lambda: self._arrive(edge, sent))
        self._hear_again(lambda: self._arrive(edge, raw))

    def _arrive(self, edge: Edge, raw: bytes) -> None:
        self._exchanges += 1
        self.count("exchanges")
        most = EXCHANGES_MAX * (1 + self.options.days // 10)
        assert self._exchanges < most, "INV-10: somebody asks without end"
        answer = self.hub.receive(raw)
        self.note("hub answers", edge.name, answer if isinstance(answer, str) else bool(answer))
        if edge.is_cut or edge.is_deaf or self.happens(self.options.lose_reply):
            self.count("replies_lost")
            return
        if self.happens(self.options.astray):
            self.count("replies_astray")
            stranger = self.chance.choice(self.edges)
            self.after(self._delay_ms(), lambda: stranger.hear(answer))
        if self.happens(self.options.repeat):
            self.after(self._delay_ms() + 50, lambda: edge.hear(answer))
        self._hear_again(lambda: edge.hear(answer))
        heard = self._torn(answer) if isinstance(answer, bytes) else answer
        self.after(self._delay_ms(), lambda: edge.hear(heard))

    def _hear_again(self, call: Callable[[], None]) -> None:
        """Keep a message, and have one of the past be heard again."""
        if not self.options.replay:
            return
        self._old = [*self._old, call][-OLD_KEPT:]
        if self.happens(self.options.replay):
            self.count("replayed")
            late_ms = LATE_MS if not self.options.days else LOST_MS
            self.after(self.chance.randint(*late_ms), self.chance.choice(self._old))

    def _delay_ms(self) -> int:
        span = LATE_MS if self.happens(self.options.slow) else SOON_MS
        return self.chance.randint(*span)

    def _torn(self, raw: bytes) -> bytes:
        if not self.happens(self.options.mangle):
            return raw
        self.count("mangled")
        at = self.chance.randrange(len(raw))
        torn = bytes((raw[at] ^ (1 << self.chance.randrange(8)),))
        return raw[:at] + torn + raw[at + 1 :]

    def keep_image(self, machine: Machine) -> None:
        """Copy a disk as it is now; it may come back. What the hub holds is stable with it."""
        if machine.is_hub:
            self.back_up()
        machine.images = [*machine.images, machine.disk.copy()][-IMAGES_KEPT:]

    def back_up(self) -> None:
        """Tell the hub that all it holds is in a verified backup."""
        hub = self.hub
        if hub.is_up:
            hub.try_to(lambda: advance_stable(hub.store, hub.store.last_hub_seq()))

    def purge(self, edge: Edge) -> None:
        """Destroy at an edge what is in escrow for longer than backups last."""
        with edge.store.core.transaction():
            purged = edge.store.spoke.departures.purge_due(edge.now_ms())
        self.tally["purged"] = self.tally.get("purged", 0) + purged

    def held_back(self) -> list[NodeId]:
        """The nodes of which leaves wait for somebody's word."""
        rows = self.hub.disk.rows("SELECT DISTINCT node FROM held_leaves ORDER BY node")
        return [NodeId(node) for (node,) in rows] if self.hub.is_up else []

    def decide_leaves(self, node: NodeId, *, is_confirmed: bool) -> None:
        """An administrator's word on what was held back of a node, if the hub can take it now."""
        store = self.hub.store

        def decide() -> None:
            with store.core.transaction():
                ledger = store.ingest_side.scope.ledger
                if is_confirmed:
                    ledger.confirm_leaves(node)
                else:
                    ledger.cancel_leaves(node)
                store.core.name_commit()

        self.count("leaves_confirmed" if is_confirmed else "leaves_cancelled")
        try:
            self.hub.try_to(decide)
        except StillRecovering:
            self.count("confirmed_too_early")

    def ask_again(self) -> None:
        """The hub asks about everybody once more, and whatever it then held back is confirmed."""
        store = self.hub.store
        with store.core.transaction():
            store.ingest_side.scope.ask_again(self.subjects)
            store.core.name_commit()
        for node in self.held_back():
            self.decide_leaves(node, is_confirmed=True)

    def roll_back(self, machine: Machine, *, is_told: bool) -> None:
        """An old image takes the place of the disk; `is_told` as a restore should be.

        Whoever puts an old image back has no newer one that is of use.
        """
        if not machine.images:
            return
        chosen = self.chance.randrange(len(machine.images))
        machine.images = machine.images[: chosen + 1]
        self.count(
            f"{'hub' if machine.is_hub else 'edge'}_{'restores' if is_told else 'rollbacks'}"
        )
        self._put_in(machine, machine.images[chosen].copy(), "told" if is_told else "silently")
        if is_told:
            machine.store.note_restored()

    def lose_disk(self, machine: Machine) -> None:
        """A machine's disk and its backups are destroyed; it starts again with an empty one."""
        machine.images = []
        self.count("disks_lost")
        self._put_in(machine, self.new_disk(machine.name), "for ever")

    def _put_in(self, machine: Machine, disk: Medium, how: str) -> None:
        """Another disk takes the place of the one that a machine has."""
        lost = machine.disk.ids() - disk.ids_if_any()
        if machine.is_hub:
            self.once_held |= spans_on(machine.disk)
            applied = machine.disk.ids("flags & 1")
            self.once_applied |= applied
            self.once_parked |= applied & disk.ids_if_any("flags & 2")
        machine.stop("rolled back")
        self.copies.end(machine.disk)
        if not machine.is_hub and self.hub.is_up and is_recovering(self.hub.store.core.connection):
            self.count("edge_lost_while_hub_recovers")
        self.note(machine.name, "loses", len(lost), how)
        machine.disk = disk
        machine.start()
        self.copies.add(disk)

    def clone(self, edge: Edge) -> None:
        """The same disk, key and name in a second box; both go on."""
        twin = Edge(self, f"{edge.name}-twin{len(self.edges)}", edge.label, self.hub, edge.registry)
        twin.disk = edge.disk.copy()
        self.edges.append(twin)
        self.count("clones")
        self.note(edge.name, "is cloned as", twin.name)
        self.power_on(twin)
