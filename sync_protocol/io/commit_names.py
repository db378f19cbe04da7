"""Names of the hub's commits, by which a log that was rolled back behind its back is known.

Implements PROTOCOL.md, Commit names. Each commit that adds to the hub's log is named; a spoke's
cursor says of which commit it was last told. A name that the hub gave and does not hold any more
proves a rollback; one that it never gave proves nothing. Everything here runs in the caller's
transaction.
"""

from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Final

from sync_protocol.ids import IncarnationId, NodeId
from sync_protocol.io.connection import Connection
from sync_protocol.seal import Signer

NUMBER_BYTES: Final = 8
CHANCE_BYTES: Final = 8
PROOF_BYTES: Final = 16
NAME_BYTES: Final = NUMBER_BYTES + CHANCE_BYTES + PROOF_BYTES
COMMITS_KEPT_MIN: Final = 100_000
"""The newest names are kept whoever was told of them: a restored spoke may name any of them."""
ANSWERED_WITHIN: Final = 50_000
"""More commits than any disk makes durable while one request is held."""
PRUNE_EVERY: Final = 1_000


class CommitNames:
    """Gives names, knows them again, and forgets those that nobody can name any more."""

    def __init__(
        self,
        connection: Connection,
        signer: Signer,
        chance: Callable[[int], bytes],
        key: bytes = b"",
    ) -> None:
        """Nothing is read yet. The proof hangs on the key of `signer`, which no backup holds.

        A hub whose signing key was changed goes on with the `key` that it drew from its first.
        """
        self._connection = connection
        self._signer = signer
        self._chance = chance
        self._given_key = key

    def give(self, incarnation: IncarnationId) -> bytes:
        """The name of the open transaction."""
        number = self.newest() + 1
        opening = number.to_bytes(NUMBER_BYTES, "big") + self._chance(CHANCE_BYTES)
        name = opening + self._proof(incarnation, opening)
        self._connection.execute("INSERT INTO commits(number, name) VALUES (?, ?)", (number, name))
        if number % PRUNE_EVERY == 0:
            self.prune(number - COMMITS_KEPT_MIN)
        return name

    def newest(self) -> int:
        """The number of the last commit that was named."""
        return int(self._connection.execute("SELECT coalesce(max(number), 0) FROM commits")[0][0])

    def number_of(self, name: bytes) -> int | None:
        """Which commit of this log has that name; None where none has."""
        rows = self._connection.execute("SELECT number FROM commits WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else None

    def was_given(self, name: bytes, incarnation: IncarnationId) -> bool:
        """Whether this hub gave that name under that incarnation, in whatever timeline."""
        opening, proof = name[:-PROOF_BYTES], name[-PROOF_BYTES:]
        is_whole = len(name) == NAME_BYTES
        return is_whole and compare_digest(proof, self._proof(incarnation, opening))

    def may_be_forgotten(self, name: bytes, node: NodeId) -> bool:
        """Whether `node`, restored to long ago, names a commit that this log once held.

        It named a later one of this very log since, so that this one was in it as well.
        """
        number = int.from_bytes(name[:NUMBER_BYTES], "big")
        rows = self._connection.execute("SELECT commit_named FROM peers WHERE node = ?", (node,))
        is_old = number <= self.newest() - COMMITS_KEPT_MIN
        return is_old and bool(rows) and number < rows[0][0]

    def prune(self, last: int) -> None:
        """Forget the names up to `last`, but for what a peer may have been told last.

        A peer names either what it named before or what the answer to its last request told it.
        However long it is silent, that is kept.
        """
        self._connection.execute(
            "DELETE FROM commits WHERE number <= ? AND NOT EXISTS (SELECT 1 FROM peers p WHERE"
            " commits.number BETWEEN p.commit_named AND p.commit_asked + ?)",
            (last, ANSWERED_WITHIN),
        )

    def _proof(self, incarnation: IncarnationId, opening: bytes) -> bytes:
        return digest(self._key, incarnation + opening, "sha256")[:PROOF_BYTES]

    @cached_property
    def _key(self) -> bytes:
        return self._given_key or names_key(self._signer)


def names_key(signer: Signer) -> bytes:
    """The key that names are drawn from by a hub which signs with that key."""
    return sha256(signer.sign(b"throughcare commit names v1\0")).digest()
