"""The people of a demonstration: whole careers that have come to this day, long ones and new ones.

What was written of them is of two sorts. The one stands everywhere when the offices begin; the
other two offices wrote without having seen what the other wrote, so each writes it at its own node.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec

from casework.rules.rows import DAY_MS
from throughcare.people import career, staged
from throughcare.people.cohort import acts_of, meet
from throughcare.people.life import Life
from throughcare.people.offices import Office, Offices, sites_of
from throughcare.people.pen import WrittenAct

SINCE_DAYS: Final = ((2, 21), (21, 150), (150, 400), (400, 800))
SINCE_SHARES: Final = (10, 35, 40, 15)
"""For how long people have been known: few caseloads are as old as the system."""


class Caseload(msgspec.Struct, frozen=True):
    """The acts that stand everywhere, in the order of time, and those unseen by other offices."""

    acts: tuple[WrittenAct, ...]
    unseen: tuple[WrittenAct, ...]

    @property
    def ops(self) -> int:
        """How many changes there are."""
        return sum(len(act.drafts) for act in (*self.acts, *self.unseen))


def make_caseload(people: int, *, offices: Sequence[Office], seed: int, now_ms: int) -> Caseload:
    """So many people as of this moment; the same for the same arguments."""
    # S311 asks for secure chance: these people are meant to come out the same every time.
    chance = Random(f"throughcare caseload {seed}")  # noqa: S311
    sites = sites_of(offices)
    lives = [_live(number, sites, seed, now_ms) for number in range(people)]
    unseen = staged.stage(lives, sites, chance, now_ms)
    return Caseload(acts_of(lives, chance), unseen)


def _live(number: int, offices: Offices, seed: int, now_ms: int) -> Life:
    chance = Random(f"throughcare caseload {seed} {number}")  # noqa: S311
    first, last = chance.choices(SINCE_DAYS, SINCE_SHARES)[0]
    begins_ms = now_ms - int(chance.uniform(first, last) * DAY_MS)
    life = meet(chance, offices, number, begins_ms=begins_ms, until_ms=now_ms)
    career.live(life, life.at_day(begins_ms), ops_min=0)
    return life
