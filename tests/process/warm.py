"""Starts nodes from a program that has our code in memory already: a start costs a third.

`python -m tests.process.warm` is that program: a line in names a settings file and a log, a line
out the number of the node, which is a fork that goes on as the command line would. A long campaign
has so three times as many kills in an hour; what is killed is the same.
"""

import gc
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import msgspec

from throughcare.children import started_at
from throughcare.cli import main

GONE_S_MAX = 5.0
LOOK_EVERY_S = 0.002


class Wanted(msgspec.Struct, frozen=True):
    """A node that is to be started."""

    words: tuple[str, ...]
    log: str


class Warm:
    """The program that starts others; to be stopped after them."""

    def __init__(self) -> None:
        self._program = subprocess.Popen(
            (sys.executable, "-m", "tests.process.warm"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def start(self, words: tuple[str, ...], log: Path) -> int:
        """The number of a node that was just started."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(msgspec.json.encode(Wanted(words, str(log))) + b"\n")
        self._program.stdin.flush()
        return int(self._program.stdout.readline())

    def stop(self) -> None:
        """Ends it; what it started goes on."""
        assert self._program.stdin is not None
        self._program.stdin.close()
        self._program.wait(GONE_S_MAX)


class WarmChild:
    """A node that is started from memory; as `Child` is by the tests that kill."""

    def __init__(self, warm: Warm, words: tuple[str, ...], log: Path) -> None:
        self._warm, self._words, self._log = warm, words, log
        self._pid: int | None = None
        self._started: int | None = None

    @property
    def pid(self) -> int | None:
        """Its number while it runs."""
        return self._pid if self.is_running else None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        if self._pid is None or self._started is None:
            return False
        return started_at(self._pid) == self._started

    def start(self) -> None:
        """Starts it."""
        self._pid = self._warm.start(self._words, self._log)
        self._started = started_at(self._pid)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        if self._pid is None or not self.is_running:
            return
        os.kill(self._pid, signal.SIGKILL)
        give_up_s = time.monotonic() + GONE_S_MAX
        while self.is_running:
            assert time.monotonic() < give_up_s, "what is killed ends"
            time.sleep(LOOK_EVERY_S)

    def last_words(self, lines: int = 3) -> str:
        """The end of what it printed."""
        printed = self._log.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(printed[-lines:])


def _serve_starts() -> None:
    signal.signal(signal.SIGCHLD, _let_go_of_ended)
    gc.collect()
    gc.freeze()
    for line in sys.stdin.buffer:
        wanted = msgspec.json.decode(line, type=Wanted)
        pid = os.fork()
        if pid == 0:
            _become(wanted)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _let_go_of_ended(_number: int, _frame: FrameType | None) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _become(wanted: Wanted) -> None:
    """What follows is the program itself, in a session of its own."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    gc.unfreeze()
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(wanted.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for own, taken in ((0, nothing), (1, log), (2, log)):
        os.dup2(taken, own)
    os.close(nothing)
    os.close(log)
    main(list(wanted.words))


if __name__ == "__main__":
    _serve_starts()
