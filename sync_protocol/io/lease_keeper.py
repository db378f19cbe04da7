"""A node's lease on disk, and the clock that it is judged by, which cannot be put back.

Implements PROTOCOL.md, Leases. The clock is written ahead of itself: what a node may show until
then it may show without another write, and a node that is killed and started again, however often,
has used at least as much as it ran. Nothing is written where there is no lease.
"""

from threading import Lock
from typing import Final

import msgspec

from sync_protocol.clock import hlc_ms
from sync_protocol.ids import IncarnationId
from sync_protocol.io.store_core import StoreCore
from sync_protocol.lease import Lease, Tenure, reach
from sync_protocol.limits import LEASE_CLOCK_STEP_MS

LEASE: Final = "lease"
LEASE_CLOCK: Final = "lease_clock_ms"
"""Up to when the node may go on without writing: it is later than whatever it has reached."""


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """A lease as it is stored, and where this node's clocks were when it was taken in.

    Counts of requests rise within one incarnation of the hub alone.
    """

    incarnation: IncarnationId
    lease: Lease
    taken_ms: int
    hlc_ms: int
    ahead_ms: int = 0
    """By how much the wall clock was ahead of the hub's when that was heard last by the line."""

    def is_before(self, lease: Lease, incarnation: IncarnationId) -> bool:
        """Whether another lease answers a later request."""
        return self.incarnation != incarnation or self.lease.count < lease.count


class LeaseKeeper:
    """Keeps a spoke's lease; any thread may ask it how the node stands."""

    def __init__(self, core: StoreCore) -> None:
        """Nothing is read before `load`."""
        self._core = core
        self._lock = Lock()
        self._raw: bytes | None = None
        self._kept: _Kept | None = None
        self._reached_ms = 0
        self._written_ms = 0
        self._ran_ms = core.parts.steady_ms()
        self._is_loaded = False
        self._is_started = False
        core.when_others_wrote.append(self.forget)

    def load(self) -> None:
        """Read what is stored. A node that starts has used all that it had written ahead."""
        core = self._core
        with core.transaction():
            raw = core.meta(LEASE)
            clock_ms = int(core.meta(LEASE_CLOCK, 0))
            hlc = hlc_ms(core.place().hlc)
        kept = None if raw is None else msgspec.msgpack.decode(raw, type=_Kept)
        with self._lock:
            if kept is not None and not self._is_started:
                # What was written here since tells as well how late it has become.
                worked_ms = kept.taken_ms + max(0, hlc - kept.hlc_ms)
                self._reached_ms = max(clock_ms, worked_ms)
            elif raw != self._raw:
                self._reached_ms = clock_ms - LEASE_CLOCK_STEP_MS
                self._ran_ms = core.parts.steady_ms()
            self._raw, self._kept, self._written_ms = raw, kept, clock_ms
            self._is_loaded = self._is_started = True

    def forget(self) -> None:
        """Somebody wrote to the store beside this program: read it again when next asked."""
        self._is_loaded = False

    def tenure(self) -> Tenure:
        """How the node stands now; how late it is is durable before it is told.

        Ask it outside of a transaction: what that forgets would have been told.
        """
        told = self.peek()
        lease, written_ms = told.lease, self._written_ms
        if lease is not None and written_ms <= told.reached_ms and written_ms < lease.expires_ms:
            self._write_ahead(told.reached_ms)
        return told

    def peek(self) -> Tenure:
        """How the node stands now, for what shows nothing of anybody; nothing is written."""
        if not self._is_loaded:
            self.load()
        with self._lock:
            return Tenure() if self._kept is None else Tenure(self._kept.lease, self._reach())

    def take(self, lease: Lease, incarnation: IncarnationId, heard_ms: int | None) -> None:
        """Store a lease that the hub signed, in the caller's transaction.

        It sets the clock to when it was `heard` from the hub, be that earlier: this alone puts it
        back. What came by courier (None) was days on its way, and puts nothing back. One that
        answers no later request than that of the lease held changes nothing.
        """
        if not self._is_loaded:
            self.load()
        with self._lock:
            kept = self._kept
            reached_ms = max(self._reach(), lease.issued_ms) if heard_ms is None else heard_ms
        if kept is not None and not kept.is_before(lease, incarnation):
            return
        ahead_ms = 0 if kept is None else kept.ahead_ms
        if heard_ms is not None:
            ahead_ms = max(0, self._core.parts.clock.now_ms() - heard_ms)
        hlc = max(reached_ms, hlc_ms(self._core.place().hlc))
        stored = msgspec.msgpack.encode(_Kept(incarnation, lease, reached_ms, hlc, ahead_ms))
        written_ms = reached_ms + LEASE_CLOCK_STEP_MS
        self._core.set_meta({LEASE: stored, LEASE_CLOCK: written_ms})
        self._is_loaded = False

    def next_count(self) -> int:
        """The least count that a request may have: none is used again after the lease's."""
        return 0 if self._kept is None else self._kept.lease.count + 1

    def _reach(self) -> int:
        parts = self._core.parts
        ran_ms = parts.steady_ms()
        # A clock that runs ahead for good is no reason to lock an office that the hub hears.
        wall_ms = parts.clock.now_ms() - (0 if self._kept is None else self._kept.ahead_ms)
        self._reached_ms = reach(self._reached_ms, wall_ms, ran_ms - self._ran_ms)
        self._ran_ms = ran_ms
        return self._reached_ms

    def _write_ahead(self, reached_ms: int) -> None:
        ahead_ms = reached_ms + LEASE_CLOCK_STEP_MS
        with self._core.transaction():
            self._core.set_meta({LEASE_CLOCK: ahead_ms})
        with self._lock:
            self._written_ms = max(self._written_ms, ahead_ms)
