"""A line that counts: carries bytes between one port and another, and says how many went each way.

Everything on it is counted as the network would carry it, HTTP's own lines included; nothing is
understood. Time is measured over it only where it is made slow, as slow as a line of that rate.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.programs import LOCAL, free_port

PIECE_BYTES: Final = 64 * 1024
SLOW_PIECE_BYTES: Final = 4 * 1024
START_S_MAX: Final = 5.0
REQUEST_MARK: Final = b"POST /sync/exchange "


class CountingLine:
    """What went over the line since the last `reset`."""

    def __init__(self, port: int, onward: int, rate_bytes_s: float | None = None) -> None:
        """It listens on `port` and dials `onward`, both here; each way carries `rate_bytes_s`."""
        self.port = port
        self.onward = onward
        self._rate_bytes_s = rate_bytes_s
        self._piece_bytes = SLOW_PIECE_BYTES if rate_bytes_s else PIECE_BYTES
        self._is_free_at = {True: 0.0, False: 0.0}
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
        while piece := await reader.read(self._piece_bytes):
            if is_up:
                self.bytes_up += len(piece)
                self.requests += piece.count(REQUEST_MARK)
            else:
                self.bytes_down += len(piece)
            if self._rate_bytes_s is not None:
                await self._pass(len(piece) / self._rate_bytes_s, is_up=is_up)
            writer.write(piece)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def _pass(self, seconds: float, *, is_up: bool) -> None:
        """Wait until the piece would have gone: after whatever is before it on the same way."""
        now = time.monotonic()
        self._is_free_at[is_up] = max(now, self._is_free_at[is_up]) + seconds
        await asyncio.sleep(self._is_free_at[is_up] - now)


@contextmanager
def counting_line(onward: int, rate_bytes_s: float | None = None) -> Iterator[CountingLine]:
    """A line to `onward` while the block runs, carried by a thread of its own."""
    line = CountingLine(free_port(), onward, rate_bytes_s)
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
