"""What the rules read: a record as shown, whoever shows it, and the finding they report.

The store's rows and the fold's rows both fit `Row`, and so does a plain struct in a test.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from casework.rules.watched import WatchedMoment
from sync_protocol.ids import ActorId, NodeId, OpId, SubjectId
from sync_protocol.merge import RecordKey
from sync_protocol.policy import CLOSED, Severity

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
LONDON: Final = ZoneInfo("Europe/London")
YEAR_LEAST: Final = 1850
YEAR_MOST: Final = 2200
"""The years that days may be of: what a rule counts from one is a day still."""
MOMENT_MS_LEAST: Final = -3_786_825_600_000
MOMENT_MS_MOST: Final = 7_289_654_400_000
"""The beginning of the first of those years and of the one after the last."""

SEVERITIES: Final[tuple[Severity, ...]] = ("S1", "S2", "S3")


class Row(Protocol):
    """A record as shown."""

    @property
    def key(self) -> RecordKey:
        """Kind, subjects and record."""
        ...

    @property
    def values(self) -> Mapping[str, Any]:
        """What each field shows."""
        ...

    @property
    def asks(self) -> Mapping[str, str]:
        """The fields that ask a person, and why."""
        ...


class Side(Protocol):
    """One standing value of a field in conflict, and who wrote it."""

    @property
    def op_id(self) -> OpId:
        """Which op."""
        ...

    @property
    def value(self) -> Any:
        """What it says."""
        ...

    @property
    def node(self) -> NodeId:
        """Where it was written."""
        ...

    @property
    def actor(self) -> ActorId:
        """Who wrote it."""
        ...

    @property
    def hlc(self) -> int:
        """When it was written, by that node's clock."""
        ...


class Finding(msgspec.Struct, frozen=True):
    """Something across records that a person must look at; it changes no value.

    `code` never changes once released; `words` are for staff, in whole sentences.
    """

    code: str
    severity: Severity
    words: str
    subjects: tuple[SubjectId, ...] = ()


def is_closed(row: Row) -> bool:
    """Whether the record is closed: retracted, ended or struck out."""
    return row.values.get("status") == CLOSED


def is_ticked(row: Row, field: str) -> bool:
    """Whether a tick is set; one that nobody set is not."""
    return row.values.get(field) is True


def gathered(row: Row | None, field: str) -> list[Any]:
    """The standing assertions of a gathered field; none where nothing was said."""
    shown = row.values.get(field) if row is not None else None
    return [one for one in shown if one is not None] if isinstance(shown, list | tuple) else []


def gathered_structs(row: Row | None, field: str) -> list[Mapping[str, Any]]:
    """The same of a field whose values have members; one that a newer release wrote otherwise,
    and this one cannot read, is left to whoever shows what is unread.
    """
    return [one for one in gathered(row, field) if isinstance(one, Mapping)]


def gravest(severities: Sequence[Severity]) -> Severity | None:
    """The gravest of several; None where there is none."""
    return min(severities, default=None)


def by_gravity(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The gravest first, else in the order found."""
    return tuple(sorted(findings, key=lambda finding: finding.severity))


def day_of(moment_ms: int) -> str:
    """The day of a moment by the clock of England, as ISO text.

    It is the day on the wall where staff type days: by UTC what they begin in the first hour of a
    summer's day would not have begun.
    """
    if isinstance(moment_ms, WatchedMoment):
        moment_ms = moment_ms.stays_until(_day_after_ms(moment_ms.plain))
    return on_the_wall(moment_ms).date().isoformat()


def _day_after_ms(moment_ms: int) -> int:
    """When the day after that of a moment begins."""
    next_day = on_the_wall(moment_ms).date() + timedelta(days=1)
    return int(datetime.combine(next_day, time(), LONDON).timestamp() * 1000)


def on_the_wall(moment_ms: int) -> datetime:
    """A moment by the clock of England; one beyond all years is the first or the last of them."""
    kept_ms = min(max(moment_ms, MOMENT_MS_LEAST), MOMENT_MS_MOST)
    return datetime.fromtimestamp(kept_ms / 1000, tz=LONDON)


def read_day(text: str) -> date | None:
    """The day that ISO text names; None where it names none, or one that no rule can count from."""
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if YEAR_LEAST <= day.year <= YEAR_MOST else None
