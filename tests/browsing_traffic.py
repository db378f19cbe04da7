"""Synthetic days of staff at a prison and at probation offices: what their audit would hold.

Shifts, roll checks that open a whole wing, caseloads, receptions, duty days, and mistakes. All of
it under one seed; people and officers are numbers, and surnames are as unequal as real ones.
"""

import random
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

import msgspec

from casework.rules.browsing import RARE_SURNAME_MAX, Look, Officer
from sync_protocol.ids import SubjectId

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
MONDAY_MS: Final = 1_795_392_000_000
"""Midnight of Monday, 2026-11-23."""
PEOPLE: Final = 1_500
WINGS: Final = tuple("ABCDEFGHJKLM")
SURNAMES: Final = 1_200
ROLES: Final = (
    ("wing", 40), ("practitioner", 25), ("keyworker", 15), ("reception", 5), ("duty", 10),
    ("analyst", 5),
)  # fmt: skip
"""Of a hundred officers; wing officers do roll checks, duty managers walk through all wings."""
SHIFTS: Final = ((7, 8), (13, 8), (21, 9))
"""Early, late, night: the hour at which it begins, and how many."""


class Hired(msgspec.Struct, frozen=True):
    """An officer of the synthetic estate."""

    number: int
    role: str
    wing: str
    caseload: tuple[SubjectId, ...]
    close: frozenset[SubjectId]


class Estate:
    """People on wings with surnames, and officers with their work, drawn once under a seed."""

    def __init__(self, seed: int, officers: int = 100) -> None:
        """Draw everybody."""
        self.chance = random.Random(seed)
        self.people = [SubjectId(number.to_bytes(16, "big")) for number in range(1, PEOPLE + 1)]
        self.wings = {one: self.chance.choice(WINGS) for one in self.people}
        self.by_wing: dict[str, list[SubjectId]] = {wing: [] for wing in WINGS}
        for one, wing in self.wings.items():
            self.by_wing[wing].append(one)
        # The n-th surname is had by one in n: Smith by many, most by few.
        self._weights = list(accumulate(1 / rank for rank in range(1, SURNAMES + 1)))
        self.surnames = {one: self._surname() for one in self.people}
        self._bearers = Counter(self.surnames.values())
        self.officers = [self._hire(number) for number in range(officers)]

    def known_of(self, hired: Hired) -> Officer:
        """What the record would tell of an officer's work."""
        return Officer(ties=frozenset(hired.caseload), wings=self.wings, close=hired.close)

    def day(self, hired: Hired, day: int) -> list[Look]:
        """One normal day of an officer; empty on a day off."""
        if self.chance.random() < 2 / 7:
            return []
        draw = {
            "wing": self._wing_day,
            "practitioner": self._practitioner_day,
            "keyworker": self._practitioner_day,
            "reception": self._reception_day,
            "duty": self._duty_day,
            "analyst": self._analyst_day,
        }[hired.role]
        looks = list(draw(hired, MONDAY_MS + day * DAY_MS))
        return [*looks, *self._mistakes(MONDAY_MS + day * DAY_MS + 10 * HOUR_MS)]

    def insider_day(self, hired: Hired, day: int, profiles: int) -> list[Look]:
        """The same officer who besides looks through so many unrelated people during the shift."""
        normal = self.day(hired, day) or list(self._wing_day(hired, MONDAY_MS + day * DAY_MS))
        chosen = self.chance.sample(self.people, profiles)
        begins_ms = min(one.at_ms for one in normal)
        return normal + [
            self._look(one, begins_ms + self.chance.randrange(8 * HOUR_MS)) for one in chosen
        ]

    def _wing_day(self, hired: Hired, midnight_ms: int) -> Iterator[Look]:
        hour, long = self.chance.choice(SHIFTS)
        begins_ms = midnight_ms + hour * HOUR_MS
        wing = self.by_wing[hired.wing]
        # A wing officer may be sent to another wing, and counts those who are there.
        if self.chance.random() < 0.15:
            wing = self.by_wing[self.chance.choice(WINGS)]
        roll = wing if hour != 21 else self.chance.sample(wing, 12)
        yield from self._open(roll, begins_ms, long, written=0.1)
        others = self.chance.sample(self.people, self._few(2 if hour != 21 else 0.5))
        yield from self._open(others, begins_ms, long, written=0.3)

    def _practitioner_day(self, hired: Hired, midnight_ms: int) -> Iterator[Look]:
        begins_ms = midnight_ms + 9 * HOUR_MS
        seen = self.chance.sample(hired.caseload, min(len(hired.caseload), 5 + self._few(9)))
        yield from self._open(seen, begins_ms, 8, written=0.6)
        # On a duty day they see whoever comes, of a colleague's caseload.
        is_duty = self.chance.random() < 0.1
        others = self.chance.sample(self.people, self._few(14 if is_duty else 2))
        yield from self._open(others, begins_ms, 8, written=0.6 if is_duty else 0.3)

    def _reception_day(self, hired: Hired, midnight_ms: int) -> Iterator[Look]:
        del hired
        arrivals = self.chance.sample(self.people, 15 + self._few(12))
        yield from self._open(arrivals, midnight_ms + 12 * HOUR_MS, 9, written=0.85)

    def _duty_day(self, hired: Hired, midnight_ms: int) -> Iterator[Look]:
        begins_ms = midnight_ms + 8 * HOUR_MS
        yield from self._open(hired.caseload[:5], begins_ms, 9, written=0.5)
        met = self.chance.sample(self.people, 10 + self._few(10))
        yield from self._open(met, begins_ms, 9, written=0.35)

    def _analyst_day(self, hired: Hired, midnight_ms: int) -> Iterator[Look]:
        del hired
        reviewed = self.chance.sample(self.people, 20 + self._few(10))
        yield from self._open(reviewed, midnight_ms + 9 * HOUR_MS, 8, written=0.55)

    def _open(
        self, people: list[SubjectId] | tuple[SubjectId, ...], begins_ms: int, hours: int,
        *, written: float,
    ) -> Iterator[Look]:  # fmt: skip
        for one in people:
            at_ms = begins_ms + self.chance.randrange(hours * HOUR_MS)
            yield self._look(one, at_ms)
            if self.chance.random() < written:
                yield Look(person=one, at_ms=at_ms + 60_000, act="write")

    def _mistakes(self, at_ms: int) -> Iterator[Look]:
        """A restricted record met by chance, or one opened with a reason; seldom."""
        if self.chance.random() < 0.01:
            one = self.chance.choice(self.people)
            yield Look(person=one, at_ms=at_ms, act="refused", detail="restricted")
        if self.chance.random() < 0.02:
            one = self.chance.choice(self.people)
            yield Look(person=one, at_ms=at_ms, act="break_glass")
            yield self._look(one, at_ms + 1)

    def _look(self, one: SubjectId, at_ms: int) -> Look:
        return Look(person=one, at_ms=at_ms, act="read", detail="summary")

    def _few(self, mean: float) -> int:
        """A count about `mean`, as independent arrivals come."""
        count, left = 0, self.chance.expovariate(1)
        while left < mean:
            count, left = count + 1, left + self.chance.expovariate(1)
        return count

    def _hire(self, number: int) -> Hired:
        role = ROLES[bisect(list(accumulate(share for _, share in ROLES)), number % 100)][0]
        wing = self.chance.choice(WINGS)
        size = {"practitioner": 45, "keyworker": 8, "duty": 5}.get(role, 0)
        near = self.by_wing[wing] if role == "keyworker" else self.people
        surname = self._surname()
        is_rare = self._bearers[surname] <= RARE_SURNAME_MAX
        close = [one for one in self.people if is_rare and self.surnames[one] == surname]
        return Hired(number, role, wing, tuple(self.chance.sample(near, size)), frozenset(close))

    def _surname(self) -> int:
        return bisect(self._weights, self.chance.random() * self._weights[-1])
