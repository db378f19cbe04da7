"""How far the hub has each branch of a spoke's lives, bound to the chain there.

Implements PROTOCOL.md, Session. It is all that a revoked node is told, beside the order to lock.
"""

from collections.abc import Sequence

from sync_protocol.ids import LifeId, NodeId
from sync_protocol.io.connection import Connection
from sync_protocol.messages import Mark
from sync_protocol.seal import Run


def marks_of(connection: Connection, node: NodeId, runs: Sequence[Run]) -> tuple[Mark, ...]:
    """The end of each branch of the node's lives, and every point to which it offered a run.

    INV-10: what is offered again may lie within a branch that its sender does not know the end of
    (a copy of its disk has written on since, or it was restored): no other mark ends that.
    """
    rows = connection.execute(
        "SELECT l.life, t.last_seq, t.chain_after, t.stable_seq, t.stable_chain FROM tips t"
        " JOIN lives l USING(life_no) WHERE l.node = ?",
        (node,),
    )
    ends = {Mark(LifeId(life), *rest) for life, *rest in rows}
    tips = {mark.chain for mark in ends}
    for run in runs:
        last_seq = run.segments[-1].last_seq
        held = connection.execute(
            "SELECT s.chain_after FROM segments s JOIN lives l USING(life_no)"
            " WHERE l.node = ? AND l.life = ? AND s.last_seq = ?",
            (node, run.life, last_seq),
        )
        ends |= {Mark(run.life, last_seq, chain) for (chain,) in held if chain not in tips}
    return tuple(sorted(ends, key=lambda mark: (mark.life, mark.seq, mark.chain)))
