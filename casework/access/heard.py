"""For how long the centre has not been heard, across restarts: what staff came by may be old.

Kept in the node's own store beside the latest time that its clock has shown, so that a clock put
back makes nothing younger. Hearing the centre sets both right.
"""

from collections.abc import Callable
from typing import Final

from casework.access.local import LocalStore

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS centre_heard (
    one INTEGER PRIMARY KEY, heard_ms INTEGER NOT NULL, latest_ms INTEGER NOT NULL
) STRICT
"""


class Heard:
    """When this office last heard the centre."""

    def __init__(self, store: LocalStore, now_ms: Callable[[], int]) -> None:
        """Make the table where it is not there; nobody listens yet."""
        self._store = store
        self._now_ms = now_ms
        self._last_heard_ms: Callable[[], int | None] = _never
        with store.changing() as transaction:
            transaction.execute(_TABLE)

    def listen(self, last_heard_ms: Callable[[], int | None]) -> None:
        """Ask the line from now on; it forgets at each start."""
        self._last_heard_ms = last_heard_ms

    def note(self) -> None:
        """Keep when the centre was last heard, and how late it has become."""
        heard_ms, now_ms = self._last_heard_ms(), self._now_ms()
        kept = self._kept()
        if heard_ms is not None and (kept is None or heard_ms != kept[0]):
            values = (heard_ms, max(heard_ms, now_ms))
        elif kept is not None and now_ms > kept[1]:
            values = (kept[0], now_ms)
        else:
            return
        with self._store.changing() as transaction:
            transaction.execute("INSERT OR REPLACE INTO centre_heard VALUES (1, ?, ?)", values)

    def silent_ms(self) -> int:
        """For how long the centre has not been heard; nought where that is not known."""
        heard_ms, now_ms = self._last_heard_ms(), self._now_ms()
        if heard_ms is not None:
            return max(0, now_ms - heard_ms)
        kept = self._kept()
        return max(0, max(now_ms, kept[1]) - kept[0]) if kept is not None else 0

    def _kept(self) -> tuple[int, int] | None:
        with self._store.reading() as reading:
            rows = reading.select("SELECT heard_ms, latest_ms FROM centre_heard")
        return (int(rows[0][0]), int(rows[0][1])) if rows else None


def _never() -> int | None:
    return None
