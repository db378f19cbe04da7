"""The signing keys of others as this node knows them: at the hub its spokes', at a spoke its hub's.

Implements PROTOCOL.md, Keys. The key by which a node was enrolled is for the estate to say; from
there its changes, which each proved itself, lead to the one in use.
"""

from collections.abc import Iterable
from typing import Final

from sync_protocol.errors import BadSignature
from sync_protocol.ids import NodeId
from sync_protocol.io.connection import Connection
from sync_protocol.keys import KeyChange, keys_from, new_changes
from sync_protocol.seal import Signer, check_signature

COLUMNS: Final = "node, former, key, by_former, by_key"


class PeerKeys:
    """Keeps the changes of others' keys; what is in memory mirrors what was committed."""

    def __init__(self, connection: Connection) -> None:
        """Nothing is read before `load`."""
        self._connection = connection
        self._known: dict[NodeId, tuple[KeyChange, ...]] = {}

    def load(self) -> None:
        """Read them all, in the caller's transaction."""
        known: dict[NodeId, tuple[KeyChange, ...]] = {}
        sql = f"SELECT {COLUMNS} FROM key_changes ORDER BY change_no"
        for node, *words in self._connection.execute(sql):
            known[node] = (*known.get(node, ()), KeyChange(*words))
        self._known = known

    @property
    def count(self) -> int:
        """How many changes are known: at a spoke, of its hub's key."""
        return sum(len(one) for one in self._known.values())

    def in_use(
        self, node: NodeId, first: bytes, told: Iterable[KeyChange] = ()
    ) -> tuple[bytes, tuple[KeyChange, ...]]:
        """The key that a node known by its `first` uses now, and the changes told that are new.

        A key that its node has put away is none that it uses: what it signs is refused at the door.
        """
        known = self._known.get(node, ())
        added = new_changes(first, known, told, node)
        return keys_from(first, (*known, *added))[-1], added

    def add(self, node: NodeId, added: Iterable[KeyChange], now_ms: int) -> None:
        """Store changes that are new, in the caller's transaction."""
        self._connection.executemany(
            f"INSERT INTO key_changes({COLUMNS}, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
            [(node, one.former, one.key, one.by_former, one.by_key, now_ms) for one in added],
        )
        self.load()

    def check(self, node: NodeId, key: bytes, claim: bytes, signature: bytes) -> None:
        """Raise BadSignature unless the node signed this, under the key in use or an earlier one.

        What was signed before a change travels for long: a segment that waits, a receipt.
        """
        former = {one.former for one in self._known.get(node, ())}
        check_any((key, *sorted(former - {key})), claim, signature)


def is_own(signer: Signer, changes: Iterable[KeyChange], claim: bytes, signature: bytes) -> bool:
    """Whether this node signed that itself, with the key in use or one that it had before."""
    if signer.sign(claim) == signature:
        return True
    try:
        check_any([one.former for one in changes], claim, signature)
    except BadSignature:
        return False
    return True


def check_any(keys: Iterable[bytes], claim: bytes, signature: bytes) -> None:
    """Raise BadSignature unless one of these keys signed this."""
    fault = BadSignature()
    for key in keys:
        try:
            check_signature(key, claim, signature)
        except BadSignature as other:
            fault = other
        else:
            return
    raise fault
