"""Working days: the published bank holidays of England and Wales, and what is counted with them."""

from datetime import date

import pytest

from casework.rules.working_days import (
    add_working_days,
    bank_holidays,
    easter_sunday,
    is_working_day,
    working_day_on_or_after,
    working_day_on_or_before,
    working_days_between,
)

PUBLISHED = {
    2010: "0101 0402 0405 0503 0531 0830 1227 1228",
    2011: "0103 0422 0425 0429 0502 0530 0829 1226 1227",
    2012: "0102 0406 0409 0507 0604 0605 0827 1225 1226",
    2016: "0101 0325 0328 0502 0530 0829 1226 1227",
    2020: "0101 0410 0413 0508 0525 0831 1225 1228",
    2021: "0101 0402 0405 0503 0531 0830 1227 1228",
    2022: "0103 0415 0418 0502 0602 0603 0829 0919 1226 1227",
    2023: "0102 0407 0410 0501 0508 0529 0828 1225 1226",
    2024: "0101 0329 0401 0506 0527 0826 1225 1226",
    2025: "0101 0418 0421 0505 0526 0825 1225 1226",
    2026: "0101 0403 0406 0504 0525 0831 1225 1228",
    2027: "0101 0326 0329 0503 0531 0830 1227 1228",
}


@pytest.mark.parametrize(("year", "days"), PUBLISHED.items())
def test_the_bank_holidays_are_those_that_were_published(year: int, days: str) -> None:
    assert sorted(f"{day:%m%d}" for day in bank_holidays(year)) == days.split()


@pytest.mark.parametrize(
    ("year", "day"), [(1981, "0419"), (2000, "0423"), (2008, "0323"), (2038, "0425")]
)
def test_easter_falls_where_the_calendar_has_it(year: int, day: str) -> None:
    assert f"{easter_sunday(year):%m%d}" == day


def test_every_bank_holiday_is_a_weekday_and_none_is_lost() -> None:
    for year in range(1978, 2080):
        assert len(bank_holidays(year)) >= 8, year
        assert all(day.weekday() < 5 for day in bank_holidays(year)), year


def test_two_working_days_before_a_release_after_easter() -> None:
    assert add_working_days(date(2026, 4, 7), -2) == date(2026, 4, 1)
    assert add_working_days(date(2026, 4, 1), 2) == date(2026, 4, 7)
    assert add_working_days(date(2026, 4, 4), 0) == date(2026, 4, 4)


def test_a_day_that_is_not_worked_moves_to_the_nearest_that_is() -> None:
    boxing_day_2026 = date(2026, 12, 26)
    assert working_day_on_or_before(boxing_day_2026) == date(2026, 12, 24)
    assert working_day_on_or_after(boxing_day_2026) == date(2026, 12, 29)


def test_a_friday_is_worked_unless_the_caller_says_otherwise() -> None:
    friday = date(2026, 11, 20)
    assert is_working_day(friday)
    assert not is_working_day(friday, is_friday_worked=False)
    assert working_day_on_or_before(friday, is_friday_worked=False) == date(2026, 11, 19)
    assert add_working_days(friday, -2, is_friday_worked=False) == date(2026, 11, 18)


def test_the_days_between_are_counted_without_the_first() -> None:
    assert working_days_between(date(2026, 4, 1), date(2026, 4, 7)) == 2
    assert working_days_between(date(2026, 4, 7), date(2026, 4, 1)) == 0
