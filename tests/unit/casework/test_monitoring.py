"""Self-harm monitoring: who must be looked after next, and nobody's look is put off."""

from typing import Any

import pytest

from casework.rules.monitoring import in_care, monitoring_due, monitoring_findings
from tests.casefile import HOUR_MS, Row, at, row

MINUTE_MS = 60_000


def _seen(hours: float, contact: str = "OBSERVATION") -> dict[str, Any]:
    return {
        "contact": contact,
        "seen_at": at(hours),
        "text": "In bed.",
        "author": "A",
        "written_on": 1,
    }


def _care(record: int = 1, opened: float = 0, **values: Any) -> Row:
    usual: dict[str, Any] = {"occurred_at": at(opened), "prison": "LEI", "status": "open"}
    return row("self_harm_monitoring", record, **usual | values)


def _settled(**values: Any) -> Row:
    """One whose first steps are done."""
    first = [_seen(1, "ASSESSMENT"), _seen(2, "CASE_REVIEW")]
    return _care(observations=[*first, *values.pop("observations", [])], **values)


def _next_ms(*rows: Row, now: float = 100) -> int | None:
    care = in_care(rows, at(now))
    assert care is not None
    return care.next_due_ms


def test_who_is_in_no_open_monitoring_is_not_in_care() -> None:
    assert in_care([], at(0)) is None
    assert in_care([_care(status="closed")], at(0)) is None


@pytest.mark.parametrize(
    ("frequency", "minutes"),
    [
        ("DAILY", 1_440),
        ("TWICE_A_DAY", 720),
        ("EVERY_2_HOURS", 120),
        ("HOURLY", 60),
        ("EVERY_30_MINUTES", 30),
        ("EVERY_15_MINUTES", 15),
        ("EVERY_5_MINUTES", 15),
        (None, 60),
    ],
)
def test_the_next_look_is_counted_from_the_last(frequency: str | None, minutes: int) -> None:
    """None agreed is hourly; a frequency that is not known is as the most frequent that is."""
    known = _settled(frequency=frequency, observations=[_seen(9), _seen(10)])
    assert _next_ms(known) == at(10) + minutes * MINUTE_MS


def test_who_is_never_alone_needs_no_look() -> None:
    assert _next_ms(_settled(frequency="CONSTANT")) is None


def test_a_moment_still_to_come_puts_off_no_look() -> None:
    known = _settled(observations=[_seen(9), _seen(10_000)])
    assert _next_ms(known, now=9.5) == at(10)


def test_an_opening_still_to_come_puts_off_no_first_step() -> None:
    """It came from a clock that runs ahead."""
    due = monitoring_due([_care(opened=500, frequency="CONSTANT")], at(1))
    assert [one.code for one in due] == ["self_harm_assessment", "self_harm_first_review"]
    assert all(one.is_overdue("2026-11-22", at(1)) for one in due)


def test_what_is_due_since_nobody_knows_when_is_due_at_once() -> None:
    """And names no day of 1970."""
    rows = [_care(opened=500, frequency="CONSTANT")]
    assert [one.words for one in monitoring_due(rows, at(1))] == [
        "Assess the person (ACCT), at once.",
        "Hold the first case review (ACCT), at once.",
    ]
    assert monitoring_findings(rows, at(1))[0].words == (
        "Assess the person now: since when it is due is not known (ACCT)."
    )


def test_what_was_seen_before_the_opening_is_no_first_step() -> None:
    before = [_seen(-1000, "ASSESSMENT"), _seen(-1000, "CASE_REVIEW")]
    steps = {one.code for one in monitoring_due([_care(observations=before)], at(1))}
    assert {"self_harm_assessment", "self_harm_first_review"} <= steps


@pytest.mark.parametrize("held_on", ["2020-01-01", "2027-01-01", "soon", None])
def test_a_review_before_the_opening_or_to_come_is_no_first_review(held_on: str | None) -> None:
    review = {"held_on": held_on, "due_on": None, "author": "A", "written_on": 1}
    care = _care(frequency="CONSTANT", reviews=[review])
    assert "self_harm_first_review" in {one.code for one in monitoring_due([care], at(1))}


def test_a_look_is_overdue_from_its_minute_and_not_from_the_next_day() -> None:
    known = _settled(frequency="EVERY_15_MINUTES", observations=[_seen(3)])
    (look,) = [one for one in monitoring_due([known], at(11)) if one.code == "self_harm_look"]
    assert look.due_ms == at(3.25)
    assert look.is_overdue("2026-11-22", at(11))
    assert not look.is_overdue("2026-11-22", at(3.25))


def test_assessment_and_first_review_are_due_in_24_hours() -> None:
    due = monitoring_due([_care(frequency="CONSTANT")], at(1))
    assert [one.code for one in due] == ["self_harm_assessment", "self_harm_first_review"]
    assert {one.due_on for one in due} == {"2026-11-23"}
    assert _next_ms(_care(frequency="CONSTANT")) == at(24)


@pytest.mark.parametrize(("late_ms", "is_overdue"), [(0, False), (1, True)])
def test_a_look_is_overdue_a_moment_after(late_ms: int, *, is_overdue: bool) -> None:
    rows = [_settled(observations=[_seen(9)])]
    found = monitoring_findings(rows, at(9) + HOUR_MS + late_ms)
    assert [(one.code, one.severity) for one in found] == [
        ("self_harm_look_overdue", "S1")
    ] * is_overdue


def test_a_review_is_due_by_the_end_of_its_day_in_england() -> None:
    review = {"due_on": "2026-07-01", "author": "A", "written_on": 1}
    rows = [_settled(frequency="CONSTANT", reviews=[review])]
    # 23:00 UTC is midnight in summer.
    assert _next_ms(*rows) == 1_782_946_800_000 - 1


def test_two_records_open_are_one_person_in_care_and_the_earliest_counts() -> None:
    rows = [
        _settled(record=1, frequency="DAILY", observations=[_seen(3)]),
        _settled(record=2, frequency="EVERY_30_MINUTES", observations=[_seen(5)]),
    ]
    care = in_care(rows, at(5))
    assert care is not None
    assert (care.frequency, care.next_due_ms) == ("EVERY_30_MINUTES", at(5.5))
    found = monitoring_findings(rows, at(5))
    assert [one.code for one in found] == ["self_harm_opened_twice"]


def test_after_the_close_a_review_is_still_due() -> None:
    review = {"due_on": "2026-11-29", "author": "A", "written_on": 1}
    (due,) = monitoring_due([_care(status="closed", reviews=[review])], at(0))
    assert (due.code, due.due_on, due.severity) == ("self_harm_after_close", "2026-11-29", "S2")
    held = {"due_on": "2026-11-29", "held_on": "2026-11-29", "author": "A", "written_on": 2}
    rows = [_care(status="closed", reviews=[review, held])]
    assert monitoring_due(rows, at(24 * 8)) == ()


def test_a_contested_close_keeps_the_person_in_care() -> None:
    known = _settled(frequency="CONSTANT")
    asking = Row(known.key, known.values, {"status": "close_missed_something"})
    (found,) = monitoring_findings([asking], at(3))
    assert (found.code, found.severity) == ("self_harm_contested", "S1")
