"""The reader of HTTP requests, with an end to its patience.

uvicorn's own waits for the first request of a connection, and for the rest of one that has begun,
for ever, and keeps whatever is sent as headers. Who opens connections and says nothing on them, or
one byte a minute, or headers without end, would keep a node's memory and sockets from its staff.
An office on the slowest line that still carries anything is within these limits.
"""

import asyncio
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

OPENING_BYTES_MAX: Final = 64 * 1024
"""Of the address and all headers of one request, up to what one read of the socket brings."""
HEADERS_MAX: Final = 100
OPENING_S_MAX: Final = 20.0
"""From the connection, or the first byte of its next request, to the end of the headers."""
BODY_S: Final = 30.0
BODY_BYTES_MIN: Final = 1024
"""So much of a body must come in every `BODY_S`, unless the node itself does not read on."""


class TooManyHeaders(httptools.HttpParserError):
    """A request has more headers than anything that speaks to a node sends."""


class PatientHttp(HttpToolsProtocol):
    """A connection that is closed when its sender keeps it waiting."""

    opening_s_max = OPENING_S_MAX
    body_s = BODY_S

    def __init__(self, *given: Any, **named: Any) -> None:
        """As uvicorn makes it."""
        super().__init__(*given, **named)
        self._is_opening = False
        self._received_bytes = 0
        self._looked_bytes = 0
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first opening, for a while."""
        super().connection_made(transport)
        self._expect_opening()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is waited for."""
        self._unwatch()
        super().connection_lost(exc)

    # asyncio calls it so.
    def data_received(self, part: bytes, /) -> None:
        """Read on; an opening that does not end is refused."""
        if not self._is_opening and self._watch is None:
            self._expect_opening()
        self._received_bytes += len(part)
        super().data_received(part)
        if self._is_opening and self._received_bytes > OPENING_BYTES_MAX:
            self._give_up()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header more; of too many the parser makes a refusal."""
        if len(self.headers) >= HEADERS_MAX:
            raise TooManyHeaders
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """From now on a body is waited for, as long as it comes."""
        self._is_opening = False
        self._watch_body()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole: it is the node's turn."""
        self._unwatch()
        super().on_message_complete()

    def _expect_opening(self) -> None:
        self._is_opening = True
        self._received_bytes = 0
        self._watch_for(self.opening_s_max)

    def _watch_body(self) -> None:
        self._looked_bytes = self._received_bytes
        self._watch_for(self.body_s)

    def _watch_for(self, wait_s: float) -> None:
        self._unwatch()
        self._watch = self.loop.call_later(wait_s, self._look)

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _look(self) -> None:
        """Time is up: for an opening at once, for a body unless enough of it came meanwhile."""
        came = self._received_bytes - self._looked_bytes
        if not self._is_opening and (self.flow.read_paused or came >= BODY_BYTES_MIN):
            self._watch_body()
            return
        self._give_up()

    def _give_up(self) -> None:
        self._unwatch()
        # Nothing is said: whoever waits on purpose learns nothing, and a line that broke hears it.
        if not self.transport.is_closing():
            self.transport.abort()
