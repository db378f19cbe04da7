"""Temporary absences: which outings are to come, under way, over, or overdue.

When somebody was out is told by movements and nowhere else. A cancellation outranks an approval
that had not seen it, so nobody leaves on it; whoever was out already is to be called back. The
statuses are those of the external movements service.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from casework.reference.in_use import short_place_name as place_words
from casework.rules.custody_findings import not_knowing
from casework.rules.due import Due
from casework.rules.rows import HOUR_MS, Finding, Row, by_gravity, gathered_structs, is_closed
from casework.rules.spoken import clock_words
from casework.rules.steps import Move, moves_in_order
from sync_protocol.ids import RecordId

OutingStatus = Literal[
    "PENDING", "SCHEDULED", "IN_PROGRESS", "COMPLETED", "OVERDUE", "EXPIRED", "PAUSED", "DENIED",
    "CANCELLED",
]  # fmt: skip

EARLY_MS: Final = 4 * HOUR_MS
"""How long before its time an outing may have begun and still be that outing."""


class Outing(msgspec.Struct, frozen=True):
    """One outing: what was planned, what happened, and its status.

    `cancelled_ms` is when it was cancelled, where that is known; `is_allowed` whether the person
    may be out on it.
    """

    record: RecordId
    number: str
    prison: str
    out_at: int
    back_at: int
    left_ms: int | None
    returned_ms: int | None
    status: OutingStatus
    is_allowed: bool
    cancelled_ms: int | None

    @property
    def is_out(self) -> bool:
        """Whether the person is out on it."""
        return self.left_ms is not None and self.returned_ms is None


def outings_of(
    absences: Iterable[Row], movements: Iterable[Row], *, as_of_ms: int
) -> tuple[Outing, ...]:
    """Every outing of a person in order of time, with what the movements tell of it."""
    moves = moves_in_order(movements, as_of_ms=as_of_ms)
    planned = sorted(
        (
            (
                occurrence["out_at"],
                occurrence["back_at"],
                row.key.record,
                str(occurrence["number"]),
                row,
            )
            for row in absences
            if not is_closed(row)
            for occurrence in gathered_structs(row, "occurrence")
            if _is_readable(occurrence)
        ),
        key=lambda one: one[:4],
    )
    found: list[Outing] = []
    used: set[RecordId] = set()
    for out_at, back_at, _, number, row in planned:
        left = next((move for move in moves if _is_of(move, row, out_at, back_at, used)), None)
        if left is not None:
            used.add(left.record)
        found.append(_outing(row, (number, out_at, back_at), (left, moves), as_of_ms))
    return tuple(found)


def absence_findings(outings: Iterable[Outing]) -> tuple[Finding, ...]:
    """Who is out and may not be, or is not back in time."""
    found = [_finding(outing) for outing in outings if outing.is_out]
    return by_gravity([finding for finding in found if finding is not None])


def absence_due(outings: Iterable[Outing], *, day: str) -> tuple[Due, ...]:
    """The call back to prison of whoever is out and may not be, or is not back in time."""
    due = []
    for outing in outings:
        found = _finding(outing) if outing.is_out else None
        if found is not None:
            words = f"Call the person back to {place_words(outing.prison)}. {found.words}"
            due.append(_due("recall_to_prison", words, day, outing))
    return tuple(due)


def _is_readable(occurrence: Mapping[str, Any]) -> bool:
    return all(isinstance(occurrence.get(name), int) for name in ("out_at", "back_at"))


def _is_of(move: Move, row: Row, out_at: int, back_at: int, used: set[RecordId]) -> bool:
    """Whether a movement is the departure on this outing."""
    if move.is_in or move.sort != "absence" or move.record in used:
        return False
    is_from_there = move.from_place == row.values.get("prison")
    return is_from_there and out_at - EARLY_MS <= move.occurred_at <= back_at


def _outing(
    row: Row,
    planned: tuple[str, int, int],
    happened: tuple[Move | None, Sequence[Move]],
    as_of_ms: int,
) -> Outing:
    number, out_at, back_at = planned
    left, moves = happened
    left_ms = left.occurred_at if left is not None else None
    returned = [
        move.occurred_at
        for move in moves
        if left is not None and move.is_in and move.occurred_at > left.occurred_at
    ]
    cancelled = [
        one.get("cancelled_at")
        for one in gathered_structs(row, "cancellation")
        if str(one.get("number")) == number
    ]
    is_cancelled = bool(cancelled)
    approval = "CANCELLED" if is_cancelled else str(row.values.get("approval", "PENDING"))
    moments = [moment for moment in cancelled if isinstance(moment, int)]
    returned_ms = min(returned, default=None)
    return Outing(
        record=row.key.record,
        number=number,
        prison=str(row.values.get("prison", "")),
        out_at=out_at,
        back_at=back_at,
        left_ms=left_ms,
        returned_ms=returned_ms,
        status=_status(approval, left_ms, returned_ms, (back_at, as_of_ms)),
        is_allowed=approval in {"APPROVED", "EXPIRED"},
        cancelled_ms=min(moments, default=None),
    )


def _status(
    approval: str, left_ms: int | None, returned_ms: int | None, times: tuple[int, int]
) -> OutingStatus:
    back_at, as_of_ms = times
    is_late = as_of_ms > back_at
    if left_ms is not None:
        if returned_ms is not None:
            return "COMPLETED"
        return "OVERDUE" if is_late else "IN_PROGRESS"
    for stopped in ("CANCELLED", "DENIED", "PAUSED"):
        if approval == stopped:
            return stopped
    if is_late or approval == "EXPIRED":
        return "EXPIRED"
    return "SCHEDULED" if approval == "APPROVED" else "PENDING"


def _finding(outing: Outing) -> Finding | None:
    """What is wrong with an outing that the person is out on."""
    there = place_words(outing.prison)
    left_ms = outing.left_ms or 0
    if outing.status == "OVERDUE":
        words = (
            f"Left {there} on temporary absence at {clock_words(left_ms)}, was due back at "
            f"{clock_words(outing.back_at)}, and is not back."
        )
        return Finding("absence_overdue", "S1", words)
    if outing.is_allowed:
        return None
    if outing.cancelled_ms is not None and outing.cancelled_ms <= left_ms:
        words = not_knowing(
            f"{there} recorded the departure on temporary absence",
            left_ms,
            unseen="it was cancelled",
            unseen_ms=outing.cancelled_ms,
        )
    else:
        words = (
            f"Left {there} on temporary absence at {clock_words(left_ms)}, and the absence is not "
            "authorised any more."
        )
    return Finding("absence_not_authorised", "S1", f"{words} The person must come back.")


def _due(code: str, words: str, day: str, outing: Outing) -> Due:
    return Due(code, words, day, None, "S1", "temporary_absence", outing.record.hex())
