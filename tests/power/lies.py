"""A disk that says that something is certain which is not, and loses it with the next cut.

`python -m tests.power.lies --seeds 1..200 --json`. What only that disk held is lost, and nothing
else: what its node had shown to others is missed at the next exchange and comes back.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Final

from sync_protocol.errors import Refused, StoreDamaged, ThroughcareError
from sync_protocol.io.verify import verify_store
from tests.contract.world import HUB
from tests.power.checks import QUARTER_MS
from tests.power.raw import open_sectors
from tests.power.recording import GivenPlaces
from tests.power.told import tell
from tests.power.troubles import SPOKES, Place, ready
from tests.power.volume import Trouble

DEEDS: Final = 14
SYNCS_MAX: Final = 8
LASTING: Final = 0.5
"""How often a disk lies from then on, until the power is cut."""


class Lied:
    """One lie, one cut, and what came of it."""

    def __init__(self, seed: int, base: Place) -> None:
        """On a copy of `base`."""
        self.chance = Random(f"lies {seed}")
        self.place = base.copy(f"lies {seed}")
        self.place.told = set(base.told)
        self.totals: Counter[str] = Counter()
        self._number = 100

    def run(self) -> Iterator[str]:
        """Every fault found."""
        place, chance = self.place, self.chance
        place.world.settle()
        name = chance.choice((HUB, *SPOKES))
        is_lasting = chance.random() < LASTING
        trouble = Trouble("lie", chance.randrange(SYNCS_MAX), is_lasting=is_lasting)
        place.volumes[name].trouble = trouble
        for _ in range(DEEDS):
            self._deed()
            if trouble.strikes and chance.random() < 0.5:
                break
        if name != HUB and chance.random() < 0.5:
            self._ask_unheard(name)
        place.volumes[name].trouble = None
        self.totals["lies"] += 1
        self.totals["believed"] += bool(trouble.strikes)
        before, own = place.ids(name), self._own(name)
        life = place.nodes[name].store.core.place().life
        incarnation = place.world.hub.store.incarnation
        if not self._cut(name):
            self.totals["damaged"] += 1
            return
        lost = before - place.ids(name)
        elsewhere = set().union(*(place.ids(one) for one in place.nodes))
        self.totals["lost_here"] += bool(lost)
        self.totals["lost_for_good"] += len(lost - elsewhere)
        place.told -= lost - elsewhere
        yield from self._come_together()
        is_found = place.nodes[name].store.core.place().life != life
        is_found |= place.world.hub.store.incarnation != incarnation
        if lost & elsewhere & own:
            self.totals["shown_and_lost"] += 1
            if not is_found:
                yield "INV-08 a node that lost what it had shown goes on as if it had not"

    def _own(self, name: str) -> set[bytes]:
        node = self.place.nodes[name]
        sql = "SELECT op_id FROM ops JOIN lives USING(life_no) WHERE node = ?"
        with node.store.reading() as reading:
            return {row[0] for row in reading.select(sql, (node.id,))}

    def _ask_unheard(self, name: str) -> None:
        """A request reaches the hub, and its answer nobody."""
        world, node = self.place.world, self.place.nodes[name]
        _, request = world.request_of(node)
        world.carry(node, world.sealed(node, request))

    def _deed(self) -> None:
        place, chance = self.place, self.chance
        self._number += 1
        if chance.random() < 0.4:
            place.world.exchange(place.nodes[chance.choice(SPOKES)])
            return
        try:
            place.write(chance.choice((HUB, *SPOKES)), self._number, "told")
        except Refused:
            self.totals["refused"] += 1

    def _cut(self, name: str) -> bool:
        """Everything uncertain goes; whether the store still agrees with itself."""
        place = self.place
        volume = place.volumes[name] = place.volumes[name].after_cut("lost", self.chance)
        node = place.nodes[name]
        try:
            connection = open_sectors(volume)
            if connection.execute("PRAGMA quick_check") != [("ok",)]:
                return False
            node.places = GivenPlaces({name: connection})
            place.world.places = node.places
            node.starts += 1
            node.store = type(node.store)(node._parts(node))
            return not verify_store(node.store).faults
        except StoreDamaged:
            return False

    def _come_together(self) -> Iterator[str]:
        place = self.place
        try:
            for name in place.nodes:
                self._number += 1
                place.write(name, self._number, "on")
            for _ in range(3):
                for node in place.nodes.values():
                    node.clock.ms += QUARTER_MS
                place.world.settle()
        except (AssertionError, ThroughcareError) as fault:
            yield f"INV-10 {type(fault).__name__}: {fault}"
            return
        if missing := place.told - place.ids(HUB):
            yield f"INV-01 {len(missing)} ops are not at the hub, which other disks held"
        for name, node in place.nodes.items():
            yield from (f"INV-02 {name}: {one}" for one in verify_store(node.store).faults)
        try:
            place.world.assert_agreed()
        except AssertionError as fault:
            yield f"INV-04 {fault}"


def run(first: int, last: int) -> tuple[Counter[str], list[str]]:
    """The lies of these seeds, the last one too."""
    base = ready()
    totals: Counter[str] = Counter()
    faults: list[str] = []
    for seed in range(first, last + 1):
        lied = Lied(seed, base)
        faults += [f"seed {seed}: {one}" for one in lied.run()]
        totals += lied.totals
    return totals, faults


def main(words: list[str]) -> int:
    """Lie by every seed; 1 where a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.power.lies", description=__doc__)
    parser.add_argument("--seeds", default="1..50", help="for instance 1..200")
    parser.add_argument("--json", action="store_true", help="print the totals as one object")
    asked = parser.parse_args(words)
    first, _, last = asked.seeds.partition("..")
    totals, faults = run(int(first), int(last or first))
    return tell(totals, faults, as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
