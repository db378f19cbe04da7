"""A line between a spoke and the hub on which every request may meet a fault, drawn by a seed.

Unlike the demonstration's own lines it reads HTTP, so that a request can be sent twice, come after
a later one, or be answered to nobody. It knows nothing of what the messages say.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Final

import msgspec

from throughcare.line_proxy import LOCAL

OPENING_ENDS: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length"
STALL_S_MAX: Final = 1.5
DRIP_S_MAX: Final = 1.0
DRIPS: Final = 40
OPENING_BYTES_MAX: Final = 1 << 16

Side = asyncio.StreamWriter


class Broken(Exception):
    """This call is over, by a fault or because one end went away."""


class Message(msgspec.Struct, frozen=True):
    """A whole HTTP request or answer."""

    opening: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        """As it is sent."""
        return self.opening + self.body

    def with_body(self, body: bytes) -> "Message":
        """Another body, under an opening that is true of it."""
        length = str(len(body)).encode()
        lines = [
            LENGTH + b": " + length if line.lower().startswith(LENGTH + b":") else line
            for line in self.opening.split(b"\r\n")
        ]
        return Message(b"\r\n".join(lines), body)


class FaultLine:
    """One spoke's line; sound until it is given faults, and sound again after `calm`."""

    def __init__(self, near_port: int, far_port: int, seed: object) -> None:
        """The spoke calls `near_port`, the hub listens on `far_port`, which may be changed."""
        self.near_port, self.far_port = near_port, far_port
        self.met: Counter[str] = Counter()
        """How often each fault was met; `sound` counts the requests that met none."""
        self._chance = Random(repr(seed))
        self._weights: Mapping[str, float] = {}
        self._share = 0.0
        self._late: Message | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begins to listen."""
        self._server = await asyncio.start_server(
            self._take, LOCAL, self.near_port, limit=OPENING_BYTES_MAX
        )

    async def close(self) -> None:
        """Stops listening and cuts what is open."""
        if self._server is not None:
            self._server.close()
        await self.cut()

    def meet(self, share: float, weights: Mapping[str, float]) -> None:
        """From now on such a share of all requests meets one of these faults."""
        unknown = weights.keys() - FAULTS.keys()
        assert not unknown, f"no such faults: {unknown}"
        self._share, self._weights = share, weights

    async def calm(self) -> None:
        """The line is sound again; what was open on it is cut."""
        self._share = 0.0
        await self.cut()

    async def cut(self) -> None:
        """Ends every call that is open."""
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def _take(self, near: asyncio.StreamReader, back: Side) -> None:
        call = asyncio.current_task()
        assert call is not None, "asyncio calls this in a task"
        self._calls.add(call)
        try:
            while True:
                request = await read_message(near)
                name = self._draw()
                self.met[name] += 1
                await FAULTS[name](self, request, back)
        except (Broken, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Not raised again: asyncio would report a task that was cut on purpose.
            return
        finally:
            self._calls.discard(call)
            back.transport.abort()

    def _draw(self) -> str:
        if self._chance.random() >= self._share:
            return "sound"
        names = list(self._weights)
        return self._chance.choices(names, weights=[self._weights[one] for one in names])[0]

    async def ask(self, request: Message) -> Message:
        """The hub's whole answer; what was held back comes late, after this request."""
        answer = await self._ask(request)
        if self._late is not None:
            late, self._late = self._late, None
            await self._ask(late)
        return answer

    async def _ask(self, request: Message) -> Message:
        far, onward = await asyncio.open_connection(LOCAL, self.far_port, limit=OPENING_BYTES_MAX)
        try:
            onward.write(request.raw)
            await onward.drain()
            return await read_message(far)
        finally:
            onward.transport.abort()

    async def send_part(self, request: Message) -> None:
        """The beginning of a request reaches the hub, and no more."""
        _far, onward = await asyncio.open_connection(LOCAL, self.far_port)
        onward.write(request.raw[: self._chance.randrange(1, len(request.raw))])
        with contextlib.suppress(OSError):
            await onward.drain()
        onward.close()

    def hold(self, request: Message) -> None:
        """Keep a request back until after the next."""
        self._late = request

    def part_of(self, raw: bytes) -> bytes:
        """A beginning of it that is not all."""
        return raw[: self._chance.randrange(len(raw))]

    def flipped(self, message: Message) -> Message:
        """One bit of the body is another."""
        if not message.body:
            return message
        body = bytearray(message.body)
        body[self._chance.randrange(len(body))] ^= 1 << self._chance.randrange(8)
        return Message(message.opening, bytes(body))

    def truncated(self, message: Message) -> Message:
        """The end of the body is missing, and the opening is true of what is left."""
        return message.with_body(self.part_of(message.body)) if message.body else message

    def moment_s(self, most_s: float) -> float:
        """Some time up to this."""
        return self._chance.uniform(0, most_s)


async def read_message(reader: asyncio.StreamReader) -> Message:
    """The next whole message; raises Broken where its sender went away before."""
    try:
        opening = await reader.readuntil(OPENING_ENDS)
        length = 0
        for line in opening.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == LENGTH:
                length = int(value)
        return Message(opening, await reader.readexactly(length))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as fault:
        raise Broken from fault


async def _give(back: Side, raw: bytes) -> None:
    back.write(raw)
    await back.drain()


async def _sound(line: FaultLine, request: Message, back: Side) -> None:
    await _give(back, (await line.ask(request)).raw)


async def _cut_request(line: FaultLine, request: Message, back: Side) -> None:
    del back
    await line.send_part(request)
    raise Broken


async def _cut_answer(line: FaultLine, request: Message, back: Side) -> None:
    await _give(back, line.part_of((await line.ask(request)).raw))
    raise Broken


async def _unanswered(line: FaultLine, request: Message, back: Side) -> None:
    """The hub has taken it, and whoever sent it never knows."""
    del back
    await line.ask(request)
    raise Broken


async def _stall(line: FaultLine, request: Message, back: Side) -> None:
    """Takes it and says nothing."""
    del request, back
    await asyncio.sleep(line.moment_s(STALL_S_MAX))
    raise Broken


async def _drip(line: FaultLine, request: Message, back: Side) -> None:
    raw = (await line.ask(request)).raw
    size = max(1, len(raw) // DRIPS)
    pause_s = line.moment_s(DRIP_S_MAX) / DRIPS
    for at in range(0, len(raw), size):
        await _give(back, raw[at : at + size])
        await asyncio.sleep(pause_s)


async def _twice(line: FaultLine, request: Message, back: Side) -> None:
    """The hub is asked twice at once; the answer that comes last is given."""
    answers = await asyncio.gather(line.ask(request), line.ask(request))
    await _give(back, answers[1].raw)


async def _late(line: FaultLine, request: Message, back: Side) -> None:
    """It seems lost, and reaches the hub after the one that is sent in its place."""
    del back
    line.hold(request)
    raise Broken


async def _flip_request(line: FaultLine, request: Message, back: Side) -> None:
    await _give(back, (await line.ask(line.flipped(request))).raw)


async def _flip_answer(line: FaultLine, request: Message, back: Side) -> None:
    await _give(back, line.flipped(await line.ask(request)).raw)


async def _truncate_request(line: FaultLine, request: Message, back: Side) -> None:
    await _give(back, (await line.ask(line.truncated(request))).raw)


async def _truncate_answer(line: FaultLine, request: Message, back: Side) -> None:
    await _give(back, line.truncated(await line.ask(request)).raw)


async def _other_page(line: FaultLine, request: Message, back: Side) -> None:
    """A network's own sign-in page, which is not the hub."""
    del line, request
    page = b"<html>Sign in to the network.</html>"
    opening = f"HTTP/1.1 200 OK\r\ncontent-length: {len(page)}\r\n\r\n".encode()
    await _give(back, opening + page)


Fault = Callable[[FaultLine, Message, Side], Awaitable[None]]

FAULTS: Final[Mapping[str, Fault]] = {
    "sound": _sound,
    "cut_request": _cut_request,
    "cut_answer": _cut_answer,
    "unanswered": _unanswered,
    "stall": _stall,
    "drip": _drip,
    "twice": _twice,
    "late": _late,
    "flip_request": _flip_request,
    "flip_answer": _flip_answer,
    "truncate_request": _truncate_request,
    "truncate_answer": _truncate_answer,
    "other_page": _other_page,
}
ALL_FAULTS: Final[Mapping[str, float]] = {name: 1.0 for name in FAULTS if name != "sound"}
