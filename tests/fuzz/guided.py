"""Fuzzing that follows coverage: `python -m tests.fuzz.guided TARGET --seconds 60`.

The same targets as everywhere, begun from the same valid bytes, but what reaches a new line of our
code is kept and spoiled further. It needs atheris, which not every machine has; without it the
command says so. What falls is written into a folder, by default beside the samples of before.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, NoReturn

from tests.fuzz.found import SUFFIX, write_sample

FOUND: Final = Path(__file__).parent / "found"
WATCHED: Final = ("sync_protocol", "casework", "throughcare", "msgspec")
INPUT_BYTES_MAX: Final = 1 << 17
RUNS_USUAL: Final = 2_000
NO_ATHERIS: Final = (
    "This needs atheris, which is in the lock for Linux with a Python before 3.14: run `make setup`"
    " there. Without it the same targets are attacked by `pytest tests/fuzz -m slow`."
)
ALL: Final = "all"
EXIT_FOUND: Final = 1
EXIT_UNKNOWN: Final = 2


class Watch:
    """What libFuzzer calls with each input; counts, and keeps what falls."""

    def __init__(self, target: Any, into: Path, ends_s: float) -> None:
        """Attack `target` until `ends_s` on this process's clock; finds go `into` a folder."""
        self._target = target
        self._into = into
        self._ends_s = ends_s
        self.runs = 0
        self.read = 0
        self.finds: dict[str, str] = {}

    def take(self, raw: bytes) -> None:
        """One input; what falls is kept once for each place where it fell."""
        self.runs += 1
        try:
            self.read += self._target.judge(raw)
        except Exception as fault:  # noqa: BLE001 - whatever comes out of a target is a find.
            self._keep(raw, fault)
        if time.process_time() > self._ends_s:
            self.tell()

    def tell(self) -> NoReturn:
        """Print what came of it and end: libFuzzer never returns."""
        told = {
            "target": self._target.name,
            "runs": self.runs,
            "read": self.read,
            "finds": self.finds,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        _end(EXIT_FOUND if self.finds else 0)

    def _keep(self, raw: bytes, fault: Exception) -> None:
        trace = fault.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        line = trace.tb_lineno if trace is not None else 0
        place = f"{type(fault).__name__}:{line}"
        if place in self.finds:
            return
        name = f"{self._target.name}-{hashlib.sha256(raw).hexdigest()[:12]}{SUFFIX}"
        self.finds[place] = name
        self._into.mkdir(parents=True, exist_ok=True)
        write_sample(self._into / name, raw)


def main(arguments: list[str] | None = None) -> int:
    """Runs one target, or each of all in a fork of its own; 1 where anything fell."""
    asked = _asked(arguments)
    try:
        # Imported here: it is not on every machine, and it instruments what is imported after it.
        import atheris
    except ModuleNotFoundError:
        sys.stderr.write(NO_ATHERIS + "\n")
        return EXIT_UNKNOWN
    with atheris.instrument_imports(include=list(WATCHED), enable_loader_override=False):
        from tests.fuzz import targets
    # What only decodes a struct runs in compiled code, where there is nothing to follow.
    names = sorted(set(targets.TARGETS) - {one.__name__.lower() for one in targets.STRUCTS})
    if asked.target != ALL and asked.target not in targets.TARGETS:
        sys.stderr.write(f"There is no target {asked.target}: {', '.join(names)}, {ALL}.\n")
        return EXIT_UNKNOWN
    chosen = names if asked.target == ALL else [asked.target]
    with tempfile.TemporaryDirectory(prefix="throughcare-guided-") as scratch:
        # What a fork leaves behind is removed with it.
        tempfile.tempdir = scratch
        return max(_in_a_fork(atheris, targets.TARGETS[name], asked) for name in chosen)


def _in_a_fork(atheris: Any, target: Any, asked: argparse.Namespace) -> int:
    """How it ended: libFuzzer ends its program, and importing all anew would take longer."""
    samples = target.samples()
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    _attack(atheris, target, samples, asked)
    return 0


def _attack(atheris: Any, target: Any, samples: Sequence[bytes], asked: argparse.Namespace) -> None:
    from tests.fuzz import mutate

    ends_s = time.process_time() + (asked.seconds or float("inf"))
    watch = Watch(target, asked.into, ends_s)

    def spoil(raw: bytes, most: int, seed: int) -> bytes:
        chance = Random(seed)
        if chance.random() < 0.5:
            return bytes(atheris.Mutate(raw, most))
        return mutate.spoiled(raw, samples, chance)[:most]

    corpus = Path(tempfile.mkdtemp())
    for number, raw in enumerate(samples):
        (corpus / f"{number:04}").write_bytes(raw)
    _fuzz(atheris, watch, spoil, [str(corpus), *_flags(asked)])


def _fuzz(
    atheris: Any, watch: Watch, spoil: Callable[[bytes, int, int], bytes], flags: list[str]
) -> None:
    """Never returns: libFuzzer ends the process, and `Watch` before it."""
    limit = next((int(one.partition("=")[2]) for one in flags if one.startswith("-runs=")), 0)

    def take(raw: bytes) -> None:
        watch.take(raw)
        if limit and watch.runs >= limit:
            watch.tell()

    atheris.Setup([sys.argv[0], *flags], take, custom_mutator=spoil)
    atheris.Fuzz()


def _flags(asked: argparse.Namespace) -> list[str]:
    runs = asked.runs or (0 if asked.seconds else RUNS_USUAL)
    return [
        f"-max_len={INPUT_BYTES_MAX}",
        f"-seed={asked.seed}",
        "-verbosity=0",
        "-print_final_stats=0",
        *([f"-runs={runs}"] if runs else []),
    ]


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("target", help=f"a name in tests/fuzz/targets.py, or {ALL}")
    parser.add_argument("--runs", type=int, default=0, help="how many inputs")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long, in CPU seconds")
    parser.add_argument("--seed", type=int, default=1, help="the seed of what is drawn")
    parser.add_argument("--into", type=Path, default=FOUND, help="where what falls is written")
    return parser.parse_args(arguments)


def _end(code: int) -> NoReturn:
    """End now: libFuzzer's own end would print a report of an exit that it did not expect."""
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
