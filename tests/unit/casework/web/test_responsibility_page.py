"""The page of the responsible officer: who leads and why, who was, and the handover's ticks."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from litestar.testing import TestClient

from casework.access.caller import Caller
from casework.desk import officer_record
from casework.desk.conflicts import list_conflicts
from casework.desk.officer_record import Served, read_officer_record
from casework.desk.records import Addition, Change, add, change, read_all
from casework.desk.worked import CODE
from casework.rules.responsible import read_officer
from casework.rules.tier import Tier
from casework.rules.tier_inputs import tier_of
from casework.web.shown.officer_picture import officer_picture
from sync_protocol.ids import SubjectId
from tests.browser.terminal import terminal_of
from tests.desks import Office
from tests.unit.casework.desk.steps import assignment, receive, someone
from tests.unit.casework.web.test_pages import Browser

pytestmark = pytest.mark.slow

UNIT = "N55LEE"
SENTENCE: dict[str, Any] = {
    "court": "Leeds Crown Court",
    "court_type": "CC",
    "sentenced_on": "2026-01-05",
    "type": "2020/ADIMP",
    "offence": "Burglary",
    "imprisonment_status": "ADIMP_ORA",
}
DATES: dict[str, Any] = {
    "calculation_version": 2,
    "reason": "NEW",
    "calculated_on": "2026-01-06",
    "calculated_by": "A. Clerk",
    "checked_by": "B. Reader",
    "conditional_release": "2027-09-01",
    "sentence_expiry": "2029-05-01",
}


@pytest.fixture
def ash(office: Office) -> Caller:
    """Ash, on the staff of Leeds."""
    return office.hire("ash")


@pytest.fixture
def person(office: Office, ash: Caller) -> SubjectId:
    """Somebody at Leeds under a sentence, with Ash responsible."""
    known = someone(office, ash)
    receive(office, ash, known)
    add(office.desk, ash, known, Addition("sentence", {"version": _approved(SENTENCE)}))
    add(office.desk, ash, known, Addition("key_dates", {"version": _approved(DATES)}))
    named = {"assignment": assignment("ash", "LEI", since="2026-02-01")}
    add(office.desk, ash, known, Addition("offender_manager", named))
    return known


@pytest.fixture
def ash_at(office: Office, person: SubjectId) -> Iterator[Browser]:
    """A browser at Leeds, where Ash is signed in."""
    with TestClient(terminal_of(office).app, base_url="http://127.0.0.1") as http:
        browser = Browser(http)
        browser.sign_in()
        yield browser


def _approved(content: dict[str, Any]) -> dict[str, Any]:
    return {"approved": True, "content": content}


def test_it_says_who_leads_why_and_from_when_the_community_does(
    ash_at: Browser, person: SubjectId
) -> None:
    ash_at.get(f"/people/{person.hex()}/responsibility")
    assert ash_at.status == 200
    for words in (
        "The prison is responsible",
        "Determinate over 10 months.",
        "1 September 2027 (CRD)",
        "18 December 2026",
        "the key dates (calculation 2)",
        "Nobody named",
        "5 January 2026",
        "Named by Ash",
        "Handover checklist: “Sent the handover report” is not ticked yet.",
    ):
        assert words in ash_at.text, words
    assert 'role="img"' in ash_at.text
    assert "style=" not in ash_at.text


def test_a_tick_is_set_there_and_taken_off_again(
    office: Office, ash: Caller, ash_at: Browser, person: SubjectId
) -> None:
    page, form = (f"/people/{person.hex()}/{name}" for name in ("responsibility", "handover"))
    ash_at.get(page)
    ash_at.post(form, contacted_com="yes", resourcing="standard")
    assert ash_at.path.split("?")[0].endswith(page), ash_at.text
    assert "Handover saved" in ash_at.text
    assert _handover(office, ash, person)["contacted_com"] == "open"
    assert "“Contacted the community offender manager” is not" not in ash_at.text

    ash_at.get(page)
    ash_at.post(form, resourcing="enhanced")
    assert "Reviewed OASys" in ash_at.text
    shown = _handover(office, ash, person)
    assert (shown["contacted_com"], shown["resourcing"]) == ("closed", "enhanced")

    ash_at.get(page)
    ash_at.post(form, resourcing="enhanced")
    assert "Nothing is changed" in ash_at.text


def test_a_contested_officer_is_settled_from_there(
    office: Office, ash: Caller, ash_at: Browser, person: SubjectId
) -> None:
    birch = {"assignment": assignment("birch", UNIT, since="2026-11-10")}
    _name(office, ash, person, birch, apart=True)
    ash_at.get(f"/people/{person.hex()}/responsibility")
    assert "Settle this" in ash_at.text
    assert "With another officer" in ash_at.text
    assert "Settle who is the responsible officer: two are recorded." in ash_at.text


@pytest.mark.parametrize(("release", "severity"), [("2026-12-06", "S1"), ("2026-12-07", "S2")])
def test_two_officers_weigh_most_near_release_wherever_it_is_listed(
    office: Office, ash: Caller, person: SubjectId, release: str, severity: str
) -> None:
    (dates,) = read_all(office.desk, ash, person, "key_dates")
    sooner = {**DATES, "calculation_version": 3, "conditional_release": release}
    wanted = Change("key_dates", dates.record, {"version": _approved(sooner)}, dates.seen)
    change(office.desk, ash, person, wanted)
    _name(office, ash, person, {"assignment": assignment("birch", UNIT)}, apart=True)
    (conflict,) = list_conflicts(office.desk, ash, person=person)
    assert (conflict.field, conflict.severity) == ("assignment", severity)


def test_why_an_officer_was_named_is_kept(
    office: Office, ash: Caller, ash_at: Browser, person: SubjectId
) -> None:
    form = f"/people/{person.hex()}/officer"
    ash_at.get(form)
    day = {"from-day": "22", "from-month": "11", "from-year": "2026"}
    typed = {"staff": ash.staff.hex(), "side": "prison", "reason": "continuity", **day}
    ash_at.post(form, **typed)
    ash_at.post(form, step="save")
    (shown,) = read_all(office.desk, ash, person, "offender_manager")
    assert shown.values["assignment"]["reason"] == "continuity"


def test_whoever_was_named_key_worker_unseen_is_told(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    def work(name: str) -> dict[str, Any]:
        return {
            "allocation": {
                "staff_id": name.encode().ljust(16, b".").hex(),
                "staff_name": name,
                "prison": "LEI",
                "effective_from": "2026-11-01",
                "allocation_reason": "MANUAL",
            }
        }

    add(office.desk, ash, person, Addition("key_worker", work("Kit")))
    (shown,) = read_all(office.desk, ash, person, "key_worker")
    for name in ("Jo", "Lee"):
        wanted = Change("key_worker", shown.record, work(name), shown.seen, on_purpose=True)
        change(office.desk, ash, person, wanted)
    record = read_officer_record(office.desk, ash, person)
    assert record.key_work["staff_name"] == "Lee"
    assert [one.code for one in record.findings] == ["key_worker_superseded"]
    assert "Lee, named last, is key worker: tell Jo." in record.findings[0].words


def test_the_history_goes_across_every_move(office: Office, ash: Caller, person: SubjectId) -> None:
    for staff, team, since in (("mary", "BXI", "2026-06-01"), ("tom", UNIT, "2026-12-18")):
        _name(office, ash, person, {"assignment": assignment(staff, team, since=since)})
    record = read_officer_record(office.desk, ash, person)
    assert [(one.officer.staff_name, one.since, one.until) for one in record.served] == [
        ("Ash", date(2026, 2, 1), date(2026, 6, 1)),
        ("Mary", date(2026, 6, 1), date(2026, 12, 18)),
        ("Tom", date(2026, 12, 18), None),
    ]
    assert [(one.since, one.until) for one in record.gaps] == [(date(2026, 1, 5), date(2026, 2, 1))]
    picture = officer_picture(record, date(2026, 11, 22))
    assert picture is not None
    assert picture.words == (
        "Who leads by the rules: Prison from 5 January 2026; Community from 18 December 2026. "
        "Who was responsible: Ash from 1 February 2026 to 1 June 2026; "
        "Mary from 1 June 2026 to 18 December 2026; Tom from 18 December 2026; Nobody named."
    )
    assert all(one.left >= 0 and one.left + one.width <= picture.width for one in picture.bars)
    assert {one.top for one in picture.bars} == {0, 52}


def test_a_record_that_breaks_a_rule_takes_no_page_down_and_is_said(
    office: Office,
    ash: Caller,
    ash_at: Browser,
    person: SubjectId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(rows: Any, day: str, now_ms: int) -> Tier:
        assert all(one.values["nothing"] for one in rows.get("key_dates", ()))
        return tier_of(rows, day, now_ms)

    monkeypatch.setattr(officer_record, "tier_of", broken)
    record = read_officer_record(office.desk, ash, person)
    assert [(one.code, one.severity) for one in record.findings] == [(CODE, "S1")]
    assert record.case.responsible is not None
    ash_at.get(f"/people/{person.hex()}/responsibility")
    assert ash_at.status == 200
    assert "a value of this record is not as it should be" in ash_at.text
    assert "The prison is responsible" in ash_at.text


def test_two_at_once_are_drawn_under_one_another(
    office: Office, ash: Caller, person: SubjectId
) -> None:
    record = read_officer_record(office.desk, ash, person)
    other = Served(
        officer=read_officer(assignment("birch", UNIT)),
        since=date(2026, 3, 1),
        until=None,
        named_by=(),
    )
    both = type(record)(**{**_members(record), "served": (*record.served, other)})
    picture = officer_picture(both, date(2026, 11, 22))
    assert picture is not None
    assert sorted({one.top for one in picture.bars}) == [0, 52, 104]


def test_nobody_known_has_no_picture(office: Office, ash: Caller) -> None:
    known = someone(office, ash)
    record = read_officer_record(office.desk, ash, known)
    assert officer_picture(record, date(2026, 11, 22)) is None


def _members(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


def _name(
    office: Office, ash: Caller, person: SubjectId, values: dict[str, Any], *, apart: bool = False
) -> None:
    (shown,) = read_all(office.desk, ash, person, "offender_manager")
    seen = shown.seen
    if apart:
        other = {"assignment": assignment("carol", "LEI", since="2026-11-09")}
        change(office.desk, ash, person, Change("offender_manager", shown.record, other, seen))
    wanted = Change("offender_manager", shown.record, values, seen, on_purpose=apart)
    change(office.desk, ash, person, wanted)


def _handover(office: Office, ash: Caller, person: SubjectId) -> dict[str, Any]:
    (shown,) = read_all(office.desk, ash, person, "handover")
    return dict(shown.values)
