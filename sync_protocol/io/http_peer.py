"""The line to the hub over HTTP: one POST of bytes, one answer of bytes.

It knows no message; a courier file or a simulated line can stand in its place. Every failure of the
line is `LineDown`; what the hub says in refusal is told apart, because waiting does not mend it.
"""

import asyncio
import ssl
from typing import Final, Protocol

import httpx

from sync_protocol.errors import LineDown, PeerFault
from sync_protocol.limits import REQUEST_BYTES_MAX, WAIT_MS_MAX

EXCHANGE_PATH: Final = "/sync/exchange"
CONNECT_TIMEOUT_S: Final = 5.0
ANSWER_TIMEOUT_S: Final = WAIT_MS_MAX / 1000 + 30.0
RATE_MIN_BYTES_S: Final = 2_000
"""The slowest line that is waited for, beyond the time of an answer: 16 kbit/s."""
KEEP_ALIVE_S: Final = 60.0
"""How long a connection is kept for the next request; the hub keeps it a little longer."""
CONTENT_TYPE: Final = "application/vnd.throughcare.exchange"
REFUSAL_BYTES_MAX: Final = 4_096


class HubRefused(PeerFault):
    """The hub does not take this node's requests."""

    code = "hub_refused"
    hint = "Compare this node's id and public key with the estate file at the centre."


class Line(Protocol):
    """Carries one request to the hub and its answer back."""

    async def carry(self, request: bytes) -> bytes:
        """The answer; raises LineDown, or HubRefused where the hub turned it away."""

    async def close(self) -> None:
        """Let go of any connection."""


class HttpPeer:
    """A line over HTTP/1.1 that keeps its connections: one that waits, and one to send on."""

    def __init__(
        self, url: str, *, verify: bool | str | ssl.SSLContext = True, path: str = EXCHANGE_PATH
    ) -> None:
        """`url` is the hub's address without a path; `verify` whom TLS believes: a context of its
        own, or a CA file.
        """
        self._path = path
        limits = httpx.Limits(keepalive_expiry=KEEP_ALIVE_S)
        timeout = httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        self._line = httpx.AsyncClient(
            base_url=url,
            timeout=timeout,
            limits=limits,
            verify=verify,
            trust_env=False,
            follow_redirects=False,
        )
        for name in ("accept", "accept-encoding", "user-agent"):
            # The answer is sealed bytes of one type, and an idle line is paid by the byte.
            del self._line.headers[name]

    async def carry(self, request: bytes) -> bytes:
        """The answer; raises LineDown, or HubRefused where the hub turned it away."""
        headers = {"content-type": CONTENT_TYPE, "accept-encoding": "identity"}
        started_s = asyncio.get_running_loop().time()
        ends_s = started_s + CONNECT_TIMEOUT_S + ANSWER_TIMEOUT_S + len(request) / RATE_MIN_BYTES_S
        try:
            async with (
                asyncio.timeout_at(ends_s) as deadline,
                self._line.stream("POST", self._path, content=request, headers=headers) as answer,
            ):
                return await _read(answer, deadline)
        except (httpx.HTTPError, TimeoutError) as fault:
            raise LineDown(type(fault).__name__) from fault

    async def close(self) -> None:
        """Let go of the connection."""
        await self._line.aclose()


async def _read(answer: httpx.Response, deadline: asyncio.Timeout) -> bytes:
    """The body, within the limit; a refusal as an error.

    INV-10: each part puts the deadline off by no more than its own time on the slowest line, so
    that bytes which trickle in do not hold the exchange for ever.
    """
    body = bytearray()
    ends_s = deadline.when()
    assert ends_s is not None, "every exchange has a deadline"
    # INV-14: raw, since the message is packed inside its seal, and what else is may be a bomb.
    async for part in answer.aiter_raw():
        body += part
        deadline.reschedule(ends_s + len(body) / RATE_MIN_BYTES_S)
        if len(body) > REQUEST_BYTES_MAX:
            raise LineDown("the answer is over the limit")
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise LineDown(f"the hub answered {answer.status_code}")
    if answer.status_code != httpx.codes.OK:
        raise HubRefused(f"status {answer.status_code}: {bytes(body[:200])!r}")
    return bytes(body)
