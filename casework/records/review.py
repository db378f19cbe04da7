"""A review that recurs: when it was held, and when the next must be."""

from typing import Annotated

import msgspec

from casework.records.values import Day, Line, Moment, Told


class Review(msgspec.Struct, frozen=True):
    """The day on which the next review is due, and the day of the one that set it.

    `held_on` is None where no review was held, as when the first is planned. A review answers every
    day that was set up to its own. Whoever sets another day in place of one they saw corrects it.
    """

    due_on: Annotated[Day, Told(hint="The day by which the next review must be held.")]
    author: Line
    written_on: Moment
    held_on: Annotated[Day | None, Told(hint="The day of this review, if one was held.")] = None
