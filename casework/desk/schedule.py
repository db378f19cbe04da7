"""Runs a node's jobs from its due table, in a thread each, never two of one job at once.

APScheduler wakes; the table decides. Its own clock sleeps on when the wall clock is put back, so
it wakes often and asks, and a watch on the steady clock wakes it after a jump.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from casework.desk.due import DueTable, Job

ASK_EVERY_S: Final = 15
JUMP_S_MIN: Final = 60.0
FIRST_MS: Final = 60_000

_log = structlog.get_logger(__name__)


class Schedule:
    """A node's jobs, kept running while its application serves."""

    def __init__(self, table: DueTable, jobs: Sequence[Job]) -> None:
        """Nothing runs before `start`."""
        self._table = table
        self._jobs = tuple(jobs)
        self._turns = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._turns.add_listener(_tell, EVENT_JOB_ERROR)
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Enter every job in the table and begin to ask; call it inside the running loop."""
        for job in self._jobs:
            self._table.enter(job, first_ms=min(FIRST_MS, job.every_ms))
            ask_s = min(ASK_EVERY_S, max(1, job.every_ms // 1000))
            self._turns.add_job(self._ask, "interval", args=(job,), id=job.name, seconds=ask_s)
        self._turns.start()
        self._watch = asyncio.create_task(self._watch_clock(time.time, time.monotonic))

    def stop(self) -> None:
        """Begin nothing more; what runs in a thread ends by itself."""
        if self._watch is not None:
            self._watch.cancel()
        if self._turns.running:
            self._turns.shutdown(wait=False)

    async def _ask(self, job: Job) -> None:
        if await asyncio.to_thread(self._table.run_if_due, job):
            _log.info("job_ran", job=job.name)

    async def _watch_clock(self, wall: Callable[[], float], steady: Callable[[], float]) -> None:
        """After the wall clock jumps, have every job ask at once."""
        apart_s = wall() - steady()
        while True:
            await asyncio.sleep(ASK_EVERY_S)
            if abs(wall() - steady() - apart_s) > JUMP_S_MIN:
                apart_s = wall() - steady()
                for job in self._jobs:
                    self._turns.modify_job(job.name, next_run_time=datetime.now(UTC))


def _tell(ended: JobExecutionEvent) -> None:
    """A job that failed in a way we did not foresee; it is asked again at its next turn."""
    _log.error("job_failed", job=ended.job_id, fault=type(ended.exception).__name__)
