"""What the tests of letting go have in common: somebody leaves, and what is looked for then."""

from typing import Any

from sync_protocol.departure import Receipt
from sync_protocol.io.backup import advance_stable
from sync_protocol.io.connection import SqlConnection
from sync_protocol.io.receipts import RECEIPT_COLUMNS
from sync_protocol.merge import RecordKey
from tests import toys
from tests.contract.world import Node, World, parcel, secret

SUBJECT, OTHER = toys.subject(1), toys.subject(2)
CANARY = "zqxcanary"
PAIR = RecordKey("grudge", (SUBJECT, OTHER), toys.record(77))
TURNED = RecordKey("grudge", (OTHER, SUBJECT), toys.record(78))


def move(world: World, *nodes: Node, number: int = 1) -> None:
    world.let_hold(toys.subject(number), *nodes)
    with world.hub.store.core.transaction():
        world.hub.store.ingest_side.scope.ask_again([toys.subject(number)])
        world.hub.store.core.name_commit()


def back_up(world: World) -> None:
    """As if everything at the hub were in a verified backup."""
    advance_stable(world.hub.store, world.hub.store.last_hub_seq())


def state_of(node: Node, number: int = 1) -> str | None:
    with node.store.reading() as reading:
        rows = reading.select(
            "SELECT state FROM departures JOIN subjects USING(subject_no) WHERE subject = ?",
            (toys.subject(number),),
        )
    return rows[0][0] if rows else None


def leave(world: World, leeds: Node, *others: Node, number: int = 1) -> None:
    """The subject leaves, and everything follows that can."""
    world.settle()
    move(world, *others, number=number)
    world.settle()
    back_up(world)
    world.settle()


def fill(node: Node, number: int = 1) -> None:
    """Canaries in every kind of place."""
    node.write({"label": CANARY, "remarks": CANARY}, parcel(number))
    node.write({"label": f"{CANARY} again", "keeper": {"who": CANARY}}, parcel(number, 50))
    node.write({"text": CANARY}, secret(number))
    node.write({"place": CANARY}, parcel(number))
    node.write({"place": f"{CANARY} 2"}, parcel(number), seen=frozenset(), on_purpose=True)


def _strings(node: Node) -> list[tuple[str, Any]]:
    """Everything in every table of an opened store, the search index's own included."""
    connection = node.store.core.connection
    assert isinstance(connection, SqlConnection)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [
        (name, value)
        for (name,) in tables
        for row in connection.execute(f'SELECT * FROM "{name}"')
        for value in row
    ]


def canaries(node: Node) -> list[str]:
    found = []
    for name, value in _strings(node):
        raw = value if isinstance(value, bytes) else str(value).encode()
        if CANARY.encode() in raw:
            found.append(name)
    return found


def receipts(node: Node, of: Node) -> list[Receipt]:
    with node.store.reading() as reading:
        rows = reading.select(
            f"SELECT s.subject, {RECEIPT_COLUMNS} FROM receipts r JOIN subjects s USING(subject_no)"
            " WHERE node = ? ORDER BY at_ms",
            (of.id,),
        )
    return [Receipt(*row) for row in rows]
