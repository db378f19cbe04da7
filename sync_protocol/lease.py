"""Leases: for how long a node may show what it holds, and the clock by which that is judged.

Implements PROTOCOL.md, Leases. The hub signs a lease to a node and renews it at each contact once a
part is used. Who cannot be heard of any more (a box that was stolen, an office behind a cut line)
can be read for so long, and written at for ever. It never asks the time: it is told.
"""

from typing import Annotated, Final, Literal

import msgspec

from sync_protocol.ids import A_COUNT, A_MOMENT, A_WORD, AN_ID, IncarnationId, LifeId, NodeId
from sync_protocol.limits import DRIFT_MS_MAX, LEASE_RENEWED_AFTER_PERCENT, LEASE_WARNED_AT_PERCENT
from sync_protocol.seal import A_SIGNATURE, lease_claim

LOCKED: Final = "locked"
"""In place of a role: the lease has ended with its issue, and is an order to lock."""

Why = Literal["", "lapsed", "locked"]


class Term(msgspec.Struct, frozen=True):
    """What the hub grants a node: the role that it has, as a word, and for how long at a time."""

    role: str
    length_ms: int


UNENDING: Final = Term("node", 100 * 365 * 24 * 60 * 60 * 1000)
"""What takes back an order to lock where the hub gives leases to nobody."""


class Lease(msgspec.Struct, frozen=True, array_like=True):
    """The hub's word that a node may show what it holds until a moment.

    It answers one request, `count` of `life`, so that an old one is worth nothing to whoever
    recorded it. One whose role is `locked` is an order: it ended as it began.
    """

    life: Annotated[LifeId, AN_ID]
    count: Annotated[int, A_COUNT]
    issued_ms: Annotated[int, A_MOMENT]
    expires_ms: Annotated[int, A_MOMENT]
    role: Annotated[str, A_WORD]
    signature: Annotated[bytes, A_SIGNATURE] = b""

    @property
    def is_order(self) -> bool:
        """Whether it orders its node to lock."""
        return self.role == LOCKED


class Tenure(msgspec.Struct, frozen=True):
    """How a node stands with its lease: the lease, if it was told any, and how late it is."""

    lease: Lease | None = None
    reached_ms: int = 0

    @property
    def why_locked(self) -> Why:
        """Why nothing may be read here; empty where it may.

        A node that was never told a lease is not locked: it holds what it wrote itself, or has not
        heard of its hub since that hub gives any.
        """
        if self.lease is None:
            return ""
        if self.lease.is_order:
            return "locked"
        return "lapsed" if self.reached_ms >= self.lease.expires_ms else ""

    @property
    def left_ms(self) -> int | None:
        """For how long what is held may still be read; None where nothing ends it."""
        if self.lease is None:
            return None
        return 0 if self.why_locked else self.lease.expires_ms - self.reached_ms

    @property
    def is_short(self) -> bool:
        """Whether most of it is used: whoever works here must be told before it ends."""
        lease = self.lease
        if lease is None or self.why_locked:
            return False
        used_ms = self.reached_ms - lease.issued_ms
        return used_ms * 100 >= (lease.expires_ms - lease.issued_ms) * LEASE_WARNED_AT_PERCENT

    @property
    def asks_until_ms(self) -> int:
        """What a hello says of it: when it ends; 0 where a new one is needed now."""
        return 0 if self.lease is None or self.why_locked else max(0, self.lease.expires_ms)


def claim_of_lease(lease: Lease, incarnation: IncarnationId, node: NodeId) -> bytes:
    """The bytes that the hub signs of a lease."""
    moments = (max(0, lease.issued_ms), max(0, lease.expires_ms))
    words = (lease.role.encode(), lease.life)
    return lease_claim(incarnation, node, (lease.count, *moments), words)


def reach(reached_ms: int, wall_ms: int, ran_ms: int) -> int:
    """How late it is at least: what was reached and ran since, or the wall where that is later.

    A wall clock that was set back so changes nothing, and time goes on all the same.
    """
    return max(reached_ms + max(0, ran_ms), wall_ms)


def is_lease_due(until_ms: int, term: Term, now_ms: int, *, is_locked: bool) -> bool:
    """Whether a node that says that its lease ends then is to be given another.

    One that ends later than any given now was given by a clock that ran ahead, or under a longer
    term.
    """
    left_ms = until_ms - now_ms
    kept_ms = term.length_ms * (100 - LEASE_RENEWED_AFTER_PERCENT) // 100
    is_beyond = left_ms > term.length_ms + DRIFT_MS_MAX
    return is_locked or not until_ms or left_ms <= kept_ms or is_beyond
