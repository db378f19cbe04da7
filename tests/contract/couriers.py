"""What a courier does between a hub and its spokes: ask, bring, answer, take."""

from sync_protocol.io.courier import (
    Came,
    Taken,
    answer_by_courier,
    ask_by_courier,
    take_answer,
    take_requests,
)
from tests.contract.world import Node, World

Pair = tuple[World, Node, Node]


def send_parcel(world: World) -> None:
    """Have everybody know a parcel."""
    world.hub.write({"label": "books"})
    world.settle()


def ask(world: World, spoke: Node) -> bytes:
    """A file of this spoke for the hub."""
    return ask_by_courier(spoke.store, world.hub.id).raw


def bring(world: World, raw: bytes) -> Taken:
    """Take a file in at the hub."""
    return take_requests(world.hub.store, world._find_key, world.hub.signer.public_key, raw)


def answer(world: World, spoke: Node) -> bytes:
    """The hub's file for this spoke."""
    return answer_by_courier(world.hub.store, spoke.id).raw


def take(world: World, spoke: Node, raw: bytes) -> Came:
    """Take a file in at a spoke."""
    return take_answer(spoke.store, world.hub.id, world.hub.signer.public_key, raw)


def journey(world: World, spoke: Node) -> Came:
    """There and back."""
    bring(world, ask(world, spoke))
    return take(world, spoke, answer(world, spoke))


def state(node: Node) -> tuple[bytes, int, object, object]:
    """All that a file might change."""
    with node.store.core.transaction():
        place = (node.store.core.cursor(), node.store.core.place())
    return (node.store.projection_digest(), node.ops, *place)
