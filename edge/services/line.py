"""Keeps the line to the hub going for as long as the node serves its staff."""

import asyncio
from contextlib import suppress

import structlog

from sync_protocol.io.sync_driver import SyncDriver

_log = structlog.get_logger(__name__)


class LineKeeper:
    """Runs the sync driver beside the app; the app serves whether or not there is a line."""

    def __init__(self, driver: SyncDriver) -> None:
        """Nothing is sent before `start`."""
        self._driver = driver
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to exchange; call it inside the running loop."""
        self._running = asyncio.create_task(self._driver.run(), name="sync driver")
        self._running.add_done_callback(_tell)

    async def stop(self) -> None:
        """End the exchange under way; what it had not stored is asked for again next time."""
        if self._running is None:
            return
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running

    @property
    def has_failed(self) -> bool:
        """Whether the driver ended by itself: a fault of this node's own store."""
        return self._running is not None and self._running.done()


def _tell(running: "asyncio.Task[None]") -> None:
    """The driver ends by itself only over a fault of this node's store: a person must look."""
    if not running.cancelled() and running.exception() is not None:
        _log.critical("sync_driver_ended", fault=type(running.exception()).__name__)
