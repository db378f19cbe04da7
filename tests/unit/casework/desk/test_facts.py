"""Facts: reading a whole prison tells of each person what reading one tells."""

import pytest

from casework.access.caller import Caller
from casework.desk import facts as facts_of
from casework.desk.alerts import NewAlert, raise_alert
from casework.desk.facts import read_facts, read_many
from casework.desk.people import NewPerson
from casework.desk.records import Addition, Change, add, change, read_all
from tests.desks import Office
from tests.unit.casework.desk.steps import put_in_cell, receive, someone


def test_many_read_at_once_are_told_as_each_alone(
    office: Office, ash: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [
        someone(office, ash, NewPerson(first, "Sample", date_of_birth=f"199{at}-01-02"))
        for at, first in enumerate(("Ann", "Ben", "Cat"))
    ]
    for at, person in enumerate(people[:2]):
        receive(office, ash, person)
        put_in_cell(office, ash, person, f"LEI-A-1-00{at}")
        raise_alert(office.desk, ash, person, NewAlert("HA", "", "2026-11-20"))
    add(office.desk, ash, people[0], Addition("risk", {"self_harm": "low"}))
    (view,) = read_all(office.desk, ash, people[0], "risk")
    for level in ("high", "medium"):
        blind = Change("risk", view.record, {"self_harm": level}, view.seen, on_purpose=True)
        change(office.desk, ash, people[0], blind)
    monkeypatch.setattr(facts_of, "ONE_BY_ONE_MAX", 1)
    with office.store.reading() as reading:
        at_once = read_many(office.desk, reading, people)
        alone = {person: read_facts(office.desk, reading, person) for person in people}
    assert at_once == alone
    assert list(at_once) == people
    assert at_once[people[0]].severities == ["S1"]
