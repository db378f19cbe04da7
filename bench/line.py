"""A line that counts: carries bytes between one port and another, and says how many went each way.

Everything on it is counted as the network would carry it, HTTP's own lines included; nothing is
understood. It is used only where bytes are measured, never where time is.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.programs import LOCAL, free_port

PIECE_BYTES: Final = 64 * 1024
START_S_MAX: Final = 5.0
REQUEST_MARK: Final = b"POST /sync/exchange "


class CountingLine:
    """What went over the line since the last `reset`."""

    def __init__(self, port: int, onward: int) -> None:
        """It listens on `port` and dials `onward`, both on this machine."""
        self.port = port
        self.onward = onward
        self.reset()

    def reset(self) -> None:
        """Counts from nought again."""
        self.bytes_up = 0
        self.bytes_down = 0
        self.requests = 0

    @property
    def bytes_both(self) -> int:
        """Both ways together."""
        return self.bytes_up + self.bytes_down

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One call, until either end closes it."""
        far_reader, far_writer = await asyncio.open_connection(LOCAL, self.onward)
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pump(reader, far_writer, is_up=True))
                ways.create_task(self._pump(far_reader, writer, is_up=False))
        except* OSError:
            # An end that goes away mid-call ends the call; what was carried stays counted.
            pass
        finally:
            writer.close()
            far_writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_up: bool
    ) -> None:
        while piece := await reader.read(PIECE_BYTES):
            if is_up:
                self.bytes_up += len(piece)
                self.requests += piece.count(REQUEST_MARK)
            else:
                self.bytes_down += len(piece)
            writer.write(piece)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()


@contextmanager
def counting_line(onward: int) -> Iterator[CountingLine]:
    """A line to `onward` while the block runs, carried by a thread of its own."""
    line = CountingLine(free_port(), onward)
    listens = threading.Event()
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(line.carry, LOCAL, line.port)
        listens.set()
        await stopping.wait()
        server.close()
        carrying = asyncio.all_tasks() - {asyncio.current_task()}
        for one in carrying:
            one.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    if not listens.wait(START_S_MAX):
        raise TimeoutError("the counting line did not start to listen")
    try:
        yield line
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(START_S_MAX)
