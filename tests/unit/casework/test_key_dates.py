"""Key dates: which calculation counts, what is planned with, and what is doubtful."""

from datetime import date
from typing import Any

import pytest

from casework.rules.key_dates import (
    ReleasePlan,
    a_row_a_side,
    calculation_words,
    dispute_severity,
    key_dates_findings,
    planned_release,
    read_calculation,
    release_plan,
    standing_calculations,
)
from casework.rules.release_planning import (
    due_of_calculation,
    due_of_release,
    held_past_release,
    release_steps,
)
from casework.rules.responsibility_inputs import dates_for_handover
from tests import toys
from tests.casefile import TODAY, Row, row

PERSON = toys.subject(1)


def version(number: int = 1, *, approved: bool = True, **dates: Any) -> dict[str, Any]:
    """A calculation, checked by somebody else where it is approved."""
    content = {
        "calculation_version": number,
        "reason": "NEW",
        "calculated_on": "2026-11-02",
        "calculated_by": "A. Clerk",
        "checked_by": "B. Checker" if approved else None,
    }
    return {"approved": approved, "content": content | dates}


def dates_row(value: dict[str, Any], *sides: dict[str, Any]) -> tuple[Row, ...]:
    """The record of the key dates, one row for each side where it is contested."""
    asks = {"version": "two_approvals"} if sides else {}
    return a_row_a_side(row("key_dates", asks=asks, version=value), sides)  # type: ignore[return-value]


def plan_of(value: dict[str, Any], *sides: dict[str, Any]) -> ReleasePlan:
    """What is planned with these calculations."""
    return release_plan(standing_calculations(dates_row(value, *sides)), is_asking=bool(sides))


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        ({"conditional_release": "2027-03-03"}, date(2027, 3, 3)),
        ({"conditional_release": "2027-03-03", "hdc_eligibility": "2026-12-01"}, date(2027, 3, 3)),
        ({"conditional_release": "2027-03-03", "hdc_approved": "2026-12-07"}, date(2026, 12, 7)),
        ({"automatic_release": "2027-05-01", "parole_approved": "2027-01-05"}, date(2027, 1, 5)),
        ({"automatic_release": "2027-05-01", "conditional_release": "2027-03-03"}, None),
        (
            {"post_recall_release": "2028-01-10", "hdc_approved": "2026-12-07"},
            date(2028, 1, 10),
        ),
        ({"tariff_expiry": "2030-01-01", "is_indeterminate": True}, None),
        ({"conditional_release": "not yet known"}, None),
        ({}, None),
    ],
)
def test_release_is_planned_by_decision_else_by_law(
    dates: dict[str, Any], day: date | None
) -> None:
    read = read_calculation(version(**dates))
    assert read is not None
    if {"automatic_release", "conditional_release"} <= dates.keys():
        day = date(2027, 5, 1)
    assert planned_release(read) == day


def test_a_release_on_a_bank_holiday_is_brought_back_to_a_working_day() -> None:
    plan = plan_of(version(conditional_release="2026-12-28"))
    assert (plan.release_on, plan.let_go_on) == (date(2026, 12, 28), date(2026, 12, 24))


def test_of_two_calculations_the_later_releases_and_the_earlier_prepares() -> None:
    early, late = (
        version(4, conditional_release="2027-03-03"),
        version(4, conditional_release="2027-03-10"),
    )
    for shown, other in ((early, late), (late, early)):
        plan = plan_of(shown, shown, other)
        assert plan.is_disputed
        assert plan.release_on == plan.let_go_on == date(2027, 3, 10)
        assert plan.prepare_for == date(2027, 3, 3)
        (found,) = key_dates_findings(plan, PERSON, day=TODAY)
        assert (found.code, found.severity) == ("key_dates_disputed", "S2")
        assert found.words.endswith(
            "Until somebody settles it, nobody is released before 10 March 2027, and handover and "
            "licence are made ready for 3 March 2027."
        )
        rows = dates_row(shown, shown, other)
        chosen = dates_for_handover(rows, date(2026, 11, 22))
        assert chosen is not None
        assert chosen.values["version"] == early


@pytest.mark.parametrize(
    ("earlier", "severity"),
    [("2026-12-20", "S1"), ("2026-12-21", "S2"), ("2026-11-01", "S1"), ("2026-11-22", "S1")],
)
def test_a_dispute_within_28_days_of_release_is_about_liberty(earlier: str, severity: str) -> None:
    read = [read_calculation(version(conditional_release=day)) for day in (earlier, "2027-06-01")]
    assert dispute_severity([one for one in read if one], day=TODAY) == severity


def test_the_checked_calculation_leads_whatever_its_number() -> None:
    unchecked = version(9, conditional_release="2027-01-04")
    unchecked["content"]["checked_by"] = "A. Clerk"
    checked = version(8, conditional_release="2027-02-01")
    plan = plan_of(unchecked, checked)
    assert [one.number for one in plan.calculations] == [8, 9]


def test_a_draft_counts_only_where_nothing_is_approved_and_is_said_to_be_one() -> None:
    draft = version(2, approved=False, conditional_release="2027-01-04")
    approved = version(1, conditional_release="2027-02-01")
    assert [one.number for one in plan_of(approved, draft).calculations] == [1]
    (found,) = key_dates_findings(plan_of(draft), PERSON, day=TODAY)
    assert (found.code, found.severity) == ("key_dates_unchecked", "S2")


def test_dates_that_cannot_be_right_are_shown_and_said() -> None:
    plan = plan_of(version(conditional_release="2027-03-03", sentence_expiry="2027-01-01"))
    (found,) = key_dates_findings(plan, PERSON, day=TODAY)
    assert found.words == (
        "Calculation 1 of the key dates cannot be right: the release is after the sentence ends."
    )
    assert plan.release_on == date(2027, 3, 3)


@pytest.mark.parametrize("value", [None, "later", {"approved": True}, {"content": []}])
def test_what_cannot_be_read_is_no_calculation(value: Any) -> None:
    assert read_calculation(value) is None
    assert standing_calculations((row("key_dates", version=value),)) == ()
    assert calculation_words(value) == "a calculation that this release cannot read"


def test_a_calculation_is_said_by_its_release_and_number() -> None:
    assert calculation_words(version(3, conditional_release="2027-03-03")) == (
        "release on 3 March 2027 (calculation 3)"
    )
    assert calculation_words(version(3)) == "no date of release (calculation 3)"


def test_the_steps_to_a_release_fall_on_working_days_before_the_earlier_date() -> None:
    plan = plan_of(version(conditional_release="2027-03-31"))
    assert [(step.code, step.by.isoformat()) for step in release_steps(plan)] == [
        ("resettlement_review", "2027-01-06"),
        ("release_address", "2027-02-03"),
        ("first_dates_check", "2027-03-17"),
        ("last_dates_check", "2027-03-25"),
        ("release", "2027-03-31"),
    ]


def test_a_step_is_due_until_its_task_is_done_and_an_address_is_one() -> None:
    (record,) = dates_row(version(conditional_release="2027-03-31"))
    plan = plan_of(record.values["version"])
    usual = {"done": (), "addresses": ()}
    assert len(due_of_release(plan, record, **usual)) == 5
    done = ["release:resettlement_review:2027-03-31", "release:release:2026-01-01"]
    home = row("address", type="HOME", from_day="2020-01-01", place={"line_1": "1 High Street"})
    left = due_of_release(plan, record, done=done, addresses=(home,))
    assert [one.code for one in left] == [
        "release_first_dates_check",
        "release_last_dates_check",
        "release_release",
    ]


def sentence_row(**content: Any) -> Row:
    """A custodial sentence of this month."""
    usual = {"type": "2020/ADIMP", "sentenced_on": "2026-11-20", "court": "Leeds Crown Court"}
    return row("sentence", version={"approved": True, "content": usual | content}, status="open")


def test_dates_are_due_within_five_working_days_of_a_sentence() -> None:
    (due,) = due_of_calculation((sentence_row(),), (), None)
    assert (due.code, due.due_on) == ("key_dates_to_calculate", "2026-11-27")
    assert due_of_calculation((sentence_row(is_suspended=True),), (), None) == ()
    (record,) = dates_row(version(2, approved=False))
    calculations = standing_calculations((record,))
    (due,) = due_of_calculation((sentence_row(),), calculations, record)
    assert (due.code, due.due_on) == ("key_dates_to_check", "2026-11-09")


def test_nobody_is_held_past_release_in_silence() -> None:
    plan = plan_of(version(conditional_release="2026-11-20"))
    (found,) = held_past_release(plan, PERSON, day="2026-11-21", is_in_custody=True)
    assert (found.code, found.severity) == ("held_past_release", "S1")
    assert held_past_release(plan, PERSON, day="2026-11-20", is_in_custody=True) == ()
    assert held_past_release(plan, PERSON, day="2026-11-21", is_in_custody=False) == ()
