"""Exchanges with spokes: take in, then answer at once or hold the request until there is news.

Taking in goes through one thread, since a store has one writer; answers read beside it. A held
request registers before it looks, so that nothing written in between is missed.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from sync_protocol.codec import read_envelope, sender_of
from sync_protocol.errors import Unavailable, UnknownNode
from sync_protocol.ids import NodeId
from sync_protocol.io.hub_door import HubDoor, HubVisit
from sync_protocol.io.op_store import OpStore
from sync_protocol.limits import REQUEST_BYTES_MAX

TAKEN_BYTES_MAX: Final = 16 * REQUEST_BYTES_MAX
"""Of all requests that are being read or wait for the one writer; more are told to come again."""
ANSWERS_AT_ONCE: Final = 4
"""As many as the store keeps readers: more would only wait for one another."""


Knows = Callable[[NodeId], bool]
"""Whether a node is of this estate."""


class _Bell:
    """Rings for one held request: when something was written, or when it must end."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()
        self.is_let_go = False


class _Room:
    """What one request holds of the memory for requests that are being read or wait their turn."""

    def __init__(self, exchange: "Exchange") -> None:
        self._exchange = exchange
        self._bytes = 0

    def take(self, count: int) -> None:
        """Room for so many bytes more; raises Unavailable where too much is being sent at once."""
        if self._exchange.taken_bytes + count > TAKEN_BYTES_MAX:
            raise Unavailable("too much is being sent to the hub at once")
        self._exchange.taken_bytes += count
        self._bytes += count

    def give_back(self) -> None:
        """All of it."""
        self._exchange.taken_bytes -= self._bytes
        self._bytes = 0


class Exchange:
    """Answers requests for as long as it is open."""

    def __init__(
        self, store: OpStore, door: HubDoor, knows: Knows | None = None, look: Knows | None = None
    ) -> None:
        """Hear of every commit to `store`; nothing waits yet.

        `knows` is asked of every request, so it waits for nothing; `look` is asked, beside the
        loop, of whom that does not know. The door itself where they are not given.
        """
        self._door = door
        self._knows = knows or door.knows
        self._look = look
        self._bells: dict[NodeId, _Bell] = {}
        self._writer = ThreadPoolExecutor(1, "exchange-write")
        self._readers = ThreadPoolExecutor(ANSWERS_AT_ONCE, "exchange-read")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False
        self.taken_bytes = 0
        """INV-14: what all requests together hold that are being read or answered."""
        store.listen(self._ring_from_any_thread)

    async def exchange(self, raw: bytes) -> bytes:
        """The sealed answer to a sealed request.

        Raises a PeerFault for what is no such thing, Unavailable once it is closed.
        """
        if self._is_closed:
            raise Unavailable("the hub is stopping")
        self._loop = asyncio.get_running_loop()
        sender = read_envelope(raw).sender
        visit = await self._loop.run_in_executor(self._writer, self._door.receive, raw)
        if isinstance(visit, bytes):
            return visit
        bell = self._hang(sender)
        try:
            return await self._answer(visit, bell)
        finally:
            if self._bells.get(sender) is bell:
                del self._bells[sender]

    async def check_sender(self, opening: bytes) -> None:
        """Raise a PeerFault where what begins so is no envelope of a node of this estate."""
        sender = sender_of(opening)
        if self._knows(sender):
            return
        if self._look is None or not await asyncio.to_thread(self._look, sender):
            raise UnknownNode(sender.hex())

    @contextmanager
    def room(self) -> Iterator[_Room]:
        """Room for one request, given back at the end."""
        room = _Room(self)
        try:
            yield room
        finally:
            room.give_back()

    @property
    def held(self) -> int:
        """How many requests are held now."""
        return len(self._bells)

    def close(self) -> None:
        """Answer everything that is held, and hold nothing more."""
        self._is_closed = True
        self._ring()
        self._writer.shutdown(wait=False)

    async def _answer(self, visit: HubVisit, bell: _Bell) -> bytes:
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + visit.wait_ms / 1000
        while True:
            bell.rung.clear()
            if bell.is_let_go:
                return visit.let_go()
            is_last = self._is_closed or loop.time() >= ends_at
            answer = await loop.run_in_executor(self._readers, _ask, visit, is_last)
            if answer is not None:
                return answer
            try:
                async with asyncio.timeout_at(ends_at):
                    await bell.rung.wait()
            except TimeoutError:
                continue

    def _hang(self, sender: NodeId) -> _Bell:
        """A node's new request ends the one before: nobody listens to that any more."""
        before = self._bells.get(sender)
        if before is not None:
            before.is_let_go = True
            before.rung.set()
        self._bells[sender] = _Bell()
        return self._bells[sender]

    def _ring_from_any_thread(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        for bell in self._bells.values():
            bell.rung.set()


def _ask(visit: HubVisit, is_last: bool) -> bytes | None:
    return visit.answer(is_last=is_last)
