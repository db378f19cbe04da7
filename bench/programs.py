"""Starts the programs that are measured, on 127.0.0.1, and stops each by its own pid."""

import re
import select
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.measure import BenchFailed

LOCAL: Final = "127.0.0.1"
READY_S_MAX: Final = 30.0
RUN_S_MAX: Final = 3_600.0
STOP_S_MAX: Final = 10.0
PRINTED: Final = "printed.txt"
_READY: Final = re.compile(r"ready (\d+)")


class Running:
    """A program that serves: its pid and the port it listens on."""

    def __init__(self, program: subprocess.Popen[bytes], port: int) -> None:
        """Belongs to whoever started it."""
        self.pid = program.pid
        self.port = port


@contextmanager
def serving(
    command: Sequence[str],
    folder: Path,
    *,
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """The program while the block runs; it prints `ready PORT`, or is given `port` to listen on."""
    with (folder / PRINTED).open("wb") as printed:
        program = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed if port else subprocess.PIPE,
            stderr=printed,
        )
        try:
            listens = _await_port(program, port, folder) if port else _await_ready(program, folder)
            yield Running(program, listens)
        finally:
            _stop(program)


def run_to_end(command: Sequence[str], folder: Path) -> str:
    """What the program printed last; raises BenchFailed with its last words if it failed."""
    ended = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_S_MAX,
        check=False,
    )
    if ended.returncode != 0:
        raise BenchFailed(f"{Path(command[1]).name}: {ended.stderr.strip()[-500:]}")
    return ended.stdout.strip().splitlines()[-1]


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return int(probe.getsockname()[1])


def resident_mb(pid: int) -> float:
    """The memory of a program that is in RAM now, in MB of 1,000,000 bytes."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None, "a running program has a resident size"
    return int(found[1]) * 1024 / 1e6


def folder_bytes(folder: Path) -> int:
    """The size of all files in a folder and below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _await_ready(program: subprocess.Popen[bytes], folder: Path) -> int:
    assert program.stdout is not None, "it was started with a pipe"
    until_s = time.monotonic() + READY_S_MAX
    while time.monotonic() < until_s and program.poll() is None:
        if select.select([program.stdout], [], [], 0.1)[0]:
            ready = _READY.match(program.stdout.readline().decode("ascii", "replace"))
            if ready:
                return int(ready[1])
    raise BenchFailed(f"not ready: {_last_words(folder)}")


def _await_port(program: subprocess.Popen[bytes], port: int, folder: Path) -> int:
    until_s = time.monotonic() + READY_S_MAX
    while time.monotonic() < until_s and program.poll() is None:
        try:
            socket.create_connection((LOCAL, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return port
    raise BenchFailed(f"nothing listens on port {port}: {_last_words(folder)}")


def _last_words(folder: Path) -> str:
    return (folder / PRINTED).read_text("utf-8", "replace")[-500:].strip()


def _stop(program: subprocess.Popen[bytes]) -> None:
    program.terminate()
    try:
        program.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait(STOP_S_MAX)
    if program.stdout is not None:
        program.stdout.close()
