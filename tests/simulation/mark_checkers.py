"""What nodes note of one another: marks, receipts, lives, incarnations, clocks.

Each check returns its faults in words; none at all means that it holds.
"""

from collections.abc import Iterator
from itertools import pairwise

from sync_protocol.errors import UnreadableOp
from sync_protocol.ids import ID_BYTES
from sync_protocol.io.recovery import read_recovery
from sync_protocol.io.store_core import EARLIER
from sync_protocol.op import Op
from tests.simulation.nodes import Edge, Machine
from tests.simulation.world import World

DESK = "desk"
"""The device under which people write; whoever injects rubbish uses another."""


def marks_are_kept(world: World) -> Iterator[str]:
    """Every check of this module."""
    for machine in world.machines():
        yield from clocks_go_on(machine)
    for edge in world.edges:
        yield from stable_marks_are_of_this_life(world, edge)
        yield from receipts_are_where_they_were_confirmed(world, edge)
        yield from authors_know_their_verdicts(world, edge)
        yield from nobody_goes_on_in_a_forked_life(world, edge)
    yield from nobody_forks_alone(world)
    yield from no_hub_finds_itself_rolled_back_alone(world)
    yield from everybody_known_is_awaited(world)


def clocks_go_on(machine: Machine) -> Iterator[str]:
    """Within a life what is written later has the later clock, whatever the wall clock said."""
    for (_, before), (_, after) in pairwise(own_ops(machine)):
        if before.header.life == after.header.life and after.hlc <= before.hlc:
            yield f"clocks: {machine.name} wrote {after.id.hex()} under a time that was over"


def stable_marks_are_of_this_life(world: World, edge: Edge) -> Iterator[str]:
    """INV-01: what a spoke takes for safe of its present life is in a backup of the hub."""
    stable_seq, life = edge.store.core.meta("stable_seq", 0), edge.store.core.place().life
    sql = (
        "SELECT coalesce(max(t.stable_seq), 0) FROM tips t JOIN lives l USING(life_no)"
        " WHERE l.node = ? AND l.life = ?"
    )
    ((backed_up,),) = world.hub.disk.rows(sql, (edge.node, life))
    if stable_seq > backed_up:
        yield f"marks: {edge.name} takes {stable_seq} ops for safe, and {backed_up} are"


def receipts_are_where_they_were_confirmed(world: World, edge: Edge) -> Iterator[str]:
    """INV-05: a receipt that a spoke was told is durable is at the hub that said so."""
    sql = (
        "SELECT s.subject, r.ends, r.act, r.incarnation FROM receipts r JOIN subjects s"
        " USING(subject_no) WHERE r.node = ?"
    )
    kept = set(world.hub.disk.rows(sql, (edge.node,)))
    present = world.hub.store.incarnation
    told = edge.disk.rows(f"{sql} AND r.is_told AND r.incarnation = ?", (edge.node, present))
    for row in sorted(set(told) - kept):
        yield f"receipts: the hub confirmed that of {row[0].hex()} to {edge.name} and has none"


def authors_know_their_verdicts(world: World, edge: Edge) -> Iterator[str]:
    """INV-11: what the hub judged of a node's present life, that node was told."""
    sql = (
        "SELECT o.op_id, o.flags & 3, o.hub_seq FROM ops o JOIN lives l USING(life_no)"
        " WHERE l.node = ? AND l.life = ?"
    )
    of_life = (edge.node, edge.store.core.place().life)
    here = {op_id: rest for op_id, *rest in edge.disk.rows(sql, of_life)}
    for op_id, *judged in world.hub.disk.rows(sql, of_life):
        if op_id in here and here[op_id] != judged:
            yield f"INV-11 {edge.name} was not told that {op_id.hex()} is {judged}"


def nobody_goes_on_in_a_forked_life(world: World, edge: Edge) -> Iterator[str]:
    """INV-08: whatever was written in a node's present life is on its own disk."""
    sql = "SELECT op_id FROM ops o JOIN lives l USING(life_no) WHERE l.node = ? AND l.life = ?"
    of_life = world.hub.disk.rows(sql, (edge.node, edge.store.core.place().life))
    strange = {op_id for (op_id,) in of_life} - edge.disk.ids()
    if strange and not world.is_damaged:
        yield f"INV-08 {edge.name} goes on in a life in which another wrote {len(strange)} ops"


def nobody_forks_alone(world: World) -> Iterator[str]:
    """INV-08: a life has two branches only where a disk was copied or came back unnoticed."""
    if world.is_damaged or world.tally.keys() & {"clones", "edge_rollbacks"}:
        return
    sql = (
        "SELECT l.node, o.seq FROM ops o JOIN lives l USING(life_no) WHERE l.node <> ?"
        " GROUP BY o.life_no, o.seq HAVING count(*) > 1"
    )
    for node, seq in world.hub.disk.rows(sql, (world.hub.node,)):
        yield f"INV-08 number {seq} of a life of {node.hex()} names two ops"


def no_hub_finds_itself_rolled_back_alone(world: World) -> Iterator[str]:
    """INV-01: a hub that forgot what it acknowledged was rolled back by somebody."""
    if world.tally.keys() & {"hub_rollbacks", "hub_restores"}:
        return
    earlier = world.hub.store.core.meta(EARLIER, b"")
    if earlier:
        count = len(earlier) // ID_BYTES
        yield f"INV-01 the hub forgot what it had acknowledged: {count} names, and no restore"


def everybody_known_is_awaited(world: World) -> Iterator[str]:
    """INV-01: a restored hub awaits every node of which its backup has an op."""
    hub = world.hub
    recovery = read_recovery(hub.store.core.connection)
    if recovery is None or "skews" in world.tally:
        return
    sql = (
        "SELECT DISTINCT l.node FROM ops o JOIN lives l USING(life_no) WHERE o.reached_ms < ?"
        " AND l.node <> ? ORDER BY 1"
    )
    known = {node for (node,) in hub.disk.rows(sql, (recovery.since_ms, hub.node))}
    for node in sorted(known - {one.node for one in recovery.nodes}):
        yield f"recovery: the hub knew {node.hex()} and did not await it"


def own_ops(machine: Machine) -> Iterator[tuple[int, Op]]:
    """What people wrote at a machine and its disk still has, with its number, in order."""
    log = machine.store.core.log
    sql = (
        "SELECT first_op_no, first_op_no + last_seq - first_seq FROM segments"
        " WHERE first_op_no NOT NULL ORDER BY first_op_no"
    )
    for first, last in machine.disk.rows(sql):
        for stored in list(log.select("op_no BETWEEN ? AND ? ORDER BY op_no", (first, last))):
            try:
                op = stored.read()
            except UnreadableOp:
                continue
            if op.header.device == DESK:
                yield stored.op_no, op
