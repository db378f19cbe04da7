"""Lines that keep whatever goes over them, and what can be read in it by who listens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import zstandard

from sync_protocol.codec import ZSTD, read_envelope
from sync_protocol.errors import BadMessage
from tests.process.canaries import marks_of
from tests.process.fault_proxy import FaultLine, Message
from tests.process.fleet import Fleet
from throughcare.making import line_port


class RecordedLine(FaultLine):
    """A sound line that keeps every request and every answer."""

    def __init__(self, near_port: int, far_port: int) -> None:
        super().__init__(near_port, far_port, seed=0)
        self.carried: list[Message] = []

    async def ask(self, request: Message) -> Message:
        """The hub's answer, which is kept beside what was asked."""
        self.carried.append(request)
        answer = await super().ask(request)
        self.carried.append(answer)
        return answer

    def tells(self, words: Sequence[str]) -> list[str]:
        """Those of the words that can be read in what went over the line, packed or not."""
        parts = [part for one in self.carried for part in _readable(one)]
        return [
            one for one in words for mark in marks_of([one]) if any(mark in part for part in parts)
        ]


@asynccontextmanager
async def recorded_lines(fleet: Fleet) -> AsyncIterator[dict[str, RecordedLine]]:
    """A recorded line for each spoke of a fleet that has lines."""
    hub_port = fleet.estate.hub.port
    lines = {node.code: RecordedLine(line_port(node), hub_port) for node in fleet.estate.spokes}
    for line in lines.values():
        await line.open()
    try:
        yield lines
    finally:
        for line in lines.values():
            await line.close()


def _readable(message: Message) -> list[bytes]:
    """The bytes as they went, and what they unpack to."""
    found = [message.raw.lower()]
    try:
        packed = read_envelope(message.body).packed
    except BadMessage:
        return found
    if packed[0] == ZSTD:
        unpacking = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(packed[1:])
        found.append(unpacking.read().lower())
    return found
