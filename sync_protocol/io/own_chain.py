"""A spoke's own chain against the hub's marks: what of it the hub is known to have.

Implements PROTOCOL.md, Session. Everything here runs in the caller's transaction.
"""

from collections.abc import Iterable

from sync_protocol.ids import LifeId
from sync_protocol.io.store_core import StoreCore
from sync_protocol.messages import Mark
from sync_protocol.seal import Follows


def knows_point(core: StoreCore, life: LifeId, seq: int, chain: bytes) -> bool:
    """Whether this node's own log passes through that point."""
    rows = core.connection.execute(
        "SELECT 1 FROM segments s JOIN lives l USING(life_no) WHERE s.chain_after = ?"
        " AND s.last_seq = ? AND l.node = ? AND l.life = ?",
        (chain, seq, core.parts.node, life),
    )
    return bool(rows)


def last_agreed(core: StoreCore, marks: Iterable[Mark]) -> Follows | None:
    """The last point of the present life that the hub is known to have in this branch."""
    life = core.place().life
    agreed = [
        mark
        for mark in marks
        if mark.life == life and knows_point(core, life, mark.seq, mark.chain)
    ]
    if agreed:
        best = max(agreed, key=lambda mark: mark.seq)
        return Follows(life, best.seq, best.chain)
    rows = core.connection.execute(
        "SELECT s.last_seq, s.chain_after FROM lives l JOIN segments s USING(life_no)"
        " WHERE l.node = ? AND l.life = ? AND s.last_seq <= l.received_seq"
        " ORDER BY s.last_seq DESC LIMIT 1",
        (core.parts.node, life),
    )
    return Follows(life, *rows[0]) if rows else Follows(life, 0, b"")


def take_marks(core: StoreCore, marks: Iterable[Mark]) -> None:
    """INV-08: a mark counts only where it names a point of this node's own chain."""
    for mark in marks:
        if knows_point(core, mark.life, mark.seq, mark.chain):
            core.connection.execute(
                "UPDATE lives SET received_seq = ? WHERE node = ? AND life = ?"
                " AND received_seq < ?",
                (mark.seq, core.parts.node, mark.life, mark.seq),
            )
            _take_stable(core, mark)


def _take_stable(core: StoreCore, mark: Mark) -> None:
    """What a verified backup holds of the present life; the chain there must be this one."""
    if mark.life != core.place().life:
        return
    is_ours = knows_point(core, mark.life, mark.stable_seq, mark.stable_chain)
    core.set_meta({"stable_seq": mark.stable_seq if is_ours else 0})
