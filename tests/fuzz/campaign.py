"""Many inputs for every target: `python -m tests.fuzz.campaign --inputs N --seed S --json`.

Drawn from a seed and so repeatable, where `guided` follows coverage. What falls is kept once for
each place where it fell, as a sample that every gate reads again.
"""

import argparse
import hashlib
import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.fuzz import mutate
from tests.fuzz.found import SUFFIX, write_sample
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

FOUND: Final = Path(__file__).parent / "found"


class Fought(msgspec.Struct, frozen=True, kw_only=True):
    """Of one target: how many inputs it was given, how many it read, and where it fell."""

    target: str
    inputs: int
    read: int
    finds: dict[str, str]


def fight(target: Target, seeds: range, into: Path | None = None) -> Fought:
    """Gives a target one input a seed, and the bombs; `into` is where what falls is kept."""
    samples = target.samples()
    finds: dict[str, str] = {}
    read = 0
    for raw in _inputs(samples, seeds):
        try:
            read += target.judge(raw)
        except Exception as fault:  # noqa: BLE001 - whatever comes out of a target is a find.
            place = traceback.extract_tb(fault.__traceback__)[-1]
            where = f"{type(fault).__name__} at {Path(place.filename).name}:{place.lineno}"
            if where not in finds:
                finds[where] = _kept(target, raw, into)
    return Fought(target=target.name, inputs=len(seeds) + len(mutate.BOMBS), read=read, finds=finds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line for each target; 1 where any fell."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.campaign", description=__doc__)
    parser.add_argument("targets", nargs="*", help="names of targets; all where none is named")
    parser.add_argument("--inputs", type=int, default=2_000, help="for each target")
    parser.add_argument("--seed", type=int, default=1, help="of the first input, in thousands")
    parser.add_argument("--into", type=Path, default=FOUND, help="where what falls is written")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args(arguments)
    seeds = range(asked.seed * 1_000, asked.seed * 1_000 + asked.inputs)
    fought = [fight(TARGETS[name], seeds, asked.into) for name in asked.targets or TARGETS]
    if asked.json:
        totals = {
            "inputs": sum(one.inputs for one in fought),
            "read": sum(one.read for one in fought),
            "finds": sum(len(one.finds) for one in fought),
            "targets": msgspec.to_builtins(fought),
        }
        sys.stdout.write(json.dumps(totals) + "\n")
    else:
        for one in fought:
            told = f"{one.target:<18} {one.read:>8} of {one.inputs:>8} read"
            sys.stdout.write(f"{told}  {one.finds or ''}\n".rstrip() + "\n")
    return int(any(one.finds for one in fought))


def _inputs(samples: Sequence[bytes], seeds: range) -> Iterator[bytes]:
    for seed in seeds:
        yield mutate.drawn(samples, seed)
    yield from mutate.BOMBS


def _kept(target: Target, raw: bytes, into: Path | None) -> str:
    name = f"{target.name}-{hashlib.sha256(raw).hexdigest()[:12]}{SUFFIX}"
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        write_sample(into / name, raw)
    return name


if __name__ == "__main__":
    sys.exit(main())
