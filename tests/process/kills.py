"""kill -9 of hub and edges at random moments under load, as often as asked; then the count.

    python -m tests.process.kills --kills 1000 --seed 7 --json

Real programs with real encrypted stores; staff at every node write through the API and by forms as
fast as they can. Victims are one node, two or all; the moment is a matter of chance, and every
third victim is killed again while it starts. What staff were told is saved is kept outside.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import msgspec

from tests.process.accounts import Account, settle
from tests.process.fleet import made_fleet
from tests.process.scenes import Scene, scene_of
from tests.process.workers import Ledger

MOMENT_S_MAX = 0.3
START_S_MAX = 1.2
START_WARM_S_MAX = 0.4
AGAIN_SHARE = 0.3
"""How many victims are killed again while they start."""
ACCOUNT_EVERY = 250
"""Kills after which a long campaign counts before it goes on with an estate of its own."""


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign did, and what it found; sums over all its rounds."""

    kills: int = 0
    restarts: int = 0
    acknowledged: int = 0
    sent_again: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    unwitnessed: int = 0
    seconds: float = 0.0

    def plus(self, other: "Totals") -> "Totals":
        """Both together."""
        names = self.__struct_fields__
        return Totals(**{name: getattr(self, name) + getattr(other, name) for name in names})


async def strike(scene: Scene, chance: Random, kills: int, start_s: float) -> None:
    """Kills until so many were killed; all run again at the end, and have been written to since."""
    fleet = scene.fleet
    while fleet.kills < kills:
        await asyncio.sleep(chance.uniform(0, MOMENT_S_MAX))
        victims = draw_victims(chance, fleet.codes)
        fleet.kill(*victims)
        fleet.start(*victims)
        while chance.random() < AGAIN_SHARE:
            await asyncio.sleep(chance.uniform(0, start_s))
            fleet.kill(*victims)
            fleet.start(*victims)
        await fleet.until_live(*victims)
        await scene.until_more()


def draw_victims(chance: Random, codes: Sequence[str]) -> list[str]:
    """One node, two of them, or all as when the power fails everywhere; the hub more often."""
    if chance.random() < 0.25:
        return [codes[0]]
    count = chance.choices((1, 2, len(codes)), weights=(8, 3, 1))[0]
    return chance.sample(codes, count)


def campaign(folder: Path, *, kills: int, seed: int, is_warm: bool) -> Totals:
    """One estate under load, killed so often, brought to rest and counted."""
    began_s = time.monotonic()
    chance = Random(seed)
    with made_fleet(folder, is_warm=is_warm) as fleet:

        async def play() -> tuple[Account, Ledger]:
            async with scene_of(fleet) as scene:
                scene.begin()
                await scene.until_more()
                await strike(scene, chance, kills, START_WARM_S_MAX if is_warm else START_S_MAX)
                await scene.rest()
                return await settle(scene.estate, scene.ledger), scene.ledger

        found, ledger = asyncio.run(play())
    return Totals(
        kills=fleet.kills,
        restarts=fleet.starts - len(fleet.codes),
        acknowledged=found.acknowledged,
        sent_again=found.sent_again,
        refused=ledger.refused,
        lost=found.lost,
        doubled=found.doubled,
        unwitnessed=found.unwitnessed,
        seconds=round(time.monotonic() - began_s, 1),
    )


def main(words: Sequence[str]) -> int:
    """The campaign of the command line; 1 where anything was lost, doubled or not witnessed."""
    asked = argparse.ArgumentParser(prog="python -m tests.process.kills")
    asked.add_argument("--kills", type=int, default=ACCOUNT_EVERY)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--json", action="store_true", help="print the totals as one JSON object")
    asked.add_argument("--cold", action="store_true", help="start every node anew from its files")
    given = asked.parse_args(words)
    totals, seed = Totals(), given.seed
    while totals.kills < given.kills:
        count = min(ACCOUNT_EVERY, given.kills - totals.kills)
        with tempfile.TemporaryDirectory(prefix="throughcare-kills-") as folder:
            place = Path(folder) / "estate"
            totals = totals.plus(campaign(place, kills=count, seed=seed, is_warm=not given.cold))
        seed += 1
        sys.stderr.write(f"seed {seed - 1}: {totals}\n")
    told = json.dumps(msgspec.to_builtins(totals)) if given.json else str(totals)
    sys.stdout.write(f"{told}\n")
    return 1 if totals.lost or totals.doubled or totals.unwitnessed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
