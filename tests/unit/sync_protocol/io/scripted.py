"""A spoke's driver over a line that does as a script says, for the tests of the driver."""

import asyncio
from collections.abc import Awaitable, Callable

from sync_protocol.errors import LineDown, ThroughcareError
from sync_protocol.io.sync_driver import SyncDriver
from tests.contract.world import Node, World

Step = Callable[[bytes], Awaitable[bytes]]
LONG_S = 20.0


class ScriptedLine:
    """A line to the world's hub; each request takes the next step, and goes through after."""

    def __init__(self, world: World, *steps: Step) -> None:
        """Steps stand in for the line, one a request."""
        self.world = world
        self.steps = list(steps)
        self.carried = 0
        self.asked = asyncio.Event()
        self.is_closed = False

    async def carry(self, request: bytes) -> bytes:
        """The next step's answer, or the hub's."""
        self.carried += 1
        self.asked.set()
        if self.steps:
            return await self.steps.pop(0)(request)
        return await self.through(request)

    async def through(self, request: bytes) -> bytes:
        """The hub's own answer, at once."""
        answer = await asyncio.to_thread(self._visit, request)
        assert answer is not None
        return answer

    async def settled(self, office: Node) -> None:
        """Come back once the office has heard that everything was received."""
        while office.waiting:
            self.asked.clear()
            await self.asked.wait()

    async def close(self) -> None:
        """Remember that it was."""
        self.is_closed = True

    def _visit(self, request: bytes) -> bytes | None:
        visit = self.world.door.receive(request)
        return visit if isinstance(visit, bytes) else visit.answer(is_last=True)


def driven(world: World, office: Node, *steps: Step) -> tuple[SyncDriver, ScriptedLine]:
    """A driver of the office's store, and its line."""
    line = ScriptedLine(world, *steps)
    return SyncDriver(office.store, line, world.hub.id, world.hub.signer.public_key), line


def raises(fault: ThroughcareError) -> Step:
    """A line that fails so."""

    async def step(_request: bytes) -> bytes:
        raise fault

    return step


async def hold(_request: bytes) -> bytes:
    """A hub that holds the request as long as it is let."""
    await asyncio.sleep(LONG_S)
    raise LineDown("held too long")


def exchanges(driver: SyncDriver, times: int) -> list[int]:
    """How long to rest after each of so many exchanges."""

    async def exchange() -> list[int]:
        return [await driver.exchange() for _ in range(times)]

    return asyncio.run(exchange())
