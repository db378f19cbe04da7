"""Registers: one entry each, the closer level, the earlier review, and what must not be."""

from typing import Any

import pytest

from casework.rules.registrations import (
    registers_in_force,
    registration_due,
    registration_findings,
)
from tests.casefile import MORNING_MS, TODAY, Row, row


def _entry(record: int = 1, register: str = "MAPP", **values: Any) -> Row:
    usual = {"register": register, "registered_on": "2026-01-05", "status": "open"}
    return row("registration", record, **usual | values)


def _review(due_on: str, held_on: str | None = None) -> dict[str, Any]:
    return {"due_on": due_on, "held_on": held_on, "author": "Ash", "written_on": 1}


def test_two_entries_on_one_register_are_one_at_the_higher_level() -> None:
    rows = [
        _entry(1, mappa_level="M1", mappa_categories=["M2"], registered_on="2026-03-01"),
        _entry(2, mappa_level="M3", mappa_categories=["M1"]),
        _entry(3, "RCPR"),
    ]
    mappa, protection = registers_in_force(rows, TODAY)
    assert (mappa.mappa_level, mappa.mappa_categories) == ("M3", ("M1", "M2"))
    assert (mappa.registered_on, len(mappa.records)) == ("2026-01-05", 2)
    assert (protection.name, protection.mappa_level) == ("Child protection", None)


def test_who_was_taken_off_is_on_no_register() -> None:
    assert registers_in_force([_entry(status="closed")], TODAY) == ()


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (None, "no level"),
        ("0", "no level yet"),
        ("M1", "level 1"),
        ("M9", "a level that is not known here (M9)"),
    ],
)
def test_category_3_must_be_level_2_or_3(level: str | None, said: str) -> None:
    (found,) = registration_findings([_entry(mappa_categories=["M3"], mappa_level=level)], TODAY)
    assert (found.code, found.severity) == ("mappa_category_3_below_level_2", "S2")
    assert found.words == (
        f"MAPPA category 3 is recorded with {said}. A category 3 case must be level 2 or 3."
    )


@pytest.mark.parametrize(("category", "level"), [("M3", "M2"), ("M3", "M3"), ("M1", "M1")])
def test_every_other_pair_is_as_it_should_be(category: str, level: str) -> None:
    rows = [_entry(mappa_categories=[category], mappa_level=level)]
    assert registration_findings(rows, TODAY) == ()


def test_of_two_review_days_the_earlier_counts() -> None:
    rows = [_entry(reviews=[_review("2027-05-01", "2026-11-05"), _review("2027-02-01")])]
    assert registers_in_force(rows, TODAY)[0].next_review == "2027-02-01"
    (due,) = registration_due(rows, TODAY)
    assert (due.due_on, due.words) == ("2027-02-01", "Review the registration: MAPPA.")


def test_a_review_held_answers_the_days_up_to_its_own() -> None:
    reviews = [_review("2026-06-01"), _review("2026-12-01", "2026-06-01")]
    assert registers_in_force([_entry(reviews=reviews)], TODAY)[0].next_review == "2026-12-01"


def test_a_review_dated_in_the_future_answers_nothing_yet() -> None:
    reviews = [_review("2026-11-01"), _review("2028-01-01", "2027-11-01")]
    assert registers_in_force([_entry(reviews=reviews)], TODAY)[0].next_review == "2026-11-01"


@pytest.mark.parametrize(("due_on", "is_overdue"), [("2026-11-21", True), ("2026-11-22", False)])
def test_a_review_is_overdue_from_the_day_after(due_on: str, *, is_overdue: bool) -> None:
    found = registration_findings([_entry(register="RCPR", reviews=[_review(due_on)])], TODAY)
    assert [one.code for one in found] == ["registration_review_overdue"] * is_overdue


@pytest.mark.parametrize("slip", ["01/02/2026", "soon", "9999-12-31"])
@pytest.mark.parametrize("others", [[], [_review("2027-02-01")]])
def test_a_review_of_a_day_that_cannot_be_read_is_due_at_once_and_said(
    slip: str, others: list[Any]
) -> None:
    rows = [_entry(register="RCPR", reviews=[*others, _review(slip)])]
    (found,) = registration_findings(rows, TODAY)
    assert (found.code, found.severity) == ("registration_review_unread", "S2")
    assert found.words == (
        f"The day on which Child protection is to be reviewed cannot be read: {slip}. It may be "
        "overdue: review it now, and set the day of the next review."
    )
    (due,) = registration_due(rows, TODAY)
    assert (due.code, due.is_overdue(TODAY, MORNING_MS)) == ("registration_review", True)
    assert due.words == (
        "Review the registration: Child protection. The day on which it was to be reviewed cannot "
        f"be read: {slip}."
    )


def test_a_contested_entry_is_grave() -> None:
    contested = _entry(register="RCPR")
    asking = row("registration", 1, asks={"status": "close_missed_something"}, **contested.values)
    (found,) = registration_findings([asking], TODAY)
    assert (found.code, found.severity) == ("registration_contested", "S1")
