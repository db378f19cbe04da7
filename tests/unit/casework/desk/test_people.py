"""People: found, created once, summed up, and never told to whom they are closed."""

from pathlib import Path

import pytest

from casework.access.actions import NotAllowed
from casework.access.caller import Caller
from casework.desk.gate import Restricted
from casework.desk.people import (
    NewIdentifier,
    NewPerson,
    PossibleDuplicate,
    candidates,
    create,
    search,
    summary,
)
from casework.desk.records import Addition, Change, add, change, read_all
from sync_protocol.errors import InvalidValue, NotFound
from sync_protocol.ids import SubjectId
from tests.desks import Office
from tests.unit.casework.desk.steps import (
    NOMS,
    ROBIN,
    put_in_cell,
    receive,
    restrict,
    someone,
)


@pytest.mark.parametrize("text", ["robin", "exam rob", "A1234BC", "a1234", "EXAMPLE"])
def test_search_finds_by_the_beginnings_of_names_and_numbers(
    office: Office, ash: Caller, text: str
) -> None:
    person = someone(office, ash)
    assert [match.id for match in search(office.desk, ash, text).matches] == [person]


@pytest.mark.parametrize("text", ["", "  ", "zebra", '"', "robin zebra"])
def test_search_finds_nothing_where_nothing_fits(office: Office, ash: Caller, text: str) -> None:
    someone(office, ash)
    assert search(office.desk, ash, text).matches == ()


def test_search_says_where_it_was_cut(office: Office, ash: Caller) -> None:
    for first in ("Ann", "Ben", "Cat"):
        someone(office, ash, NewPerson(first, "Sample"))
    result = search(office.desk, ash, "sample", limit=2)
    assert (len(result.matches), result.is_cut) == (2, True)


def test_what_is_found_by_name_is_in_the_order_of_a_list_of_names(
    office: Office, ash: Caller
) -> None:
    for first, last in (("Zoe", "Fell"), ("Ann", "Fellwick"), ("Ben", "Fell"), ("Cat", "fellas")):
        someone(office, ash, NewPerson(first, last))
    found = [match.name for match in search(office.desk, ash, "fell").matches]
    assert found == ["Ben Fell", "Zoe Fell", "Cat fellas", "Ann Fellwick"]


def test_a_search_that_is_too_long_is_refused(office: Office, ash: Caller) -> None:
    with pytest.raises(InvalidValue):
        search(office.desk, ash, "x" * 201)


def test_a_person_with_a_known_number_is_not_created_unasked(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    other = NewPerson("Somebody", "Else", identifiers=(NewIdentifier("NOMS", "a1234bc"),))
    with pytest.raises(PossibleDuplicate) as found:
        create(office.desk, ash, other)
    assert [(one.id, one.why) for one in found.value.candidates] == [(person, ("identifier",))]
    created = create(office.desk, ash, other, confirmed=True)
    assert created.person != person
    assert created.candidates == found.value.candidates


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (NewPerson("Robin", "Example"), ("name",)),
        (
            NewPerson("Robyn", "Example", date_of_birth="1990-01-02"),
            ("date_of_birth", "similar_name"),
        ),
        (NewPerson("Robyn", "Example"), None),
        (NewPerson("Quite", "Different", date_of_birth="1990-01-02"), None),
        (
            NewPerson("Robyn", "Xample", date_of_birth="1990-01-02"),
            ("date_of_birth", "similar_name"),
        ),
    ],
)
def test_who_may_be_the_same_needs_more_than_a_likeness(
    office: Office, ash: Caller, new: NewPerson, why: tuple[str, ...] | None
) -> None:
    someone(office, ash)
    found = candidates(office.desk, ash, new)
    assert [one.why for one in found] == ([why] if why else [])


def test_a_wrong_check_letter_is_kept_and_flagged(office: Office, ash: Caller) -> None:
    wrong = NewPerson("Robin", "Example", identifiers=(NewIdentifier("PNC", "2001/1234567A"),))
    person = someone(office, ash, wrong)
    (number,) = summary(office.desk, ash, person).identifiers
    assert (number.value, number.check) == ("2001/1234567A", "invalid")


def test_the_summary_tells_who_where_and_what_to_mind(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    receive(office, ash, person)
    put_in_cell(office, ash, person, "LEI-A-1-003")
    add(office.desk, ash, person, Addition("risk", {"staff_custody": "high", "self_harm": "low"}))
    told = summary(office.desk, ash, person)
    assert (told.name.full, told.date_of_birth, told.age) == ("Robin Example", "1990-01-02", 36)
    assert (told.custody.status, told.custody.place_code) == ("in_custody", "LEI")
    assert (told.custody.cell, told.rosh) == ("LEI-A-1-003", "high")
    assert told.identifiers[0].value == NOMS.value
    assert not told.is_at_centre


def test_two_dates_of_birth_are_both_told_and_found_wrong(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    (view,) = read_all(office.desk, ash, person, "person")
    born = {"value": "1991-01-02", "source": "PNC", "asserted_on": "2026-11-20"}
    change(
        office.desk,
        ash,
        person,
        Change("person", view.record, {"date_of_birth": born}, view.seen),
    )
    told = summary(office.desk, ash, person)
    assert (told.date_of_birth, told.other_dates_of_birth) == ("1991-01-02", ("1990-01-02",))
    assert [finding.code for finding in told.findings] == ["dates_of_birth_differ"]


def test_somebody_not_known_here_is_not_found(office: Office, ash: Caller) -> None:
    with pytest.raises(NotFound):
        summary(office.desk, ash, SubjectId(bytes(16)))


def test_a_restricted_person_is_told_by_nothing(office: Office, ash: Caller) -> None:
    birch = office.hire("birch")
    person = someone(office, ash)
    restrict(office, ash, person, birch)
    assert search(office.desk, ash, "robin").matches
    assert search(office.desk, birch, "robin").matches == ()
    assert candidates(office.desk, birch, ROBIN) == ()
    with pytest.raises(Restricted):
        summary(office.desk, birch, person)
    assert office.audit()[-1] == ("refused", person)
    with pytest.raises(Restricted):
        add(office.desk, birch, person, Addition("cell", {"location": "LEI-A-1-001"}))


def test_whoever_is_refused_is_told_what_the_restriction_says(office: Office, ash: Caller) -> None:
    birch = office.hire("birch")
    person = someone(office, ash)
    restrict(
        office, ash, person, birch, message="Ring the duty desk.", reason="Related by marriage"
    )
    with pytest.raises(Restricted) as told:
        summary(office.desk, birch, person)
    assert told.value.messages == ("Ring the duty desk.",)
    assert "Ring" not in str(told.value), "a message is for the reader, never for the log"


def test_a_restriction_closes_the_records_linked_with_the_persons_own(tmp_path: Path) -> None:
    centre = Office(tmp_path, "CENTRE")
    ash, birch = centre.hire("ash"), centre.hire("birch")
    person = someone(centre, ash)
    other = someone(centre, ash, NewPerson("Robert", "Exemplar"))
    link = add(centre.desk, ash, person, Addition("person_link", {"claim": "same_as"}, other=other))
    restrict(centre, ash, person, birch, message="Ring the duty desk.")
    assert search(centre.desk, birch, "exemplar").matches == ()
    with pytest.raises(Restricted) as told:
        summary(centre.desk, birch, other)
    assert told.value.messages == ("Ring the duty desk.",)
    change(
        centre.desk,
        ash,
        person,
        Change("person_link", link.record, {"status": "closed"}, link.seen),
    )
    assert summary(centre.desk, birch, other).name.last == "Exemplar"
    centre.store.close()


def test_administrators_neither_search_nor_read(office: Office, ash: Caller) -> None:
    person = someone(office, ash)
    root = office.hire("root", "administrator")
    with pytest.raises(NotAllowed):
        search(office.desk, root, "robin")
    with pytest.raises(NotAllowed):
        summary(office.desk, root, person)
    assert office.audit()[-2:] == [("refused", None)] * 2


def test_every_reading_leaves_its_line_before_the_answer(office: Office, ash: Caller) -> None:
    """INV-13: each served read has its audit entry."""
    person = someone(office, ash)
    before = len(office.audit())
    search(office.desk, ash, "robin")
    summary(office.desk, ash, person, why="court report")
    assert office.audit()[before:] == [("search", person), ("read", person)]
    with office.store.reading() as reading:
        rows = reading.select("SELECT why, detail FROM audit ORDER BY line_no DESC LIMIT 1")
    assert rows == [("court report", "summary")]
