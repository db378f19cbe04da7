"""The hard stop: two working days before release, whatever weekend or holiday is between."""

from datetime import date

import pytest

from casework.rules.hard_stop import earliest_release_day, hard_stop


@pytest.mark.parametrize(
    ("release", "release_on", "stop", "warning"),
    [
        # A plain week: Thursday, Tuesday, Friday of the week before.
        ("2026-11-26", "2026-11-26", "2026-11-24", "2026-11-20"),
        # A Monday: the stop is on the Thursday before.
        ("2026-11-23", "2026-11-23", "2026-11-19", "2026-11-17"),
        # A Sunday counts as the Friday before it.
        ("2026-11-29", "2026-11-27", "2026-11-25", "2026-11-23"),
        # Boxing Day 2026 is a Saturday: Christmas Eve is the last day that is worked.
        ("2026-12-26", "2026-12-24", "2026-12-22", "2026-12-18"),
        # Over the substitute day of Boxing Day, Monday 28 December 2026.
        ("2026-12-29", "2026-12-29", "2026-12-23", "2026-12-21"),
        # Easter 2027: Good Friday 26 March, Easter Monday 29 March.
        ("2027-03-29", "2027-03-25", "2027-03-23", "2027-03-19"),
        ("2027-03-30", "2027-03-30", "2027-03-24", "2027-03-22"),
        # New Year's Day 2027 is a Friday.
        ("2027-01-01", "2026-12-31", "2026-12-29", "2026-12-23"),
        # A holiday of one year: the coronation, Monday 8 May 2023.
        ("2023-05-09", "2023-05-09", "2023-05-04", "2023-05-02"),
    ],
)
def test_the_hard_stop_of_a_release(release: str, release_on: str, stop: str, warning: str) -> None:
    found = hard_stop(date.fromisoformat(release))
    shown = (found.release_on, found.hard_stop_on, found.warning_on)
    assert tuple(day.isoformat() for day in shown) == (release_on, stop, warning)


@pytest.mark.parametrize(
    ("release", "earliest"),
    [
        # A Friday, a Saturday and a Sunday: the Tuesday before, past Thursday and Wednesday.
        ("2026-11-27", "2026-11-24"),
        ("2026-11-28", "2026-11-24"),
        ("2026-11-29", "2026-11-24"),
        # A Thursday and a Monday are no such days.
        ("2026-11-26", None),
        ("2026-11-30", None),
        # Good Friday 2027, and the Monday after it.
        ("2027-03-26", "2027-03-23"),
        ("2027-03-29", "2027-03-23"),
        # New Year's Day 2026 is a Thursday: no Friday is counted on the way back.
        ("2026-01-01", "2025-12-29"),
    ],
)
def test_who_is_due_before_offices_close_may_leave_up_to_three_working_days_before(
    release: str, earliest: str | None
) -> None:
    found = earliest_release_day(date.fromisoformat(release))
    assert (found.isoformat() if found else None) == earliest


def test_the_hard_stop_of_a_friday_does_not_move_with_an_early_release() -> None:
    found = hard_stop(date(2026, 11, 27))
    assert (found.release_on, found.hard_stop_on) == (date(2026, 11, 27), date(2026, 11, 25))
