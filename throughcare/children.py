"""Programs of ours that run beside us: started, watched, killed and never left behind.

A child's pid file names its pid and the moment it started, so that a number which the system has
since given to a stranger is never signalled. A child left by a demonstration that was itself killed
is found by that file and stopped.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from sync_protocol.errors import DOES_NOT_DECODE

STOP_S_MAX: Final = 5.0
KILL_S_MAX: Final = 5.0
LOOK_EVERY_S: Final = 0.02
_STARTED_FIELD: Final = 19
"""Where /proc/<pid>/stat holds the start time, counted after the command's closing bracket."""


class PidFile(msgspec.Struct, frozen=True):
    """A running program: its pid, and when it started in the system's own ticks."""

    pid: int
    started: int


class Child:
    """One program of ours: how to start it, and whether it runs."""

    def __init__(
        self, *, command: Sequence[str], environment: Mapping[str, str], log: Path, pid_file: Path
    ) -> None:
        """What it prints is appended to `log`; `pid_file` is there while it runs."""
        self._command = tuple(command)
        self._environment = dict(environment)
        self._log = log
        self._pid_file = pid_file
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its number while it runs."""
        return self._running.pid if self._running is not None and self.is_running else None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._running is not None and self._running.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs or before it was started."""
        return None if self._running is None else self._running.poll()

    def start(self) -> None:
        """Starts it in a session of its own, so that Ctrl-C reaches us alone."""
        assert not self.is_running, "a child is started once at a time"
        stop_stale(self._pid_file)
        with self._log.open("ab") as log:
            # S603 asks whether the command is trusted: it is this package's own.
            self._running = subprocess.Popen(  # noqa: S603
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_file.write_bytes(
            msgspec.json.encode(PidFile(self._running.pid, started_at(self._running.pid) or 0))
        )

    def stop_stale(self) -> None:
        """Stops what an earlier run of ours left behind."""
        stop_stale(self._pid_file)

    def kill(self) -> None:
        """Ends it as a power cut would: nothing is asked of it."""
        if self._running is not None and self._running.poll() is None:
            self._running.kill()
            self._running.wait(KILL_S_MAX)
        self._pid_file.unlink(missing_ok=True)

    def ask_to_stop(self) -> None:
        """Asks it to end in its own time."""
        if self._running is not None and self._running.poll() is None:
            self._running.terminate()

    def stop(self) -> None:
        """Asks it to end, and ends it where it does not."""
        self.ask_to_stop()
        if self._running is not None:
            try:
                self._running.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                self.kill()
        self._pid_file.unlink(missing_ok=True)

    def last_words(self, lines: int = 3) -> str:
        """The end of what it printed, for the sentence that says why it did not start."""
        try:
            printed = self._log.read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(line for line in printed[-lines:] if line.strip())


def stop_all(children: Sequence[Child]) -> None:
    """Asks all at once and then waits for each, so that stopping takes as long as the slowest."""
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()


def read_pid(pid_file: Path) -> PidFile | None:
    """The program that this file names, where that very program still runs."""
    try:
        named = msgspec.json.decode(pid_file.read_bytes(), type=PidFile)
    except (OSError, *DOES_NOT_DECODE):
        return None
    return named if started_at(named.pid) == named.started else None


def write_own_pid(pid_file: Path) -> None:
    """Says in this file that the present program is the one that runs."""
    pid_file.write_bytes(msgspec.json.encode(PidFile(os.getpid(), started_at(os.getpid()) or 0)))


def stop_stale(pid_file: Path) -> bool:
    """Stops what an earlier run left behind; whether there was anything to stop."""
    stale = read_pid(pid_file)
    if stale is not None:
        _stop_pid(stale)
    pid_file.unlink(missing_ok=True)
    return stale is not None


def started_at(pid: int) -> int | None:
    """When the program with this number started; None where none runs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    # A zombie has ended: only nobody has asked yet how.
    return None if fields[0] == "Z" else int(fields[_STARTED_FIELD])


def _stop_pid(stale: PidFile) -> None:
    for signal_number, wait_s in ((signal.SIGTERM, STOP_S_MAX), (signal.SIGKILL, KILL_S_MAX)):
        try:
            os.kill(stale.pid, signal_number)
        except ProcessLookupError:
            return
        give_up_s = time.monotonic() + wait_s
        while started_at(stale.pid) == stale.started and time.monotonic() < give_up_s:
            time.sleep(LOOK_EVERY_S)
        if started_at(stale.pid) != stale.started:
            return
