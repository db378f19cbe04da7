"""Facts: reading a whole prison tells of each person what reading one tells."""

from typing import Any

import pytest

from casework.access.caller import Caller
from casework.desk import facts as facts_of
from casework.desk.alerts import NewAlert, raise_alert
from casework.desk.board import wing_board
from casework.desk.facts import read_facts, read_many
from casework.desk.people import NewPerson, summary
from casework.desk.records import Addition, Change, add, change, read_all
from casework.desk.worked import CODE
from casework.rules.custody import CustodyState
from casework.rules.custody_of_person import custody_of_person, other_findings
from casework.rules.rows import DAY_MS
from sync_protocol.ids import SubjectId
from tests.desks import Office
from tests.unit.casework.desk.steps import put_in_cell, receive, someone

EARLY = "release_before_sentence"
SENTENCE: dict[str, Any] = {
    "court": "Leeds Crown Court",
    "court_type": "CC",
    "sentenced_on": "2026-11-20",
    "type": "2020/ADIMP",
    "offence": "Burglary",
}


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


def test_an_alert_that_breaks_a_rule_takes_no_page_down_and_is_said(
    office: Office, ash: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone(office, ash)
    receive(office, ash, person)
    raise_alert(office.desk, ash, person, NewAlert("HA", "", "2026-11-20"))

    def broken(rows: Any, *, now_ms: int) -> Any:
        assert all(one.values["nothing"] for one in rows.get("alert", ()))
        return other_findings(rows, now_ms=now_ms)

    monkeypatch.setattr(facts_of, "other_findings", broken)
    shown = summary(office.desk, ash, person)
    (told,) = shown.findings
    assert (told.code, told.severity, told.subjects) == (CODE, "S1", (person,))
    assert shown.flags == (), "what is left out is not half shown"
    assert shown.custody.place_code == "LEI"
    (on_board,) = wing_board(office.desk, ash).contradictions
    assert (on_board.id, on_board.findings) == (person, (told,))


def test_somebody_whose_reception_breaks_a_rule_stays_in_sight_on_the_board(
    office: Office, ash: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone(office, ash)
    receive(office, ash, person)

    def broken(rows: Any, *, now_ms: int) -> CustodyState:
        assert all(one.values["nothing"] for one in rows.get("movement", ()))
        return custody_of_person(rows, now_ms=now_ms)

    monkeypatch.setattr(facts_of, "custody_of_person", broken)
    board = wing_board(office.desk, ash)
    assert board.roll.present == 0
    (on_board,) = board.contradictions
    assert [(on_board.id, one.code) for one in on_board.findings] == [(person, CODE)]


def test_a_release_before_its_sentence_is_on_the_board_and_the_first_lines(
    office: Office, ash: Caller
) -> None:
    person = someone(office, ash)
    add(office.desk, ash, person, Addition("sentence", {"version": _sentence("2026-11-20")}))
    (sentence,) = read_all(office.desk, ash, person, "sentence")
    let_go = {
        "occurred_at": office.clock.now_ms() - DAY_MS,
        "from_place": "LEI",
        "reason": "CR",
        "authorised_by": "Governor Hale",
        "sentence": sentence.record.hex(),
    }
    add(office.desk, ash, person, Addition("release", let_go))
    receive(office, ash, person)
    assert _is_said(office, ash, person) == (False, False)
    corrected = {"version": _sentence("2026-11-22")}
    wanted = Change("sentence", sentence.record, corrected, sentence.seen)
    change(office.desk, ash, person, wanted)
    assert _is_said(office, ash, person) == (True, True)


def _sentence(sentenced_on: str) -> dict[str, Any]:
    return {"approved": True, "content": {**SENTENCE, "sentenced_on": sentenced_on}}


def _is_said(office: Office, ash: Caller, person: SubjectId) -> tuple[bool, bool]:
    """Whether the finding is among the first lines of the person, and on the board."""
    found = summary(office.desk, ash, person).findings
    board = wing_board(office.desk, ash).contradictions
    on_board = [one.code for shown in board if shown.id == person for one in shown.findings]
    return EARLY in {one.code for one in found}, EARLY in on_board
