"""The machines of a simulated estate: one hub and its edges, each with a disk, a clock and chance.

They run the real store, the real door and the real session; what a driver does between them is done
here without threads, in virtual time.
"""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import msgspec

from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.departure import Departure, Escrowed, Receipt
from sync_protocol.errors import NotSaved, PeerFault
from sync_protocol.ids import NodeId
from sync_protocol.io.hub_door import HubDoor
from sync_protocol.io.key_ring import KeySigner
from sync_protocol.io.op_store import OpStore
from sync_protocol.io.store_core import StoreParts
from sync_protocol.messages import Fault, Hello, Mark, Repair, Reply, Request, Returned
from sync_protocol.schema import Registry
from sync_protocol.seal import Follows, Run
from sync_protocol.session import (
    Append,
    CountOn,
    Effects,
    LineBroke,
    MeetIncarnation,
    Rest,
    Send,
    SpokeSession,
    SpokeState,
    StartLife,
    Stored,
    Tick,
)
from sync_protocol.snapshot import Want
from tests.boxes import boxes_for
from tests.simulation.disk import Crash, Medium, reader_of
from tests.simulation.records import SCOPE_KINDS, USUAL, HoldersByMove, is_safety
from tests.toys import id_of

if TYPE_CHECKING:
    from sync_protocol.ids import LifeId

Result = TypeVar("Result")
GIVE_UP_MS: Final = 30_000
RESTART_MS: Final = 120_000
IDLE_MS: Final = 400_000
"""How long a depot with nothing to say is silent at most, unless its world says otherwise."""
TURN_MS: Final = 200
LEAVES_FLOOR: Final = 1_000
"""More than ever leave in a run: nobody is there to confirm."""
HUB: Final = NodeId(id_of("node", "hub"))


class Estate(Protocol):
    """What a machine needs of the world that it stands in."""

    @property
    def now_ms(self) -> int:
        """Virtual time."""

    def after(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Do something later."""

    def note(self, *what: object) -> None:
        """A line of the trace."""

    def count(self, what: str) -> None:
        """One more of something, for the totals."""

    def new_disk(self, name: str) -> Medium:
        """An empty disk for the machine of this name."""

    def carry(self, edge: "Edge", raw: bytes) -> None:
        """Put a request on the line."""

    def fuse(self) -> int | None:
        """After how many statements a machine stops in what it is about to do, if it does."""

    def room(self) -> int | None:
        """After how many statements that write its disk is full, if it is."""


class Machine:
    """A machine with a store; a crash leaves it with its disk, its key and its name."""

    is_hub = False

    def __init__(self, world: Estate, name: str, node: str, registry: Registry = USUAL) -> None:
        """A new machine called `name` that is the node called `node`: a clone shares that."""
        self.world = world
        self.name = name
        self.label = node
        self.node = NodeId(id_of("node", node))
        self.signer = KeySigner(id_of("key", node) * 2)
        self.registry = registry
        self.disk = world.new_disk(name)
        self.skew_ms = 0
        self.images: list[Medium] = []
        self.leaves_floor = LEAVES_FLOOR
        self.is_up = False
        self.boot = 0
        self.chance: Random = Random()

    def now_ms(self) -> int:
        """This machine's wall time."""
        return self.world.now_ms + self.skew_ms

    def start(self) -> None:
        """Open the store on what the disk holds."""
        self.boot += 1
        self.disk.fuse.left = None
        self.disk.fill(None)
        writer = self.disk.connect()
        self.store = OpStore(
            StoreParts(
                node=self.node,
                registry=self.registry,
                clock=self,
                chance=self.chance.randbytes,
                signer=self.signer,
                writer=writer,
                open_reader=lambda: reader_of(writer),
                is_hub=self.is_hub,
                is_safety=is_safety,
                leaves_floor=self.leaves_floor,
                scope_kinds=SCOPE_KINDS,
                is_reception=self.holders().is_reception,
                holders=self.holders(),
                boxes=boxes_for(self.node, HUB, self.chance.randbytes),
                label=self.name,
            )
        )
        self.disk.look_anew()
        self.is_up = True

    def holders(self) -> HoldersByMove:
        """Who may hold a subject, as the hub decides it."""
        return HoldersByMove({})

    def try_to(
        self, call: Callable[[], Result], if_full: Callable[[], None] | None = None
    ) -> Result | None:
        """The result, or None where the machine stopped in the middle or its disk was full."""
        self.disk.fuse.left = self.world.fuse()
        self.disk.fill(self.world.room())
        try:
            return call()
        except Crash:
            self.stop("crash")
            self.world.after(self.chance.randint(100, RESTART_MS), self.restart)
            return None
        except NotSaved:
            self.world.count("not_saved")
            self.world.note(self.name, "could not save")
            self.disk.fuse.left = None
            if if_full is not None:
                if_full()
            return None
        finally:
            self.disk.fuse.left = None
            self.disk.fill(None)

    def stop(self, why: str) -> None:
        """Everything in memory is gone."""
        self.is_up = False
        self.world.note(self.name, "stops", why)

    def restart(self) -> None:
        """Start again, unless somebody did."""
        if not self.is_up:
            self.start()
            self.world.note(self.name, "starts", self.boot)


class Hub(Machine):
    """The hub and its door."""

    is_hub = True

    def __init__(self, world: Estate, edges: dict[str, "Edge"]) -> None:
        """`edges` by the name of their node; a clone answers to the same."""
        super().__init__(world, "hub", "hub")
        self._edges = edges
        self.is_leaving = False
        """Whether a subject leaves where it was with its next move."""

    def holders(self) -> HoldersByMove:
        """Every depot that a subject was brought to."""
        depots = {name: edge.node for name, edge in self._edges.items()}
        return HoldersByMove(depots, is_leaving=self.is_leaving)

    def start(self) -> None:
        """Open store and door."""
        super().start()
        keys = {edge.node: edge.signer.public_key for edge in self._edges.values()}
        self.door = HubDoor(self.store, keys.get)

    def receive(self, raw: bytes) -> bytes | str | None:
        """The answer's bytes, the code of a refusal, or None where nobody answers."""
        if not self.is_up:
            return None
        try:
            answer = self.try_to(lambda: self._answer(raw))
        except PeerFault as fault:
            self.world.note("hub refuses", fault.code, fault.detail)
            return fault.code
        if answer is not None:
            self.disk.look()
        return answer

    def _answer(self, raw: bytes) -> bytes:
        visit = self.door.receive(raw)
        answer = visit if isinstance(visit, bytes) else visit.answer(is_last=True)
        assert answer is not None, "the last answer is always given"
        return answer


class ShortLog:
    """A spoke's log that offers few ops at a time, so that a backlog takes many turns."""

    def __init__(self, edge: "Edge", ops_max: int) -> None:
        """Look at the log of `edge`."""
        self._log = edge.store.spoke
        self._ops_max = ops_max

    def hello(self, now_ms: int) -> Hello:
        """As the log says."""
        return self._log.hello(now_ms)

    def outbox(self, ops_max: int) -> tuple[tuple[Run, ...], bool]:
        """A part of what waits."""
        return self._log.outbox(min(self._ops_max or ops_max, ops_max))

    def returned(self) -> tuple[Returned, ...]:
        """As the log says."""
        return self._log.returned()

    def repair(self) -> Repair | None:
        """As the log says."""
        return self._log.repair()

    def wants(self) -> tuple[Want, ...]:
        """As the log says."""
        return self._log.wants()

    def leaving(self, now_ms: int) -> tuple[tuple[Departure, ...], tuple[Receipt, ...]]:
        """As the log says."""
        return self._log.leaving(now_ms)

    def escrow(self, runs: tuple[Run, ...], returned: tuple[Returned, ...]) -> tuple[Escrowed, ...]:
        """As the log says."""
        return self._log.escrow(runs, returned)

    def knows_point(self, life: "LifeId", seq: int, chain: bytes) -> bool:
        """As the log says."""
        return self._log.knows_point(life, seq, chain)

    def last_agreed(self, marks: tuple[Mark, ...]) -> Follows | None:
        """As the log says."""
        return self._log.last_agreed(marks)


class Edge(Machine):
    """A spoke and what its driver does."""

    def __init__(
        self, world: Estate, name: str, node: str, hub: Hub | None, registry: Registry = USUAL
    ) -> None:
        """`hub` is set once there is one."""
        super().__init__(world, name, node, registry)
        self.hub = hub
        self.is_cut = False
        self.is_deaf = False
        """Whether its requests arrive and no answer does."""
        self.room_ops = 0
        self.outbox_ops = 0
        self.idle_ms = IDLE_MS
        self.retry_ms = TURN_MS
        """How soon it asks again at the soonest, where an exchange came to nothing."""
        self.turn = 0
        self.is_agreed = False
        """Whether the hub said that the digests are equal, and nothing came since."""
        self._asked: Hello | None = None

    def start(self) -> None:
        """Open the store and rest until the next turn."""
        super().start()
        assert self.hub is not None, "a spoke has a hub"
        self.store.spoke.wait_ms = 0
        self.session = SpokeSession(
            ShortLog(self, self.outbox_ops), self.node, self.hub.node, self.hub.signer.public_key
        )
        self.is_agreed = False
        self.turn += 1
        self._plan(TURN_MS)

    def take_turn(self, turn: int) -> None:
        """Ask, if this turn is still due."""
        if not self.is_up or turn != self.turn or self.session.state is not SpokeState.RESTING:
            return
        self.try_to(
            lambda: self._do(self.session.receive(Tick(self.now_ms()))), if_full=self._start_over
        )

    def hear(self, answer: bytes | str | None) -> None:
        """An answer from the line: bytes, a refusal's code, or nothing."""
        if not self.is_up or self.session.state is not SpokeState.EXCHANGING:
            return
        came: Reply | Fault | LineBroke = LineBroke()
        try:
            if isinstance(answer, bytes):
                assert self.hub is not None, "a spoke has a hub"
                opened = open_envelope(read_envelope(answer), self.node, self.hub.signer.public_key)
                came = opened if not isinstance(opened, Request) else came
        except PeerFault as fault:
            self.world.note(self.name, "turns away", fault.code)
        self.try_to(lambda: self._take(came), if_full=self._start_over)
        if self.is_up:
            self.disk.look()

    def give_up(self, turn: int) -> None:
        """The line has been silent for too long."""
        if turn == self.turn:
            self.hear(None)

    def _take(self, came: Reply | Fault | LineBroke) -> None:
        try:
            effects = self.session.receive(came)
        except PeerFault as fault:
            self.world.note(self.name, "turns away", fault.code)
            effects = self.session.receive(LineBroke())
        self._do(effects)

    def _do(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Send(message=Request() as request):
                    self._send(request)
                case Append(what=Reply() as reply):
                    self._accept(reply)
                case StartLife(agreed=agreed):
                    self.world.note(self.name, "forks", agreed.seq if agreed else None)
                    self.store.start_life(agreed)
                case MeetIncarnation(incarnation=incarnation):
                    self.world.note(self.name, "meets", incarnation.hex())
                    self.store.spoke.meet_incarnation(incarnation)
                case CountOn(count=count):
                    self.store.spoke.count_on(count)
                case Rest(delay_ms=delay_ms):
                    self._plan(max(delay_ms, self.retry_ms))

    def _send(self, request: Request) -> None:
        hello = msgspec.structs.replace(request.hello, room_ops=self.room_ops)
        self._asked = request.hello
        assert self.hub is not None, "a spoke has a hub"
        address = Address(self.node, self.hub.node, hello.cursor.incarnation)
        told = msgspec.structs.replace(request, hello=hello)
        raw = seal_message(told, address, self.signer)
        self.turn += 1
        turn = self.turn
        self.world.after(GIVE_UP_MS, lambda: self.give_up(turn))
        self.world.carry(self, raw)

    def _accept(self, reply: Reply) -> None:
        assert self._asked is not None, "a reply answers a request"
        took = self.store.spoke.accept(reply, self._asked, self.now_ms())
        self.session.receive(Stored())
        self.world.note(self.name, "took", took, reply.cursor.hub_seq, reply.digest_equal)
        if reply.digest_equal is not None:
            self.is_agreed = reply.digest_equal
        elif took.new_ops or took.judged or took.entered:
            self.is_agreed = False
        is_more = self.session.is_more_known or bool(self.store.spoke.waiting()[0])
        self._plan(TURN_MS if is_more else self.chance.randint(TURN_MS, self.idle_ms))

    def _start_over(self) -> None:
        """Whatever the session was doing could not be saved: it is given up, and tried again."""
        if self.session.state is SpokeState.RESTING:
            self._plan(GIVE_UP_MS)
            return
        for effect in self.session.receive(LineBroke()):
            if isinstance(effect, Rest):
                self._plan(max(effect.delay_ms, self.retry_ms))

    def wake(self, delay_ms: int) -> None:
        """Ask before its rest is over, as a spoke does that has something to say."""
        self._plan(delay_ms)

    def _plan(self, delay_ms: int) -> None:
        turn = self.turn
        self.world.after(delay_ms, lambda: self.take_turn(turn))
