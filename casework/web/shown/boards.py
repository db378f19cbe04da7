"""The wing board of a prison and the caseload of a probation unit."""

from itertools import groupby
from typing import Final

import msgspec

from casework.desk.board import BoardPerson, Caseload, CaseloadOfficer, Roll, WingBoard
from casework.desk.person import STATUS_WORDS, Responsible
from casework.web.shown.conflicts import finding_mark
from casework.web.shown.people import address_of, found_on_board, takes_over
from casework.web.shown.standing import leaving_line
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
from casework.web.words import clock, counted, day, iso_day, listed, short_moment

NO_CELL: Final = "In reception or without a cell"
OUT: Final = "Out: at court or away"
EXPECTED: Final = "Still to arrive"


def board_page(board: WingBoard) -> BoardPage:
    """The roll as known now, what contradicts itself, and everyone by cell."""
    by_cell = [
        _line(one, cell.location.removeprefix(f"{board.place.code}-"), board.as_of_ms)
        for cell in board.cells
        for one in cell.people
    ]
    wings = [
        Wing(name, tuple(group))
        for name, group in groupby(by_cell, key=lambda line: _wing_name(line.cell))
    ]
    others = ((NO_CELL, board.no_cell), (OUT, board.out), (EXPECTED, board.expected))
    apart = {
        name: Wing(name, tuple(_line(one, _status(one), board.as_of_ms) for one in people))
        for name, people in others
        if people
    }
    first = [apart.pop(NO_CELL)] if NO_CELL in apart else []
    return BoardPage(
        as_known=_roll_as_known(board),
        figures=_figures(board.roll),
        choices=(
            Link("All wings", "/board", is_current=board.wing is None),
            *(
                Link(f"{one} wing", f"/board?wing={one}", is_current=one == board.wing)
                for one in board.wings
            ),
        ),
        contradictions=_contradictions(board.contradictions),
        wings=(*first, *wings, *apart.values()),
        leaving=tuple(leaving_line(one, board.as_of_ms) for one in board.leaving),
    )


def _figures(roll: Roll) -> tuple[Figure, ...]:
    return (
        Figure("Unlock roll", roll.present - roll.in_today + roll.out_today),
        Figure("In today", roll.in_today),
        Figure("Out today", roll.out_today),
        Figure("Inside now", roll.present),
        Figure("In reception", roll.in_reception),
        Figure("No cell", roll.no_cell),
        Figure("At court or away", roll.at_court + roll.absent),
        Figure("Still to arrive", roll.expected),
    )


def _contradictions(people: tuple[BoardPerson, ...]) -> tuple[Row, ...]:
    """Each finding once, with everyone of this board whom it concerns."""
    concerned: dict[tuple[str, str], list[BoardPerson]] = {}
    for person in people:
        for finding in person.findings:
            concerned.setdefault((finding.severity, finding.words), []).append(person)
    return tuple(
        Row(
            title=words,
            marks=(finding_mark(severity),),
            links=tuple(Link(one.name, address_of(one.id)) for one in found),
        )
        for (severity, words), found in sorted(concerned.items(), key=lambda item: item[0])
    )


def _line(person: BoardPerson, where: str, now_ms: int) -> BoardLine:
    return BoardLine(cell=where, person=found_on_board(person), state=_since(person, now_ms))


def _status(person: BoardPerson) -> str:
    return STATUS_WORDS.get(person.status, person.status)


def caseload_page(caseload: Caseload, staff: str) -> CaseloadPage:
    """Each officer's people: first those of whoever asks, then those for whom nobody is named."""
    unassigned = CaseloadOfficer("", "Nobody named as responsible officer", caseload.unassigned)
    officers = sorted(
        (one for one in (unassigned, *caseload.officers) if one.people),
        key=lambda one: one.staff_id != staff,
    )
    count = counted(caseload.people, "person", "people")
    return CaseloadPage(
        as_known=f"{count}. {_as_known(caseload.as_of_ms)}",
        officers=tuple(
            OfficerCases(
                f"{_whose(one, staff)} ({counted(len(one.people), 'person', 'people')})",
                tuple(_case_line(person, one) for person in one.people),
            )
            for one in officers
        ),
        leaving=tuple(leaving_line(one, caseload.as_of_ms) for one in caseload.leaving),
    )


def _whose(officer: CaseloadOfficer, staff: str) -> str:
    return f"Yours, {officer.staff_name}" if officer.staff_id == staff else officer.staff_name


def _case_line(person: BoardPerson, officer: CaseloadOfficer) -> CaseLine:
    named = next((one for one in person.responsible if one.staff_id == officer.staff_id), None)
    return CaseLine(
        person=msgspec.structs.replace(found_on_board(person), place=_status(person)),
        since=_responsible_since(person, named, officer),
        marks=(
            *((Mark("Officer contested", "warn"),) if len(person.responsible) > 1 else ()),
            *((Mark(takes_over(one)) for one in person.responsible_later) if named else ()),
            *_conflict_marks(person),
        ),
    )


def _responsible_since(
    person: BoardPerson, named: Responsible | None, officer: CaseloadOfficer
) -> str:
    """Since when, or from when, and who is responsible until then."""
    if named is not None:
        return iso_day(named.effective_from)
    to_come = [one for one in person.responsible_later if one.staff_id == officer.staff_id]
    if not to_come:
        return "Nobody named"
    until_then = listed([one.staff_name for one in person.responsible])
    return f"Only from {iso_day(to_come[0].effective_from)}; until then: {until_then}"


def _conflict_marks(person: BoardPerson) -> tuple[Mark, ...]:
    if not person.conflicts:
        return ()
    return (Mark(f"{counted(person.conflicts, 'conflict')} open", "warn"),)


def _wing_name(location: str) -> str:
    """Out of `A-1-003`: "A wing"."""
    return f"{location.partition('-')[0]} wing"


def _since(person: BoardPerson, now_ms: int) -> str:
    return (
        short_moment(person.since_ms, now_ms) if person.since_ms is not None else "Not known here"
    )


def _roll_as_known(board: WingBoard) -> str:
    """Of which moment the roll is, and what it rests on: it does not change when more arrives."""
    known = _as_known(board.as_of_ms)
    if board.roll.latest_ms is None:
        return known
    latest = board.roll.latest_ms
    return f"{known[:-1]}, from events up to {clock(latest)} on {day(latest)}."


def _as_known(at_ms: int) -> str:
    return f"As known here at {clock(at_ms)} on {day(at_ms)}."
