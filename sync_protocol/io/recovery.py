"""A restored hub is recovering until every node has offered again what it holds.

Implements PROTOCOL.md, Recovery. What the hub forgot stands on the disks of the others. Until each
of them has offered all its own and looked through all that it can prove, the hub does not know who
has left whom, so it lets nobody leave, permits nothing to be sealed and purges nothing. A node that
will never come is given up by two people. Everything runs in the caller's transaction.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from sync_protocol.errors import NotFound, Refused
from sync_protocol.ids import NodeId
from sync_protocol.io.connection import Connection
from sync_protocol.io.store_core import StoreCore

RECOVERY: Final = "recovery"
"""The named value of the store that tells who is awaited since the last restore."""
PEOPLE_NEEDED: Final = 2


class SamePerson(Refused):
    """One person has given this node up already, and a second must."""

    code = "same_person"
    hint = "Ask another administrator to do the same."


class Awaited(msgspec.Struct, frozen=True, array_like=True):
    """A node of which the restored hub awaits what it holds."""

    node: NodeId
    offered_ms: int | None = None
    """When it had offered everything."""
    given_up_by: tuple[str, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether it has offered everything, or enough people have given it up."""
        return self.offered_ms is not None or len(self.given_up_by) >= PEOPLE_NEEDED


class StillRecovering(Refused):
    """The centre was restored and still awaits some office: who has left whom is not known yet."""

    code = "still_recovering"
    hint = "Wait until every office was heard, or have two people give up those that will not come."


class Recovery(msgspec.Struct, frozen=True, array_like=True):
    """What a restored hub waits for.

    `is_over` once nobody is awaited and what was put off meanwhile was done.
    """

    since_ms: int
    nodes: tuple[Awaited, ...]
    is_over: bool = False

    @property
    def awaited(self) -> tuple[Awaited, ...]:
        """The nodes that are neither heard nor given up."""
        return tuple(one for one in self.nodes if not one.is_settled)


class Regained(msgspec.Struct, frozen=True, kw_only=True):
    """What a recovered hub has again of one node: for the report of a rebuild.

    `gaps` are numbers below the last of each of its lives of which the hub holds no op: what only
    the lost disk held, or what that node has still to offer.
    """

    node: NodeId
    ops: int
    parked: int
    lives: int
    gaps: int


def begin_recovery(core: StoreCore, nodes: Iterable[NodeId] = ()) -> None:
    """Await these nodes, and every other that the restored store knows from an exchange."""
    sql = "SELECT node FROM peers"
    known = {NodeId(node) for (node,) in core.connection.execute(sql)} | {*nodes}
    awaited = tuple(Awaited(node) for node in sorted(known - {core.parts.node}))
    _keep(core, Recovery(core.parts.clock.now_ms(), awaited))


def read_recovery(connection: Connection) -> Recovery | None:
    """Who is awaited and who has come since the last restore; None where there was none."""
    rows = connection.execute("SELECT value FROM meta WHERE name = ?", (RECOVERY,))
    return msgspec.msgpack.decode(rows[0][0], type=Recovery) if rows else None


def is_recovering(connection: Connection) -> bool:
    """Whether the hub still awaits a node: then nobody leaves, and nothing is sealed or purged."""
    recovery = read_recovery(connection)
    return recovery is not None and bool(recovery.awaited)


def note_offered(core: StoreCore, node: NodeId) -> None:
    """This node says that it has nothing more that the restored hub could lack."""
    recovery = read_recovery(core.connection)
    if recovery is None or not any(
        one.node == node for one in recovery.nodes if not one.offered_ms
    ):
        return
    offered = Awaited(node, core.parts.clock.now_ms())
    _keep(core, _with(recovery, offered))
    # With the last of them whoever leaves is told so.
    core.note_change()


def ends_now(core: StoreCore) -> bool:
    """Whether nobody is awaited any more and what was put off waits to be done; asked once."""
    recovery = read_recovery(core.connection)
    if recovery is None or recovery.is_over or recovery.awaited:
        return False
    _keep(core, msgspec.structs.replace(recovery, is_over=True))
    return True


def give_up(core: StoreCore, node: NodeId, person: str) -> Awaited:
    """One of two people says that a node will not come back; what it alone held is lost then.

    Raises NotFound for a node that is not awaited, SamePerson where `person` said so already.
    """
    recovery = read_recovery(core.connection)
    awaited = {one.node: one for one in recovery.awaited} if recovery is not None else {}
    if recovery is None or node not in awaited:
        raise NotFound(f"node {node.hex()} among those awaited")
    before = awaited[node]
    if person in before.given_up_by:
        raise SamePerson(node.hex())
    given_up = msgspec.structs.replace(before, given_up_by=(*before.given_up_by, person))
    _keep(core, _with(recovery, given_up))
    return given_up


def read_regained(connection: Connection) -> list[Regained]:
    """What is held of each node that ever wrote, by node."""
    rows = connection.execute(
        "SELECT l.node, count(o.op_no), coalesce(sum(o.flags & 2 != 0), 0),"
        " count(DISTINCT l.life_no) FROM lives l LEFT JOIN ops o USING(life_no)"
        " GROUP BY l.node ORDER BY l.node"
    )
    gaps: dict[bytes, int] = dict(
        connection.execute(
            "SELECT node, sum(last - held) FROM (SELECT l.node, max(o.seq) AS last,"
            " count(DISTINCT o.seq) AS held FROM ops o JOIN lives l USING(life_no)"
            " GROUP BY o.life_no) GROUP BY node"
        )
    )
    return [
        Regained(node=NodeId(node), ops=ops, parked=parked, lives=lives, gaps=gaps.get(node, 0))
        for node, ops, parked, lives in rows
    ]


def _with(recovery: Recovery, changed: Awaited) -> Recovery:
    nodes = tuple(changed if one.node == changed.node else one for one in recovery.nodes)
    return msgspec.structs.replace(recovery, nodes=nodes)


def _keep(core: StoreCore, recovery: Recovery) -> None:
    core.set_meta({RECOVERY: msgspec.msgpack.encode(recovery)})
