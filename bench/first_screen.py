"""W8 of ours, one page of it: the server's time for the first screen of a long-known person.

One program: the edge of a prison, with people who have ten years of notes, alerts, risk and
movements each, all of which the hub has had for long: nothing is pushed meanwhile.
`python -m bench.first_screen` prints the quantiles of its answers in milliseconds, the line of the
loopback included.
"""

import json
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from bench.contenders import quantiles
from bench.estates import BenchEstate, make_bench_estate
from bench.measure import BenchFailed, Figures
from bench.programs import resident_mb
from bench.spoke import Spoke
from bench.workloads import PRISON, Change, long_life

YEARS: Final = 10
PEOPLE: Final = 20
ROUNDS: Final = 10


def measure_first_screen(people: int, folder: Path) -> Figures:
    """The quantiles of asking for the page of each of so many people, each several times."""
    estate = make_bench_estate(folder / "estate")
    ops: list[Change] = []
    for seed in range(1, people + 1):
        ops += long_life(YEARS, seed=seed)
    named = list(dict.fromkeys(one.subject.hex() for one in ops))
    with estate.hub():
        with closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke:
            spoke.fill(ops)
            spoke.exchange_until(estate.hub_url, len(ops))
        with estate.edge(PRISON) as edge:
            times = _asked(estate, named)
            server_mb = resident_mb(edge.pid)
    return {**quantiles(times), "people": len(named), "ops": len(ops), "server_mb": server_mb}


def _asked(estate: BenchEstate, people: Sequence[str]) -> list[float]:
    with estate.browser_at(PRISON) as browser:
        _page(browser, people[0])
        return [_page(browser, person) for _ in range(ROUNDS) for person in people]


def _page(browser: httpx.Client, person: str) -> float:
    """The milliseconds from asking for a page to having all of it."""
    began = time.perf_counter()
    answer = browser.get(f"/people/{person}", headers={"accept": "text/html"})
    took = (time.perf_counter() - began) * 1000
    if answer.status_code != httpx.codes.OK or "Timeline" not in answer.text:
        raise BenchFailed(f"/people/{person}: {answer.status_code}")
    return took


def main() -> None:
    """Measure, and print the figures."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with TemporaryDirectory() as folder:
        print(json.dumps(measure_first_screen(people, Path(folder)), indent=2))


if __name__ == "__main__":
    main()
