"""A synthetic life as it goes along: who it is of, where the person is, and who is responsible."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from random import Random
from typing import Final, Literal

import msgspec

from casework.rules.rows import DAY_MS, HOUR_MS, MINUTE_MS
from sync_protocol.ids import SubjectId
from throughcare.people.names import MadeName, Origin
from throughcare.people.offices import Member, Offices, Site
from throughcare.people.pen import Pen, WrittenDraft

DAYS_PER_MONTH: Final = 30.4375
DAYS_PER_YEAR: Final = 365.25
DAY_BEGINS_H: Final = 8
DAY_HOURS: Final = 11

Where = Literal["custody", "community"]
Habit = Literal["usual", "yo-yo", "order"]


class Spell(msgspec.Struct, frozen=True, gc=False):
    """A time in one place: in a prison, or under supervision of a unit."""

    begins_ms: int
    ends_ms: int
    site: Site
    where: Where


class Life:
    """What every chapter of one life needs and changes."""

    def __init__(
        self, pen: Pen, number: int, offices: Offices, *, who: MadeName, origin: Origin
    ) -> None:
        """Somebody whom nobody has met yet; `number` is unique in the estate."""
        self.pen = pen
        self.number = number
        self.offices = offices
        self.who = who
        self.origin = origin
        self.is_female = False
        self.habit: Habit = "usual"
        self.born = ""
        self.unit = pen.chance.choice(offices.units)
        self.com = pen.chance.choice(self.unit.members)
        self.pom: Member | None = None
        self.address: WrittenDraft | None = None
        """Where the person lives, as it was last recorded."""
        self.calculations = 0
        self.recalls: list[str] = []
        self.registers: set[str] = set()
        self.handover_ms = 0
        """From when the community leads, of the sentence that is being served."""
        self.spells: list[Spell] = []
        self.duplicates: list[SubjectId] = []
        self.alerts: dict[str, tuple[WrittenDraft, int]] = {}
        """Those that are open, by code, and since when."""
        self.key_worker: dict[str, str | None] | None = None
        self.marks: set[str] = set()
        """What is so of this life beyond the usual, for the manifest's counts."""

    @property
    def chance(self) -> Random:
        """The one chance of this life."""
        return self.pen.chance

    @property
    def called(self) -> str:
        """How notes call the person."""
        return f"{'Ms' if self.is_female else 'Mr'} {self.who.last}"

    def happens(self, share: float) -> bool:
        """Whether something that happens in this share of cases happens now."""
        return self.chance.random() < share

    def days(self, least: float, most: float) -> int:
        """A span between so many days, in whole days of milliseconds."""
        return self.chance.randint(round(least), max(round(least), round(most))) * DAY_MS

    def at_day(self, moment_ms: int, first_hour: int = DAY_BEGINS_H, hours: int = DAY_HOURS) -> int:
        """A moment of the same day when people are at work."""
        minutes = int(self.chance.random() * hours * 60)
        return moment_ms - moment_ms % DAY_MS + first_hour * HOUR_MS + minutes * MINUTE_MS

    def moments(self, begins_ms: int, ends_ms: int, per_day: float) -> Iterator[int]:
        """Moments by day at a mean rate, each within the span; in no order."""
        span = min(ends_ms, self.pen.until_ms) - begins_ms
        if span <= 0:
            return
        draw = self.chance.random
        for _ in range(int(span / DAY_MS * per_day + draw())):
            moment = begins_ms + int(draw() * span)
            by_day = self.at_day(moment)
            yield by_day if begins_ms < by_day < begins_ms + span else moment

    def prison_at(self, moment_ms: int) -> Site | None:
        """The prison that has the person at a moment; None where no prison does."""
        for spell in reversed(self.spells):
            if spell.begins_ms <= moment_ms < spell.ends_ms:
                return spell.site if spell.where == "custody" else None
        return None

    def stay(self, begins_ms: int, ends_ms: int, site: Site, where: Where) -> None:
        """Keeps that the person was there."""
        if begins_ms < self.pen.until_ms:
            ends_ms = min(ends_ms, self.pen.until_ms)
            self.spells.append(Spell(begins_ms, ends_ms, site, where))


@lru_cache(maxsize=20_000)
def _day_text(number: int) -> str:
    return datetime.fromtimestamp(number * DAY_MS / 1000, UTC).date().isoformat()


def day_of(moment_ms: int) -> str:
    """The UTC day of a moment, as records carry it."""
    return _day_text(moment_ms // DAY_MS)


def start_of(day: str) -> int:
    """The first moment of a day."""
    return round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)
