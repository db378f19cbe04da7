"""A proxy on the line between a spoke and the hub, so that the line can be cut and mended at will.

It carries bytes and understands none of them. Each line has a `Fault`, asked before a call is
taken and for every piece carried: `Up` carries, `Down` refuses and cuts what is open; `Stall` takes
calls and carries nothing; `Drip` carries a little at a time. A further fault is one more class.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from sync_protocol.errors import Refused, Unavailable

LOCAL: Final = "127.0.0.1"
PIECE_BYTES_MAX: Final = 64 * 1024
DRIP_BYTES: Final = 512
DRIP_EVERY_S: Final = 0.05
DIAL_S_MAX: Final = 5.0


class UnknownFault(Refused):
    """A line knows no such state."""

    code = "unknown_fault"
    hint = "Say one of: up, down, stall, drip."


class PortTaken(Unavailable):
    """Another program listens on a port that is needed."""

    code = "port_taken"
    hint = "Stop that program, or choose other ports with --port-base."


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of this machine."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOCAL, port))
        except OSError:
            return False
    return True


class Fault(Protocol):
    """What is wrong with a line; `Up` where nothing is."""

    @property
    def is_open(self) -> bool:
        """Whether a call is taken at all; where not, calls that are open are cut."""

    @property
    def piece_bytes(self) -> int:
        """How much is carried at once, at most."""

    async def carry(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        """Brings one piece to the other end, in its own way."""


class Up(msgspec.Struct, frozen=True):
    """A sound line."""

    is_open: bool = True
    piece_bytes: int = PIECE_BYTES_MAX

    async def carry(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        """Brings the piece at once."""
        writer.write(piece)
        await writer.drain()


class Down(msgspec.Struct, frozen=True):
    """A line that is cut."""

    is_open: bool = False
    piece_bytes: int = PIECE_BYTES_MAX

    async def carry(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        """Loses the piece."""


class Stall(msgspec.Struct, frozen=True):
    """A line that seems up and carries nothing."""

    is_open: bool = True
    piece_bytes: int = PIECE_BYTES_MAX

    # ARG002: every fault is asked alike, and this one does not look at what it is given.
    async def carry(self, piece: bytes, writer: asyncio.StreamWriter) -> None:  # noqa: ARG002
        """Never ends; the call is cut when the fault changes."""
        await asyncio.get_running_loop().create_future()


class Drip(msgspec.Struct, frozen=True):
    """A line of about 10 kB a second."""

    is_open: bool = True
    piece_bytes: int = DRIP_BYTES

    async def carry(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        """Brings the piece, and is slow about the next."""
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(DRIP_EVERY_S)


FAULTS: Final[Mapping[str, Fault]] = {
    "up": Up(),
    "down": Down(),
    "stall": Stall(),
    "drip": Drip(),
}


class LineState(msgspec.Struct, frozen=True):
    """What a line is doing: its fault, the calls open on it, and what it carried so far."""

    fault: str
    calls: int
    carried_bytes: int
    cut_calls: int


class Line:
    """One spoke's line to the hub: listens where the spoke calls, and calls the hub."""

    def __init__(self, near_port: int, far_port: int) -> None:
        """The spoke calls `near_port`; the hub listens on `far_port`."""
        self.near_port = near_port
        self._far_port = far_port
        self._fault_name = "up"
        self._calls: set[asyncio.Task[None]] = set()
        self._carried_bytes = 0
        self._cut_calls = 0
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begins to listen; raises PortTaken where somebody else does."""
        try:
            self._server = await asyncio.start_server(self._take, LOCAL, self.near_port)
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                raise
            raise PortTaken(f"Port {self.near_port} is in use.") from fault
        self.near_port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stops listening and cuts what is open."""
        if self._server is not None:
            self._server.close()
        await self._cut()

    async def become(self, name: str) -> LineState:
        """Gives the line another fault; calls open under the former one are cut."""
        if name not in FAULTS:
            raise UnknownFault(name)
        is_change = name != self._fault_name
        self._fault_name = name
        # A call under way belongs to the line as it was: what a cut line held is lost.
        if is_change:
            await self._cut()
        return self.state()

    def state(self) -> LineState:
        """What the line is doing now."""
        return LineState(self._fault_name, len(self._calls), self._carried_bytes, self._cut_calls)

    async def _cut(self) -> None:
        calls = list(self._calls)
        self._cut_calls += len(calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    async def _take(self, near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        if not FAULTS[self._fault_name].is_open:
            answer.transport.abort()
            return
        call = asyncio.current_task()
        assert call is not None, "asyncio calls this in a task"
        self._calls.add(call)
        try:
            await self._join(near, answer)
        except asyncio.CancelledError:
            # Not raised again: asyncio would report a task that we cut ourselves.
            return
        finally:
            self._calls.discard(call)
            answer.transport.abort()

    async def _join(self, near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(DIAL_S_MAX):
                far, onward = await asyncio.open_connection(LOCAL, self._far_port)
        except (OSError, TimeoutError):
            return
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(near, onward))
                both.create_task(self._carry(far, answer))
        finally:
            onward.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(FAULTS[self._fault_name].piece_bytes):
                await FAULTS[self._fault_name].carry(piece, writer)
                self._carried_bytes += len(piece)
            if writer.can_write_eof():
                writer.write_eof()
