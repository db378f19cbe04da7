"""Single bits flipped in a plain store at rest, and files cut short: who notices, and what spreads.

`python -m tests.power.flips --count 2000 --json`. In use every page is encrypted and authenticated,
so that the file itself refuses any flipped bit; this asks what the records notice without that, and
that no other node takes in anything that is not what its author wrote.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from random import Random
from typing import Final

from sqlcipher3 import dbapi2 as sqlcipher

from sync_protocol.errors import ThroughcareError
from sync_protocol.io.verify import verify_store
from tests.contract.world import HUB
from tests.power.checks import QUARTER_MS, opened_raw
from tests.power.raw import STORE, SectorConnection
from tests.power.sectors import Content
from tests.power.told import tell
from tests.power.troubles import SPOKES, Place, ready
from tests.power.volume import Volume

COUNT: Final = 200
SPREAD_EVERY: Final = 1
CUT_SHORT: Final = 0.1
"""The share of the trials in which the file is cut short instead."""
REFUSED: Final = "refused"
"""SQLite finds the file malformed."""
UNUSED: Final = "unused"
"""The bit is in a place that holds nothing: every row is what it was."""
FOUND: Final = "found"
"""The store's own check finds it."""
UNNOTICED: Final = "unnoticed"
"""The plain store answers with another row, and nothing in it says so."""


class Flips:
    """Trials on copies of one estate."""

    def __init__(self, seed: int) -> None:
        """Everything drawn from `seed`."""
        self.chance = Random(f"flips {seed}")
        base = ready()
        base.world.settle()
        for node in base.nodes.values():
            node.store.core.empty_write_ahead_log()
        self._base = base
        self._rows = {name: _rows_of(base.volumes[name]) for name in base.volumes}
        self.totals: Counter[str] = Counter()
        self.faults: list[str] = []

    def trial(self) -> None:
        """One bit, or one end, of one file."""
        name = self.chance.choice((HUB, *SPOKES))
        raw = bytearray(self._base.volumes[name].files[STORE].now)
        if self.chance.random() < CUT_SHORT:
            kind, at = "cut", self.chance.randrange(len(raw))
            del raw[at:]
        else:
            kind, at = "flip", self.chance.randrange(len(raw))
            raw[at] ^= 1 << self.chance.randrange(8)
        volume = Volume({STORE: Content(raw)})
        outcome = self._outcome(name, volume)
        self.totals[f"{kind}s"] += 1
        self.totals[f"{kind}_{outcome}"] += 1
        if kind == "cut" and outcome not in (REFUSED, FOUND):
            self.faults.append(f"{name} cut to {at} bytes: nobody notices")
        if outcome in (FOUND, UNNOTICED) and self.totals["flips"] % SPREAD_EVERY == 0:
            self.totals["asked_to_spread"] += 1
            found = self._spread(name, volume)
            self.faults += [f"{name} {kind} at {at} ({outcome}): {one}" for one in found]

    def _outcome(self, name: str, volume: Volume) -> str:
        try:
            rows = _rows_of(volume)
            connection = opened_raw(volume.copy())
            is_sound = connection.execute("PRAGMA integrity_check") == [("ok",)]
            connection.close()
            if not is_sound:
                return REFUSED
            if rows == self._rows[name]:
                return UNUSED
            place = self._started(name, volume)
            return FOUND if verify_store(place.nodes[name].store).faults else UNNOTICED
        except NOTICES:
            return REFUSED

    def _started(self, name: str, volume: Volume) -> Place:
        volumes = {one: self._base.volumes[one].copy() for one in self._base.volumes}
        return Place(volumes | {name: volume.copy()}, f"flips {self.totals['flips']}")

    def _spread(self, name: str, volume: Volume) -> Iterator[str]:
        """What the others hold after they spoke to it is what was written, and folds alike."""
        place = self._started(name, volume)
        for node in place.nodes.values():
            node.clock.ms += QUARTER_MS
        for _ in range(4):
            for spoke in SPOKES:
                try:
                    place.world.exchange(place.nodes[spoke])
                except NOTICES:
                    self.totals["refused_in_exchange"] += 1
        for other, node in place.nodes.items():
            if other != name:
                yield from (f"{other}: {one}" for one in verify_store(node.store).faults)


NOTICES: Final = (
    ThroughcareError,
    sqlcipher.DatabaseError,
    AssertionError,
    ValueError,
    LookupError,
    TypeError,
)
"""Whatever stops the damaged node: it says nothing wrong to anybody."""


def _rows_of(volume: Volume) -> bytes:
    """Every row of every table, as one number."""
    connection = opened_raw(volume.copy())
    try:
        return _digest_of(connection)
    finally:
        connection.close()


def _digest_of(connection: SectorConnection) -> bytes:
    said = sha256()
    schema = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    said.update(repr(schema).encode())
    for name, sql in schema:
        if sql and "VIRTUAL" not in sql:
            said.update(repr(connection.execute(f'SELECT * FROM "{name}"')).encode())
    return said.digest()


def run(count: int, seed: int = 1) -> tuple[Counter[str], list[str]]:
    """So many trials."""
    flips = Flips(seed)
    for _ in range(count):
        flips.trial()
    return flips.totals, flips.faults


def main(words: list[str]) -> int:
    """Flip so many bits; 1 where one spread or a cut went unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.power.flips", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many trials")
    parser.add_argument("--seed", type=int, default=1, help="what is drawn from")
    parser.add_argument("--json", action="store_true", help="print the totals as one object")
    asked = parser.parse_args(words)
    totals, faults = run(asked.count, asked.seed)
    return tell(totals, faults, as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
