"""Conflicts: listed with their sides, settled by a person with a reason that travels."""

import pytest

from casework.access.caller import Caller
from casework.desk.conflicts import (
    ConflictId,
    ConflictOver,
    ConflictView,
    Settlement,
    conflict_id,
    list_conflicts,
    read_conflict,
    settle,
)
from casework.desk.records import Addition, Change, SeenMissing, add, change, read_all
from casework.desk.status import strip
from casework.desk.timeline import timeline
from casework.desk.writing import StaleRecord
from sync_protocol.causality import seen_token
from sync_protocol.errors import InvalidValue, NotFound
from sync_protocol.ids import SubjectId, singleton_record
from sync_protocol.merge import RecordKey
from tests.desks import NOON_MS, Office
from tests.unit.casework.desk.steps import assignment, receive, someone

SEEN_NOTHING = seen_token([])


@pytest.fixture
def person(office: Office, ash: Caller) -> SubjectId:
    return someone(office, ash)


def contest(office: Office, caller: Caller, person: SubjectId) -> ConflictView:
    first = {"assignment": assignment("birch", "LEI")}
    add(office.desk, caller, person, Addition("offender_manager", first))
    (view,) = read_all(office.desk, caller, person, "offender_manager")
    second = {"assignment": assignment("cedar", "N55LEE", "2026-11-10")}
    blind = Change("offender_manager", view.record, second, SEEN_NOTHING, on_purpose=True)
    change(office.desk, caller, person, blind)
    (conflict,) = list_conflicts(office.desk, caller)
    return conflict


def test_a_conflict_shows_both_sides_and_which_is_shown(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    conflict = contest(office, ash, person)
    assert (conflict.kind, conflict.field, conflict.why) == (
        "offender_manager",
        "assignment",
        "contested",
    )
    shown = {side.value["staff_name"]: side.is_shown for side in conflict.sides}
    assert shown == {"Birch": False, "Cedar": True}
    assert read_conflict(office.desk, ash, conflict.id) == conflict
    assert strip(office.desk, ash).conflicts == 1


def test_each_side_of_a_risk_says_on_what_grounds(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    risk = {"self_harm": "low", "grounds": grounds("Calm all day.")}
    saved = add(office.desk, ash, person, Addition("risk", risk))
    worse = {"self_harm": "high", "grounds": grounds("Cut himself.")}
    change(office.desk, ash, person, Change("risk", saved.record, worse, saved.seen))
    better = {"self_harm": "medium", "grounds": grounds("Seen by a nurse.")}
    blind = Change("risk", saved.record, better, saved.seen, on_purpose=True)
    change(office.desk, ash, person, blind)
    (listed,) = list_conflicts(office.desk, ash)
    conflict = read_conflict(office.desk, ash, listed.id)
    told = {side.value: side.text for side in conflict.sides}
    assert told == {"high": "Cut himself.", "medium": "Seen by a nurse."}


def grounds(text: str) -> dict[str, object]:
    return {"text": text, "author": "Ash", "written_on": NOON_MS}


def test_the_owner_is_the_prison_that_holds_the_person(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    assert contest(office, ash, person).owner == "Leeds"
    receive(office, ash, person)
    (conflict,) = list_conflicts(office.desk, ash, person=person)
    assert conflict.owner == "Leeds (HMP)"


def test_settling_replaces_all_sides_and_tells_why(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    conflict = contest(office, ash, person)
    chosen = conflict.sides[0].value
    settle(office.desk, ash, conflict.id, Settlement(chosen, "Agreed by phone.", conflict.seen))
    assert list_conflicts(office.desk, ash) == ()
    (view,) = read_all(office.desk, ash, person, "offender_manager")
    assert view.values["assignment"] == chosen
    entry = timeline(office.desk, ash, person).entries[0]
    assert entry.sentence == "Conflict settled: Responsible officer"
    assert entry.text == "Agreed by phone."
    with office.store.reading() as reading:
        assert reading.select("SELECT 1 FROM audit WHERE instr(why, 'phone')") == []


def test_a_value_that_no_side_has_may_be_entered(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    conflict = contest(office, ash, person)
    third = assignment("dogwood", "LEI", "2026-11-22")
    settle(office.desk, ash, conflict.id, Settlement(third, "Neither.", conflict.seen))
    assert list_conflicts(office.desk, ash) == ()


def test_a_side_that_came_since_stops_the_settlement(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    conflict = contest(office, ash, person)
    (view,) = read_all(office.desk, ash, person, "offender_manager")
    later = {"assignment": assignment("elm", "LEI")}
    blind = Change("offender_manager", view.record, later, SEEN_NOTHING, on_purpose=True)
    change(office.desk, ash, person, blind)
    choice = Settlement(conflict.sides[0].value, "Agreed.", conflict.seen)
    with pytest.raises(StaleRecord) as stale:
        settle(office.desk, ash, conflict.id, choice)
    assert [one.value["staff_name"] for one in stale.value.changes] == ["Elm"]
    (still,) = list_conflicts(office.desk, ash)
    assert len(still.sides) == 3


def test_settling_needs_a_reason_and_a_token(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    conflict = contest(office, ash, person)
    value = conflict.sides[0].value
    with pytest.raises(InvalidValue):
        settle(office.desk, ash, conflict.id, Settlement(value, "  ", conflict.seen))
    with pytest.raises(SeenMissing):
        settle(office.desk, ash, conflict.id, Settlement(value, "Agreed.", None))
    with pytest.raises(InvalidValue):
        settle(office.desk, ash, conflict.id, Settlement("x", "Agreed.", conflict.seen))
    assert len(list_conflicts(office.desk, ash)) == 1


@pytest.mark.parametrize("name", ["", "!!", "AAAA", "a" * 500])
def test_a_name_of_no_conflict_is_not_found(office: Office, ash: Caller, name: str) -> None:
    with pytest.raises(NotFound):
        read_conflict(office.desk, ash, ConflictId(name))


def test_one_that_is_settled_says_so_and_whose_it_was(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    conflict = contest(office, ash, person)
    choice = Settlement(conflict.sides[0].value, "Agreed.", conflict.seen)
    settle(office.desk, ash, conflict.id, choice)
    with pytest.raises(ConflictOver) as told:
        settle(office.desk, ash, conflict.id, choice)
    assert told.value.person == person


def test_of_a_record_not_known_here_no_conflict_is_over(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    key = RecordKey("risk", (person,), singleton_record(person, "risk"))
    with pytest.raises(NotFound) as told:
        read_conflict(office.desk, ash, conflict_id(key, "self_harm"))
    assert told.value.code == "not_found"


def test_whoever_is_named_in_the_list_has_an_audit_line(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    contest(office, ash, person)
    before = len(office.audit())
    list_conflicts(office.desk, ash)
    assert office.audit()[before:] == [("read", person)]


def test_the_count_of_conflicts_tells_nothing_of_somebody_restricted(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    contest(office, ash, person)
    birch = office.hire("birch")
    listed = {"staff_id": birch.staff.hex(), "is_listed": True}
    values = {"mode": "excluded", "start": "2026-01-01", "end": None, "people": listed}
    add(office.desk, ash, person, Addition("restriction", values))
    assert list_conflicts(office.desk, birch) == ()
    assert strip(office.desk, birch).conflicts == 0
    assert strip(office.desk, ash).conflicts == 1
