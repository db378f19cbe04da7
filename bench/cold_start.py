"""W5: a new office receives a caseload that the centre holds, in three steps that people wait for.

(a) what warns and where everybody is, so that the board can be read; (b) everything that stands but
gathered notes; (c) everything, every superseded value included, the newest first. A step is over
when the office's store has it durably and folded, not when bytes have arrived.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from bench.estates import BenchEstate, make_bench_estate
from bench.line import counting_line
from bench.measure import BenchFailed, Figures
from bench.spoke import Spoke
from bench.workloads import PRISON, UNIT, Change, long_life, parts_of
from casework.records.files import place_subject
from sync_protocol.io.http_peer import HttpPeer, Line
from sync_protocol.io.op_store import OpStore
from sync_protocol.limits import REPLY_OPS_MAX
from sync_protocol.scope import Flag
from sync_protocol.snapshot import Part

EXCHANGES_MAX: Final = 5_000
LINE_BYTES_S: Final = 2_000_000 / 8


class Steps(msgspec.Struct):
    """When each step of an arrival was over, in seconds since the office first asked."""

    safety: float | None = None
    current: float | None = None
    notes: float | None = None
    history: float | None = None

    def reached(self, part: Part, seconds: float) -> None:
        """Everybody's arrival has come to this part."""
        if part > Part.SAFETY and self.safety is None:
            self.safety = seconds
        if part > Part.REFS and self.current is None:
            self.current = seconds
        if part > Part.LATER and self.notes is None:
            self.notes = seconds
        if part == Part.DONE and self.history is None:
            self.history = seconds

    def figures(self) -> dict[str, float]:
        """The times of those steps that are over."""
        told = msgspec.structs.asdict(self)
        return {f"{name}_s": at for name, at in told.items() if at is not None}


def make_known(folder: Path, people: int) -> BenchEstate:
    """An estate whose centre holds a caseload that a probation unit is in charge of, and lacks."""
    return make_told(folder, parts_of("w5", people)["ops"])


def make_told(folder: Path, changes: Sequence[Change]) -> BenchEstate:
    """An estate whose centre was told these changes by the prison."""
    estate = make_bench_estate(folder)
    with closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke, estate.hub():
        spoke.fill(changes)
        spoke.exchange_until(estate.hub_url, len(changes))
    return estate


def measure_cold_start(estate: BenchEstate, people: int, folder: Path) -> Figures:
    """One round, at an office that holds nobody."""
    copied = estate.copied_to(folder / "estate")
    with closing(Spoke(copied.folder, copied.estate, UNIT)) as spoke, copied.hub():
        steps = asyncio.run(arrive(spoke, HttpPeer(copied.hub_url), people))
        missing = len(parts_of("w5", people)["ops"]) - _held(spoke.store)
    if missing:
        raise BenchFailed(f"{missing} ops did not arrive")
    return steps.figures()


def measure_arrival(folder: Path) -> Figures:
    """One person with ten years of record, over a line as slow as an old office's."""
    changes = long_life()
    estate = make_told(folder / "estate", changes)
    with (
        closing(Spoke(estate.folder, estate.estate, UNIT)) as spoke,
        estate.hub() as hub,
        counting_line(hub.port, LINE_BYTES_S) as line,
    ):
        peer = HttpPeer(f"http://127.0.0.1:{line.port}")
        steps = asyncio.run(arrive(spoke, peer, 1))
        if _held(spoke.store) != len(changes):
            raise BenchFailed(f"{_held(spoke.store)} of {len(changes)} ops arrived")
    return {
        **steps.figures(),
        "line_s": (line.bytes_down + line.bytes_up) / LINE_BYTES_S,
        "bytes": float(line.bytes_both),
        "ops": float(len(changes)),
    }


async def arrive(spoke: Spoke, line: Line, people: int) -> Steps:
    """Exchange until so many people are here with their whole history; when each step was over."""
    driver = spoke.driver(line)
    steps = Steps()
    try:
        began = time.perf_counter()
        for _ in range(EXCHANGES_MAX):
            await driver.exchange()
            fault = driver.status().fault
            if fault is not None:
                raise BenchFailed(f"the exchange failed: {fault}")
            steps.reached(_least(spoke.store, people), time.perf_counter() - began)
            if steps.history is not None:
                return steps
            if steps.notes is not None:
                await asyncio.to_thread(_ask_history, spoke.store)
        raise BenchFailed(f"not everything was here after {EXCHANGES_MAX} exchanges")
    finally:
        await line.close()


def _least(store: OpStore, people: int) -> Part:
    """How far the arrival of whoever is last has come."""
    with store.reading() as reading:
        # Scope is told ahead: somebody has arrived once there is a record to read.
        ((entered,),) = reading.select("SELECT count(*) FROM person")
        ((least,),) = reading.select("SELECT min(part) FROM snapshots")
    if entered < people:
        return Part.SAFETY
    return Part.DONE if least is None else Part(least)


def _ask_history(store: OpStore) -> None:
    """Of everybody, in pages as large as a reply: as if all of it were read to its end at once."""
    with store.core.transaction():
        arrivals = store.spoke.arrivals
        rows = store.core.connection.execute(
            "SELECT s.subject FROM snapshots a JOIN subjects s USING(subject_no)"
        )
        for (subject,) in list(rows):
            arrivals.ask_history(subject, REPLY_OPS_MAX)


def _held(store: OpStore) -> int:
    """How many ops of people; an office is told who works there as well."""
    with store.reading() as reading:
        sql = (
            "SELECT count(*) FROM ops o JOIN subjects s USING(subject_no) WHERE o.flags & ?"
            " AND s.subject <> ?"
        )
        ((held,),) = reading.select(sql, (int(Flag.APPLIED), place_subject(UNIT)))
    return int(held)
