"""The operating system's clock and generator, as objects that are handed to whoever needs them."""

import os
import time
from typing import Final, Protocol


class Clock(Protocol):
    """Tells the wall time; a test hands in one that it moves itself."""

    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""


class SystemClock:
    """The wall time of this machine, or of a demonstration's node that lives at another time."""

    def __init__(self, shift_ms: int = 0) -> None:
        """`shift_ms` is how far ahead of the machine's time it runs."""
        self._shift_ms = shift_ms

    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""
        return time.time_ns() // 1_000_000 + self._shift_ms


def steady_ms() -> int:
    """Milliseconds that this machine has run, asleep or awake; nobody can set them back."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) // 1_000_000


def no_steady_ms() -> int:
    """For a store that needs none: no time runs by it."""
    return 0


SYSTEM_CLOCK: Final = SystemClock()


def system_chance(count: int) -> bytes:
    """`count` bytes from the operating system's generator, asked at each use.

    Never from a generator seeded once: two copies of one machine would then make the same ids.
    """
    return os.urandom(count)
