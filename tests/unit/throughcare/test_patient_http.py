"""A node's server over a socket: who sends what no browser sends, or nothing, is not waited for."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn

from casework.web.limits import BODY_BYTES_MAX
from tests.fuzz.https import Site, site
from throughcare.compose import http_config
from throughcare.patient_http import HEADERS_MAX, OPENING_BYTES_MAX, PatientHttp

pytestmark = pytest.mark.slow

WITHIN_S = 20.0
SHORT_S = 0.4
"""For which the reader of these tests waits, that a real one waits half a minute."""
GET = b"GET /live HTTP/1.1\r\nhost: office.local\r\n"
POST = b"POST /sign-in HTTP/1.1\r\nhost: office.local\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where an office listens, served as `serve` does but with less patience."""
    kept = PatientHttp.opening_s_max, PatientHttp.body_s
    PatientHttp.opening_s_max = PatientHttp.body_s = SHORT_S
    try:
        with site(tmp_path_factory.mktemp("site"), "LEI") as made, _served(made) as found:
            yield found
    finally:
        PatientHttp.opening_s_max, PatientHttp.body_s = kept


@contextmanager
def _served(made: Site) -> Iterator[int]:
    server = uvicorn.Server(http_config(made.web.app, host="127.0.0.1", port=0, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + WITHIN_S
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(WITHIN_S)


def _said(port: int, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """All that is answered until the server closes; what it no longer takes is not sent."""
    answered = b""
    with socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S) as line:
        try:
            for one in parts:
                line.sendall(one)
                time.sleep(pause_s)
            while part := line.recv(1 << 16):
                answered += part
        except ConnectionError:
            # Closed while it was sent to: what it said before counts.
            return answered
    return answered


def _close(*lines: bytes) -> bytes:
    return GET + b"".join(one + b"\r\n" for one in lines) + b"connection: close\r\n\r\n"


def test_a_request_is_answered(port: int) -> None:
    answered = _said(port, _close())
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert b"content-security-policy" in answered
    assert b"uvicorn" not in answered.lower()


def test_who_says_nothing_is_not_waited_for(port: int) -> None:
    """S33: nor who says a byte now and then, in the opening or in the body."""
    started = time.monotonic()
    assert _said(port) == b""
    assert _said(port, GET[:9]) == b""
    assert _said(port, *(GET[at : at + 1] for at in range(12)), pause_s=0.1) == b""
    body = [b"a=1&"] * 12
    opening = POST + b"content-type: application/x-www-form-urlencoded\r\n"
    _said(port, opening + b"content-length: 5000\r\n\r\n", *body, pause_s=0.1)
    assert time.monotonic() - started < WITHIN_S


def test_a_second_request_is_waited_for_no_longer(port: int) -> None:
    """S33: a connection that was good once is no better afterwards."""
    answered = _said(port, GET + b"\r\n", b"\r\n" * 9, GET[:7], pause_s=0.1)
    assert answered.count(b"HTTP/1.1 200 ") == 1


def test_a_slow_line_is_waited_for(port: int) -> None:
    """S33: a body that comes in pieces, slower than the patience for one of them, is taken."""
    opening = POST + b"content-type: application/x-www-form-urlencoded\r\nconnection: close\r\n"
    part = b"a=1&" * 400
    length = f"content-length: {len(part) * 6}\r\n\r\n".encode()
    answered = _said(port, opening + length, *[part] * 6, pause_s=SHORT_S / 2)
    assert answered.startswith(b"HTTP/1.1 422 ")


def test_headers_have_an_end(port: int) -> None:
    """S33: many of them, one without end, and an address without end."""
    many = [b"a%d: b" % number for number in range(HEADERS_MAX - 3)]
    assert _said(port, _close(*many)).startswith(b"HTTP/1.1 200 ")
    assert _said(port, _close(*many, *many)).startswith(b"HTTP/1.1 400 ")
    endless = [b"x" * (1 << 14)] * (2 * OPENING_BYTES_MAX >> 14)
    assert b" 200 " not in _said(port, GET, b"a: ", *endless, b"\r\n\r\n", pause_s=0.01)
    assert b" 200 " not in _said(port, b"GET /", *endless, b" HTTP/1.1\r\n\r\n", pause_s=0.01)


@pytest.mark.parametrize(
    "body",
    [
        b"transfer-encoding: chunked\r\n\r\n5\r\nhelloXX\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n5 ;\nhello\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"content-length: 0\r\ncontent-length: 44\r\n\r\n",
        b"content-length: -1\r\n\r\n",
        b"content-length: +0\r\n\r\n",
        b" folded: x\r\n\r\n",
        b"content-length : 0\r\n\r\n",
    ],
)
def test_no_second_request_is_smuggled_in_the_first(port: int, body: bytes) -> None:
    """S33: CVE-2025-43859 (h11 before 0.16): what follows a chunk was taken for its end. Nor is
    a body of two lengths, or of one that is none, ever read as one request and another.
    """
    answered = _said(port, POST + body + _close())
    assert answered.startswith(b"HTTP/1.1 4")
    assert b" 200 " not in answered


def test_a_body_that_is_too_large_is_not_kept(port: int) -> None:
    """S33: declared or in chunks, it is refused at the limit."""
    typed = POST + b"content-type: application/x-www-form-urlencoded\r\n"
    declared = b"content-length: %d\r\n\r\n" % (BODY_BYTES_MAX * 4)
    chunk = b"20000\r\n" + b"a" * 0x20000 + b"\r\n"
    for opening, part in (
        (declared, b"a" * 0x20000),
        (b"transfer-encoding: chunked\r\n\r\n", chunk),
    ):
        answered = _said(port, typed + b"connection: close\r\n" + opening, *[part] * 32)
        assert not answered or answered.startswith(b"HTTP/1.1 413 ")


def test_nothing_turns_a_connection_into_another(port: int) -> None:
    """S33: no web socket, no other protocol."""
    for wanted in (b"websocket", b"h2c", b"TLS/1.0"):
        answered = _said(port, _close(b"upgrade: " + wanted, b"connection: upgrade"))
        assert b" 101 " not in answered
    assert b" 200 " not in _said(port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
