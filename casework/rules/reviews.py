"""When the next of recurring reviews is due: the earliest day that no review has answered.

Two offices that each hold a review set two days; the earlier stands, since a review held too early
harms nobody. A review answers every day up to the one on which it was held, whoever set it; one
that is dated in the future has not been held yet, and answers none. A day that cannot be read comes
before any other: it may be past.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from casework.rules.rows import Row, gathered_structs, read_day


def next_review(row: Row, day: str) -> str | None:
    """The day by which a record's next review is due as of a day; None where none was set."""
    return earliest_due(gathered_structs(row, "reviews"), day)


def earliest_due(reviews: Iterable[Mapping[str, Any]], day: str) -> str | None:
    """The earliest day set that is after the last review held."""
    told = list(reviews)
    days_held = [str(one["held_on"]) for one in told if one.get("held_on")]
    held = max((one for one in days_held if read_day(one) and one <= day), default="")
    days_due = [str(one["due_on"]) for one in told if one.get("due_on")]
    # Days are ISO text, so that they sort as days do, and one that is no day is never passed over.
    unread = [one for one in days_due if read_day(one) is None]
    return min(unread or (one for one in days_due if one > held), default=None)
