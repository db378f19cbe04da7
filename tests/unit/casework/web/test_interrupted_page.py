"""The report of interrupted interventions: for people as a page, for programs by the API."""

from typing import Any

import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.desk.everybody import PEOPLE_AT_ONCE
from casework.desk.interrupted import interrupted
from casework.desk.people import NewPerson, create
from casework.desk.records import Addition, add
from sync_protocol.ids import SubjectId
from tests.browser.terminal import terminal_of
from tests.courses import attendance, referral_values, session_values
from tests.desks import Office
from tests.unit.casework.desk.steps import restrict
from tests.unit.casework.web.test_pages import Browser
from tests.webs import Api

DAY_MS = 86_400_000

pytestmark = pytest.mark.slow
"""Each opens a store and an app; the rules behind them are tested quickly elsewhere."""


def _interrupted(
    office: Office, ash: Caller, last: str = "Hargreaves", days: int = 16
) -> SubjectId:
    """Somebody of whom Brixton held a session, and who came to Leeds so many days ago."""
    person = create(office.desk, ash, NewPerson("Robin", last), confirmed=True).person
    now_ms = office.clock.now_ms()

    def written(kind: str, values: dict[str, Any]) -> str:
        return add(office.desk, ash, person, Addition(kind, values)).record.hex()

    referral = written("referral", referral_values(delivered_at="BXI"))
    told = session_values(0, "BXI", intervention=referral, attendance=attendance())
    written("intervention_session", told | {"planned_at": now_ms - (days + 4) * DAY_MS})
    way = {"type": "ADM", "reason": "INT", "direction": "IN", "to_place": "LEI"}
    written("movement", way | {"occurred_at": now_ms - days * DAY_MS})
    return person


def test_the_page_says_who_what_where_and_for_how_long(office: Office, ash: Caller) -> None:
    person = _interrupted(office, ash)
    with TestClient(terminal_of(office).app, base_url="http://127.0.0.1") as http:
        browser = Browser(http)
        browser.sign_in()
        browser.get("/interrupted")
    assert browser.status == 200
    for said in (
        "Interrupted interventions",
        "Robin Hargreaves",
        f"/people/{person.hex()}/records/referral",
        "Education, Training and Employment (ETE) with Northern Skills",
        "Brixton to Leeds, 6 November 2026",
        "16 days",
        "0 of 1 session",
        "Nobody named here",
    ):
        assert said in browser.text, said


def test_where_nothing_is_interrupted_the_page_says_so(office: Office, ash: Caller) -> None:
    _interrupted(office, ash, days=13)
    with TestClient(terminal_of(office).app, base_url="http://127.0.0.1") as http:
        browser = Browser(http)
        browser.sign_in()
        browser.get("/interrupted")
    assert "No intervention known here is interrupted." in browser.text
    assert "Hargreaves" not in browser.text


def test_programs_are_given_the_same_list(office: Office, ash: Caller) -> None:
    person = _interrupted(office, ash)
    with Api(office) as api:
        assert api.get("/interventions/interrupted").status_code == 401
        api.sign_in()
        told = api.get("/interventions/interrupted").json()
    (line,) = told["lines"]
    assert (line["person"], line["days"], line["to_place"]) == (person.hex(), 16, "LEI")
    assert told["by_place"] == [{"name": "Leeds", "count": 1, "days_max": 16}]
    assert told["by_provider"] == [{"name": "Northern Skills", "count": 1, "days_max": 16}]
    assert ("read", person) in office.audit()


def test_nobody_is_told_of_whom_they_may_not_open(office: Office, ash: Caller) -> None:
    person = _interrupted(office, ash)
    restrict(office, ash, person, ash)
    assert interrupted(office.desk, ash).lines == ()


def test_an_administrator_is_refused(office: Office) -> None:
    with pytest.raises(Exception, match="administrator"):
        interrupted(office.desk, office.hire("cedar", "administrator"))


def test_of_many_people_it_says_the_same_as_of_each(office: Office, ash: Caller) -> None:
    count = PEOPLE_AT_ONCE + 2
    people = {_interrupted(office, ash, f"Number {at:02}", 14 + at) for at in range(count)}
    found = interrupted(office.desk, ash)
    assert {one.person for one in found.lines} == people
    assert [one.days for one in found.lines] == sorted(14 + at for at in range(count))[::-1]
    assert found.by_place[0].count == count
