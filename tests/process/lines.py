"""Nodes that exchange through lines with every fault there is, under load; then calm and a count.

python -m tests.process.lines --rounds 20 --seed 7 --json
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from tests.process.accounts import Account, settle
from tests.process.fault_proxy import ALL_FAULTS, FAULTS, FaultLine
from tests.process.fleet import Fleet, made_fleet
from tests.process.scenes import Scene, scene_of
from throughcare.making import line_port

SHARE = 0.5
RESTING = {"flip_request": 0.1, "truncate_request": 0.1}
"""A hub that refuses what it was sent is left alone for up to 30 seconds: these come seldom."""
MET_S_MAX = 60.0
LOOK_EVERY_S = 0.2
PAUSE_S = 0.25
"""A line that rests after a failure takes longer than an entry: few entries are enough."""


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign did, and what it found."""

    rounds: int
    requests: int
    faults: dict[str, int]
    acknowledged: int
    lost: int
    doubled: int
    unwitnessed: int
    seconds: float

    def plus(self, other: "Totals") -> "Totals":
        """Both together."""
        faults = dict(Counter(self.faults) + Counter(other.faults))
        names = [name for name in self.__struct_fields__ if name != "faults"]
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Totals(faults=faults, **sums)


NOTHING = Totals(
    rounds=0, requests=0, faults={}, acknowledged=0, lost=0, doubled=0, unwitnessed=0, seconds=0.0
)


@asynccontextmanager
async def fault_lines(fleet: Fleet, seed: int) -> AsyncIterator[dict[str, FaultLine]]:
    """A line for each spoke of a fleet that `has_lines`, sound at first."""
    hub_port = fleet.estate.hub.port
    lines = {
        node.code: FaultLine(line_port(node), hub_port, (seed, node.code))
        for node in fleet.estate.spokes
    }
    for line in lines.values():
        await line.open()
    try:
        yield lines
    finally:
        for line in lines.values():
            await line.close()


async def trouble(scene: Scene, lines: dict[str, FaultLine]) -> Account:
    """Faults on all lines until each was met; then calm, and the count."""
    for line in lines.values():
        line.meet(SHARE, {**ALL_FAULTS, **RESTING})
    scene.begin(pause_s=PAUSE_S)
    give_up_s = time.monotonic() + MET_S_MAX
    while lacking := FAULTS.keys() - met_of(lines).keys():
        if lacking <= RESTING.keys():
            for line in lines.values():
                line.meet(SHARE, dict.fromkeys(lacking, 1.0))
        await scene.until_more()
        assert time.monotonic() < give_up_s, f"not every fault was met: {met_of(lines)}"
        await asyncio.sleep(LOOK_EVERY_S)
    await scene.rest()
    for line in lines.values():
        await line.calm()
    return await settle(scene.estate, scene.ledger)


def met_of(lines: dict[str, FaultLine]) -> Counter[str]:
    """How often each fault was met on any line."""
    return sum((line.met for line in lines.values()), Counter[str]())


def campaign(folder: Path, *, seed: int, is_warm: bool) -> Totals:
    """One estate through one time of trouble."""
    began_s = time.monotonic()

    async def play(fleet: Fleet) -> tuple[Account, Counter[str]]:
        async with fault_lines(fleet, seed) as lines, scene_of(fleet) as scene:
            return await trouble(scene, lines), met_of(lines)

    with made_fleet(folder, has_lines=True, is_warm=is_warm) as fleet:
        found, met = asyncio.run(play(fleet))
    return Totals(
        rounds=1,
        requests=met.total(),
        faults={name: count for name, count in met.items() if name != "sound"},
        acknowledged=found.acknowledged,
        lost=found.lost,
        doubled=found.doubled,
        unwitnessed=found.unwitnessed,
        seconds=round(time.monotonic() - began_s, 1),
    )


def main(words: Sequence[str]) -> int:
    """The campaign of the command line; 1 where anything was lost, doubled or not witnessed."""
    asked = argparse.ArgumentParser(prog="python -m tests.process.lines")
    asked.add_argument("--rounds", type=int, default=10)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--json", action="store_true", help="print the totals as one JSON object")
    given = asked.parse_args(words)
    totals = NOTHING
    for seed in range(given.seed, given.seed + given.rounds):
        with tempfile.TemporaryDirectory(prefix="throughcare-lines-") as folder:
            totals = totals.plus(campaign(Path(folder) / "estate", seed=seed, is_warm=True))
        sys.stderr.write(f"seed {seed}: {totals}\n")
    told = json.dumps(msgspec.to_builtins(totals)) if given.json else str(totals)
    sys.stdout.write(f"{told}\n")
    return 1 if totals.lost or totals.doubled or totals.unwitnessed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
