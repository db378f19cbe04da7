"""What the boards and lines of the pages say, made from what the desk gives."""

from casework.access.caller import Caller
from casework.desk.board import caseload
from casework.desk.desk import Source
from casework.desk.people import NewPerson
from casework.desk.records import Addition, add
from casework.desk.status import LineView
from casework.web.shown.boards import caseload_page
from casework.web.shown.people import said_by
from casework.web.strip import strip_of
from sync_protocol.ids import NO_ACTOR, NodeId
from tests.desks import NOON_MS, Office
from tests.unit.casework.desk.steps import assignment, someone


def test_a_caseload_begins_with_the_people_of_whoever_asks(office: Office, ash: Caller) -> None:
    for officer, first in (("birch", "Ann"), ("cedar", "Ben"), ("cedar", "Cat")):
        person = someone(office, ash, NewPerson(first, "Sample"))
        named = {"assignment": assignment(officer, "LEI")}
        add(office.desk, ash, person, Addition("offender_manager", named))
    found = caseload(office.desk, ash)
    cedar = str(assignment("cedar", "LEI")["staff_id"])
    names = [officer.name for officer in caseload_page(found, cedar).officers]
    assert names == ["Yours, Cedar (2 people)", "Birch (1 person)"]
    names = [officer.name for officer in caseload_page(found, "somebody else").officers]
    assert names == ["Birch (1 person)", "Cedar (2 people)"]


def test_the_strip_knows_that_all_is_sent_only_while_the_line_is_up() -> None:
    told = {
        (state, waiting): strip_of(LineView(state, NOON_MS, NOON_MS, waiting, None, None), NOON_MS)
        for state in ("up", "down", "starting")
        for waiting in (0, 2)
    }
    assert [key for key, strip in told.items() if strip.is_all_sent] == [("up", 0)]


def test_staff_whose_name_is_not_known_here_are_those_of_their_place() -> None:
    told = {
        place: said_by(Source(NodeId(bytes(16)), place, NO_ACTOR, None, NOON_MS), NOON_MS)
        for place in ("The centre", "Leeds (HMP)")
    }
    assert told["The centre"] == "staff of the centre, 12:00"
    assert told["Leeds (HMP)"] == "staff of Leeds (HMP), 12:00"
