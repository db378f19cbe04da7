"""A clock that is moved on purpose, so that thirty days pass in a minute.

Only a demonstration or a test may: a node with real people counts days of custody and of backups by
its clock. The shift is one line of the node's settings, and counts from its next start.
"""

from pathlib import Path
from typing import Final

from casework.desk.settings import PREFIX, SHIFT_MS_MAX, BadSettings, read_span_ms
from sync_protocol.errors import Refused
from sync_protocol.io.system_clock import SystemClock
from throughcare.estate import Estate, write_private

SHIFT: Final = "CLOCK_SHIFT"
SIGNS: Final = ("+", "-")
_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000))


class ClockNotShifted(Refused):
    """A clock may be shifted in a demonstration or a test alone."""

    code = "clock_not_shifted"
    hint = (
        "Take THROUGHCARE_CLOCK_SHIFT out of the settings, and set this machine's own clock right. "
        "An estate file that is for trying out says so itself, as its purpose."
    )


class BadShift(Refused):
    """This is no shift of a clock."""

    code = "bad_shift"
    hint = "Say how far: +30d, -2h, +15m, 90 (seconds), or 0 for this machine's own time."


def clock_of(estate: Estate, shift_ms: int) -> SystemClock:
    """The clock of a node of this estate; ClockNotShifted where a real one is to be moved."""
    if shift_ms and estate.purpose == "production":
        raise ClockNotShifted(f"{PREFIX}{SHIFT} is set to {words_of(shift_ms)}.")
    return SystemClock(shift_ms)


def moved(shift_ms: int, words: str) -> int:
    """The shift after `words`: with a sign further on or back, else so far from the true time."""
    span_ms = read_span_ms(words)
    if span_ms is None:
        raise BadShift(f"{words!r} is not understood.")
    after_ms = shift_ms + span_ms if words.strip().startswith(SIGNS) else span_ms
    if abs(after_ms) > SHIFT_MS_MAX:
        raise BadShift(f"{words_of(after_ms)} is over {words_of(SHIFT_MS_MAX)}.")
    return after_ms


def words_of(shift_ms: int) -> str:
    """A shift as it is written in settings: 30d, -2h, 0."""
    for unit, unit_ms in _UNITS:
        if shift_ms and shift_ms % unit_ms == 0:
            return f"{shift_ms // unit_ms}{unit}"
    return str(shift_ms // 1000)


def read_shift(settings: Path) -> int:
    """The shift that a node's settings file names; none where the file or the line is missing."""
    if not settings.is_file():
        return 0
    lines = dict(line.partition("=")[::2] for line in read_lines(settings))
    return read_span_ms(lines.get(PREFIX + SHIFT, "0")) or 0


def read_lines(settings: Path) -> list[str]:
    """The lines of a settings file; raises BadSettings for one that is no text."""
    try:
        return settings.read_text("utf-8").splitlines()
    except UnicodeDecodeError as fault:
        raise BadSettings(f"{settings} is no text in UTF-8, from byte {fault.start} on.") from fault
    except OSError as fault:
        raise BadSettings(f"{settings} cannot be read: {fault.strerror}.") from fault


def write_shift(settings: Path, shift_ms: int) -> None:
    """Have the node's settings file name this shift."""
    lines = read_lines(settings)
    kept = [line for line in lines if not line.startswith(f"{PREFIX}{SHIFT}=")]
    kept += [f"{PREFIX}{SHIFT}={words_of(shift_ms)}"] if shift_ms else []
    write_private(settings, "".join(f"{line}\n" for line in kept).encode())
