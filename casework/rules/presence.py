"""Where a person is and since when, in custody or in the community, for what follows them.

Custody says it by its movements (`casework.rules.custody`); in the community it is the probation
unit of the responsible officer.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from casework.reference.in_use import short_place_name
from casework.rules.custody import (
    LEAVING,
    ON_THE_BOOKS,
    CustodyState,
    Move,
    custody_state,
    moves_in_order,
)
from casework.rules.movement_reasons import sort_of
from casework.rules.responsibility_inputs import RowsByKind
from casework.rules.responsible import Officer, read_officer
from casework.rules.rows import DAY_MS, read_day

EPOCH: Final = date(1970, 1, 1)


class Whereabouts(msgspec.Struct, frozen=True):
    """Where a person is, and since when.

    `place` is the prison that has them on its books, or the probation unit that supervises them in
    the community (None where none is named); `came_from` the prison before it; `going_to` the
    prison they are on the way to.
    """

    place: str | None
    since_ms: int
    is_in_custody: bool
    came_from: str | None = None
    going_to: str | None = None

    @property
    def words(self) -> str:
        """The place as staff say it."""
        return short_place_name(self.place) if self.place is not None else "the community"


def whereabouts_of(rows_by_kind: RowsByKind, now_ms: int) -> Whereabouts | None:
    """Where a person is; None where nobody is to take anything up: on the run, dead, unknown."""
    movements = rows_by_kind.get("movement", ())
    state = custody_state(movements, as_of_ms=now_ms)
    moves = moves_in_order(movements, as_of_ms=now_ms)
    if state.status in ON_THE_BOOKS and state.place is not None:
        since_ms, came_from = _arrival(moves, state.place, state)
        return Whereabouts(state.place, since_ms, is_in_custody=True, came_from=came_from)
    if state.status == "in_transit":
        return Whereabouts(
            place=None,
            since_ms=state.since_ms or 0,
            is_in_custody=True,
            came_from=state.transit_from,
            going_to=state.transit_to,
        )
    unit, unit_since_ms = _unit(rows_by_kind)
    if state.status == "in_community":
        return Whereabouts(
            unit, state.since_ms or 0, is_in_custody=False, came_from=state.former_place
        )
    if state.status == "unknown" and unit is not None:
        return Whereabouts(unit, unit_since_ms, is_in_custody=False)
    return None


def officer_of(rows_by_kind: RowsByKind) -> Officer | None:
    """The responsible officer as the record shows them."""
    row = next(iter(rows_by_kind.get("offender_manager", ())), None)
    assignment = row.values.get("assignment") if row is not None else None
    return read_officer(assignment) if assignment is not None else None


def _unit(rows_by_kind: RowsByKind) -> tuple[str | None, int]:
    officer = officer_of(rows_by_kind)
    if officer is None or officer.side != "community":
        return None, 0
    first = read_day(officer.effective_from)
    return officer.team, 0 if first is None else (first - EPOCH).days * DAY_MS


def _arrival(moves: Iterable[Move], place: str, state: CustodyState) -> tuple[int, str | None]:
    """When the person came to a prison, and from which; a day at court is no arrival."""
    here: str | None = None
    before: str | None = None
    arrived_ms = state.since_ms or 0
    for move in moves:
        if move.is_in and move.to_place is not None:
            if move.to_place != here:
                arrived_ms, before = move.occurred_at, here or before
            here = move.to_place
            continue
        sort = sort_of(move.type, move.reason, "OUT")
        if not move.is_in and sort in LEAVING and move.from_place in {here, None}:
            before, here = (here if sort == "transfer" else None), None
    is_told = here == place
    return (arrived_ms, before) if is_told else (state.since_ms or 0, None)
