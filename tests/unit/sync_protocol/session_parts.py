"""Messages and a moment that the tests of both session machines share."""

from typing import Any

from sync_protocol.cursor import Cursor
from sync_protocol.messages import Hello, Reply
from sync_protocol.seal import life_chain
from sync_protocol.session import Tick
from tests import toys

HERE = toys.incarnation(1)
CHAIN = life_chain(toys.node(1), toys.life(1), None)
TICK = Tick(toys.MORNING_MS)


def hello_of(count: int, **parts: Any) -> Hello:
    """A hello from node 1; `parts` stand in for parts."""
    usual: dict[str, Any] = {
        "life": toys.life(1),
        "seq": 4,
        "chain": CHAIN,
        "registry": b"",
        "release": "1",
        "sent_ms": 0,
        "cursor": Cursor(HERE, 1, 10),
    }
    return Hello(count=count, **usual | parts)


def reply_of(count: int = 1, **parts: Any) -> Reply:
    """A reply that brings nothing; `parts` stand in for parts."""
    usual: dict[str, Any] = {
        "incarnation": HERE,
        "received_ms": 1,
        "sent_ms": 2,
        "clock": 0,
        "marks": (),
        "cursor": Cursor(HERE, 1, 11),
    }
    return Reply(count=count, **usual | parts)
