"""When a fixed-term recall ends by itself, and whether the key dates know of a recall.

A fixed term runs for its number of days, beginning with the day on which the person is returned to
prison, and release is at its end (Criminal Justice Act 2003 s.255A, as the Criminal Justice and
Immigration Act 2008 s.29 put it for 28 days); a last day that is not worked counts as the working
day before it. The lengths are those of `recall_types`.
Not confirmed against the text: that terms of 14 and 56 days are counted in the same way.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from casework.rules.due import Due
from casework.rules.key_dates import AFTER_RECALL, Calculated
from casework.rules.movement_reasons import RECALL_REASONS
from casework.rules.recalls import (
    RecallState,
    days_of,
    of_one_release,
    recall_of,
    recall_type_in_force,
)
from casework.rules.rows import Row, day_of, read_day
from casework.rules.spoken import day_words
from casework.rules.steps import Move, moves_in_order
from casework.rules.whereabouts import CustodyState
from casework.rules.working_days import working_day_on_or_before
from sync_protocol.ids import RecordId

KIND: Final = "recall"


class TermEnd(msgspec.Struct, frozen=True):
    """A fixed term that the person is serving in prison, and its last day."""

    record: RecordId
    days: int
    returned_on: date
    ends_on: date

    @property
    def release_on(self) -> date:
        """The last day of the term, brought back to a working day."""
        return working_day_on_or_before(self.ends_on)


class Recalled(msgspec.Struct, frozen=True):
    """A recall after which the key dates are to be calculated again.

    `back_on` is the day on which the person was received on it, else that of the decision.
    """

    decided_on: date
    back_on: date


def term_ends(
    recalls: Iterable[Row], movements: Iterable[Row], state: CustodyState, *, as_of_ms: int
) -> tuple[TermEnd, ...]:
    """The fixed terms that run: of somebody in custody who was received on that recall.

    A standard recall of the same release ends on no day, and outranks any fixed term.
    """
    if not state.is_in_custody:
        return ()
    let_go_ms = state.last_release.occurred_at if state.last_release is not None else 0
    moves = moves_in_order(movements, as_of_ms=as_of_ms)
    ends = []
    for group in of_one_release(in_force(recalls)):
        days = days_of(recall_type_in_force(group))
        returned_ms = returned_at(group, moves)
        if days is None or returned_ms is None or returned_ms < let_go_ms:
            continue
        returned_on = date.fromisoformat(day_of(returned_ms))
        first = min(group, key=lambda one: (one.decided_ms or 0, one.record))
        ends.append(
            TermEnd(first.record, days, returned_on, returned_on + timedelta(days=days - 1))
        )
    return tuple(sorted(ends, key=lambda one: (one.ends_on, one.record)))


def term_due(ends: Iterable[TermEnd]) -> list[Due]:
    """The releases at the end of a fixed term."""
    return [
        Due(
            "recall_term_ends",
            f"The fixed-term recall of {one.days} days, from {day_words(one.returned_on)}, ends on "
            f"{day_words(one.ends_on)}: release the person by {day_words(one.release_on)}, unless "
            "another sentence holds them.",
            one.release_on.isoformat(),
            None,
            "S1",
            KIND,
            one.record.hex(),
        )
        for one in ends
    ]


def recalled_since(
    calculations: Sequence[Calculated],
    recalls: Iterable[Row],
    movements: Iterable[Row],
    *,
    as_of_ms: int,
) -> Recalled | None:
    """The last recall in force of which no calculation that counts can know.

    One made after that day knows of it, and one of the same day that says when release after a
    recall is. One dated ahead does not count until its moment, as in custody. None where there is
    no such recall, or nothing is calculated.
    """
    decided = [
        (one.decided_ms, one.record, one)
        for one in in_force(recalls)
        if one.decided_ms is not None and one.decided_ms <= as_of_ms
    ]
    if not decided or not calculations:
        return None
    decided_ms, _, last = max(decided, key=lambda one: one[:2])
    decided_on = date.fromisoformat(day_of(decided_ms))
    if any(_knows(one, decided_on) for one in calculations):
        return None
    returned_ms = returned_at([last], moves_in_order(movements, as_of_ms=as_of_ms))
    back_on = decided_on if returned_ms is None else date.fromisoformat(day_of(returned_ms))
    return Recalled(decided_on, back_on)


def returned_at(recalls: Sequence[RecallState], moves: Iterable[Move]) -> int | None:
    """When a prison first received the person on one of these recalls; None where none has."""
    decided = min((one.decided_ms for one in recalls if one.decided_ms is not None), default=None)
    received = (
        move.occurred_at
        for move in moves
        if move.is_in and move.reason in RECALL_REASONS
        if decided is not None and move.occurred_at >= decided
    )
    return min(received, default=None)


def in_force(rows: Iterable[Row]) -> list[RecallState]:
    """The recalls that are in force, in one order."""
    read = (recall_of(row) for row in rows)
    return sorted((one for one in read if one.is_in_force), key=lambda one: one.record)


def _knows(one: Calculated, recalled_on: date) -> bool:
    made = read_day(one.calculated_on)
    if made is None:
        return False
    return made > recalled_on or (made == recalled_on and AFTER_RECALL in one.dates)
