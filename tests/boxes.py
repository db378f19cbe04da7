"""Box keys for nodes of tests, drawn from their ids, so that a node has the same one everywhere."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from sync_protocol.author import Chance
from sync_protocol.ids import NodeId
from sync_protocol.io.boxes import Boxes, box_public

RECOVERY_SECRET: Final = sha256(b"recovery box key of tests").digest()


def box_secret(node: NodeId) -> bytes:
    """The private box key of a node."""
    return sha256(b"box key of tests" + node).digest()


class EverybodysKeys(Mapping[NodeId, bytes]):
    """The public box key of whoever is asked for: a test's estate grows as it goes."""

    def __getitem__(self, node: NodeId) -> bytes:
        """Drawn from the id."""
        return box_public(box_secret(node))

    def __iter__(self) -> Iterator[NodeId]:
        """Nobody can be listed."""
        return iter(())

    def __len__(self) -> int:
        """Of what can be listed."""
        return 0


def boxes_for(node: NodeId, hub: NodeId, chance: Chance) -> Boxes:
    """The boxes of `node` in an estate around this hub; `chance` makes the keys of boxes."""
    return Boxes(
        box_secret(node),
        hub=hub,
        public_keys=EverybodysKeys(),
        recovery=box_public(RECOVERY_SECRET),
        chance=chance,
    )
