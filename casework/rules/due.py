"""What is due of a person: one struct, whichever rule found it."""

from typing import Final

import msgspec

from casework.records.values import RecordHex
from casework.rules.rows import DAY_MS, day_of, read_day
from sync_protocol.policy import Severity

UNKNOWN_MS_MAX: Final = DAY_MS
"""What is due by this moment or before is due at once: nobody knows since when."""


class Due(msgspec.Struct, frozen=True):
    """Something that somebody must do by a day; computed on every node and never stored.

    `code` never changes once released; `words` are for staff, in whole sentences. `due_on` may be
    past. `owner_staff_id` is None where it falls to the office. `kind` and `record` (in hex) say
    which record it is about; empty where it is about the person alone.
    """

    code: str
    words: str
    due_on: str
    owner_staff_id: str | None
    severity: Severity
    kind: str = ""
    record: RecordHex = ""
    due_ms: int | None = None
    """The moment by which, where it is not the whole day that counts."""

    def is_overdue(self, day: str, now_ms: int) -> bool:
        """Whether its moment is past, or its day where it has none."""
        return self.due_on < day if self.due_ms is None else self.due_ms < now_ms


def by_the_day(day: str) -> tuple[str, int | None]:
    """`due_on` and `due_ms` of what is due by a day: at once where the day cannot be read."""
    return (day, None) if read_day(day) is not None else (day_of(0), 0)


def gravest_first(items: tuple[Due, ...]) -> tuple[Due, ...]:
    """What is grave before all else, each in the order in which it came: lists are cut below it."""
    return tuple(sorted(items, key=lambda one: one.severity != "S1"))


def by_day(items: tuple[Due, ...] | list[Due]) -> tuple[Due, ...]:
    """The earliest first, then the gravest; the same whatever order they come in."""
    return tuple(sorted(items, key=lambda one: (one.due_on, one.severity, one.code, one.record)))
