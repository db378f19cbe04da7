"""W2 of ours: a note written through the API of one edge, readable through the API of another.

Three programs: the hub, the edge of the prison where it is written, the edge of the probation unit
where it is read. Both members of staff are signed in; the reader asks until the note is there.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from bench.contenders import quantiles
from bench.estates import BenchEstate, make_bench_estate
from bench.measure import BenchFailed, Figures
from bench.programs import resident_mb
from bench.spoke import Spoke
from bench.workloads import PRISON, UNIT, Change, parts_of

API: Final = "/api/v1"
ASK_EVERY_S: Final = 0.001
ARRIVE_S_MAX: Final = 30.0
PAUSE_S: Final = 0.01


def measure_one_note(people: int, folder: Path) -> Figures:
    """The median and the slowest in a hundred, from the request at A to the answer at B."""
    del people
    parts = parts_of("w2", 1)
    estate = make_bench_estate(folder / "estate")
    notes = parts["notes"]
    with closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke:
        spoke.fill(parts["ops"])
    with estate.hub(), estate.edge(PRISON) as edge, estate.edge(UNIT):
        with signed_in(estate, PRISON) as writer, signed_in(estate, UNIT) as reader:
            _await(reader, f"{API}/people/{notes[0].subject.hex()}")
            times = [_once(writer, reader, note) * 1000 for note in notes]
        server_mb = resident_mb(edge.pid)
    return {**quantiles(times), "server_mb": server_mb}


@contextmanager
def signed_in(estate: BenchEstate, code: str) -> Iterator[httpx.Client]:
    """A connection to a place's edge with the token of one of its staff."""
    someone = estate.sign_in_at(code)
    asked = {"user_name": someone.user_name, "password": someone.password}
    url = estate.estate.node(code).url
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as line:
        token = line.post(f"{API}/sign-in", json=asked).raise_for_status().json()["token"]
        line.headers["authorization"] = f"Bearer {token}"
        yield line


def _once(writer: httpx.Client, reader: httpx.Client, note: Change) -> float:
    """The seconds from asking A to keep a note to reading it at B."""
    notes = f"{API}/people/{note.subject.hex()}/records/case_note"
    body = _body(note)
    began = time.perf_counter()
    answer = writer.post(notes, json=body)
    if not answer.is_success:
        raise BenchFailed(f"{notes}: {answer.status_code} {answer.text[:200]}")
    _await(reader, f"{notes}/{answer.json()['record']}")
    took = time.perf_counter() - began
    time.sleep(PAUSE_S)
    return took


def _body(note: Change) -> dict[str, Any]:
    return {
        "type": note.values["type"],
        "subtype": note.values["subtype"],
        "text": note.values["text"]["text"],
        "occurred_ms": note.values["occurred_at"],
        "is_sensitive": note.values["sensitive"],
    }


def _await(reader: httpx.Client, path: str) -> None:
    until_s = time.monotonic() + ARRIVE_S_MAX
    while time.monotonic() < until_s:
        if (answer := reader.get(path)).is_success:
            return
        if answer.status_code != httpx.codes.NOT_FOUND:
            raise BenchFailed(f"{path}: {answer.status_code} {answer.text[:200]}")
        time.sleep(ASK_EVERY_S)
    raise BenchFailed(f"{path} did not come within {ARRIVE_S_MAX:.0f} s")
