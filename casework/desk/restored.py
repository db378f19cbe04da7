"""Whom a restored centre still awaits: until then nobody leaves and nobody is let go of."""

import msgspec

from casework.desk.desk import Desk, node_name
from sync_protocol.io.recovery import Recovery


class AwaitedView(msgspec.Struct, frozen=True):
    """Since when the centre recovers from a restore, and the offices that it has not heard."""

    since_ms: int
    offices: tuple[str, ...]


def awaited(desk: Desk) -> AwaitedView | None:
    """The offices awaited; None where the centre does not recover."""
    with desk.store.reading() as reading:
        kept = reading.scope.restored()
    if kept is None:
        return None
    recovery = msgspec.msgpack.decode(kept, type=Recovery)
    if not recovery.awaited:
        return None
    names = sorted(node_name(desk, one.node) for one in recovery.awaited)
    return AwaitedView(recovery.since_ms, tuple(names))
