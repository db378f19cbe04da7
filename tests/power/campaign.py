"""Cuts the power at the steps of recorded stories and asks what is left.

`python -m tests.power.campaign --seeds 1..50 --json` prints the totals; `--every 1` takes every
step of each story. A story is played once a seed; its disks are then laid out as they were after a
step, with what was not synced lost, kept, torn, mixed or garbled, and the real store is opened.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from sync_protocol.errors import ThroughcareError
from sync_protocol.io.backup import REPLACED, SUFFIX
from tests.power import checks
from tests.power.checks import Bench
from tests.power.raw import SectorConnection, set_up
from tests.power.recording import Tamper, state_of
from tests.power.replay import Promise, Replay
from tests.power.sectors import PATTERNS, Pattern
from tests.power.story import Story
from tests.power.told import tell
from tests.power.volume import Volume

DEEDS: Final = 90
EVERY: Final = 3
AGAIN_EVERY: Final = 5
WRITE_EVERY: Final = 7
CONVERGE_EVERY: Final = 150
FAULTS_MAX: Final = 20


class Outcome(NamedTuple):
    """What a campaign did, and every fault that it found."""

    totals: Counter[str]
    faults: list[str]


class Campaign:
    """The cuts of one seed."""

    def __init__(
        self, seed: int, *, every: int = EVERY, deeds: int = DEEDS, tamper: Tamper | None = None
    ) -> None:
        """Cut after each `every`-th step of a story of so many deeds; a test may `tamper`."""
        self.seed = seed
        self.every = every
        self.faults_max = FAULTS_MAX
        self.totals: Counter[str] = Counter()
        self.faults: list[str] = []
        self._recording = Story(seed, deeds=deeds, tamper=tamper).play()
        self._replay = Replay(self._recording)
        self._bench = Bench(seed)
        self._chance = Random(f"power cuts {seed}")
        self._verified: set[tuple[str, bytes]] = set()
        self._backups: set[bytes] = set()

    def run(self) -> Outcome:
        """Every cut of the seed."""
        first = 1 + self.seed % self.every
        for step in range(first, len(self._recording.steps) + 1, self.every):
            self._replay.advance(step)
            self.cut(self._chance.choice(PATTERNS))
            if len(self.faults) >= self.faults_max:
                break
        self.totals["seeds"] += 1
        self.totals["steps"] += len(self._recording.steps)
        return Outcome(self.totals, self.faults)

    def cut(self, pattern: Pattern) -> None:
        """Cut the power now, and ask everything."""
        self.totals["power_cuts"] += 1
        self.totals[f"cuts_{pattern}"] += 1
        name = self._replay.victim
        where = f"seed {self.seed} step {self._replay.at} {pattern} {name}"
        where += f" ({self._replay.scene().title})"
        try:
            self.faults += [f"{where}: {one}" for one in self._ask(name, pattern)]
        except (ThroughcareError, AssertionError) as fault:
            self.faults.append(f"{where}: {type(fault).__name__} {fault} {fault.__cause__}")

    def _ask(self, name: str, pattern: Pattern) -> Iterator[str]:
        replay, totals = self._replay, self.totals
        promise = replay.promise(name)
        volume = replay.cut(name, pattern, self._chance)
        yield from self._ask_of_backups(volume)
        if not checks.has_store(volume):
            yield from self._ask_of_none(volume, promise)
            return
        connection = checks.opened_raw(volume)
        state = state_of(connection.raw.serialize())
        yield from checks.is_as_promised(connection, state, promise)
        totals["undone"] += state != promise.latest
        if not replay.is_damaged(name):
            yield from self._ask_once(name, state, connection)
        number = totals["power_cuts"]
        connection.close()
        volume.is_off = True
        if number % AGAIN_EVERY == 0:
            totals["second_cuts"] += 1
            again = replay.cut(name, pattern, self._chance)
            promise = promise._replace(is_begun=promise.is_begun and replay.is_made())
            yield from checks.outlives_a_second_cut(self._bench, name, again, promise)
        if number % WRITE_EVERY == 0:
            totals["went_on"] += 1
            again = replay.cut(name, pattern, self._chance)
            yield from checks.goes_on(self._bench, name, again)
        if number % CONVERGE_EVERY == 0:
            totals["converged"] += 1
            again = replay.cut(name, pattern, self._chance)
            yield from checks.converges(self._bench, replay, name, again)

    def _ask_of_none(self, volume: Volume, promise: Promise) -> Iterator[str]:
        """There is no store: it had not been begun, or a backup is just taking its place."""
        self.totals["without_store"] += 1
        if promise.is_begun and not promise.is_replacing:
            yield "INV-01 the store is gone"
        if promise.is_replacing:
            self.totals["without_store_in_restore"] += 1
            if not any(REPLACED in name for name in volume.files):
                yield "INV-01 the store that a backup was to replace is gone"
            if not any(name.endswith(SUFFIX) for name in volume.files):
                yield "the backup that was to take the store's place is gone"

    def _ask_of_backups(self, volume: Volume) -> Iterator[str]:
        """What is called a backup is a whole one."""
        for name, content in volume.files.items():
            if name.endswith(SUFFIX) and bytes(content.now) not in self._backups:
                self._backups.add(bytes(content.now))
                self.totals["backups"] += 1
                yield from checks.is_a_whole_backup(volume, name)

    def _ask_once(self, name: str, state: bytes, connection: SectorConnection) -> Iterator[str]:
        """A store is opened on every state; what follows from its pages alone is asked once."""
        node = self._bench.node(name, set_up(connection))
        self.totals["opened"] += 1
        if (name, state) not in self._verified:
            self._verified.add((name, state))
            self.totals["states"] += 1
            yield from checks.agrees_with_itself(node, is_plain=self._replay.is_plain(name))


def run(first: int, last: int, *, every: int = EVERY, deeds: int = DEEDS) -> Outcome:
    """The cuts of these seeds, the last one too."""
    totals: Counter[str] = Counter()
    faults: list[str] = []
    for seed in range(first, last + 1):
        outcome = Campaign(seed, every=every, deeds=deeds).run()
        totals += outcome.totals
        faults += outcome.faults
    return Outcome(totals, faults)


def main(words: list[str]) -> int:
    """Run the seeds asked for; 1 where a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.power.campaign", description=__doc__)
    parser.add_argument("--seeds", default="1..2", help="for instance 1..50")
    parser.add_argument("--every", type=int, default=EVERY, help="cut after each so many steps")
    parser.add_argument("--deeds", type=int, default=DEEDS, help="how long a story is")
    parser.add_argument("--json", action="store_true", help="print the totals as one object")
    asked = parser.parse_args(words)
    first, _, last = asked.seeds.partition("..")
    outcome = run(int(first), int(last or first), every=asked.every, deeds=asked.deeds)
    return tell(outcome.totals, outcome.faults, as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
