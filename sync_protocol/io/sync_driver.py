"""Drives a spoke's session: does its effects in order, waits, and wakes when something is written.

The only place in a spoke where the line, the store and time meet. While nothing happens the hub
holds one request (a long poll); a local write lets go of it and sends at once. While the line is
down it tries again with back-off and jitter, without limit.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from traceback import extract_tb
from typing import Final, Literal, TypeVar

import msgspec
import structlog

from sync_protocol.codec import Address, open_envelope, read_envelope, seal_message
from sync_protocol.errors import (
    BadMessage,
    Corrupt,
    LineDown,
    NotSaved,
    PeerFault,
    ThroughcareError,
    Unavailable,
)
from sync_protocol.ids import NodeId
from sync_protocol.io.http_peer import HubRefused, Line
from sync_protocol.io.op_store import OpStore
from sync_protocol.messages import Fault, Hello, Reply, Request
from sync_protocol.session import (
    Append,
    CountOn,
    Effect,
    LetGo,
    LineBroke,
    MeetIncarnation,
    Rest,
    Send,
    SpokeSession,
    StartLife,
    Stored,
    Tick,
)

JITTER_BYTES: Final = 4
REFUSED_REST_MS: Final = 30_000
FRAMES_TOLD: Final = 6
OWN_FAULT: Final = "own_fault"
"""Told as the fault of an exchange that ended over a mistake of this program."""
Result = TypeVar("Result")

_log = structlog.get_logger(__name__)


class LineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a terminal says of the line, in facts.

    `needs_a_person` where time alone will not mend it: the fault is in this node.
    """

    state: Literal["starting", "up", "down"]
    since_ms: int
    last_heard_ms: int | None
    waiting_ops: int
    oldest_waiting_ms: int
    fault: str | None
    needs_a_person: bool = False


class _Outgoing(msgspec.Struct, frozen=True):
    """A sealed request, and whether its sender may let go of it: it brings nothing and waits."""

    raw: bytes
    may_wait: bool


class SyncDriver:
    """Runs a spoke's exchanges until it is stopped."""

    def __init__(self, store: OpStore, line: Line, hub: NodeId, hub_key: bytes) -> None:
        """`hub_key` is the public key by which the hub was known at first, 32 raw bytes."""
        self._store = store
        self._line = line
        self._hub = hub
        self._hub_key = hub_key
        in_use, _ = store.core.keys.in_use(hub, hub_key)
        self._session = SpokeSession(store.spoke, store.node, hub, in_use)
        self._written = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._left: asyncio.Task[bytes] | None = None
        self._asked: Hello | None = None
        self._state: Literal["starting", "up", "down"] = "starting"
        self._since_ms = store.core.parts.clock.now_ms()
        self._last_heard_ms: int | None = None
        self._fault: str | None = None
        self._needs_a_person = False

    async def run(self) -> None:
        """Exchange for ever; end by cancelling."""
        self._loop = asyncio.get_running_loop()
        self._store.listen(self._wake)
        try:
            rest_ms = 0
            while True:
                await self._rest(rest_ms)
                rest_ms = await self.exchange()
        finally:
            if self._left is not None:
                await _end(self._left)
            await self._line.close()

    async def exchange(self) -> int:
        """One exchange, and how long to rest after it (ms)."""
        self._written.clear()
        try:
            turn = await self._in_thread(self._take_turn, Tick(self._now_ms()))
            while not isinstance(turn, int):
                turn = await self._in_thread(self._take_turn, await self._carry(turn))
        except asyncio.CancelledError:
            raise
        except ThroughcareError as fault:
            return self._fail(fault)
        except Exception as fault:  # noqa: BLE001 - INV-10: no fault of ours ends it in silence.
            return self._stumble(fault)
        self._needs_a_person = False
        return turn

    def status(self) -> LineStatus:
        """How the line stands now; reads beside the writer, so a page never waits for a batch."""
        with self._store.reading() as reading:
            waiting, oldest_ms = reading.waiting()
        return LineStatus(
            state="down" if self._needs_a_person else self._state,
            since_ms=self._since_ms,
            last_heard_ms=self._last_heard_ms,
            waiting_ops=waiting,
            oldest_waiting_ms=oldest_ms,
            fault=self._fault,
            needs_a_person=self._needs_a_person,
        )

    def _take_turn(self, came: Tick | bytes | LineBroke | LetGo) -> "_Outgoing | int":
        """All that follows from what came: a request to carry, or a rest (ms). In a thread."""
        return self._do(
            self._session.receive(self._opened(came) if isinstance(came, bytes) else came)
        )

    def _opened(self, answer: bytes) -> Reply | Fault:
        envelope = read_envelope(answer)
        key, added = self._store.core.keys.in_use(self._hub, self._hub_key, envelope.changes)
        message = open_envelope(envelope, self._store.node, key)
        if isinstance(message, Request):
            raise BadMessage("the hub answered with a request")
        self._store.note_keys(self._hub, added)
        self._session.hub_key = key
        self._note_up()
        return message

    def _do(self, effects: tuple[Effect, ...]) -> "_Outgoing | int":
        rest_ms = 0
        for effect in effects:
            if isinstance(effect, Send):
                assert isinstance(effect.message, Request), "a spoke only asks"
                return self._sealed(effect.message)
            if isinstance(effect, Append):
                return self._store_reply(effect)
            if isinstance(effect, Rest):
                rest_ms = effect.delay_ms
            else:
                self._change(effect)
        return rest_ms

    def _sealed(self, request: Request) -> "_Outgoing":
        self._asked = request.hello
        parts = self._store.core.parts
        address = Address(self._store.node, self._hub, request.hello.cursor.incarnation)
        raw = seal_message(request, address, parts.signer, parts.key_changes)
        return _Outgoing(raw, request.hello.wait_ms > 0)

    def _store_reply(self, append: Append) -> "_Outgoing | int":
        assert isinstance(append.what, Reply), "a spoke stores replies"
        assert self._asked is not None, "a reply answers a request"
        self._store.spoke.accept(append.what, self._asked, self._now_ms())
        return self._do(self._session.receive(Stored()))

    def _change(self, effect: Effect) -> None:
        if isinstance(effect, StartLife):
            _log.warning("fork_found", node=self._store.node.hex())
            self._store.start_life(effect.agreed)
        elif isinstance(effect, MeetIncarnation):
            _log.warning("hub_restored", incarnation=effect.incarnation.hex())
            self._store.spoke.meet_incarnation(effect.incarnation)
        elif isinstance(effect, CountOn):
            self._store.spoke.count_on(effect.count)

    async def _carry(self, outgoing: "_Outgoing") -> bytes | LineBroke | LetGo:
        """Send and hear; a write meanwhile lets go of a long poll that has nothing to lose."""
        carrying = asyncio.create_task(self._line.carry(outgoing.raw))
        try:
            if outgoing.may_wait and not await self._answered_first(carrying):
                self._leave(carrying)
                return LetGo()
            return await carrying
        except LineDown as fault:
            self._note_down(fault.code, fault.detail)
            return LineBroke()
        finally:
            if carrying is not self._left:
                await _end(carrying)

    def _leave(self, carrying: "asyncio.Task[bytes]") -> None:
        """Nobody waits for it any more, but it goes on: its connection is used again.

        The hub ends what it holds as soon as the next request comes.
        """
        if self._left is not None:
            self._left.cancel()
        self._left = carrying
        carrying.add_done_callback(_forget)

    def _fail(self, fault: ThroughcareError) -> int:
        """What every error means for the line, in one place (STYLE: two places may catch)."""
        if isinstance(fault, Corrupt):
            self._needs_a_person = True
            self._note_down(fault.code, fault.detail)
            raise fault
        if not isinstance(fault, PeerFault | Unavailable):
            return self._stumble(fault)
        # What came could not be stored here: the line is well, and the disk is not.
        self._needs_a_person = isinstance(fault, NotSaved)
        self._note_down(fault.code, fault.detail)
        rest_ms = self._start_again()
        return REFUSED_REST_MS if isinstance(fault, HubRefused) else rest_ms

    def _stumble(self, fault: Exception) -> int:
        """A mistake of ours: said loudly, and tried again, since the next reply may be taken.

        What it was doing is rolled back. A driver that ended here would leave its office alone
        behind a strip that says nothing of it.
        """
        self._needs_a_person = True
        # Where it happened, and no message: that might hold what a record says.
        frames = extract_tb(fault.__traceback__)[-FRAMES_TOLD:]
        where = [f"{Path(one.filename).name}:{one.lineno}" for one in frames]
        _log.critical("exchange_failed", fault=type(fault).__name__, where=where)
        code = fault.code if isinstance(fault, ThroughcareError) else OWN_FAULT
        self._note_down(code, type(fault).__name__)
        self._start_again()
        return REFUSED_REST_MS

    def _start_again(self) -> int:
        """Have the session rest, whatever it was doing; for how long (ms)."""
        with suppress(BadMessage):
            (rest,) = self._session.receive(LineBroke())
            if isinstance(rest, Rest):
                return rest.delay_ms
        return REFUSED_REST_MS

    async def _answered_first(self, carrying: "asyncio.Task[bytes]") -> bool:
        """Wait for the answer or for a local write, whichever comes first."""
        writing = asyncio.create_task(self._written.wait())
        try:
            await asyncio.wait({carrying, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            writing.cancel()
        return carrying.done()

    async def _rest(self, rest_ms: int) -> None:
        """Rest with jitter; a local write ends it while the line is up."""
        if rest_ms <= 0:
            return
        spread = int.from_bytes(self._store.core.parts.chance(JITTER_BYTES), "big") / (1 << 32)
        delay_s = rest_ms * (0.5 + spread / 2) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                if self._state == "down":
                    await asyncio.sleep(delay_s)
                else:
                    await self._written.wait()

    def _wake(self) -> None:
        """Called from any thread after a commit."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._written.set)

    def _note_up(self) -> None:
        now_ms = self._now_ms()
        if self._state != "up":
            self._state, self._since_ms = "up", now_ms
        self._last_heard_ms, self._fault = now_ms, None

    def _note_down(self, code: str, detail: str) -> None:
        if self._state != "down":
            _log.info("line_down", code=code, detail=detail)
            self._state, self._since_ms = "down", self._now_ms()
        self._fault = code

    def _now_ms(self) -> int:
        return self._store.core.parts.clock.now_ms()

    async def _in_thread(self, call: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.to_thread(call, *arguments)


async def _end(carrying: "asyncio.Task[bytes]") -> None:
    if not carrying.done():
        carrying.cancel()
        with suppress(asyncio.CancelledError, ThroughcareError):
            await carrying


def _forget(carrying: "asyncio.Task[bytes]") -> None:
    """What came of a request that was let go of is nobody's concern, a fault included."""
    if not carrying.cancelled():
        carrying.exception()
