"""The line between a spoke and the hub: carried whole when up, cut at once when down."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from throughcare.line_proxy import LOCAL, Line, PortTaken, UnknownFault

Story = Callable[[Line], Awaitable[None]]


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(1000):
            writer.write(piece)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def _line() -> AsyncIterator[Line]:
    hub = await asyncio.start_server(_echo, LOCAL, 0)
    line = Line(0, hub.sockets[0].getsockname()[1])
    await line.open()
    try:
        yield line
    finally:
        await line.close()
        hub.close()


def _run(story: Story) -> None:
    async def told() -> None:
        async with asyncio.timeout(10), _line() as line:
            await story(line)

    asyncio.run(told())


async def _say(line: Line, words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(LOCAL, line.near_port)
    try:
        writer.write(words)
        writer.write_eof()
        return await reader.read()
    finally:
        writer.close()


def test_a_sound_line_carries_every_byte() -> None:
    async def story(line: Line) -> None:
        words = bytes(range(256)) * 2000
        assert await _say(line, words) == words
        assert line.state().carried_bytes == 2 * len(words)

    _run(story)


def test_a_cut_line_takes_no_call() -> None:
    async def story(line: Line) -> None:
        await line.become("down")
        with contextlib.suppress(OSError):
            assert await _say(line, b"hello") == b""
        assert line.state().carried_bytes == 0

    _run(story)


def test_cutting_the_line_cuts_the_call_that_is_open() -> None:
    async def story(line: Line) -> None:
        reader, writer = await asyncio.open_connection(LOCAL, line.near_port)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        state = await line.become("down")
        assert (state.calls, state.cut_calls) == (0, 1)
        with contextlib.suppress(OSError):
            assert await reader.read() == b""
        writer.close()

    _run(story)


def test_a_mended_line_carries_again() -> None:
    async def story(line: Line) -> None:
        await line.become("down")
        await line.become("up")
        assert await _say(line, b"hello") == b"hello"

    _run(story)


def test_a_stalled_line_takes_the_call_and_carries_nothing() -> None:
    async def story(line: Line) -> None:
        await line.become("stall")
        reader, writer = await asyncio.open_connection(LOCAL, line.near_port)
        writer.write(b"hello")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        assert line.state().calls == 1
        writer.close()

    _run(story)


def test_a_dripping_line_carries_all_of_it_slowly() -> None:
    async def story(line: Line) -> None:
        await line.become("drip")
        words = bytes(2048)
        began_s = asyncio.get_running_loop().time()
        assert await _say(line, words) == words
        assert asyncio.get_running_loop().time() - began_s > 0.15

    _run(story)


def test_an_unknown_fault_changes_nothing() -> None:
    async def story(line: Line) -> None:
        with pytest.raises(UnknownFault):
            await line.become("sideways")
        assert line.state().fault == "up"

    _run(story)


def test_a_taken_port_is_told() -> None:
    async def story(line: Line) -> None:
        with pytest.raises(PortTaken, match=str(line.near_port)):
            await Line(line.near_port, 1).open()

    _run(story)


def test_a_hub_that_does_not_run_ends_the_call() -> None:
    async def story() -> None:
        line = Line(0, 1)
        await line.open()
        with contextlib.suppress(OSError):
            assert await _say(line, b"hello") == b""
        await line.close()

    asyncio.run(story())
