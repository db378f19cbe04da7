"""The wing board of a prison and the caseload of a probation unit."""

from itertools import groupby

from casework.desk.board import BoardPerson, Caseload, CaseloadOfficer, WingBoard
from casework.web.shown.people import found_on_board
from casework.web.views import (
    BoardLine,
    BoardPage,
    CaseLine,
    CaseloadPage,
    Figure,
    Link,
    Mark,
    OfficerCases,
    Row,
    Wing,
)
from casework.web.words import clock, counted, day, iso_day, short_moment

NO_CELL = "No cell given"


def board_page(board: WingBoard) -> BoardPage:
    """The roll as known now, what contradicts itself, and everyone by cell."""
    now_ms = board.as_of_ms
    roll = board.roll
    lines = [
        BoardLine(cell=cell.location, person=found_on_board(one), state=_since(one, now_ms))
        for cell in board.cells
        for one in cell.people
    ]
    wings = [
        Wing(name, tuple(group))
        for name, group in groupby(lines, key=lambda line: _wing_name(line.cell))
    ]
    without = tuple(
        BoardLine(cell="None", person=found_on_board(one), state=_since(one, now_ms))
        for one in board.no_cell
    )
    return BoardPage(
        as_known=_as_known(now_ms),
        figures=(
            Figure("Unlock roll", roll.in_custody - roll.in_today + roll.out_today),
            Figure("In today", roll.in_today),
            Figure("Out today", roll.out_today),
            Figure("Roll now", roll.in_custody),
            Figure("No cell given", roll.no_cell),
            Figure("Held in two places", roll.two_places),
        ),
        choices=(
            Link("All wings", "/board", is_current=board.wing is None),
            *(
                Link(f"{one} wing", f"/board?wing={one}", is_current=one == board.wing)
                for one in board.wings
            ),
        ),
        contradictions=tuple(_contradiction(one) for one in board.contradictions),
        wings=((Wing(NO_CELL, without),) if without else ()) + tuple(wings),
    )


def caseload_page(caseload: Caseload) -> CaseloadPage:
    """Each officer's people; first those for whom nobody is named."""
    unassigned = CaseloadOfficer("", "Nobody named as responsible officer", caseload.unassigned)
    officers = [*([unassigned] if caseload.unassigned else []), *caseload.officers]
    count = counted(caseload.people, "person", "people")
    return CaseloadPage(
        as_known=f"{count}. {_as_known(caseload.as_of_ms)}",
        officers=tuple(
            OfficerCases(
                f"{one.staff_name} ({counted(len(one.people), 'person', 'people')})",
                tuple(_case_line(person, one) for person in one.people),
            )
            for one in officers
            if one.people
        ),
    )


def _case_line(person: BoardPerson, officer: CaseloadOfficer) -> CaseLine:
    named = next((one for one in person.responsible if one.staff_id == officer.staff_id), None)
    marks = (
        *((Mark("Officer contested", "warn"),) if len(person.responsible) > 1 else ()),
        *_conflict_marks(person),
    )
    return CaseLine(
        person=found_on_board(person),
        since=iso_day(named.effective_from) if named else "Nobody named",
        marks=marks,
    )


def _conflict_marks(person: BoardPerson) -> tuple[Mark, ...]:
    if not person.conflicts:
        return ()
    return (Mark(f"{counted(person.conflicts, 'conflict')} open", "warn"),)


def _contradiction(person: BoardPerson) -> Row:
    found = found_on_board(person)
    lines = ["Two prisons say that they hold this person."] if person.is_two_places else []
    return Row(
        title=found.name,
        address=found.address,
        lines=(*lines, "Go and look, then record what is true as a movement."),
        marks=_conflict_marks(person),
    )


def _wing_name(location: str) -> str:
    """Out of `LEI-A-1-003`: "A wing"."""
    parts = location.split("-")
    return f"{parts[1]} wing" if len(parts) > 2 else location


def _since(person: BoardPerson, now_ms: int) -> str:
    return (
        short_moment(person.since_ms, now_ms) if person.since_ms is not None else "Not known here"
    )


def _as_known(at_ms: int) -> str:
    return f"As known here at {clock(at_ms)} on {day(at_ms)}."
