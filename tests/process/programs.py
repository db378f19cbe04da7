"""Our command line as a program of its own, and ports that nobody uses."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

import msgspec

from throughcare.children import PidFile, started_at
from throughcare.door import DOOR_NAME
from throughcare.line_proxy import is_free
from throughcare.making import LINE_PORTS_FROM

COMMAND = (sys.executable, "-m", "throughcare")
UP_S_MAX = 60.0
STOP_S_MAX = 30.0
NODES = 4
PORTS_FROM = 12_000
PORTS_OF_A_WORKER = 5_000
PORTS_OF_A_DEMO = 100
WORKERS_MAX = 4

_asked = count(os.getpid())


def free_base() -> int:
    """A first port from which a whole demonstration finds its ports free.

    Each of xdist's workers looks in a range of its own, below those that a system gives to outgoing
    connections: a port that was free when it was looked at is still free when the program starts.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = PORTS_FROM + worker % WORKERS_MAX * PORTS_OF_A_WORKER
    end, step = first + PORTS_OF_A_WORKER, PORTS_OF_A_DEMO
    start = first + next(_asked) * step % PORTS_OF_A_WORKER
    for base in chain(range(start, end, step), range(first, start, step)):
        wanted = [*range(base, base + NODES), *range(base + LINE_PORTS_FROM, base + 60)]
        if all(is_free(port) for port in wanted):
            return base
    raise AssertionError("no free ports on this machine")


def run(*words: str, timeout_s: float = 120.0, given: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        [*COMMAND, *words],
        input=given,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


class Demo:
    """A running demonstration."""

    def __init__(self, folder: Path, base: int, *words: str) -> None:
        self.folder = folder
        self.base = base
        self._output = folder.parent / f"output-{time.monotonic_ns()}.txt"
        place = ("--dir", str(folder), "--port-base", str(base), "--people", "12", *words)
        with self._output.open("ab") as output:
            self.program = subprocess.Popen(
                [*COMMAND, "demo", *place], stdout=output, stderr=subprocess.STDOUT
            )

    def until_up(self) -> None:
        """Waits until it prints the addresses."""
        give_up_s = time.monotonic() + UP_S_MAX
        while "Stop all of it with Ctrl-C." not in self.said():
            assert self.program.poll() is None, self.said()
            assert time.monotonic() < give_up_s, self.said()
            time.sleep(0.05)

    def said(self) -> str:
        """What it printed so far."""
        return self._output.read_text("utf-8")

    def pids(self) -> list[PidFile]:
        """The programs of its nodes, as their pid files name them."""
        files = self.folder.glob("*/pid")
        return [msgspec.json.decode(file.read_bytes(), type=PidFile) for file in files]

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        if self.program.poll() is None:
            self.program.send_signal(2)
        return self.program.wait(STOP_S_MAX)


@contextmanager
def running_demo(folder: Path, base: int, *words: str) -> Iterator[Demo]:
    """A demonstration that is up; whatever happens, none of its programs outlives the block."""
    demo = Demo(folder, base, *words)
    try:
        demo.until_up()
        yield demo
    finally:
        pids = demo.pids()
        if demo.program.poll() is None:
            demo.stop()
        for named in pids:
            if started_at(named.pid) == named.started:
                os.kill(named.pid, 9)
        (folder / DOOR_NAME).unlink(missing_ok=True)
