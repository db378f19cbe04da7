"""Takes in the audit of the offices, one offer after another, and the centre's own beside it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sync_protocol.errors import Unavailable
from sync_protocol.io.audit_exchange import AuditDoor


class AuditIntake:
    """Answers offers for as long as it is open; the exchange of the records never waits for it."""

    def __init__(self, door: AuditDoor) -> None:
        """Nothing waits yet."""
        self._door = door
        self._writer = ThreadPoolExecutor(1, "audit-write")
        self._is_closed = False

    async def take(self, raw: bytes) -> bytes:
        """The sealed answer; raises a PeerFault, or Unavailable once it is closed."""
        if self._is_closed:
            raise Unavailable("the hub is stopping")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._door.receive, raw)

    def close(self) -> None:
        """Take nothing more."""
        self._is_closed = True
        self._writer.shutdown(wait=False)
