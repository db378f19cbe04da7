"""The day by which a licence must be approved; after it the prison makes a minimum one.

The hard stop is two working days before release, and the warning two working days before that.
A release day that is no working day counts as the working day before it. Whoever is due on a
Friday, at a weekend or on a bank holiday may be let go up to three working days before, no Friday
among them, where that is directed; the hard stop does not move with it, and a release on curfew is
never brought forward (create-and-vary-a-licence-api, `ReleaseDateService`).
"""

from datetime import date
from typing import Final

import msgspec

from casework.rules.working_days import (
    add_working_days,
    is_working_day,
    working_day_on_or_before,
)

HARD_STOP_WORKING_DAYS: Final = 2
WARNING_WORKING_DAYS: Final = 2
EARLY_WORKING_DAYS: Final = 3


class HardStop(msgspec.Struct, frozen=True):
    """The day of release as it will be, and the two days before it that matter."""

    release_on: date
    hard_stop_on: date
    warning_on: date


def hard_stop(release_day: date) -> HardStop:
    """The hard stop of a release."""
    release_on = working_day_on_or_before(release_day)
    hard_stop_on = add_working_days(release_on, -HARD_STOP_WORKING_DAYS)
    return HardStop(release_on, hard_stop_on, add_working_days(hard_stop_on, -WARNING_WORKING_DAYS))


def earliest_release_day(release_day: date) -> date | None:
    """The first day on which the person may be let go ahead of a day on which offices close.

    None where the day of release is no such day.
    """
    if is_working_day(release_day, is_friday_worked=False):
        return None
    return add_working_days(release_day, -EARLY_WORKING_DAYS, is_friday_worked=False)
