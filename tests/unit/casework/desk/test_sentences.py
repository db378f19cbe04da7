"""Sentences and words: codes in the language of staff, whatever was written."""

from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk.notes import NewNote, add_note, amend_note, retract_note
from casework.desk.people import NewPerson
from casework.desk.records import Addition, Change, add, change, read_all
from casework.desk.timeline import timeline
from casework.desk.words import kind_name, value_words
from casework.desk.writing import Saved
from casework.reference import in_use
from casework.rules.spoken import clock_words, day_words, moment_words
from sync_protocol.ids import SubjectId
from tests.desks import NOON_MS, Office
from tests.unit.casework.desk.steps import someone


def told(office: Office, caller: Caller, person: SubjectId) -> tuple[str, str | None]:
    entry = timeline(office.desk, caller, person).entries[0]
    return entry.sentence, entry.text


def write(office: Office, caller: Caller, person: SubjectId, kind: str, **values: Any) -> Saved:
    return add(office.desk, caller, person, Addition(kind, values))


def close(office: Office, caller: Caller, person: SubjectId, kind: str, saved: Saved) -> None:
    wanted = Change(kind, saved.record, {"status": "closed"}, saved.seen)
    change(office.desk, caller, person, wanted)


def test_a_departure_says_from_where_and_whereto(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    out = {"type": "TRN", "reason": "NOTR", "direction": "OUT", "from_place": "LEI"}
    write(office, ash, person, "movement", **out, to_place="BXI", note="By road.")
    sentence, text = told(office, ash, person)
    assert sentence.startswith("Left Leeds (HMP) for Brixton (HMP): ")
    assert text == "By road."


def test_an_identifier_says_what_is_wrong_with_it_and_that_it_was_struck_out(
    office: Office, ash: Caller
) -> None:
    person = someone(office, ash)
    saved = write(office, ash, person, "identifier", type="PNC", value="2001/1234567A")
    assert told(office, ash, person)[0].endswith(
        "2001/1234567A recorded. Its check letter is wrong"
    )
    close(office, ash, person, "identifier", saved)
    assert told(office, ash, person)[0].endswith("2001/1234567A struck out")


def test_a_non_association_begins_and_ends(office: Office, ash: Caller) -> None:
    one = someone(office, ash)
    other = someone(office, ash, NewPerson("Sam", "Sample"))
    values = {"reason": "THREAT", "restriction": "LANDING", "comment": "Debts."}
    saved = add(office.desk, ash, one, Addition("non_association", values, other=other))
    assert told(office, ash, other) == (
        "Non-association with another person: not on the same landing",
        "Debts.",
    )
    close(office, ash, one, "non_association", saved)
    assert told(office, ash, one) == ("Non-association ended", None)


def test_no_cell_and_grounds_alone_are_told(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    write(office, ash, person, "cell", location=None)
    assert told(office, ash, person) == ("No cell", None)
    grounds = {"text": "Threats heard.", "author": "x", "written_on": 1}
    write(office, ash, person, "risk", grounds=grounds)
    assert told(office, ash, person) == ("Grounds of the risk recorded", "Threats heard.")


def test_an_alias_and_a_sex_are_told(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    (view,) = read_all(office.desk, ash, person, "person")
    source = {"source": "SELF", "asserted_on": "2026-11-22"}
    values = {
        "names": {"first": "Bob", "last": "Other", "kind": "alias", **source},
        "sex": {"value": "M", **source},
    }
    change(office.desk, ash, person, Change("person", view.record, values, view.seen))
    sentence = told(office, ash, person)[0]
    assert sentence == "Personal details recorded: name Bob Other (alias), sex Male"


@pytest.mark.parametrize(
    ("kind", "field", "value", "words"),
    [
        ("alert", "active_to", None, "none"),
        ("alert", "active_to", "2026-02-03", "3 February 2026"),
        ("alert", "code", "HA", "ACCT Open (HMPS)"),
        ("case_note", "sensitive", True, "yes"),
        ("risk", "self_harm", "very_high", "very high"),
        ("movement", "to_place", "LEI", "Leeds (HMP)"),
        ("movement", "occurred_at", NOON_MS, "22 November 2026 at 12:00"),
        ("cell", "location", "LEI-A-1-003", "LEI-A-1-003"),
        ("nothing", "known", ["a", {"b": 1, "c": None}], "a; 1"),
        ("offender_manager", "assignment", "odd", "odd"),
    ],
)
def test_a_value_in_words(kind: str, field: str, value: Any, words: str) -> None:
    assert value_words(kind, field, value) == words


def test_what_is_no_day_or_moment_is_told_as_it_came() -> None:
    assert day_words("some day") == "some day"
    assert moment_words("then") == "then"
    assert clock_words(NOON_MS) == "12:00 on 22 November 2026"
    assert kind_name("new_kind") == "new kind"


def test_a_note_is_added_to_and_withdrawn_in_the_words_of_the_pages(
    office: Office, ash: Caller
) -> None:
    person = someone(office, ash)
    kind, subtype = next(iter(in_use.case_note_subtypes())).split("/")
    note = add_note(office.desk, ash, person, NewNote(kind, subtype, "Calm.", NOON_MS))
    added = amend_note(office.desk, ash, person, note.record, "Slept.")
    sentence, text = told(office, ash, person)
    assert (sentence.partition(":")[0], text) == ("Added to case note", "Slept.")
    retract_note(office.desk, ash, person, note.record, added.seen)
    assert told(office, ash, person)[0].startswith("Case note withdrawn: ")
