"""Whoever is refused somebody is told what they would be told if there were nobody."""

from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

from casework.access.caller import Caller
from casework.desk.alerts import NewAlert, raise_alert
from casework.desk.attention import office_due
from casework.desk.board import wing_board
from casework.desk.conflicts import list_conflicts
from casework.desk.export import export_person
from casework.desk.feed import read_feed
from casework.desk.gate import Restricted
from casework.desk.interrupted import interrupted
from casework.desk.people import NewPerson, candidates, search, summary
from casework.desk.records import Addition, add, read_all
from casework.desk.status import counts, strip
from sync_protocol.ids import SubjectId
from tests.desks import Office
from tests.unit.casework.desk.steps import ROBIN, put_in_cell, someone

TASK = {"title": "Ring", "due_on": "2026-11-23", "cause": "ring", "of_record": None}


def _told(office: Office, caller: Caller) -> dict[str, Any]:
    """All that lists, counts and searches tell a caller."""
    desk = office.desk
    board = wing_board(desk, caller)
    return {
        "search": search(desk, caller, "Example"),
        "number": search(desk, caller, "A1234BC"),
        "alike": candidates(desk, caller, ROBIN),
        "due": office_due(desk, caller),
        "conflicts": list_conflicts(desk, caller),
        "interrupted": interrupted(desk, caller).lines,
        "board": (board.cells, board.no_cell, board.out, board.expected, board.contradictions),
        "people": counts(desk, caller).people,
        "strip": strip(desk, caller).conflicts,
        "feed": read_feed(desk, caller).entries,
    }


def _fill(office: Office, ash: Caller) -> SubjectId:
    person = someone(office, ash)
    put_in_cell(office, ash, person, "LEI-A-1-003")
    raise_alert(office.desk, ash, person, NewAlert("HA", "x", "2026-11-20"))
    add(office.desk, ash, person, Addition("task", TASK))
    return person


@pytest.mark.parametrize(("is_excluded", "is_restricted"), [*product((False, True), repeat=2)])
def test_whoever_is_refused_is_told_as_though_there_were_nobody(
    tmp_path: Path, *, is_excluded: bool, is_restricted: bool
) -> None:
    """S24: excluded, not among those allowed, both, and neither."""
    for folder in ("one", "none"):
        (tmp_path / folder).mkdir()
    office, empty = Office(tmp_path / "one"), Office(tmp_path / "none")
    ash, birch = office.hire("ash"), office.hire("birch")
    person = _fill(office, ash)
    usual: dict[str, Any] = {"start": "2026-11-01", "end": None}
    if is_excluded:
        listed = {"staff_id": birch.staff.hex()}
        add(office.desk, ash, person, _restriction(mode="excluded", people=listed, **usual))
    if is_restricted:
        listed = {"staff_id": ash.staff.hex()}
        add(office.desk, ash, person, _restriction(mode="restricted", people=listed, **usual))
    if not is_excluded and not is_restricted:
        assert summary(office.desk, birch, person).id == person
        assert _told(office, birch) == _told(office, ash)
        return
    empty.hire("birch")
    assert _told(office, birch) == _told(empty, birch)
    assert summary(office.desk, ash, person).id == person
    refusals = []
    for door in (
        lambda: summary(office.desk, birch, person),
        lambda: read_all(office.desk, birch, person, "alert"),
        lambda: list_conflicts(office.desk, birch, person=person),
        lambda: export_person(office.desk, birch, person, why="x"),
        lambda: add(office.desk, birch, person, Addition("task", TASK)),
    ):
        with pytest.raises(Restricted) as refused:
            door()
        refusals.append(str(refused.value))
    assert len(set(refusals)) == 1, "each door says the same"
    for store in (office.store, empty.store):
        store.close()


def _restriction(**values: Any) -> Addition:
    return Addition("restriction", values)


def test_a_new_person_is_recorded_as_though_the_restricted_one_were_not_there(
    office: Office, ash: Caller
) -> None:
    """S24: the offer of a duplicate would tell of them."""
    person = someone(office, ash)
    birch = office.hire("birch")
    listed = {"staff_id": birch.staff.hex()}
    values = {"mode": "excluded", "people": listed, "start": "2026-11-01", "end": None}
    add(office.desk, ash, person, Addition("restriction", values))
    made = someone(office, birch, NewPerson("Robin", "Example", date_of_birth="1990-01-02"))
    assert made != person
    assert msgspec.structs.asdict(summary(office.desk, birch, made))["id"] == made
