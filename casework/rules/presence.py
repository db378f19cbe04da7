"""Where a person is and since when, in custody or in the community, for what follows them.

Custody says it by its movements (`casework.rules.custody`); in the community it is the probation
unit of the responsible officer.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from casework.reference.in_use import short_place_name
from casework.rules.custody_of_person import custody_of_person, folded_rows
from casework.rules.responsibility_inputs import RowsByKind
from casework.rules.responsible import Officer, read_officer
from casework.rules.rows import DAY_MS, read_day
from casework.rules.steps import CalledBack, LetGo, Move, Step, steps_in_order
from casework.rules.whereabouts import LEAVING, ON_THE_BOOKS, CustodyState

EPOCH: Final = date(1970, 1, 1)


class Presence(msgspec.Struct, frozen=True):
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


def presence_of(rows_by_kind: RowsByKind, now_ms: int) -> Presence | None:
    """Where a person is; None where nobody is to take anything up: on the run, dead, unknown."""
    state = custody_of_person(rows_by_kind, now_ms=now_ms)
    if state.status in ON_THE_BOOKS and state.place is not None:
        steps = steps_in_order(folded_rows(rows_by_kind), as_of_ms=now_ms)
        since_ms, came_from = _arrival(steps, state.place, state)
        return Presence(state.place, since_ms, is_in_custody=True, came_from=came_from)
    if state.status == "in_transit":
        return Presence(
            place=None,
            since_ms=state.since_ms or 0,
            is_in_custody=True,
            came_from=state.transit_from,
            going_to=state.transit_to,
        )
    unit, unit_since_ms = _unit(rows_by_kind)
    if state.status == "in_community":
        return Presence(
            unit, state.since_ms or 0, is_in_custody=False, came_from=state.former_place
        )
    if state.status == "unknown" and unit is not None:
        return Presence(unit, unit_since_ms, is_in_custody=False)
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


def _arrival(steps: Iterable[Step], place: str, state: CustodyState) -> tuple[int, str | None]:
    """When the person came to a prison, and from which; a day at court is no arrival."""
    here: str | None = None
    before: str | None = None
    arrived_ms = state.since_ms or 0
    for step in steps:
        if isinstance(step, Move) and step.is_in and step.to_place is not None:
            if step.to_place != here:
                arrived_ms, before = step.occurred_at, here or before
            here = step.to_place
        elif _has_left(step, here):
            is_sent = isinstance(step, Move) and step.sort == "transfer"
            before, here = (here if is_sent else None), None
    return (arrived_ms, before) if here == place else (state.since_ms or 0, None)


def _has_left(step: Step, here: str | None) -> bool:
    """Whether the prison that has them lets them go for good by this step."""
    if isinstance(step, CalledBack) or step.from_place not in {here, None}:
        return False
    return isinstance(step, LetGo) or (not step.is_in and step.sort in LEAVING)
