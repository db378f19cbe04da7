"""The hard stop: two working days before release, whatever weekend or holiday is between."""

from datetime import date

import pytest

from casework.rules.hard_stop import hard_stop


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
    ("release", "release_on"),
    [
        ("2026-11-27", "2026-11-26"),
        ("2026-11-28", "2026-11-26"),
        ("2026-11-26", "2026-11-26"),
        # Good Friday 2027, and the Monday after it.
        ("2027-03-26", "2027-03-25"),
        ("2027-03-29", "2027-03-25"),
    ],
)
def test_who_may_leave_early_leaves_on_no_friday(release: str, release_on: str) -> None:
    found = hard_stop(date.fromisoformat(release), is_early=True)
    assert found.release_on.isoformat() == release_on
    assert found.hard_stop_on < found.release_on


def test_a_friday_is_worked_where_nobody_leaves_early() -> None:
    assert hard_stop(date(2026, 11, 27)).release_on == date(2026, 11, 27)
