"""Times, ages and the strip, as they are read at a terminal."""

import pytest

from casework.desk.status import LineView
from casework.web.strip import strip_of
from casework.web.words import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    age,
    clock,
    counted,
    iso_day,
    listed,
    london_ms,
    moment,
    short_moment,
    years_old,
)

NOON = london_ms("2026-11-22", "12:00")


@pytest.mark.parametrize(
    ("span_ms", "words"),
    [
        (0, "under a minute"),
        (MINUTE_MS, "1 min"),
        (2 * HOUR_MS, "2 h"),
        (2 * HOUR_MS + 5 * MINUTE_MS, "2 h 5 min"),
        (DAY_MS, "1 day"),
        (3 * DAY_MS + 4 * HOUR_MS, "3 days 4 h"),
    ],
)
def test_an_age_is_told_in_its_two_largest_units(span_ms: int, words: str) -> None:
    assert age(span_ms) == words


def test_a_clock_is_londons_in_winter_and_in_summer() -> None:
    assert clock(london_ms("2026-07-01", "09:14")) == "09:14"
    assert london_ms("2026-07-01", "09:14") % HOUR_MS == 14 * MINUTE_MS
    summer, winter = london_ms("2026-07-01", "00:00"), london_ms("2026-11-22", "00:00")
    assert summer % DAY_MS == 23 * HOUR_MS
    assert winter % DAY_MS == 0


def test_a_moment_is_told_from_now() -> None:
    assert moment(NOON, NOON) == "Today at 12:00"
    assert moment(NOON - DAY_MS, NOON) == "Yesterday at 12:00"
    assert moment(NOON - 3 * DAY_MS, NOON) == "19 November 2026 at 12:00"
    assert short_moment(NOON, NOON) == "12:00"
    assert short_moment(NOON - DAY_MS, NOON) == "yesterday 12:00"
    assert short_moment(NOON - 3 * DAY_MS, NOON) == "19 Nov 12:00"
    assert short_moment(NOON - 400 * DAY_MS, NOON) == "18 Oct 2025 13:00"


def test_days_years_counts_and_lists_read_as_words() -> None:
    assert iso_day("1988-03-03") == "3 March 1988"
    assert iso_day("not a day") == "not a day"
    assert iso_day(None) == ""
    assert years_old("1988-11-22", NOON) == "38 years"
    assert years_old("1988-11-23", NOON) == "37 years"
    assert years_old("unknown", NOON) == ""
    assert counted(1, "change") == "1 change"
    assert counted(1204, "change") == "1,204 changes"
    assert counted(2, "person", "people") == "2 people"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a"]) == "a"


def _line(**said: object) -> LineView:
    usual = {
        "state": "down",
        "since_ms": london_ms("2026-11-22", "09:14"),
        "last_heard_ms": london_ms("2026-11-22", "09:12"),
        "waiting_ops": 41,
        "oldest_waiting_ms": london_ms("2026-11-22", "09:14"),
        "fault": None,
    }
    return LineView(**{**usual, **said})  # type: ignore[arg-type]


def test_a_line_that_is_down_says_since_when_and_that_work_goes_on() -> None:
    strip = strip_of(_line(), london_ms("2026-11-22", "11:19"))
    assert strip.state == "down"
    assert strip.lead == "Line to the centre down since 09:14 (2 h 5 min)."
    assert strip.rest == "You can keep working. 41 changes waiting. Last heard 09:12."


def test_a_line_that_is_down_with_nothing_waiting_says_so() -> None:
    strip = strip_of(_line(waiting_ops=0, last_heard_ms=None), NOON)
    assert "No changes waiting. Not heard from yet" in strip.rest


def test_an_office_that_does_not_synchronise_says_so_and_whom_to_tell() -> None:
    """INV-10: the line may be well, and waiting does not mend it."""
    broken = _line(needs_a_person=True, fault="store_damaged", waiting_ops=3)
    strip = strip_of(broken, london_ms("2026-11-22", "11:19"))
    assert strip.state == "down"
    assert strip.lead == "Not synchronising since 09:14 (2 h 5 min)."
    assert strip.rest == (
        "Tell those who run this office's computer: code store_damaged."
        " 3 changes waiting. Last heard 09:12."
    )


def test_a_line_that_is_up_says_whether_everything_is_sent() -> None:
    assert strip_of(_line(state="up", waiting_ops=0), NOON).rest == "Everything sent."
    late = strip_of(_line(state="up", waiting_ops=1), london_ms("2026-11-22", "09:20"))
    assert late.rest == "1 change on the way, the oldest for 6 min."


def test_a_node_that_has_just_started_calls_the_centre() -> None:
    strip = strip_of(_line(state="starting", last_heard_ms=None, waiting_ops=0), NOON)
    assert strip.lead == "Calling the centre."
    assert strip.rest.startswith("You can keep working. Not heard from yet")


def test_the_centre_has_no_line_to_itself() -> None:
    assert strip_of(_line(state="centre"), NOON).lead == "This is the centre."
