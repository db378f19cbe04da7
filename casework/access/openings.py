"""Which records are open to whom for a while, with a reason: in this program's memory alone.

An opening ends after an hour by the node's clock or by a clock that nobody can set, whichever comes
first; putting the clock back ends it at once, and so does a restart. That it began is a record,
which is kept; that it is going on is nothing that should outlive the program.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

import msgspec

from sync_protocol.ids import ActorId, RecordId, SubjectId

OPEN_MS: Final = 60 * 60_000
OPEN_AT_ONCE_MAX: Final = 20
"""Of one officer; whoever needs more at once is not looking after one person."""


def steady_ms() -> int:
    """Milliseconds by a clock that only goes forward; its zero means nothing."""
    return time.monotonic_ns() // 1_000_000


class Opening(msgspec.Struct, frozen=True):
    """One person's record, open to one officer."""

    staff: ActorId
    person: SubjectId
    record: RecordId
    """The record of it, which somebody else reviews."""
    began_ms: int
    began_steady_ms: int


class Openings:
    """What is open at this node now."""

    def __init__(self, steady: Callable[[], int] = steady_ms) -> None:
        """Nothing is open. `steady` is the clock that nobody can set."""
        self._steady = steady
        self._open: dict[tuple[ActorId, SubjectId], Opening] = {}
        self._lock = Lock()

    def begin(self, staff: ActorId, person: SubjectId, record: RecordId, now_ms: int) -> Opening:
        """Open one person's record to one officer."""
        opening = Opening(staff, person, record, now_ms, self._steady())
        with self._lock:
            self._open = {key: one for key, one in self._open.items() if self.left_ms(one, now_ms)}
            self._open[staff, person] = opening
        return opening

    def of(self, staff: ActorId, now_ms: int) -> tuple[Opening, ...]:
        """What is open to an officer now."""
        with self._lock:
            own = [one for one in self._open.values() if one.staff == staff]
        return tuple(one for one in own if self.left_ms(one, now_ms))

    def find(self, staff: ActorId, person: SubjectId, now_ms: int) -> Opening | None:
        """The opening of this person's record to this officer; None where it is not open now."""
        with self._lock:
            opening = self._open.get((staff, person))
        return opening if opening is not None and self.left_ms(opening, now_ms) else None

    def left_ms(self, opening: Opening, now_ms: int) -> int:
        """How long it stays open, by whichever clock gives it less; 0 where it is over."""
        passed = (now_ms - opening.began_ms, self._steady() - opening.began_steady_ms)
        # A clock that was put back would keep it open for as long as it was put back.
        return 0 if min(passed) < 0 else max(0, OPEN_MS - max(passed))

    def end(self, staff: ActorId, person: SubjectId) -> Opening | None:
        """Close one; None where it was not open."""
        with self._lock:
            return self._open.pop((staff, person), None)

    def end_all(self, staff: ActorId) -> None:
        """Close what is open to an officer: after signing out."""
        with self._lock:
            self._open = {key: one for key, one in self._open.items() if one.staff != staff}
