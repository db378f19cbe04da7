"""The due table: nothing due is forgotten by a restart, a fault or a clock put back."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.desk.due import DueTable, Job
from casework.desk.schedule import Schedule
from sync_protocol.errors import NotSaved
from sync_protocol.io.op_store import OpStore
from tests.desks import Office

HOUR_MS = 3_600_000


class _Clock:
    now_ms = 1_790_000_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OpStore]:
    office = Office(tmp_path)
    yield office.store
    office.store.close()


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def ran() -> list[str]:
    return []


def _job(ran: list[str]) -> Job:
    return Job("backup", HOUR_MS, lambda: ran.append("backup"))


def test_a_job_runs_when_it_is_due_and_then_waits(
    store: OpStore, clock: _Clock, ran: list[str]
) -> None:
    table, job = DueTable(store, clock), _job(ran)
    table.enter(job, first_ms=1000)
    assert not table.run_if_due(job)
    clock.now_ms += 1000
    assert table.run_if_due(job)
    assert not table.run_if_due(job)
    clock.now_ms += HOUR_MS
    assert table.run_if_due(job)
    assert ran == ["backup", "backup"]


def test_a_restart_forgets_nothing(store: OpStore, clock: _Clock, ran: list[str]) -> None:
    job = _job(ran)
    DueTable(store, clock).enter(job, first_ms=HOUR_MS)
    clock.now_ms += HOUR_MS // 2
    again = DueTable(store, clock)
    assert again.enter(job, first_ms=HOUR_MS).next_ms == clock.now_ms + HOUR_MS // 2


def test_what_was_missed_for_days_runs_once(store: OpStore, clock: _Clock, ran: list[str]) -> None:
    table, job = DueTable(store, clock), _job(ran)
    table.enter(job, first_ms=0)
    clock.now_ms += 90 * 24 * HOUR_MS
    assert table.run_if_due(job)
    assert not table.run_if_due(job)


def test_a_clock_put_back_makes_it_due_at_once(
    store: OpStore, clock: _Clock, ran: list[str]
) -> None:
    table, job = DueTable(store, clock), _job(ran)
    table.enter(job, first_ms=0)
    table.run_if_due(job)
    clock.now_ms -= 5 * HOUR_MS
    assert table.run_if_due(job)


def test_a_fault_of_ours_is_noted_and_the_job_comes_again(store: OpStore, clock: _Clock) -> None:
    def fail() -> None:
        raise NotSaved("ids and codes")

    table, job = DueTable(store, clock), Job("backup", HOUR_MS, fail)
    table.enter(job, first_ms=0)
    assert table.run_if_due(job)
    assert table.states()["backup"].fault == "not_saved"
    clock.now_ms += HOUR_MS
    assert table.run_if_due(job)


def test_a_job_cut_off_in_the_middle_is_due_again(
    store: OpStore, clock: _Clock, ran: list[str]
) -> None:
    def power_cut() -> None:
        raise KeyboardInterrupt

    table = DueTable(store, clock)
    cut_off = Job("backup", HOUR_MS, power_cut)
    table.enter(cut_off, first_ms=0)
    with pytest.raises(KeyboardInterrupt):
        table.run_if_due(cut_off)
    assert DueTable(store, clock).run_if_due(_job(ran))


def test_the_schedule_runs_what_is_due_and_stops(
    store: OpStore, clock: _Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casework.desk.schedule.FIRST_MS", 0)

    async def day() -> int:
        loop, has_run, times = asyncio.get_running_loop(), asyncio.Event(), []

        def work() -> None:
            times.append(clock())
            loop.call_soon_threadsafe(has_run.set)

        schedule = Schedule(DueTable(store, clock), [Job("backup", 1000, work)])
        schedule.start()
        await asyncio.wait_for(has_run.wait(), 5)
        schedule.stop()
        schedule.stop()
        return len(times)

    assert asyncio.run(day()) == 1
