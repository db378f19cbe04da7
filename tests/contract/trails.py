"""The audit's own exchange in a world: sealed offers carried to the hub's door, and what it has."""

from typing import Any

from sync_protocol.ids import NO_ACTOR, ActorId
from sync_protocol.io.audit_exchange import AuditDoor, AuditSender
from sync_protocol.io.audit_trail import AuditLine
from sync_protocol.io.connection import Connection
from tests.contract.world import Node, World

OFFERS_MAX = 60


def unguard(connection: Connection) -> None:
    """What somebody does first who writes into the file by hand."""
    for name in ("audit_is_kept_as_it_is", "audit_is_kept", "audit_copies_are_kept_as_they_are"):
        connection.execute(f"DROP TRIGGER {name}")


def tell(node: Node, *details: str, act: str = "read", actor: ActorId = NO_ACTOR) -> None:
    """Lines of audit, one by one."""
    for detail in details:
        node.store.witness([AuditLine(actor=actor, act=act, detail=detail, role="staff")])


def sender_of(world: World, node: Node) -> AuditSender:
    """What sends a spoke's audit."""
    return AuditSender(node.store, world.hub.id, world.hub.signer.public_key)


def door_of(world: World) -> AuditDoor:
    """The hub's door for it."""
    keys = {one.id: one.signer.public_key for one in world.spokes.values()}
    return AuditDoor(world.hub.store, keys.get)


def send_audit(world: World, node: Node) -> int:
    """Send until nothing more goes; how many offers it took."""
    sender, door = sender_of(world, node), door_of(world)
    offers, is_more = 0, True
    while is_more:
        is_more = sender.accept(door.receive(sender.offer(with_trail=True)))
        offers += 1
        assert offers < OFFERS_MAX, "it ends"
    return offers


def copied(world: World, node: Node) -> list[str]:
    """The details of every line that the hub has of a node, branch after branch."""
    sql = (
        "SELECT detail FROM audit_copies JOIN audit_branches USING(branch_no) WHERE node = ?"
        " ORDER BY branch_no, line_no"
    )
    return [str(row[0]) for row in select(world.hub, sql, node.id)]


def named(world: World, node: Node) -> list[tuple[str, int]]:
    """What the hub found wrong with a node's trail, and at which line."""
    sql = "SELECT code, line_no FROM audit_faults WHERE node = ? ORDER BY fault_no"
    return [(str(code), int(line_no)) for code, line_no in select(world.hub, sql, node.id)]


def select(node: Node, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows out of a store."""
    with node.store.reading() as reading:
        return reading.select(sql, values)
