"""Throughcare as a contender: a real hub, real spokes, the exchange over HTTP, all as shipped.

A spoke's store is filled once for a caseload and copied for each round, so that every round begins
alike; the hub begins empty and runs as a program of its own.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from bench import idle_edges
from bench.cold_start import make_known, measure_arrival, measure_cold_start
from bench.due_list import measure_due
from bench.encodings import BATCH, gzip_json_bytes, msgpack_bytes, ops_of
from bench.estates import BenchEstate, make_bench_estate
from bench.first_screen import PEOPLE as LONG_LIVES
from bench.first_screen import measure_first_screen
from bench.line import counting_line
from bench.lost_ops import make_full_log, measure_lost_ops
from bench.measure import OURS, BenchFailed, Figures
from bench.measures import NAMES, measure_of
from bench.one_note import measure_one_note
from bench.programs import resident_mb
from bench.spoke import Spoke
from bench.workloads import PRISON, UNIT, caseload, parts_of

WIRE_PEOPLE_MAX: Final = 50
IDLE_EXCHANGES: Final = 10


class Throughcare:
    """The system under measure."""

    name = OURS
    measures = frozenset(measure_of(name) for name in NAMES)

    def __init__(self, folder: Path) -> None:
        """What is prepared once is kept in `folder` until the run is over."""
        self._folder = folder
        self._filled: dict[int, BenchEstate] = {}
        self._full_log: BenchEstate | None = None
        self._known: BenchEstate | None = None
        self._times_lost = 0
        self._ways: Mapping[str, Callable[[int, Path], Figures]] = {
            "w1": self._caseload,
            "w2": measure_one_note,
            "w3": self._offline_day,
            "w4": self._conflict,
            "wire": self._wire,
            "idle": self._idle,
            "memory": self._memory,
            "disk": self._disk,
            "startup": idle_edges.measure_startup,
            "repair": self._repair,
            "w5": self._cold_start,
            "w8": self._pages,
            "arrival": lambda _people, folder: measure_arrival(folder),
        }

    def measure(self, name: str, people: int, folder: Path) -> Figures:
        """One round."""
        return self._ways[name](people, folder)

    def filled(self, people: int) -> BenchEstate:
        """An estate whose prison has written a caseload that nobody has yet; copy it to use it."""
        if people not in self._filled:
            estate = make_bench_estate(self._folder / f"filled-{people}")
            with closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke:
                spoke.fill(caseload(people))
            self._filled[people] = estate
        return self._filled[people]

    def _caseload(self, people: int, folder: Path) -> Figures:
        estate = self.filled(people).copied_to(folder / "estate")
        with closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke:
            ops = spoke.waiting_ops
            with estate.hub() as hub:
                seconds = spoke.exchange_until(estate.hub_url, ops)
                server_mb = resident_mb(hub.pid)
        check_taken(estate, ops)
        return {
            "ops_s": ops / seconds,
            "hub_share": spoke.hub_share,
            "server_mb": server_mb,
            "disk_mb": estate.hub_bytes / 1e6,
        }

    def _offline_day(self, people: int, folder: Path) -> Figures:
        parts = parts_of("w3", people)
        estate = make_bench_estate(folder / "estate")
        before, queued = parts["ops"], parts["queued"]
        with closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke:
            spoke.fill(before)
            with estate.hub():
                spoke.exchange_until(estate.hub_url, len(before))
                spoke.fill(queued)
                seconds = spoke.exchange_until(estate.hub_url, len(before) + len(queued))
        check_taken(estate, len(before) + len(queued))
        return {"ms": seconds * 1000, "hub_share": spoke.hub_share}

    def _conflict(self, people: int, folder: Path) -> Figures:
        parts = parts_of("w4", people)
        estate = make_bench_estate(folder / "estate")
        known, both = len(parts["ops"]), len(parts["mine"])
        with (
            closing(Spoke(estate.folder, estate.estate, PRISON)) as a,
            closing(Spoke(estate.folder, estate.estate, UNIT)) as b,
            estate.hub(),
        ):
            a.fill(parts["ops"])
            a.exchange_until(estate.hub_url, known)
            b.exchange_until(estate.hub_url, known)
            a.fill(parts["mine"])
            b.fill(parts["theirs"])
            seconds = a.exchange_until(estate.hub_url, known + both)
            seconds += b.exchange_until(estate.hub_url, known + 2 * both)
            seconds += a.exchange_until(estate.hub_url, known + 2 * both)
        return {"ms": seconds * 1000, **listed_and_lost(estate, both)}

    def _wire(self, people: int, folder: Path) -> Figures:
        changes = caseload(min(people, WIRE_PEOPLE_MAX))
        estate = make_bench_estate(folder / "estate")
        with (
            closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke,
            estate.hub() as hub,
            counting_line(hub.port) as line,
        ):
            url = f"http://127.0.0.1:{line.port}"
            for start in range(0, len(changes), BATCH):
                part = changes[start : start + BATCH]
                spoke.fill(part)
                spoke.exchange_until(url, start + len(part))
            ops = ops_of(spoke.store)
        return {
            "bytes_op": line.bytes_both / len(ops),
            "bytes_op_up": line.bytes_up / len(ops),
            "gzip_json_op": gzip_json_bytes(ops) / len(ops),
        }

    def _idle(self, people: int, folder: Path) -> Figures:
        changes = caseload(min(people, WIRE_PEOPLE_MAX))
        estate = make_bench_estate(folder / "estate")
        with (
            closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke,
            estate.hub() as hub,
            counting_line(hub.port) as line,
        ):
            spoke.fill(changes)
            spoke.exchange_until(estate.hub_url, len(changes))
            url = f"http://127.0.0.1:{line.port}"
            spoke.exchange_once(url, IDLE_EXCHANGES)
        return {
            "bytes": line.bytes_both / IDLE_EXCHANGES,
            "round_trips": line.requests / IDLE_EXCHANGES,
        }

    def _disk(self, people: int, folder: Path) -> Figures:
        estate = self.filled(people).copied_to(folder / "estate")
        with closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke:
            ops = ops_of(spoke.store)
            with estate.hub():
                spoke.exchange_until(estate.hub_url, len(ops))
        return {
            "bytes_op": estate.hub_bytes / len(ops),
            "spoke_bytes_op": estate.bytes_at(PRISON) / len(ops),
            "msgpack_op": msgpack_bytes(ops) / len(ops),
        }

    def _repair(self, people: int, _folder: Path) -> Figures:
        if self._full_log is None:
            self._full_log = make_full_log(self._folder / "full", people)
        self._times_lost += 1
        return measure_lost_ops(self._full_log, self._times_lost)

    def _cold_start(self, people: int, folder: Path) -> Figures:
        if self._known is None:
            self._known = make_known(self._folder / "known", people)
        return measure_cold_start(self._known, people, folder)

    def _pages(self, people: int, folder: Path) -> Figures:
        screen = measure_first_screen(min(people, LONG_LIVES), folder / "lives")
        return {**screen, **measure_due(self.filled(people).copied_to(folder / "estate"))}

    def _memory(self, people: int, folder: Path) -> Figures:
        figures: dict[str, float] = {}
        for size in idle_edges.sizes_for(people):
            estate = self.filled(size).copied_to(folder / f"estate-{size}")
            figures |= idle_edges.measure_memory(estate, size)
        return idle_edges.with_growth(figures)


def check_taken(estate: BenchEstate, ops: int) -> None:
    """Raise BenchFailed unless the hub's log, opened again, holds that many ops and parked none."""
    with closing(estate.open_hub_store()) as store, store.reading() as reading:
        held, parked = reading.select("SELECT count(*), coalesce(sum(flags & 2 != 0), 0) FROM ops")[
            0
        ]
    if (held, parked) != (ops, 0):
        raise BenchFailed(f"the hub holds {held} of {ops} ops and parked {parked}")


def listed_and_lost(estate: BenchEstate, records: int) -> dict[str, float]:
    """Which share of the conflicts the hub lists with both sides, and how many values are gone."""
    with closing(estate.open_hub_store()) as store, store.reading() as reading:
        conflicts = reading.conflicts()
    sides = sum(len({side.op_id for side in one.sides}) for one in conflicts)
    whole = sum(len(one.sides) == 2 for one in conflicts)
    return {"listed": whole / records, "lost": float(2 * records - sides)}
