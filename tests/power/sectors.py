"""A volume in memory that knows what of it a power cut may take: all that was not yet synced.

A file is what stands on the disk for certain, and a list of what was written since. A cut leaves
of each sector any of the states that it went through since the last sync, in no common order. Of
the names in a folder a cut leaves a beginning of what was done to them.
"""

from collections.abc import Iterable
from itertools import count
from random import Random
from typing import Final, Literal

SECTOR_BYTES: Final = 512
GARBLED_MAX: Final = 3

Pattern = Literal["lost", "kept", "torn", "mixed", "one_lost", "garbled"]
PATTERNS: Final[tuple[Pattern, ...]] = ("lost", "kept", "torn", "mixed", "one_lost", "garbled")

Piece = tuple[int, bytes | None]
"""Where what was written begins; without bytes, the file was cut to that length."""
_numbers: Final = count(1)


class Content:
    """What a file holds: as programs see it, for certain, and what was done in between."""

    __slots__ = ("durable", "now", "number", "pending")

    def __init__(self, raw: bytes | bytearray = b"") -> None:
        """A file that holds `raw` for certain."""
        self.number = next(_numbers)
        self.now = bytearray(raw)
        self.durable = bytearray(raw)
        self.pending: list[Piece] = []

    def write(self, start: int, raw: bytes) -> None:
        """Seen at once; certain with the next sync."""
        _put(self.now, start, raw)
        self.pending.append((start, raw))

    def truncate(self, size: int) -> None:
        """Cut the file to a length."""
        del self.now[size:]
        self.pending.append((size, None))

    def sync(self) -> None:
        """Everything written is certain from here on."""
        for start, raw in self.pending:
            if raw is None:
                del self.durable[start:]
            else:
                _put(self.durable, start, raw)
        self.pending.clear()

    def drop_pending(self) -> None:
        """A sync failed: what was written is still seen, and no later sync makes it certain."""
        self.pending.clear()

    def after_cut(self, pattern: Pattern, chance: Random) -> bytearray:
        """What stands in it when the power is back."""
        left = bytearray(self.durable)
        if self.pending and pattern != "lost":
            for start, raw in _survivors(self.pending, pattern, chance):
                if raw is None:
                    del left[start:]
                else:
                    _put(left, start, raw)
        return left


def _put(into: bytearray, start: int, raw: bytes) -> None:
    """Overwrite, with nought where the file was shorter than `start`."""
    if start > len(into):
        into.extend(bytes(start - len(into)))
    into[start : start + len(raw)] = raw


def _survivors(pending: list[Piece], pattern: Pattern, chance: Random) -> list[Piece]:
    if pattern == "kept":
        return pending
    if pattern == "torn":
        return _torn(pending, chance)
    survivors: list[Piece] = []
    run: list[Piece] = []
    for piece in pending:
        if piece[1] is not None:
            run.append(piece)
            continue
        survivors += _sectors_left(run, pattern, chance)
        run = []
        if chance.random() < 0.5:
            survivors.append(piece)
    return survivors + _sectors_left(run, pattern, chance)


def _torn(pending: list[Piece], chance: Random) -> list[Piece]:
    """Everything up to some write, and of that its first sectors."""
    whole = chance.randrange(len(pending))
    start, raw = pending[whole]
    if raw is None:
        return pending[:whole]
    pieces = list(_in_sectors(start, raw))
    return pending[:whole] + pieces[: chance.randrange(len(pieces) + 1)]


def _sectors_left(run: list[Piece], pattern: Pattern, chance: Random) -> list[Piece]:
    """Of each sector one of the states that it went through; none is its old one."""
    states: dict[int, list[Piece]] = {}
    for start, raw in run:
        assert raw is not None, "a run holds writes alone"
        for piece in _in_sectors(start, raw):
            states.setdefault(piece[0] // SECTOR_BYTES, []).append(piece)
    if not states:
        return []
    if pattern == "one_lost":
        del states[chance.choice(list(states))]
        return [piece for pieces in states.values() for piece in pieces]
    share = chance.choice((0.1, 0.5, 0.9))
    left = [
        pieces if chance.random() < share else pieces[: chance.randrange(len(pieces))]
        for pieces in states.values()
    ]
    survivors = [piece for pieces in left for piece in pieces]
    if pattern == "garbled" and survivors:
        for _ in range(chance.randint(1, GARBLED_MAX)):
            at = chance.randrange(len(survivors))
            start, raw = survivors[at]
            assert raw is not None, "a run holds writes alone"
            survivors[at] = (start, chance.randbytes(len(raw)))
    return survivors


def _in_sectors(start: int, raw: bytes) -> Iterable[Piece]:
    end = start + len(raw)
    at = start
    while at < end:
        after = min(end, (at // SECTOR_BYTES + 1) * SECTOR_BYTES)
        yield at, raw[at - start : after - start]
        at = after
