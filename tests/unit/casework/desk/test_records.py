"""Records: read with a token, changed with that token, never over what was not seen."""

from pathlib import Path

import pytest

from casework.access.actions import NotAllowed
from casework.access.caller import Caller
from casework.desk.conflicts import list_conflicts
from casework.desk.people import NewPerson
from casework.desk.records import (
    Addition,
    Change,
    RecordView,
    SeenMissing,
    UseItsOwnDoor,
    add,
    change,
    read_all,
    read_one,
)
from casework.desk.writing import StaleRecord
from casework.reference.reader import UnknownCode
from sync_protocol.causality import BadSeenToken, SeenToken
from sync_protocol.errors import InvalidValue, NotFound, UnknownKind
from sync_protocol.ids import RecordId, SubjectId
from tests.desks import Office
from tests.unit.casework.desk.steps import put_in_cell, receive, someone


def risk(office: Office, caller: Caller) -> tuple[SubjectId, RecordView]:
    person = someone(office, caller)
    add(office.desk, caller, person, Addition("risk", {"self_harm": "low"}))
    return person, read_all(office.desk, caller, person, "risk")[0]


def test_a_change_of_what_was_seen_replaces_it(office: Office, ash: Caller) -> None:
    person, view = risk(office, ash)
    wanted = Change("risk", view.record, {"self_harm": "high"}, view.seen)
    saved = change(office.desk, ash, person, wanted)
    after = read_one(office.desk, ash, person, "risk", view.record)
    assert (after.values["self_harm"], after.seen) == ("high", saved.seen)
    assert not list_conflicts(office.desk, ash)


def test_a_change_without_a_token_is_asked_to_read_first(office: Office, ash: Caller) -> None:
    person, view = risk(office, ash)
    with pytest.raises(SeenMissing):
        change(office.desk, ash, person, Change("risk", view.record, {"self_harm": "high"}, None))


def test_a_stale_change_is_told_what_changed_by_whom_and_where(office: Office, ash: Caller) -> None:
    birch = office.hire("birch")
    person, view = risk(office, ash)
    change(
        office.desk, birch, person, Change("risk", view.record, {"self_harm": "high"}, view.seen)
    )
    late = Change("risk", view.record, {"self_harm": "medium"}, view.seen)
    with pytest.raises(StaleRecord) as stale:
        change(office.desk, ash, person, late)
    (told,) = stale.value.changes
    assert (told.field, told.value) == ("self_harm", "high")
    assert (told.source.staff_name, told.source.place_name) == ("Birch", "Leeds (HMP)")
    assert "high" not in str(stale.value)
    again = Change("risk", view.record, {"self_harm": "medium"}, stale.value.seen)
    change(office.desk, ash, person, again)
    assert read_all(office.desk, ash, person, "risk")[0].values["self_harm"] == "medium"


def test_on_purpose_saves_beside_what_was_not_seen_and_opens_a_conflict(
    office: Office, ash: Caller
) -> None:
    person, view = risk(office, ash)
    change(office.desk, ash, person, Change("risk", view.record, {"self_harm": "high"}, view.seen))
    late = Change("risk", view.record, {"self_harm": "medium"}, view.seen, on_purpose=True)
    change(office.desk, ash, person, late)
    (conflict,) = list_conflicts(office.desk, ash)
    assert {side.value for side in conflict.sides} == {"high", "medium"}
    assert read_all(office.desk, ash, person, "risk")[0].values["self_harm"] == "high"


def test_another_field_of_a_record_can_be_changed_unseen(office: Office, ash: Caller) -> None:
    person, view = risk(office, ash)
    change(office.desk, ash, person, Change("risk", view.record, {"self_harm": "high"}, view.seen))
    change(office.desk, ash, person, Change("risk", view.record, {"csra": "high"}, view.seen))
    assert not list_conflicts(office.desk, ash)


def test_a_token_of_nobodys_is_refused(office: Office, ash: Caller) -> None:
    person, view = risk(office, ash)
    wanted = Change("risk", view.record, {"self_harm": "high"}, SeenToken("%%%"))
    with pytest.raises(BadSeenToken):
        change(office.desk, ash, person, wanted)


def test_what_exists_at_most_once_is_not_added_over(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    put_in_cell(office, ash, person, "LEI-A-1-001")
    with pytest.raises(StaleRecord) as stale:
        put_in_cell(office, ash, person, "LEI-A-1-002")
    assert [one.value for one in stale.value.changes] == ["LEI-A-1-001"]


def test_a_field_is_written_only_where_its_declaration_says(tmp_path: Path) -> None:
    office = Office(tmp_path, "N55LEE")
    ash = office.hire("ash")
    person = someone(office, ash)
    with pytest.raises(NotAllowed):
        put_in_cell(office, ash, person, "LEI-A-1-001")
    office.store.close()


@pytest.mark.parametrize(
    ("kind", "values", "fault"),
    [
        ("cell", {"place": "x"}, InvalidValue),
        ("cell", {"location": 5}, InvalidValue),
        ("risk", {"self_harm": "huge"}, InvalidValue),
        ("risk", {}, InvalidValue),
        ("nothing", {"x": 1}, UnknownKind),
        ("identifier", {"type": "XYZ", "value": "1"}, UnknownCode),
        ("case_note", {"text": "x"}, UseItsOwnDoor),
        ("alert", {"code": "HA"}, UseItsOwnDoor),
        ("settlement", {"of_kind": "risk", "settled_by": "Somebody else"}, UseItsOwnDoor),
        (
            "movement",
            {"type": "ADM", "reason": "24", "direction": "IN", "to_place": "ZZZ"},
            UnknownCode,
        ),
        ("movement", {"type": "ADM", "reason": "??", "direction": "IN"}, UnknownCode),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    office: Office, ash: Caller, kind: str, values: dict[str, object], fault: type[Exception]
) -> None:
    person = someone(office, ash)
    with office.store.reading() as reading:
        before = reading.counts()["ops"]
    with pytest.raises(fault):
        add(office.desk, ash, person, Addition(kind, values))
    with office.store.reading() as reading:
        assert reading.counts()["ops"] == before


def test_nobody_signs_in_anothers_name(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    grounds = {"text": "Said so", "author": "The Governor", "written_on": 1}
    add(office.desk, ash, person, Addition("risk", {"self_harm": "low", "grounds": grounds}))
    (view,) = read_all(office.desk, ash, person, "risk")
    assert view.values["grounds"] == [
        {"text": "Said so", "author": "Ash", "written_on": office.clock.now_ms()}
    ]


def test_a_pair_is_one_record_from_either_side(office: Office, ash: Caller) -> None:
    one = someone(office, ash)
    other = someone(office, ash, NewPerson("Sam", "Sample"))
    values = {"reason": "THREAT", "restriction": "WING"}
    saved = add(office.desk, ash, one, Addition("non_association", values, other=other))
    for person in (one, other):
        (view,) = read_all(office.desk, ash, person, "non_association")
        assert view.record == saved.record
        assert read_one(office.desk, ash, person, "non_association", saved.record) == view
    with pytest.raises(StaleRecord):
        add(office.desk, ash, other, Addition("non_association", values, other=one))


@pytest.mark.parametrize("other", [None, "self"])
def test_a_pair_needs_a_second_person(office: Office, ash: Caller, other: str | None) -> None:
    person = someone(office, ash)
    values = {"reason": "THREAT", "restriction": "WING"}
    addition = Addition("non_association", values, other=person if other else None)
    with pytest.raises(InvalidValue):
        add(office.desk, ash, person, addition)


def test_a_record_of_somebody_else_is_not_found(office: Office, ash: Caller) -> None:
    one = someone(office, ash)
    other = someone(office, ash, NewPerson("Sam", "Sample"))
    saved = receive(office, ash, one)
    with pytest.raises(NotFound):
        read_one(office.desk, ash, other, "movement", saved.record)
    with pytest.raises(NotFound):
        read_one(office.desk, ash, one, "movement", RecordId(bytes(16)))


def test_a_gathered_value_put_right_stands_alone(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    (view,) = read_all(office.desk, ash, person, "person")
    born = {"value": "1990-01-03", "source": "PRISON", "asserted_on": "2026-11-22"}
    with office.store.reading() as reading:
        (entry,) = [one for one in reading.history(person) if one.op and "names" in one.op.values]
    wanted = Change(
        "person", view.record, {"date_of_birth": born}, view.seen, corrects=(entry.op_id,)
    )
    change(office.desk, ash, person, wanted)
    (after,) = read_all(office.desk, ash, person, "person")
    assert [one["value"] for one in after.values["date_of_birth"]] == ["1990-01-03"]
    assert len(after.values["names"]) == 1
