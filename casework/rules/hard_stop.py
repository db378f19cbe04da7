"""The day by which a licence must be approved; after it the prison makes a minimum one.

The hard stop is two working days before release, and the warning two working days before that.
A release day that is no working day counts as the working day before it. Where the person may be
let go early, a Friday counts as a weekend does: nobody is released to closed offices
(create-and-vary-a-licence-api; Offenders (Day of Release from Detention) Act 2023).
"""

from datetime import date
from typing import Final

import msgspec

from casework.rules.working_days import add_working_days, working_day_on_or_before

HARD_STOP_WORKING_DAYS: Final = 2
WARNING_WORKING_DAYS: Final = 2


class HardStop(msgspec.Struct, frozen=True):
    """The day of release as it will be, and the two days before it that matter."""

    release_on: date
    hard_stop_on: date
    warning_on: date


def hard_stop(release_day: date, *, is_early: bool = False) -> HardStop:
    """The hard stop of a release; `is_early` where it may be moved ahead of a Friday."""
    release_on = working_day_on_or_before(release_day, is_friday_worked=not is_early)
    hard_stop_on = add_working_days(release_on, -HARD_STOP_WORKING_DAYS)
    return HardStop(release_on, hard_stop_on, add_working_days(hard_stop_on, -WARNING_WORKING_DAYS))
