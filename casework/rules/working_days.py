"""Which days are worked in England and Wales, computed for any year, with no list to be fetched.

New Year's Day and early May (since 1978), Easter, the last Mondays of May and August, Christmas
and Boxing Day, each on the next free weekday where it falls on a weekend. What a proclamation
moved or added for one year is in the dated tables. A Friday is worked; whoever plans a release
that must not fall on one says so (Offenders (Day of Release from Detention) Act 2023).
Not confirmed against the text: the days themselves (Banking and Financial Dealings Act 1971,
Schedule 1, and the proclamations under it) and those of single years in the tables.
"""

import functools
from datetime import date, timedelta
from typing import Final

ONE_DAY: Final = timedelta(days=1)

FRIDAY: Final = 4
SATURDAY: Final = 5

MOVED: Final = {
    date(1995, 5, 1): date(1995, 5, 8),
    date(2002, 5, 27): date(2002, 6, 4),
    date(2012, 5, 28): date(2012, 6, 4),
    date(2020, 5, 4): date(2020, 5, 8),
    date(2022, 5, 30): date(2022, 6, 2),
}
"""Holidays that a proclamation moved: for the end of the war in Europe, and for jubilees."""

ADDED: Final = frozenset(
    {
        date(1999, 12, 31),
        date(2002, 6, 3),
        date(2011, 4, 29),
        date(2012, 6, 5),
        date(2022, 6, 3),
        date(2022, 9, 19),
        date(2023, 5, 8),
    }
)
"""Holidays of one year only: a millennium, jubilees, a wedding, a funeral and a coronation."""


def is_working_day(day: date, *, is_friday_worked: bool = True) -> bool:
    """Whether a day is no Saturday, Sunday or bank holiday, nor a Friday where none counts."""
    if day.weekday() >= SATURDAY or day in bank_holidays(day.year):
        return False
    return is_friday_worked or day.weekday() != FRIDAY


def working_day_on_or_before(day: date, *, is_friday_worked: bool = True) -> date:
    """The day itself where it is worked, else the last before it that is."""
    while not is_working_day(day, is_friday_worked=is_friday_worked):
        day -= ONE_DAY
    return day


def working_day_on_or_after(day: date, *, is_friday_worked: bool = True) -> date:
    """The day itself where it is worked, else the first after it that is."""
    while not is_working_day(day, is_friday_worked=is_friday_worked):
        day += ONE_DAY
    return day


def add_working_days(day: date, count: int, *, is_friday_worked: bool = True) -> date:
    """The day that many working days later; earlier where `count` is negative.

    The day itself is not counted, worked or not; with 0 it comes back as it is.
    """
    step = ONE_DAY if count > 0 else -ONE_DAY
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day, is_friday_worked=is_friday_worked):
            day += step
    return day


def working_days_between(first: date, last: date) -> int:
    """How many working days come after `first`, up to and with `last`; none where it is before."""
    span = (last - first).days
    return sum(is_working_day(first + n * ONE_DAY) for n in range(1, span + 1))


@functools.cache
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England and Wales in a year from 1978 on."""
    easter = easter_sunday(year)
    usual = (
        _substituted(date(year, 1, 1)),
        easter - 2 * ONE_DAY,
        easter + ONE_DAY,
        _first_monday(date(year, 5, 1)),
        _last_monday(date(year, 5, 31)),
        _last_monday(date(year, 8, 31)),
        *_christmas(year),
    )
    moved = {MOVED.get(day, day) for day in usual}
    return frozenset(moved | {day for day in ADDED if day.year == year})


def easter_sunday(year: int) -> date:
    """Easter by the Gregorian calendar (the anonymous rule of 1876)."""
    golden, century, of_century = year % 19, year // 100, year % 100
    skipped = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - skipped + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _substituted(day: date) -> date:
    """The Monday after, where the day is on a weekend."""
    return day + (7 - day.weekday()) * ONE_DAY if day.weekday() >= SATURDAY else day


def _christmas(year: int) -> tuple[date, date]:
    """Christmas and Boxing Day: of a weekend, the next two weekdays that neither takes."""
    christmas, boxing = date(year, 12, 25), date(year, 12, 26)
    is_on_weekend = christmas.weekday() >= SATURDAY
    return (
        date(year, 12, 27) if is_on_weekend else christmas,
        date(year, 12, 28) if boxing.weekday() >= SATURDAY else boxing,
    )


def _first_monday(first: date) -> date:
    return first + (-first.weekday() % 7) * ONE_DAY


def _last_monday(last: date) -> date:
    return last - last.weekday() * ONE_DAY
