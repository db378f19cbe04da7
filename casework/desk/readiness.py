"""Whether this node can do its work now: the store takes a durable write, disk and clock are sound.

A probe that only says "the program runs" hides a full disk until somebody's note is lost.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from casework.desk.desk import Desk
from casework.desk.due import job_faults
from sync_protocol.errors import Corrupt, StoreDamaged, Unavailable

DISK_FREE_BYTES_MIN: Final = 64 * 1024 * 1024
CLOCK_EARLIEST_MS: Final = 1_767_225_600_000
"""1 January 2026: a clock before this was lost with the battery."""
CLOCK_BACK_MS_MAX: Final = 5 * 60_000
JOB: Final = "job "
CLOCK_PUT_BACK: Final = "clock_put_back"


class Check(msgspec.Struct, frozen=True):
    """One thing looked at: fine, or the code of what is wrong with it."""

    name: str
    is_sound: bool
    code: str = ""

    @property
    def is_of_job(self) -> bool:
        """Whether it tells of a job that failed, for which staff need not wait."""
        return self.name.startswith(JOB)


class Readiness(msgspec.Struct, frozen=True):
    """All checks; ready where each is sound but that of the jobs, which staff need not wait for."""

    is_ready: bool
    checks: tuple[Check, ...]


def look(desk: Desk, folder: Path) -> Readiness:
    """Every check, each made even where another failed; `folder` holds the store."""
    checks = (_store(desk), _disk(folder), _clock(desk))
    return Readiness(all(check.is_sound for check in checks), (*checks, *_jobs(desk)))


def _store(desk: Desk) -> Check:
    """A write that is durable and read back: key, disk and lock are all needed for it."""
    try:
        with desk.store.changing() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS probe (name TEXT PRIMARY KEY, at_ms INTEGER) STRICT"
            )
            connection.execute("INSERT OR REPLACE INTO probe VALUES ('ready', ?)", (desk.now_ms(),))
        with desk.store.reading() as reading:
            reading.select("SELECT at_ms FROM probe WHERE name = 'ready'")
            faults = job_faults(reading).values()
    except (Unavailable, Corrupt) as fault:
        return Check("store", is_sound=False, code=fault.code)
    # A backup reads every page: what it finds damaged no probe need come upon.
    code = StoreDamaged.code if StoreDamaged.code in faults else ""
    return Check("store", is_sound=not code, code=code)


def _jobs(desk: Desk) -> Iterator[Check]:
    """Each job that failed when it last ran: a backup that nobody misses is missed too late."""
    with suppress(Unavailable, Corrupt), desk.store.reading() as reading:
        for name, code in job_faults(reading).items():
            yield Check(f"{JOB}{name}", is_sound=False, code=code)


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    is_sound = free >= DISK_FREE_BYTES_MIN
    return Check("disk", is_sound, "" if is_sound else "little_room")


def _clock(desk: Desk) -> Check:
    """Behind the last audit line by more than a little means that somebody put the clock back."""
    now_ms = desk.now_ms()
    try:
        with desk.store.reading() as reading:
            rows = reading.select("SELECT coalesce(max(at_ms), 0) FROM audit")
    except (Unavailable, Corrupt) as fault:
        return Check("clock", is_sound=False, code=fault.code)
    if now_ms < CLOCK_EARLIEST_MS:
        return Check("clock", is_sound=False, code="clock_lost")
    if now_ms < int(rows[0][0]) - CLOCK_BACK_MS_MAX:
        return Check("clock", is_sound=False, code=CLOCK_PUT_BACK)
    return Check("clock", is_sound=True)
