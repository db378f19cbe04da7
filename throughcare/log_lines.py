"""Where a node's log lines go: to what its technician reads, and nowhere where that is full.

A line that cannot be written is not worth an answer: the page which says that the disk is full must
come although the log lies on that disk.
"""

import os
import sys
from contextlib import suppress

import structlog


class LogLines:
    """A text file that never fails: what cannot be written is let go of."""

    def __init__(self, number: int) -> None:
        """Write to the open file with this number."""
        self._number = number

    def write(self, text: str) -> int:
        """Writes as much as there is room for."""
        with suppress(OSError):
            os.write(self._number, text.encode())
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


def settle_log() -> None:
    """From now on every log line of this program goes to its standard output, or is let go of."""
    sys.stdout.flush()
    lines = LogLines(sys.stdout.fileno())
    # The library asks for a text file and calls these two alone.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(lines))  # type: ignore[arg-type]
