"""The line over HTTP: whatever the other end does, it is the line that is down, in bounded time."""

import asyncio
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from sync_protocol.errors import LineDown, ThroughcareError
from sync_protocol.io import http_peer
from sync_protocol.io.http_peer import CONTENT_TYPE, EXCHANGE_PATH, HttpPeer, HubRefused
from sync_protocol.limits import REQUEST_BYTES_MAX, WAIT_MS_MAX

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Script = Callable[[bytes, Reader, Writer], Awaitable[None]]


class _Hub:
    """A server that reads one request after another and answers each as its script says."""

    def __init__(self, *scripts: Script) -> None:
        """The last script answers every further request."""
        self.scripts = list(scripts)
        self.requests: list[bytes] = []
        self.asked = asyncio.Event()
        self.connections = 0
        self.port = 0

    async def serve(self, reader: Reader, writer: Writer) -> None:
        """One connection."""
        self.connections += 1
        try:
            while not writer.is_closing():
                opening = await reader.readuntil(b"\r\n\r\n")
                length = int(opening.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                self.requests.append(opening + body)
                self.asked.set()
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                await script(body, reader, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()


@asynccontextmanager
async def _hub(*scripts: Script) -> AsyncIterator[tuple[_Hub, HttpPeer]]:
    hub = _Hub(*scripts)
    server = await asyncio.start_server(hub.serve, "127.0.0.1", 0)
    hub.port = server.sockets[0].getsockname()[1]
    peer = HttpPeer(f"http://127.0.0.1:{hub.port}")
    try:
        yield hub, peer
    finally:
        await peer.close()
        server.close()


def _answer(
    body: bytes, status: str = "200 OK", *, headers: str = "", length: int | None = None
) -> Script:
    async def answer(_request: bytes, _reader: Reader, writer: Writer) -> None:
        told = len(body) if length is None else length
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {told}\r\n{headers}\r\n".encode())
        writer.write(body)
        await writer.drain()
        if told != len(body):
            writer.close()

    return answer


async def _cut(_request: bytes, _reader: Reader, writer: Writer) -> None:
    writer.close()


async def _stall(_request: bytes, reader: Reader, _writer: Writer) -> None:
    await reader.read(1)


async def _trickle(_request: bytes, _reader: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _steady(_request: bytes, _reader: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n")
    for _ in range(10):
        writer.write(b"x" * 1_000)
        await writer.drain()
        await asyncio.sleep(0.05)


async def _garbage(_request: bytes, _reader: Reader, writer: Writer) -> None:
    writer.write(b"SSH-2.0-something\r\n\r\n")
    await writer.drain()
    writer.close()


async def _endless(_request: bytes, _reader: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    part = b"%x\r\n" % (1 << 16) + bytes(1 << 16) + b"\r\n"
    while not writer.is_closing():
        writer.write(part)
        await writer.drain()


async def _endless_opening(_request: bytes, _reader: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"x-more: " + b"x" * 8_000 + b"\r\n")
        await writer.drain()


def _carry(*scripts: Script, times: int = 1) -> tuple[_Hub, list[bytes | ThroughcareError]]:
    """The answers, or the errors, of so many requests carried to a hub with these scripts."""

    async def carry() -> tuple[_Hub, list[bytes | ThroughcareError]]:
        came: list[bytes | ThroughcareError] = []
        async with _hub(*scripts) as (hub, peer), asyncio.timeout(20):
            for number in range(times):
                try:
                    came.append(await peer.carry(b"request %d" % number))
                except ThroughcareError as fault:
                    came.append(fault)
            return hub, came

    return asyncio.run(carry())


def test_the_bytes_go_and_come_as_they_are_over_one_kept_connection() -> None:
    hub, came = _carry(_answer(b"\x00answer\xff"), times=3)
    assert came == [b"\x00answer\xff"] * 3
    assert hub.connections == 1
    opening, _, body = hub.requests[0].partition(b"\r\n\r\n")
    assert opening.startswith(f"POST {EXCHANGE_PATH} HTTP/1.1".encode())
    assert f"content-type: {CONTENT_TYPE}".encode() in opening.lower()
    assert body == b"request 0"


@pytest.mark.parametrize(
    "script",
    [
        _cut,
        _answer(b"half", length=100),
        _answer(b"", "500 Internal Server Error"),
        _answer(b"wait", "503 Service Unavailable"),
        _answer(b"", "502 Bad Gateway"),
        _garbage,
    ],
    ids=["cut", "cut mid-body", "500", "503", "502", "no HTTP"],
)
def test_what_may_pass_is_a_line_that_is_down_and_the_next_goes_through(script: Script) -> None:
    """INV-10: waiting mends it, so it must never look like a refusal."""
    _, came = _carry(script, _answer(b"well again"), times=2)
    assert isinstance(came[0], LineDown)
    assert came[1] == b"well again"


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "404 Not Found"])
def test_a_refusal_is_told_apart_because_waiting_does_not_mend_it(status: str) -> None:
    """INV-10: a person must look."""
    _, (fault,) = _carry(_answer(b"unknown_node", status))
    assert isinstance(fault, HubRefused)
    assert status[:3] in str(fault)


def test_a_redirection_is_not_followed() -> None:
    """INV-05: whoever sits on the line does not choose where an office's record goes."""
    moved = _answer(b"", "302 Found", headers="location: http://127.0.0.1:1/\r\n")
    hub, (fault,) = _carry(moved)
    assert isinstance(fault, HubRefused)
    assert len(hub.requests) == 1


def test_a_long_refusal_is_not_told_at_length() -> None:
    """INV-14: whatever a proxy writes on its error page, a log line stays one line."""
    _, (fault,) = _carry(_answer(b"<html>" * 90_000, "403 Forbidden"))
    assert isinstance(fault, HubRefused)
    assert len(str(fault)) < 1_000


def test_a_line_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """INV-10: after longer than any long poll."""
    monkeypatch.setattr(http_peer, "ANSWER_TIMEOUT_S", 0.2)
    _, (fault,) = _carry(_stall)
    assert isinstance(fault, LineDown)


def _hurry(monkeypatch: pytest.MonkeyPatch, rate_min_bytes_s: int) -> None:
    monkeypatch.setattr(http_peer, "CONNECT_TIMEOUT_S", 0.1)
    monkeypatch.setattr(http_peer, "ANSWER_TIMEOUT_S", 0.2)
    monkeypatch.setattr(http_peer, "RATE_MIN_BYTES_S", rate_min_bytes_s)


def test_an_answer_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """INV-10: each byte came in time, and the whole never would have."""
    _hurry(monkeypatch, 10_000)
    _, (fault,) = _carry(_trickle)
    assert isinstance(fault, LineDown)


def test_a_slow_line_that_keeps_its_rate_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """INV-10: longer than any fixed time, as long as enough comes."""
    _hurry(monkeypatch, 5_000)
    assert _carry(_steady)[1] == [b"x" * 10_000]


def test_a_large_request_has_the_time_that_it_takes_on_a_slow_line() -> None:
    """INV-10: 16 MB at 2 Mbit/s are 67 seconds."""
    seconds = REQUEST_BYTES_MAX / (2_000_000 / 8)
    assert 10 * seconds < REQUEST_BYTES_MAX / http_peer.RATE_MIN_BYTES_S


def test_a_line_is_waited_for_longer_than_the_hub_may_hold_a_request() -> None:
    """INV-10."""
    assert http_peer.ANSWER_TIMEOUT_S * 1000 > WAIT_MS_MAX


def test_nobody_there_is_a_line_that_is_down() -> None:
    async def carry() -> None:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        peer = HttpPeer(f"http://127.0.0.1:{port}")
        with pytest.raises(LineDown):
            await peer.carry(b"request")
        await peer.close()

    asyncio.run(carry())


@pytest.mark.parametrize("script", [_endless, _endless_opening], ids=["body", "headers"])
def test_an_endless_answer_is_given_up_in_bounded_memory(script: Script) -> None:
    """INV-14."""
    tracemalloc.start()
    try:
        _, (fault,) = _carry(script)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(fault, LineDown)
    assert peak < 4 * REQUEST_BYTES_MAX


def test_an_answer_that_is_packed_on_the_way_is_not_unpacked() -> None:
    """INV-14: the message is packed inside its seal; what a proxy packs may be a bomb."""
    packer = zlib.compressobj(wbits=31)
    part = bytes(1 << 20)
    bomb = b"".join(packer.compress(part) for _ in range(256)) + packer.flush()
    tracemalloc.start()
    try:
        hub, (came,) = _carry(_answer(bomb, headers="content-encoding: gzip\r\n"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert came == bomb
    assert b"accept-encoding: identity" in hub.requests[0].lower()
    assert peak < 2 * REQUEST_BYTES_MAX


def test_a_request_that_is_let_go_of_leaves_the_line_usable() -> None:
    """INV-10: a local write lets go of a long poll, many times a day."""

    async def carry() -> tuple[int, bytes]:
        async with _hub(_stall, _stall, _answer(b"answer")) as (hub, peer), asyncio.timeout(20):
            for _ in range(2):
                carrying = asyncio.create_task(peer.carry(b"poll"))
                await hub.asked.wait()
                hub.asked.clear()
                carrying.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await carrying
            came = await peer.carry(b"request")
            return hub.connections, came

    connections, came = asyncio.run(carry())
    assert came == b"answer"
    assert connections == 3, "a connection that owes an answer is not used again"
