"""Days a number of calendar months before or after another, as statutes and policies count them.

Where the month reached is shorter, its last day counts: a month after 31 January is 28 February.
"""

from calendar import monthrange
from datetime import date
from typing import Final

MONTHS_A_YEAR: Final = 12


def months_after(day: date, months: int) -> date:
    """The day that many months later; earlier where `months` is negative."""
    years, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + months, MONTHS_A_YEAR)
    last = monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last))


def months_before(day: date, months: int) -> date:
    """The day that many months earlier."""
    return months_after(day, -months)
