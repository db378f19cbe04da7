"""W8 of ours, the other page of it: what is due of everybody at an edge, beside the raw rows.

The first time after a start the list weighs every person by every rule; from then on those alone
who changed. What both are divided by is the least that any list costs which keeps nothing: the rows
of the same tables, read from the same encrypted file and not looked at.
"""

import time
from contextlib import closing
from statistics import median
from typing import Final

import httpx

from bench.estates import BenchEstate
from bench.measure import BenchFailed, Figures
from bench.spoke import Spoke
from bench.workloads import PRISON
from casework.desk.whole import NO_RULE_READS
from casework.records import REGISTRY
from casework.records.files import OPEN_FILE

ROUNDS: Final = 5


def measure_due(estate: BenchEstate) -> Figures:
    """The milliseconds of the page, the first time and the median after, also against raw rows."""
    with estate.edge(PRISON):
        first_ms, *later = _asked(estate)
    due_ms = median(later)
    with closing(Spoke(estate.folder, estate.estate, PRISON)) as spoke:
        raw_ms = median(_raw(spoke) for _ in range(ROUNDS))
    return {
        "due_first_ms": first_ms,
        "due_ms": due_ms,
        "due_raw_ms": raw_ms,
        "due_raw": due_ms / raw_ms,
        "due_first_raw": first_ms / raw_ms,
    }


def _asked(estate: BenchEstate) -> list[float]:
    with estate.browser_at(PRISON) as browser:
        return [_page(browser) for _ in range(1 + ROUNDS)]


def _page(browser: httpx.Client) -> float:
    began = time.perf_counter()
    answer = browser.get("/due", headers={"accept": "text/html"})
    took = (time.perf_counter() - began) * 1000
    if answer.status_code != httpx.codes.OK:
        raise BenchFailed(f"/due: {answer.status_code}")
    return took


def _raw(spoke: Spoke) -> float:
    kinds = [kind.name for kind in REGISTRY.kinds.values() if kind.file == OPEN_FILE]
    began = time.perf_counter()
    with spoke.store.reading() as reading:
        for name in kinds:
            if name not in NO_RULE_READS:
                reading.select(f'SELECT * FROM "{name}"')  # noqa: S608 -- A kind, not an input.
    return (time.perf_counter() - began) * 1000
