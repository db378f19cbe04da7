"""A cohort of synthetic people: their careers, and what two of them share, in the order of time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import Final

import msgspec

from casework.records.files import pair_of, pair_record
from casework.rules.rows import DAY_MS
from sync_protocol.ids import SubjectId, uuid7
from throughcare.people import career, circumstances, identity, names
from throughcare.people.life import DAYS_PER_YEAR, Habit, Life, Spell, start_of
from throughcare.people.offices import Offices
from throughcare.people.pen import Pen, WrittenAct, WrittenDraft

COHORT: Final = 250
"""People who are made and written together."""

OPS_PER_YEAR_MIN: Final = 30
HABITS: Final[tuple[Habit, ...]] = ("usual", "yo-yo", "order")
HABIT_SHARES: Final = (62, 10, 28)
FEMALE_SHARES: Final[dict[Habit, float]] = {"usual": 0.04, "yo-yo": 0.06, "order": 0.15}
FIRST_DAYS: Final = 60
"""Within so many days of the beginning everybody has been met."""

PAIRS_SHARE: Final = 0.04


class Plan(msgspec.Struct, frozen=True):
    """What an estate is made of; the same plan and offices give the same acts."""

    people: int
    years: int
    seed: int
    until: str

    @property
    def until_ms(self) -> int:
        """The moment before which everything was written."""
        return start_of(self.until)

    @property
    def begins_ms(self) -> int:
        """The moment from which people are met."""
        return self.until_ms - int(self.years * DAYS_PER_YEAR) * DAY_MS

    @property
    def cohorts(self) -> tuple[range, ...]:
        """The numbers of the people of each cohort."""
        starts = range(0, self.people, COHORT)
        return tuple(range(one, min(one + COHORT, self.people)) for one in starts)


class Cohort(msgspec.Struct, frozen=True):
    """The acts of a cohort in the order of time, and how often something is so of a life."""

    acts: tuple[WrittenAct, ...]
    marks: Counter[str]


def make_cohort(plan: Plan, offices: Offices, numbers: Sequence[int]) -> Cohort:
    """These people's careers."""
    lives = [make_life(plan, offices, number) for number in numbers]
    # S311 asks for secure chance: these people are meant to come out the same every time.
    chance = Random(f"throughcare pairs {plan.seed} {lives[0].number}")  # noqa: S311
    acts = acts_of(lives, chance)
    return Cohort(acts, Counter(mark for life in lives for mark in life.marks))


def acts_of(lives: Sequence[Life], chance: Random) -> tuple[WrittenAct, ...]:
    """All that was written of these people and of any two of them, in the order of time."""
    acts = [act for life in lives for act in life.pen.acts]
    acts += _apart(lives, chance)
    # Sorting keeps the order of what was written at one moment.
    return tuple(sorted(acts, key=_moment))


def make_life(plan: Plan, offices: Offices, number: int) -> Life:
    """One person's career; it depends on nobody else's."""
    # S311 asks for secure chance: these people are meant to come out the same every time.
    chance = Random(f"throughcare career {plan.seed} {number}")  # noqa: S311
    begins_ms = plan.begins_ms + chance.randrange(FIRST_DAYS * DAY_MS)
    life = meet(chance, offices, number, begins_ms=begins_ms, until_ms=plan.until_ms)
    career.live(life, life.at_day(begins_ms), OPS_PER_YEAR_MIN * plan.years)
    return life


def meet(chance: Random, offices: Offices, number: int, *, begins_ms: int, until_ms: int) -> Life:
    """Somebody whom an office is about to meet, and of whom nothing is written yet."""
    origin = names.draw_origin(chance)
    habit = chance.choices(HABITS, HABIT_SHARES)[0]
    # Where no prison receives women, those whom units supervise may be women all the same.
    may_be_female = offices.holds_women or habit == "order"
    is_female = may_be_female and chance.random() < FEMALE_SHARES[habit]
    who = names.draw_name(chance, origin, is_female=is_female)
    subject = SubjectId(uuid7(begins_ms, chance.randbytes(10)))
    life = Life(Pen(chance, subject, until_ms), number, offices, who=who, origin=origin)
    life.habit, life.is_female = habit, is_female
    life.born = identity.draw_born(life, begins_ms)
    life.marks.add(habit)
    return life


def _apart(lives: Sequence[Life], chance: Random) -> Iterable[WrittenAct]:
    """Some who were in one prison at one time must be kept apart since."""
    held: dict[str, list[tuple[Life, Spell]]] = {}
    for life in lives:
        for spell in life.spells:
            if spell.where == "custody" and not life.duplicates:
                held.setdefault(spell.site.code, []).append((life, spell))
    written: set[tuple[SubjectId, SubjectId]] = set()
    for code in sorted(held):
        for _ in range(round(len(held[code]) * PAIRS_SHARE)):
            (one, spell), (other, its) = chance.sample(held[code], 2)
            together_ms = max(spell.begins_ms, its.begins_ms) + DAY_MS
            if one is other or together_ms >= min(spell.ends_ms, its.ends_ms):
                continue
            pair = pair_of(one.pen.subject, other.pen.subject)
            if pair not in written:
                written.add(pair)
                yield _pair_act(chance, pair, spell, together_ms)


def _pair_act(
    chance: Random, pair: tuple[SubjectId, SubjectId], spell: Spell, at_ms: int
) -> WrittenAct:
    values = {
        "reason": chance.choice(circumstances.APART_REASONS),
        "restriction": chance.choice(("CELL", "LANDING", "WING", "WING")),
        "status": "open",
        "comment": chance.choice(circumstances.APART_TEXTS),
    }
    draft = WrittenDraft("non_association", pair, pair_record("non_association", *pair), values)
    by = chance.choice(spell.site.members)
    return WrittenAct(at_ms, by.office, by.staff, (draft,))


def _moment(act: WrittenAct) -> int:
    return act.at_ms
