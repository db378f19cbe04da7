"""What a synthetic estate costs to make: CPU time as a ratio to encoding as many plain dicts.

`python -m bench.synthetic --people 1000 --years 5` takes three rounds, both sides in each, and
prints the medians; `--json` prints one object.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from throughcare.people import shelf
from throughcare.people.cohort import Plan
from throughcare.people.offices import draw_offices

ROUNDS: Final = 3
UNTIL: Final = "2026-11-01"
PLAIN: Final = {
    "kind": "case_note",
    "occurred_at": 1_790_000_000_000,
    "text": {"text": "Seen on the wing; no concerns today. " * 5, "author": "A. Writer"},
    "status": "open",
}


class Round(msgspec.Struct, frozen=True):
    """One round: CPU seconds of making and of encoding the same number of plain dicts."""

    people: int
    ops: int
    made_s: float
    encoded_s: float

    @property
    def ratio(self) -> float:
        """How many plain dicts could have been encoded for each op that was made."""
        return self.made_s / self.encoded_s


def take_round(people: int, years: int, seed: int, folder: Path) -> Round:
    """Makes an estate in an empty folder, then encodes as many dicts."""
    plan = Plan(people, years, seed, UNTIL)
    started = time.process_time()
    manifest = shelf.generate(folder, plan, draw_offices(people), _silent)
    made_s = time.process_time() - started
    encode = msgspec.msgpack.Encoder().encode
    started = time.process_time()
    for number in range(manifest.ops):
        encode({**PLAIN, "occurred_at": number})
    return Round(people, manifest.ops, made_s, time.process_time() - started)


def main(arguments: list[str] | None = None) -> None:
    """Prints the medians of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    taken = []
    for seed in range(given.rounds):
        with tempfile.TemporaryDirectory(prefix="throughcare-estate-") as temporary:
            taken.append(take_round(given.people, given.years, seed, Path(temporary)))
    made_s = median(one.made_s for one in taken)
    figures = {
        "people": given.people,
        "years": given.years,
        "ops": round(median(one.ops for one in taken)),
        "made_s": round(made_s, 2),
        "ratio_to_plain_dicts": round(median(one.ratio for one in taken), 1),
    }
    print(json.dumps(figures) if given.json else figures)


def _silent(done: int, of: int) -> None:
    assert done <= of, "nobody is made twice"


if __name__ == "__main__":
    main()
