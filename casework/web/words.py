"""Times, ages and counts as staff read them: London clock, plain words, no abbreviations to learn.

Pure functions. Ops carry integer milliseconds since 1970 in UTC; only here do they become clock
times, so that a summer night in which the clock goes back reads right in one place.
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
"""A page says hundreds of days, and to have a month named by the system takes longer each time."""


def in_london(at_ms: int) -> datetime:
    """The London wall clock at this moment."""
    return datetime.fromtimestamp(at_ms / 1000, LONDON)


def clock(at_ms: int) -> str:
    """The time of day, as "09:14"."""
    return in_london(at_ms).strftime("%H:%M")


def day(at_ms: int) -> str:
    """The day, as "3 November 2026"."""
    return day_of(in_london(at_ms).date())


def day_of(when: date) -> str:
    """A calendar day, as "3 November 2026"."""
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def iso_day(text: str | None) -> str:
    """An ISO date as "3 November 2026"; text that is no date comes back as it is."""
    if not text:
        return ""
    try:
        return day_of(date.fromisoformat(text))
    except ValueError:
        return text


def moment(at_ms: int, now_ms: int) -> str:
    """A moment seen from now: "Today at 09:14", "3 November 2026 at 09:14"."""
    days = (in_london(now_ms).date() - in_london(at_ms).date()).days
    near = {0: "Today", 1: "Yesterday"}.get(days)
    return f"{near or day(at_ms)} at {clock(at_ms)}"


def short_moment(at_ms: int, now_ms: int) -> str:
    """As `moment`, but the clock alone for today: "09:14", "yesterday 23:50", "3 Nov 09:14"."""
    then, now = in_london(at_ms), in_london(now_ms)
    days = (now.date() - then.date()).days
    if days == 0:
        return clock(at_ms)
    if days == 1:
        return f"yesterday {clock(at_ms)}"
    year = "" if then.year == now.year else f" {then.year}"
    return f"{then.day} {then:%b}{year} {clock(at_ms)}"


def age(span_ms: int) -> str:
    """How long, in the two largest units: "2 h 5 min", "3 days 4 h", "under a minute"."""
    if span_ms < MINUTE_MS:
        return "under a minute"
    days, rest = divmod(span_ms, DAY_MS)
    hours, rest = divmod(rest, HOUR_MS)
    minutes = rest // MINUTE_MS
    if days:
        return counted(days, "day") + (f" {hours} h" if hours else "")
    if hours:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    return f"{minutes} min"


def counted(number: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 change", "41 changes", "1,204 changes"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def years_old(born: str, now_ms: int) -> str:
    """The age of a person born on this ISO date, as "34 years"; empty where it is no date."""
    try:
        birth = date.fromisoformat(born)
    except ValueError:
        return ""
    today = in_london(now_ms).date()
    years = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    return counted(years, "year")


def listed(words: list[str] | tuple[str, ...]) -> str:
    """Several words as one phrase: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def london_ms(day_text: str, clock_text: str) -> int:
    """The moment of an ISO date and a time of day as typed on a London clock."""
    local = datetime.fromisoformat(f"{day_text}T{clock_text}").replace(tzinfo=LONDON)
    return int(local.timestamp() * 1000)
