"""Days and moments as staff say them, by the clock of England; the words of every rule use them."""

from datetime import date
from typing import Any

from casework.rules.rows import on_the_wall


def day_words(day: Any) -> str:
    """An ISO day as read out: 3 February 2026; as it came where it is none."""
    try:
        when = date.fromisoformat(str(day))
    except ValueError:
        return str(day)
    return f"{when.day} {when:%B %Y}"


def moment_words(moment_ms: Any) -> str:
    """A moment by the clock of England: 3 February 2026 at 14:05."""
    if not isinstance(moment_ms, int):
        return str(moment_ms)
    when = on_the_wall(moment_ms)
    return f"{when.day} {when:%B %Y} at {when:%H:%M}"


def time_words(moment_ms: int) -> str:
    """A moment of a day that is said already: 14:05."""
    return f"{on_the_wall(moment_ms):%H:%M}"


def clock_words(moment_ms: int) -> str:
    """A moment to follow the word "at": 14:05 on 3 February 2026."""
    when = on_the_wall(moment_ms)
    return f"{when:%H:%M} on {when.day} {when:%B %Y}"


def listed_words(words: list[str] | tuple[str, ...]) -> str:
    """Several things in one sentence: a, b and c."""
    *most, last = words or ("nothing",)
    return f"{', '.join(most)} and {last}" if most else last
