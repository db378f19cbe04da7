"""The table of what is due at this node: when each job last ran, how it ended, when it runs next.

It lives in the node's store, so a restart forgets nothing and a job that was cut off is simply due
again; jobs can be repeated without harm. A clock put back makes a job due at once rather than
hours late.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from casework.access.local import LocalStore
from sync_protocol.errors import ThroughcareError
from sync_protocol.io.reading import Reading

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS due_job (
    name TEXT PRIMARY KEY,
    next_ms INTEGER NOT NULL,
    started_ms INTEGER,
    ended_ms INTEGER,
    fault TEXT NOT NULL
) STRICT, WITHOUT ROWID
"""


class Job(msgspec.Struct, frozen=True):
    """Something a node does every so often; doing it twice harms nothing."""

    name: str
    every_ms: int
    work: Callable[[], None]


class JobState(msgspec.Struct, frozen=True, array_like=True):
    """What the table says of a job; `fault` is the code of how it last failed, else empty."""

    name: str
    next_ms: int
    started_ms: int | None
    ended_ms: int | None
    fault: str


def job_faults(reading: Reading) -> dict[str, str]:
    """The code of how each job failed that did when it last ran, by the job's name."""
    if not reading.select("SELECT 1 FROM sqlite_master WHERE name = 'due_job'"):
        return {}
    rows = reading.select("SELECT name, fault FROM due_job WHERE fault <> '' ORDER BY name")
    return {str(name): str(fault) for name, fault in rows}


class DueTable:
    """When each job is due; times are UTC milliseconds of this node's clock."""

    def __init__(self, store: LocalStore, now_ms: Callable[[], int]) -> None:
        """Make the table where it is not there."""
        self._store = store
        self._now_ms = now_ms
        with store.changing() as transaction:
            transaction.execute(_TABLE)

    def enter(self, job: Job, *, first_ms: int) -> JobState:
        """The job's line; a new one is due `first_ms` from now."""
        with self._store.changing() as transaction:
            transaction.execute(
                "INSERT INTO due_job VALUES (?, ?, NULL, NULL, '') ON CONFLICT DO NOTHING",
                (job.name, self._now_ms() + first_ms),
            )
        return self.states()[job.name]

    def run_if_due(self, job: Job) -> bool:
        """Do the job where it is due; whether it was. A fault of ours is noted, not raised."""
        if not self._is_due(job):
            return False
        self._note("started_ms = ?", job, (self._now_ms(),))
        try:
            job.work()
        except ThroughcareError as fault:
            self._end(job, fault.code)
        else:
            self._end(job, "")
        return True

    def states(self) -> dict[str, JobState]:
        """Every job's line, by name."""
        with self._store.reading() as reading:
            rows = reading.select("SELECT name, next_ms, started_ms, ended_ms, fault FROM due_job")
        return {row[0]: JobState(*row) for row in rows}

    def _is_due(self, job: Job) -> bool:
        next_ms, now_ms = self.states()[job.name].next_ms, self._now_ms()
        # Further ahead than one turn: the clock was put back since the line was written.
        return next_ms <= now_ms or next_ms > now_ms + job.every_ms

    def _end(self, job: Job, fault: str) -> None:
        now_ms = self._now_ms()
        changes = "ended_ms = ?, next_ms = ?, fault = ?"
        self._note(changes, job, (now_ms, now_ms + job.every_ms, fault))

    def _note(self, changes: str, job: Job, values: tuple[object, ...]) -> None:
        # The columns are those named above, never what somebody typed.
        sql = f"UPDATE due_job SET {changes} WHERE name = ?"  # noqa: S608
        with self._store.changing() as transaction:
            transaction.execute(sql, (*values, job.name))
