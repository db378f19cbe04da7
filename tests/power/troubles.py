"""A disk that fills up or fails at every step of what a node does: told, whole, and gone on from.

`python -m tests.power.troubles --every 1 --json` strikes at every step of every act; the tests
strike at every few.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from sync_protocol.errors import NotSaved, ThroughcareError
from sync_protocol.io.audit_trail import AuditLine
from tests import toys
from tests.contract.departing import move
from tests.contract.world import HUB, Node, parcel
from tests.power.checks import agrees_with_itself, opened_raw
from tests.power.raw import open_sectors
from tests.power.recording import GivenPlaces, PowerWorld
from tests.power.sectors import PATTERNS
from tests.power.told import tell
from tests.power.volume import Trouble, Volume

EVERY: Final = 9
SPOKES: Final = ("leeds", "moorland")
KINDS: Final = ("full", "write", "sync", "read")
LOG_PAGES: Final = 30
"""Folded back often, so that the file itself is written too."""
Act = Callable[["Place"], None]


class Place:
    """A small estate on volumes of its own, in the middle of its work."""

    def __init__(self, volumes: dict[str, Volume], boot: str) -> None:
        """Started on `volumes`; `boot` names what is drawn."""
        self.volumes = volumes
        opened = {name: open_sectors(volume) for name, volume in volumes.items()}
        for connection in opened.values():
            connection.fold_log_every(LOG_PAGES)
        self.world = PowerWorld(GivenPlaces(opened), boot)
        self.nodes = {HUB: self.world.hub} | {name: self.world.spoke(name) for name in SPOKES}
        self.told: set[bytes] = set()

    def copy(self, boot: str) -> "Place":
        """The same estate as its disks show it, started again."""
        return Place({name: one.copy() for name, one in self.volumes.items()}, boot)

    def write(self, name: str, number: int, label: str) -> None:
        """Something that somebody is told is saved."""
        receipt = self.nodes[name].write({"label": label}, parcel(1, number))
        self.told |= set(receipt.op_ids)

    def exchange(self) -> None:
        """Leeds and the hub."""
        self.world.exchange(self.nodes["leeds"])

    def ids(self, name: str) -> set[bytes]:
        """The ops held."""
        node = self.nodes[name]
        with node.store.reading() as reading:
            return {row[0] for row in reading.select("SELECT op_id FROM ops")}


ACTS: Final[dict[str, tuple[str, Act]]] = {
    "a spoke writes": ("leeds", lambda place: place.write("leeds", 60, "w" * 9_000)),
    "the hub writes": (HUB, lambda place: place.write(HUB, 61, "w" * 9_000)),
    "a spoke takes in": ("leeds", lambda place: place.exchange()),
    "the hub takes in": (HUB, lambda place: place.exchange()),
    "a read is witnessed": (
        "leeds",
        lambda place: place.nodes["leeds"].store.witness(
            [AuditLine(actor=toys.actor(1), act="read", subject=None, why="asked")]
        ),
    ),
    "somebody leaves": (HUB, lambda place: move(place.world, place.nodes["moorland"])),
    "a life begins": ("leeds", lambda place: place.nodes["leeds"].store.note_restored()),
    "the log is folded": (
        "leeds",
        lambda place: _fold(place.nodes["leeds"]),
    ),
    "projections are rebuilt": ("leeds", lambda place: place.nodes["leeds"].store.rebuild()),
}


def _fold(node: Node) -> None:
    node.store.core.empty_write_ahead_log()


def ready() -> Place:
    """Hub and spokes with work on either side that the other has not seen."""
    place = Place({name: Volume() for name in (HUB, *SPOKES)}, "ready")
    place.world.introduce(1, 2)
    for number in range(12):
        place.write("leeds", 20 + number, "from leeds")
        place.write(HUB, 40 + number, "from the centre")
    return place


def strike_all(every: int = EVERY) -> tuple[Counter[str], list[str]]:
    """Every kind of trouble at every `every`-th step of every act."""
    totals: Counter[str] = Counter()
    faults: list[str] = []
    base = ready()
    for title, (name, act) in ACTS.items():
        for kind in KINDS:
            at = 0
            while True:
                place = base.copy(f"{title} {kind} {at}")
                place.told = set(base.told)
                trouble = Trouble(kind, at)
                found = list(_strike(place, name, act, trouble))
                faults += [f"{title}, {kind} at {at}: {one}" for one in found]
                totals["troubles"] += 1
                totals[f"struck_{kind}"] += bool(trouble.strikes)
                if not trouble.strikes:
                    break
                at += every if kind != "sync" else 1
    return totals, faults


def _strike(place: Place, name: str, act: Act, trouble: Trouble) -> Iterator[str]:
    """One trouble in one act: told or done, whole, and gone on from."""
    node, volume = place.nodes[name], place.volumes[name]
    before = place.ids(name)
    volume.trouble = trouble
    try:
        act(place)
        is_told = False
    except NotSaved:
        is_told = True
    except ThroughcareError as fault:
        yield f"told as {type(fault).__name__}"
        is_told = True
    volume.trouble = None
    if is_told and not trouble.strikes:
        yield "told of a trouble that was none"
    if is_told and place.ids(name) != before:
        yield "told that it was not saved, and it was"
    yield from agrees_with_itself(node, is_plain=True)
    place.write(name, 70, "afterwards")
    yield from _survive(place, name, trouble)
    place.world.settle()
    if lost := place.told - place.ids(HUB):
        yield f"INV-01 {len(lost)} acknowledged ops are not at the hub"
    for one in place.nodes.values():
        yield from (f"{one.name}: {fault}" for fault in agrees_with_itself(one, is_plain=True))


def _survive(place: Place, name: str, trouble: Trouble) -> Iterator[str]:
    """What was told after the trouble is there when the power was cut after it."""
    own = place.told & place.ids(name)
    chance = Random(f"{name} {trouble.kind} {trouble.left}")
    for pattern in PATTERNS:
        again = opened_raw(place.volumes[name].after_cut(pattern, chance))
        held = {row[0] for row in again.execute("SELECT op_id FROM ops")}
        again.close()
        if own - held:
            yield f"INV-01 {len(own - held)} acknowledged ops went with a cut after it ({pattern})"


def main(words: list[str]) -> int:
    """Strike everywhere; 1 where a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.power.troubles", description=__doc__)
    parser.add_argument("--every", type=int, default=EVERY, help="strike at each so many steps")
    parser.add_argument("--json", action="store_true", help="print the totals as one object")
    asked = parser.parse_args(words)
    totals, faults = strike_all(asked.every)
    return tell(totals, faults, as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
