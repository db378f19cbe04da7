"""Sends this office's audit to the centre: what is urgent at once, the rest when nothing else is.

It runs beside the line of the records and after it: only while that is up, and the whole trail only
when no change of a record waits.
"""

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from sync_protocol.errors import PeerFault, ThroughcareError
from sync_protocol.io.audit_exchange import AuditSender, Waiting
from sync_protocol.io.http_peer import Line
from sync_protocol.io.sync_driver import SyncDriver

LOOK_EVERY_S: Final = 15.0
SEND_FROM_LINES: Final = 500
SEND_AFTER_MS: Final = 5 * 60_000
"""So many lines, or an oldest one so old, are worth a request of their own."""
REFUSED_REST_S: Final = 300.0

_log = structlog.get_logger(__name__)


class AuditKeeper:
    """Keeps the audit going to the centre for as long as the node serves its staff."""

    def __init__(self, sender: AuditSender, line: Line, driver: SyncDriver) -> None:
        """`line` carries to the centre's door for the audit; nothing is sent before `start`."""
        self._sender = sender
        self._line = line
        self._driver = driver
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look for what waits; call it inside the running loop."""
        self._running = asyncio.create_task(self._run(), name="audit line")

    async def stop(self) -> None:
        """End; what was not acknowledged is offered again next time."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        await self._line.close()

    async def send(self) -> int:
        """Send what is due now; how many requests that took. Raises what the line raises."""
        sent = 0
        while True:
            status = await asyncio.to_thread(self._driver.status)
            waiting = await asyncio.to_thread(self._sender.waiting)
            with_trail = sent > 0 or _is_due(waiting)
            with_trail = with_trail and not status.waiting_ops and bool(waiting.lines)
            if status.state != "up" or not (waiting.is_urgent or with_trail):
                return sent
            # INV-10: small requests, one after another, so that a change waits for one at most.
            request = await asyncio.to_thread(self._offer, with_trail)
            answer = await self._line.carry(request)
            sent += 1
            if not await asyncio.to_thread(self._sender.accept, answer):
                return sent

    def _offer(self, with_trail: bool) -> bytes:
        return self._sender.offer(with_trail=with_trail)

    async def _run(self) -> None:
        while True:
            rest_s = LOOK_EVERY_S
            try:
                await self.send()
            except PeerFault as fault:
                _log.warning("audit_refused", code=fault.code)
                rest_s = REFUSED_REST_S
            except ThroughcareError as fault:
                _log.info("audit_waits", code=fault.code)
            except Exception as fault:  # noqa: BLE001 - INV-13: no fault of ours ends it in silence.
                _log.critical("audit_failed", fault=type(fault).__name__)
                rest_s = REFUSED_REST_S
            await asyncio.sleep(rest_s)


def _is_due(waiting: Waiting) -> bool:
    return waiting.lines >= SEND_FROM_LINES or waiting.oldest_for_ms >= SEND_AFTER_MS
