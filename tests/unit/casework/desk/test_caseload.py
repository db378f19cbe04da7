"""Whose person somebody is: lists tell of the caseload, a search of others only that they exist."""

from pathlib import Path

import msgspec
import pytest

from casework.access.caller import Caller, Role
from casework.desk.alerts import NewAlert, raise_alert
from casework.desk.attention import office_due
from casework.desk.board import caseload, wing_board
from casework.desk.conflicts import list_conflicts
from casework.desk.feed import read_feed
from casework.desk.gate import OutsideCaseload, Restricted
from casework.desk.interrupted import interrupted
from casework.desk.notes import NewNote, add_note
from casework.desk.people import NewPerson, PossibleDuplicate, create, search, summary
from casework.desk.records import Addition, add, new_draft, read_all
from casework.desk.status import counts, strip
from casework.desk.writing import write
from sync_protocol.errors import NotFound
from sync_protocol.ids import SubjectId
from tests.desks import NODES, NOON_MS, Office, node_id
from tests.holdings import hold
from tests.moving import received
from tests.unit.casework.desk.steps import put_in_cell, restrict, someone

LAST = "Hargreaves"
CANARY = "canary-of-hargreaves"
TASK = {"title": "Ring the family", "due_on": "2026-11-24", "cause": "family", "of_record": None}


@pytest.fixture
def held(office: Office, ash: Caller) -> SubjectId:
    """Somebody in a cell at Leeds, with an alert, a task that is due, and a note."""
    person = received(office, ash, LAST, number="A1234BC")
    put_in_cell(office, ash, person, "LEI-A-1-003")
    raise_alert(office.desk, ash, person, NewAlert("HA", CANARY, "2026-11-20"))
    note = NewNote("KA", "KS", CANARY, NOON_MS)
    add_note(office.desk, ash, person, note)
    return person


def _names(office: Office, caller: Caller) -> set[str]:
    """Everybody whom any list tells this caller of, by name."""
    desk = office.desk
    told = set()
    if caller.role != "provider":
        board, cases = wing_board(desk, caller), caseload(desk, caller)
        in_cells = [one for cell in board.cells for one in cell.people]
        listed = (*in_cells, *board.no_cell, *board.out, *board.leaving, *board.contradictions)
        told |= {one.name for one in (*listed, *cases.unassigned, *cases.leaving)}
    told |= {one.person_name for one in office_due(desk, caller).lines}
    told |= {one.person_name for one in list_conflicts(desk, caller)}
    told |= {one.name for one in interrupted(desk, caller).lines}
    told |= {one.name for one in search(desk, caller, LAST).matches}
    return told


@pytest.mark.parametrize("reasons", [(), ("in_custody",), ("released", "provider"), ("linked",)])
def test_whoever_is_held_for_a_reason_of_the_places_own_is_of_its_caseload(
    office: Office, ash: Caller, held: SubjectId, reasons: tuple[str, ...]
) -> None:
    """A record that is only linked goes with the one it is linked with: here with nobody's."""
    hold(office, held, *reasons)
    if reasons == ("linked",):
        with pytest.raises(OutsideCaseload):
            summary(office.desk, ash, held)
        return
    assert summary(office.desk, ash, held).name.last == LAST
    assert f"Robin {LAST}" in _names(office, ash)


def test_outside_the_caseload_a_search_says_that_somebody_is_there_and_where(
    office: Office, ash: Caller, held: SubjectId
) -> None:
    """S43: nothing else is told anywhere: no list, count, feed or duplicate, and no write."""
    hold(office, held, "provider")
    found = search(office.desk, ash, LAST)
    assert found.matches == ()
    assert [(one.id, one.place_name) for one in found.elsewhere] == [(held, "Leeds (HMP)")]
    assert _names(office, ash) == set()
    assert counts(office.desk, ash).people == 0
    assert strip(office.desk, ash).conflicts == 0
    assert read_feed(office.desk, ash).entries == ()
    with pytest.raises(OutsideCaseload):
        read_all(office.desk, ash, held, "alert")
    with pytest.raises(OutsideCaseload):
        raise_alert(office.desk, ash, held, NewAlert("XSA", "x", "2026-11-20"))
    with pytest.raises(PossibleDuplicate) as alike:
        create(office.desk, ash, NewPerson("Robin", LAST, date_of_birth="1990-01-02"))
    (candidate,) = alike.value.candidates
    assert (candidate.name, candidate.date_of_birth, candidate.why) == (
        "Somebody at Leeds (HMP)",
        None,
        (),
    )


def test_a_provider_is_told_of_those_it_delivers_for_and_of_nobody_else(
    office: Office, ash: Caller, held: SubjectId
) -> None:
    other = received(office, ash, "Underwood")
    hold(office, held, "in_custody", "provider")
    hold(office, other, "in_custody")
    provider = office.hire("poplar", "provider")
    assert summary(office.desk, provider, held).name.last == LAST
    assert [one.id for one in search(office.desk, provider, "Robin").matches] == [held]
    assert search(office.desk, provider, "Underwood").elsewhere == ()
    with pytest.raises(NotFound):
        summary(office.desk, provider, other)
    assert counts(office.desk, provider).people == 1
    people = {
        one for entry in read_feed(office.desk, provider).entries for one in entry.told.people
    }
    assert people == {held.hex()}


def test_a_search_leaves_no_gap_where_somebody_may_not_be_told_of(
    office: Office, ash: Caller
) -> None:
    """S24: with room for one, the next is shown, as though the first were not there."""
    birch = office.hire("birch")
    people = [received(office, ash, f"Example{letter}") for letter in "abc"]
    restrict(office, ash, people[0], birch)
    restrict(office, ash, people[1], birch)
    found = search(office.desk, birch, "Example", limit=1)
    assert [one.id for one in found.matches] == [people[2]]
    assert not found.is_cut
    assert search(office.desk, ash, "Example", limit=1).is_cut


def test_a_restriction_that_comes_between_the_check_and_the_write_refuses_it(
    office: Office, ash: Caller, held: SubjectId
) -> None:
    """S43: whoever was let in a moment ago writes nothing, and the attempt is in the audit."""
    birch = office.hire("birch")
    desk = office.desk
    draft = new_draft(desk, birch, held, Addition("task", TASK))
    restrict(office, ash, held, birch)
    with pytest.raises(Restricted):
        write(desk, birch, (draft,))
    assert office.audit()[-1] == ("refused", held)
    assert read_all(desk, ash, held, "task") == ()


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_whoever_reads_no_record_is_refused_every_door(
    office: Office, held: SubjectId, role: Role
) -> None:
    caller = office.hire("cedar", role)
    desk = office.desk
    doors = (
        lambda: search(desk, caller, LAST),
        lambda: summary(desk, caller, held),
        lambda: read_all(desk, caller, held, "alert"),
        lambda: office_due(desk, caller),
        lambda: wing_board(desk, caller),
        lambda: list_conflicts(desk, caller),
        lambda: read_feed(desk, caller),
        lambda: add(desk, caller, held, Addition("cell", {"location": "LEI-A-1-001"})),
    )
    for door in doors:
        with pytest.raises(Exception, match=role):
            door()


def test_a_linked_record_goes_with_the_one_of_the_caseload(tmp_path: Path) -> None:
    """Only the centre links; where its links contradict one another nobody knows whose it is."""
    centre = Office(tmp_path, "CENTRE")
    ash = centre.hire()
    one, other = (someone(centre, ash, NewPerson("Robin", last)) for last in ("One", "Other"))
    third = someone(centre, ash, NewPerson("Robin", "Third"))
    same = {"claim": "same_as", "status": "open"}
    add(centre.desk, ash, one, Addition("person_link", same, other=other))
    leeds = node_id("LEI")
    leeds_desk = msgspec.structs.replace(centre.desk, node=NODES[leeds])
    for person, reason in ((one, "in_custody"), (other, "linked"), (third, "linked")):
        hold(centre, person, reason, node=leeds)
    assert summary(leeds_desk, ash, other).name.last == "Other"
    with pytest.raises(OutsideCaseload):
        summary(leeds_desk, ash, third)
    add(centre.desk, ash, other, Addition("person_link", same, other=third))
    assert summary(leeds_desk, ash, third).name.last == "Third"
    apart = {"claim": "not_same", "status": "open"}
    add(centre.desk, ash, one, Addition("person_link", apart, other=third))
    with pytest.raises(OutsideCaseload):
        summary(leeds_desk, ash, third)
    assert summary(leeds_desk, ash, one).name.last == "One"
    centre.store.close()
