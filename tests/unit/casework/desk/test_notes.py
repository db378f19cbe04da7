"""Case notes: one's own may be amended and retracted, another's never."""

import pytest

from casework.access.caller import Caller
from casework.desk.notes import (
    NewNote,
    NoteWithdrawn,
    NotYourNote,
    add_note,
    amend_note,
    read_notes,
    retract_note,
)
from casework.desk.records import SeenMissing
from casework.desk.timeline import timeline
from casework.desk.writing import StaleRecord
from casework.reference import in_use
from casework.reference.reader import UnknownCode
from sync_protocol.ids import RecordId, SubjectId
from tests.desks import NOON_MS, Office
from tests.unit.casework.desk.steps import someone

TYPE, SUBTYPE = next(iter(in_use.case_note_subtypes())).split("/")
NOTE = NewNote(TYPE, SUBTYPE, "Settled on the wing.", NOON_MS - 60_000)


@pytest.fixture
def person(office: Office, ash: Caller) -> SubjectId:
    return someone(office, ash)


@pytest.fixture
def record(office: Office, ash: Caller, person: SubjectId) -> RecordId:
    return add_note(office.desk, ash, person, NOTE).record


def test_a_note_says_who_when_and_where(
    office: Office, ash: Caller, person: SubjectId, record: RecordId
) -> None:
    (note,) = read_notes(office.desk, ash, person)
    assert (note.record, note.occurred_ms, note.written_ms) == (record, NOON_MS - 60_000, NOON_MS)
    assert (note.texts[0].text, note.texts[0].author) == (NOTE.text, "Ash")
    assert (note.place_name, note.is_own, note.is_sensitive) == ("Leeds (HMP)", True, False)


def test_an_amendment_stands_after_the_first_text(
    office: Office, ash: Caller, person: SubjectId, record: RecordId
) -> None:
    office.clock.pass_ms(1000)
    amend_note(office.desk, ash, person, record, "On B wing.")
    (note,) = read_notes(office.desk, ash, person)
    assert [(one.text, one.is_amendment) for one in note.texts] == [
        (NOTE.text, False),
        ("On B wing.", True),
    ]


def test_nothing_is_added_to_a_withdrawn_note_where_nobody_would_read_it(
    office: Office, ash: Caller, person: SubjectId, record: RecordId
) -> None:
    (note,) = read_notes(office.desk, ash, person)
    retract_note(office.desk, ash, person, record, note.seen)
    with pytest.raises(NoteWithdrawn):
        amend_note(office.desk, ash, person, record, "He said that he has a blade.")


def test_another_may_neither_amend_nor_retract(
    office: Office, ash: Caller, person: SubjectId, record: RecordId
) -> None:
    birch = office.hire("birch")
    (note,) = read_notes(office.desk, birch, person)
    assert not note.is_own
    with pytest.raises(NotYourNote):
        amend_note(office.desk, birch, person, record, "No.")
    with pytest.raises(NotYourNote):
        retract_note(office.desk, birch, person, record, note.seen)


def test_a_retracted_note_keeps_its_place_and_hides_its_text(
    office: Office, ash: Caller, person: SubjectId, record: RecordId
) -> None:
    (note,) = read_notes(office.desk, ash, person)
    retract_note(office.desk, ash, person, record, note.seen)
    (after,) = read_notes(office.desk, ash, person)
    assert (after.is_retracted, after.texts) == (True, ())
    told = timeline(office.desk, ash, person).entries
    assert all(NOTE.text not in f"{one.sentence} {one.text}" for one in told)


def test_retracting_needs_a_token_and_one_that_saw_everything(
    office: Office, ash: Caller, person: SubjectId, record: RecordId
) -> None:
    (note,) = read_notes(office.desk, ash, person)
    with pytest.raises(SeenMissing):
        retract_note(office.desk, ash, person, record, None)
    amend_note(office.desk, ash, person, record, "Important.")
    with pytest.raises(StaleRecord):
        retract_note(office.desk, ash, person, record, note.seen)


def test_a_subtype_that_staff_may_not_choose_is_refused(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    with pytest.raises(UnknownCode):
        add_note(office.desk, ash, person, NewNote(TYPE, "NOPE", "x", NOON_MS))
