"""The eight merge policies, and `Rule`, which binds one of them to a field.

Implements PROTOCOL.md, Policies. A policy reads the standing sides of one field and nothing else:
no history, no clock, no store. So every node that holds the same ops shows the same, and a policy
may change in a later release without touching what is stored. None ever writes a resolution.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal, Protocol

import msgspec

from sync_protocol.clock import Hlc
from sync_protocol.ids import OpId

OPEN: Final = "open"
CLOSED: Final = "closed"

Severity = Literal["S1", "S2", "S3"]
Class = Literal["P1", "P2", "P3", "P4"]


class Side(msgspec.Struct, frozen=True, gc=False):
    """One standing op's value of one field, and what a policy may weigh of the op."""

    op_id: OpId
    hlc: Hlc
    suspect: bool
    happened_at: int
    value: Any

    @property
    def written(self) -> tuple[bool, int, OpId]:
        """Sorts by when it was written; a suspect clock comes before every sound one."""
        return (not self.suspect, self.hlc, self.op_id)


class Shown(msgspec.Struct, frozen=True, gc=False):
    """What a field shows, and why a person must look (None: nobody need)."""

    value: Any
    asks: str | None = None


class Policy(Protocol):
    """Derives what a field shows from its standing sides, of which there is at least one."""

    def show(self, sides: Sequence[Side]) -> Shown:
        """The same answer for the same set of sides, in whatever order they come."""


class Scale(Protocol):
    """Ranks values from the least to the most cautious."""

    def rank(self, value: Any) -> tuple[Any, ...]:
        """A key that sorts with every other key of this scale."""


class Levels(msgspec.Struct, frozen=True, tag=True):
    """Named levels from low to high; one that is not named outranks them all, to be safe."""

    names: tuple[str, ...]

    def rank(self, value: Any) -> tuple[Any, ...]:
        """The place of the level, then its text."""
        place = self.names.index(value) if value in self.names else len(self.names)
        return (place, str(value))


class LaterDate(msgspec.Struct, frozen=True, tag=True):
    """The later ISO date is the more cautious, and none at all the most: it does not end."""

    def rank(self, value: Any) -> tuple[Any, ...]:
        """No end date outranks every end date."""
        return (value is None, str(value))


class TrueOutranks(msgspec.Struct, frozen=True, tag=True):
    """For ticks whose loss would harm: true outranks false."""

    def rank(self, value: Any) -> tuple[Any, ...]:
        """True after false; anything else after both."""
        return (2 if not isinstance(value, bool) else int(value), str(value))


class Fixed(msgspec.Struct, frozen=True, tag=True):
    """Shows the value given at creation; asks when two differ."""

    def show(self, sides: Sequence[Side]) -> Shown:
        """The earliest written sound value."""
        first = min(sides, key=lambda side: (side.suspect, side.hlc, side.op_id))
        return Shown(first.value, "two_values" if _differ(sides) else None)


class Latest(msgspec.Struct, frozen=True, tag=True):
    """Shows the later value and never asks: declare why losing a side hurts nobody."""

    def show(self, sides: Sequence[Side]) -> Shown:
        """The latest by (sound clock, hlc, op id)."""
        return Shown(max(sides, key=lambda side: side.written).value)


class Highest(msgspec.Struct, frozen=True, tag=True):
    """Shows the most cautious standing value; asks when they differ."""

    scale: Levels | LaterDate | TrueOutranks

    def show(self, sides: Sequence[Side]) -> Shown:
        """Lowering needs an op that saw, and so replaced, every higher one."""
        highest = max(sides, key=lambda side: (self.scale.rank(side.value), side.op_id))
        return Shown(highest.value, "levels_differ" if _differ(sides) else None)


class OpenClose(msgspec.Struct, frozen=True, tag=True):
    """Shows open, unless the close had seen every standing opening and change of the record.

    An author who changes another field of an open record says again that it is open (see
    `author`), which is how a change unseen by the close keeps it open.
    """

    def show(self, sides: Sequence[Side]) -> Shown:
        """Anything that is not closed counts as open."""
        closed = [side for side in sides if side.value == CLOSED]
        if len(closed) == len(sides):
            return Shown(CLOSED)
        return Shown(OPEN, "close_missed_something" if closed else None)


class AskAPerson(msgspec.Struct, frozen=True, tag=True):
    """Shows the side with the later effective date, marked contested while two values stand.

    `effective` names the member of the value that holds the ISO date; without it the moment it
    happened counts.
    """

    effective: str | None = None

    def show(self, sides: Sequence[Side]) -> Shown:
        """Later effective date, then hlc, then op id."""
        leading = max(sides, key=lambda side: (self._effective(side), side.written))
        return Shown(leading.value, "contested" if _differ(sides) else None)

    def _effective(self, side: Side) -> tuple[int, str]:
        if self.effective is None:
            return (side.happened_at, "")
        member = side.value.get(self.effective) if isinstance(side.value, dict) else None
        return (0, str(member or ""))


class Gather(msgspec.Struct, frozen=True, tag=True):
    """Shows every standing value in order of when it happened; never asks."""

    def show(self, sides: Sequence[Side]) -> Shown:
        """A list, oldest first."""
        ordered = sorted(sides, key=lambda side: (side.happened_at, side.hlc, side.op_id))
        return Shown([side.value for side in ordered])


class ForwardMost(msgspec.Struct, frozen=True, tag=True):
    """Shows the furthest state of a machine whose transitions carry where they came from.

    A value is `{"from": state or None, "to": state}`; `states` are in order of progress and
    `pairs` the legal transitions.
    """

    states: tuple[str, ...]
    pairs: tuple[tuple[str | None, str], ...]

    def show(self, sides: Sequence[Side]) -> Shown:
        """Asks when a standing transition is illegal, or two lead to different states."""
        legal = [side for side in sides if self._is_legal(side.value)]
        furthest = max(legal or sides, key=lambda side: (self._place(side.value), side.op_id))
        if len(legal) < len(sides):
            return Shown(_reached(furthest.value), "illegal_transition")
        reached = [_reached(side.value) for side in sides]
        diverged = any(state != reached[0] for state in reached)
        return Shown(_reached(furthest.value), "diverged" if diverged else None)

    def _is_legal(self, value: Any) -> bool:
        return isinstance(value, dict) and (value.get("from"), value.get("to")) in self.pairs

    def _place(self, value: Any) -> int:
        reached = _reached(value)
        return self.states.index(reached) if reached in self.states else -1


class WholeVersion(msgspec.Struct, frozen=True, tag=True):
    """Shows the version whose approval stands; a draft is shown only where none is approved.

    A value is `{"approved": bool, "content": …}`. Drafts replace nothing; an approval replaces the
    earlier approval and names the version it saw in `refs`.
    """

    def show(self, sides: Sequence[Side]) -> Shown:
        """Asks when two approvals with different content stand."""
        approved = [side for side in sides if _is_approved(side.value)]
        leading = max(approved or sides, key=lambda side: side.written)
        return Shown(leading.value, "two_approvals" if _differ(approved) else None)


AnyPolicy = Fixed | Latest | Highest | OpenClose | AskAPerson | Gather | ForwardMost | WholeVersion


class _Ruled(msgspec.Struct, frozen=True):
    policy: AnyPolicy


class Rule(_Ruled, frozen=True, kw_only=True):
    """What a field declares beside its type: how it merges, who writes it, its class.

    `writers` are names of roles, opaque here. `severity` is that of an open conflict. `why` is
    required with `Latest`: it says why losing a side hurts nobody. `optional` fields may be
    missing from a new record though None is no value of theirs.
    """

    writers: frozenset[str]
    cls: Class
    severity: Severity = "S2"
    why: str = ""
    optional: bool = False


def _differ(sides: Sequence[Side]) -> bool:
    return any(side.value != sides[0].value for side in sides[1:])


def _reached(value: Any) -> Any:
    return value.get("to") if isinstance(value, dict) else value


def _is_approved(value: Any) -> bool:
    return isinstance(value, dict) and value.get("approved") is True
