"""One bit changed, anywhere: `python -m tests.fuzz.one_bit --samples N --seed S --json`.

Of everything that is kept or carried (the log, a store's file and its write-ahead log, a backup, a
message, a snapshot, a courier file, a receipt) bits are changed one at a time, spread evenly from
the first to the last, and whoever reads it must say so. What nobody notices is listed by region.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from tests.fuzz import bit_files, bit_rows, bit_wire

Noticed = Callable[[bytes], bool]
SHARES: Final = {
    "op": 5,
    "segments": 10,
    "log": 15,
    "request": 10,
    "reply": 10,
    "snapshot": 10,
    "receipt": 8,
    "courier": 8,
    "store": 14,
    "write_ahead_log": 6,
    "backup": 8,
}
"""How much of a sample goes to each, in hundredths, more or less: none is left out."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Of one format: how many bits were changed, how many noticed, and where the others were."""

    format: str
    bits: int
    changed: int
    noticed: int
    unnoticed: dict[str, int]


def spread(bits: int, samples: int, chance: Random) -> list[int]:
    """So many places among the bits, one in each stretch of equal length."""
    samples = min(samples, bits)
    starts = [bits * number // samples for number in range(samples + 1)]
    return [chance.randrange(start, max(end, start + 1)) for start, end in pairwise(starts)]


def flipped(raw: bytes, place: int) -> bytes:
    """The bytes with one bit changed."""
    changed = bytearray(raw)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def of_bytes(name: str, pieces: Sequence[tuple[bytes, Noticed]], samples: int, seed: int) -> Tally:
    """Changes bits over all of the pieces as if they were one, each by itself."""
    bits = [8 * len(raw) for raw, _ in pieces]
    unnoticed: Counter[str] = Counter()
    places = spread(sum(bits), samples, Random(f"{name} {seed}"))
    for drawn in places:
        number, place = _piece_at(bits, drawn)
        raw, noticed = pieces[number]
        if not noticed(flipped(raw, place)):
            unnoticed[f"piece {number}, byte {place // 8}"] += 1
    missed = sum(unnoticed.values())
    return Tally(
        format=name,
        bits=sum(bits),
        changed=len(places),
        noticed=len(places) - missed,
        unnoticed=dict(unnoticed),
    )


def _piece_at(bits: Sequence[int], place: int) -> tuple[int, int]:
    """In which piece a place of all of them is, and where there."""
    number = 0
    while place >= bits[number]:
        place, number = place - bits[number], number + 1
    return number, place


def tallies(samples: int, seed: int, only: Sequence[str] = ()) -> Iterator[Tally]:
    """The tally of each format, or of those named; together they change about `samples` bits."""
    chosen = only or tuple(SHARES)
    whole = sum(SHARES[name] for name in chosen)
    with tempfile.TemporaryDirectory(prefix="throughcare-bits-") as folder:
        for name in chosen:
            share = max(1, samples * SHARES[name] // whole + 1)
            with pieces_of(name, Path(folder)) as pieces:
                yield of_bytes(name, pieces, share, seed)


@contextmanager
def pieces_of(name: str, folder: Path) -> Iterator[Sequence[tuple[bytes, Noticed]]]:
    """The pieces of a format, each with who notices a change; files are made in the folder."""
    if name in bit_wire.PIECES:
        yield bit_wire.PIECES[name]()
    elif name in bit_rows.PIECES:
        yield bit_rows.PIECES[name]()
    else:
        with bit_files.opened(folder / name) as files:
            yield bit_files.PIECES[name](files)


def main(arguments: list[str] | None = None) -> int:
    """Prints a line for each format; 1 where any bit was not noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.one_bit", description=__doc__)
    parser.add_argument("--samples", type=int, default=2_200, help="how many bits in all")
    parser.add_argument("--seed", type=int, default=1, help="the seed of which they are")
    parser.add_argument("--only", action="append", default=[], choices=tuple(SHARES))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args(arguments)
    found = list(tallies(asked.samples, asked.seed, asked.only))
    if asked.json:
        sys.stdout.write(json.dumps(_totals(found)) + "\n")
    else:
        for one in found:
            sys.stdout.write(f"{one.format:<16} {one.noticed:>7} of {one.changed:>7}\n")
            for region, count in one.unnoticed.items():
                sys.stdout.write(f"    {count} unnoticed: {region}\n")
    return int(any(one.unnoticed for one in found))


def _totals(found: Sequence[Tally]) -> dict[str, object]:
    return {
        "changed": sum(one.changed for one in found),
        "noticed": sum(one.noticed for one in found),
        "formats": msgspec.to_builtins(found),
    }


if __name__ == "__main__":
    sys.exit(main())
