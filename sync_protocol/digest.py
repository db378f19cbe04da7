"""Digests: one number per subject that two nodes compare instead of comparing every op.

Implements PROTOCOL.md, Digests. Additive, so that one op is added or taken away without reading
the rest, and the same in any order. It finds faults, not forgers. Only applied ops that the hub
has numbered count, so that nodes with different unsent work still agree.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import msgspec

from sync_protocol.ids import OpId, SubjectId

MODULUS: Final = 1 << 256
DIGEST_BYTES: Final = 32
_FLAG_BYTES: Final = tuple(bytes((flags,)) for flags in range(8))


class Digest(msgspec.Struct, frozen=True, gc=False):
    """The sum and the count of a subject's ops."""

    total: int = 0
    count: int = 0

    def plus(self, *terms: int) -> "Digest":
        """With so many ops more."""
        return Digest((self.total + sum(terms)) % MODULUS, self.count + len(terms))

    def minus(self, term: int) -> "Digest":
        """With one op less."""
        return Digest((self.total - term) % MODULUS, self.count - 1)

    def to_bytes(self) -> bytes:
        """The sum as 32 bytes, big-endian."""
        return self.total.to_bytes(DIGEST_BYTES, "big")


EMPTY: Final = Digest()


def digest_term(op_id: OpId, *, suspect: bool, late: bool, redacted: bool) -> int:
    """What one op adds: a change of its verdict changes the sum."""
    flags = _FLAG_BYTES[suspect | late << 1 | redacted << 2]
    return int.from_bytes(sha256(op_id + flags).digest(), "big")


def subject_term(subject: SubjectId, digest: Digest) -> int:
    """What one subject adds to a view."""
    line = subject + digest.to_bytes() + digest.count.to_bytes(8, "big")
    return int.from_bytes(sha256(line).digest(), "big")


def view_digest(digests: Iterable[tuple[SubjectId, Digest]]) -> bytes:
    """32 bytes over all that a node holds; the same in any order of subjects.

    Subjects without a counted op say nothing, so that knowing of one and holding none agree.
    """
    total = 0
    for subject, digest in digests:
        if digest.count:
            total += subject_term(subject, digest)
    return (total % MODULUS).to_bytes(DIGEST_BYTES, "big")
