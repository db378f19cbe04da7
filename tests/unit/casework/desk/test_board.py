"""Boards: a prison's roll by cell, a unit's caseload by officer."""

from pathlib import Path

import pytest

from casework.access.actions import NotAllowed
from casework.access.caller import Caller
from casework.desk.board import caseload, wing_board
from casework.desk.people import NewPerson
from casework.desk.records import Addition, add
from tests.desks import Office
from tests.unit.casework.desk.steps import assignment, put_in_cell, receive, someone


def test_the_roll_counts_and_the_cells_hold_everyone_inside(office: Office, ash: Caller) -> None:
    first = someone(office, ash)
    receive(office, ash, first)
    put_in_cell(office, ash, first, "LEI-A-1-003")
    second = someone(office, ash, NewPerson("Sam", "Sample"))
    receive(office, ash, second)
    someone(office, ash, NewPerson("Free", "Elsewhere"))
    board = wing_board(office.desk, ash)
    assert (board.roll.in_custody, board.roll.present, board.roll.in_today) == (2, 2, 2)
    assert [(cell.location, cell.people[0].id) for cell in board.cells] == [("LEI-A-1-003", first)]
    assert [one.id for one in board.no_cell] == [second]
    assert board.wings == ("A",)
    assert wing_board(office.desk, ash, wing="B").cells == ()


def test_somebody_whom_two_prisons_claim_is_on_top(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    receive(office, ash, person)
    office.clock.pass_ms(60_000)
    receive(office, ash, person, "BXI")
    board = wing_board(office.desk, ash)
    (claimed,) = board.contradictions
    assert (claimed.id, claimed.is_two_places) == (person, True)
    assert board.roll.two_places == 1
    assert claimed.findings[0].code == "in_two_places"


def test_two_who_must_be_kept_apart_and_share_a_cell_are_on_top(
    office: Office, ash: Caller
) -> None:
    one = someone(office, ash)
    other = someone(office, ash, NewPerson("Sam", "Sample"))
    for person in (one, other):
        receive(office, ash, person)
        put_in_cell(office, ash, person, "LEI-A-1-003")
    values = {"reason": "THREAT", "restriction": "CELL"}
    add(office.desk, ash, one, Addition("non_association", values, other=other))
    found = {
        person.id: person.findings[0].code for person in wing_board(office.desk, ash).contradictions
    }
    assert found == {one: "not_kept_apart", other: "not_kept_apart"}


def test_a_caseload_is_by_officer_with_those_that_nobody_has(tmp_path: Path) -> None:
    unit = Office(tmp_path, "N55LEE")
    ash = unit.hire("ash")
    mine = someone(unit, ash)
    add(
        unit.desk,
        ash,
        mine,
        Addition("offender_manager", {"assignment": assignment("ash", "N55LEE")}),
    )
    theirs = someone(unit, ash, NewPerson("Sam", "Sample"))
    add(
        unit.desk, ash, theirs, Addition("offender_manager", {"assignment": assignment("b", "LEI")})
    )
    nobodys = someone(unit, ash, NewPerson("Free", "Elsewhere"))
    cases = caseload(unit.desk, ash)
    assert [(one.staff_name, [p.id for p in one.people]) for one in cases.officers] == [
        ("Ash", [mine])
    ]
    assert [one.id for one in cases.unassigned] == [nobodys]
    assert cases.people == 1
    unit.store.close()


def test_boards_are_for_staff(office: Office) -> None:
    root = office.hire("root", "administrator")
    with pytest.raises(NotAllowed):
        wing_board(office.desk, root)
    with pytest.raises(NotAllowed):
        caseload(office.desk, root)
