"""`python -m tests.soak --minutes 60`: every campaign in turn, on every core, until time is up.

It goes on where the last one stopped, writes its figures after each run, and may be interrupted at
any moment. What fails is told with the command that runs it again; the soak itself goes on.
"""

import os
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec

from tests.house.source import ROOT
from tests.soak.figures import Figures, engine_digest, read_figures, write_figures
from tests.soak.page import write_page
from tests.soak.parts import PARTS, Part

TOLD_CHARS: Final = 600
RUN_S_MAX: Final = 1_800


class Soak:
    """Runs the campaigns that have had the least of their share, and keeps what they come to."""

    def __init__(self, names: list[str], minutes: float) -> None:
        """The campaigns of these names, for so long."""
        self.parts = [PARTS[name] for name in names]
        self.ends_s = time.monotonic() + minutes * 60
        self.engine = engine_digest()
        self.figures: Figures = read_figures()
        self._spent_s = dict.fromkeys(names, 0.0)
        self._lock = threading.Lock()

    def work(self) -> None:
        """One core's share: run after run until time is up."""
        while time.monotonic() < self.ends_s:
            with self._lock:
                part = min(self.parts, key=lambda one: self._spent_s[one.name] / one.weight)
                # What is running counts as the least that it can cost, so that cores take turns.
                self._spent_s[part.name] += 1
                first = self.figures.take_seeds(part)
            self._run(part, part.words(first))

    def _run(self, part: Part, words: list[str]) -> None:
        began_s = time.monotonic()
        try:
            done = subprocess.run(
                words, cwd=ROOT, capture_output=True, timeout=RUN_S_MAX, check=False, text=True
            )
            totals, wrong = _totals(done.stdout), []
            wrong = part.faults(totals)
            if done.returncode and not wrong:
                wrong = [f"{part.name}: ended with {done.returncode} {done.stderr[-TOLD_CHARS:]}"]
        except subprocess.TimeoutExpired:
            totals, wrong = {}, [f"{part.name}: not over after {RUN_S_MAX} s"]
        spent_s = time.monotonic() - began_s
        again = " ".join(["python", *words[1:]])
        with self._lock:
            self._spent_s[part.name] += spent_s - 1
            self.figures.add(self.engine, part, totals, spent_s)
            for one in wrong:
                self.figures.blame(f"{again}: {one[:TOLD_CHARS]}")
            write_figures(self.figures)
            write_page(self.figures, self.engine)
            told = {name: totals.get(name) for name in part.kept}
            sys.stdout.write(f"{part.name:>10} {spent_s:7.1f} s  {told} {wrong or ''}\n")
            sys.stdout.flush()


def _totals(printed: str) -> dict[str, Any]:
    """The JSON object on the last line that holds one."""
    for line in reversed(printed.splitlines()):
        if line.startswith("{"):
            found: dict[str, Any] = msgspec.json.decode(line)
            return found
    return {}


def main() -> int:
    """1 where anything failed, in this soak or in one before that nobody has seen to."""
    asked = _asked()
    soak = Soak(asked.part or list(PARTS), asked.minutes)
    with ThreadPoolExecutor(asked.workers) as pool:
        for one in [pool.submit(soak.work) for _ in range(asked.workers)]:
            one.result()
    sys.stdout.write(f"{len(soak.figures.faults)} failed; see docs/reliability.md\n")
    return min(1, len(soak.figures.faults))


def _asked() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="how long")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="how many at once")
    parser.add_argument("--part", action="append", choices=sorted(PARTS), help="these alone")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
