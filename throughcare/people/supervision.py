"""A synthetic person under supervision: appointments and what came of them, week by week."""

from typing import Final, Literal

import msgspec

from casework.rules.rows import DAY_MS, HOUR_MS, MINUTE_MS
from throughcare.people import enforcement, interventions, notes, oversight, safety
from throughcare.people.life import Life

NOTES_PER_DAY: Final = 0.04
WEEKLY_FOR_DAYS: Final = 84
MEETING_MINUTES: Final = 45
NOTICE_DAYS: Final = (5, 12)
FURTHER_OFFENCE_DAYS: Final = 900
"""The mean time to an arrest, of those who comply."""

CHECK_IN_SHARE: Final = 0.15
REFERRED_SHARE: Final = 0.35
ACTIVITY_SHARE: Final = 0.4
"""Of the appointments of whoever has days of rehabilitation activity to do."""

RESCHEDULED_SHARE: Final = 0.05
CANCELLED_SHARE: Final = 0.03
FAILURES_MAX: Final = 3
FAILURES_FORGOTTEN_DAYS: Final = 365

TYPES: Final = ("COAP", "CHVS", "COPT", "COVC", "CODC")
TYPE_SHARES: Final = (62, 16, 14, 5, 3)
FIRST_TYPES: Final = ("COAI", "COHV")
AT_HOME: Final = frozenset({"CHVS", "COHV", "CODC"})
CALLS: Final = frozenset({"COPT"})

OUTCOMES: Final = ("ATTC", "AFTC", "UAAB", "AFTA", "AAME", "AAEM", "AAFC", "ATSH")
OUTCOME_SHARES: Final = (836, 14, 40, 30, 36, 22, 20, 2)
FAILURES: Final = frozenset({"AFTC", "UAAB", "AFTA", "ATSH"})
PRESENT: Final = frozenset({"ATTC", "AFTC", "ATSH"})

Order = Literal["licence", "community"]


class Supervised(msgspec.Struct, frozen=True):
    """What a time under supervision is for, and what it may be ended by."""

    order: Order
    sentence: str
    licence: str | None = None
    activity: str | None = None
    """The requirement of rehabilitation activity, where the order has one."""


class Ended(msgspec.Struct, frozen=True):
    """When a time under supervision ended, and whether by the failure to comply or an arrest."""

    at_ms: int
    is_breach: bool


def supervise(life: Life, begins_ms: int, ends_ms: int, under: Supervised) -> Ended:
    """Supervision until it runs out or the person breaches it."""
    arrest_days = life.chance.expovariate(1 / FURTHER_OFFENCE_DAYS)
    arrested_ms = begins_ms + int(max(10.0, arrest_days) * DAY_MS)
    ended = _meet(life, begins_ms, min(ends_ms, arrested_ms), under)
    if not ended.is_breach and arrested_ms < ends_ms:
        ended = Ended(arrested_ms, is_breach=True)
    life.stay(begins_ms, ended.at_ms, life.unit, "community")
    notes.write_notes(life, begins_ms, ended.at_ms, life.unit, "community", per_day=NOTES_PER_DAY)
    safety.watch(life, begins_ms, ended.at_ms, life.unit, prison=None)
    if life.happens(CHECK_IN_SHARE):
        oversight.check_in(life, begins_ms, ended.at_ms)
    if life.happens(REFERRED_SHARE):
        interventions.refer(life, life.at_day(begins_ms + 21 * DAY_MS), ended.at_ms)
    oversight.read_out_of_turn(life, begins_ms, ended.at_ms, life.unit)
    return ended


def _meet(life: Life, begins_ms: int, ends_ms: int, under: Supervised) -> Ended:
    """One appointment after another; too many failures within a year end it."""
    failures: list[int] = []
    at_ms, is_first = life.at_day(begins_ms + DAY_MS, 9, 7), True
    # What lies within the notice that is given is in the diary when the pen's time is over.
    while at_ms < min(ends_ms, life.pen.until_ms + NOTICE_DAYS[1] * DAY_MS):
        code, record = _appointment(life, at_ms, under, is_first=is_first)
        if code in FAILURES:
            failures = [one for one in failures if at_ms - one < FAILURES_FORGOTTEN_DAYS * DAY_MS]
            failures.append(at_ms)
            enforcement.act_on(life, at_ms, record, under.sentence, len(failures))
            if len(failures) >= FAILURES_MAX:
                return Ended(life.at_day(at_ms + life.days(2, 6)), is_breach=True)
        is_early = at_ms - begins_ms < WEEKLY_FOR_DAYS * DAY_MS
        at_ms = life.at_day(at_ms + (7 if is_early else 14) * DAY_MS, 9, 7)
        is_first = False
    return Ended(ends_ms, is_breach=False)


def _appointment(
    life: Life, at_ms: int, under: Supervised, *, is_first: bool
) -> tuple[str | None, str]:
    """An appointment planned, perhaps moved or cancelled, and its outcome; returns its record."""
    chance, pen, com = life.chance, life.pen, life.com
    sort = chance.choice(FIRST_TYPES) if is_first else chance.choices(TYPES, TYPE_SHARES)[0]
    made_ms = at_ms - (DAY_MS if is_first else chance.randint(*NOTICE_DAYS) * DAY_MS) - HOUR_MS
    activity = under.activity if life.happens(ACTIVITY_SHARE) else None
    values = {
        "type": sort,
        "slot": _slot(at_ms),
        "place": None if sort in CALLS else ("Home" if sort in AT_HOME else life.unit.code),
        "officer": com.named(),
        "sentence": under.sentence,
        "requirement": activity,
        "is_rehabilitation_activity": activity is not None,
        "licence": under.licence if activity is None else None,
        "status": "open",
    }
    draft = pen.new("appointment", made_ms, values)
    pen.act(made_ms, com, draft)
    drawn = chance.random()
    if drawn < CANCELLED_SHARE and not is_first:
        pen.act(at_ms - HOUR_MS, com, pen.more(draft, {"status": "closed"}))
        return None, draft.record.hex()
    if drawn < CANCELLED_SHARE + RESCHEDULED_SHARE:
        at_ms += HOUR_MS
        pen.act(at_ms - 2 * HOUR_MS, com, pen.more(draft, {"slot": _slot(at_ms)}))
    code = chance.choices(OUTCOMES, OUTCOME_SHARES)[0]
    enforcement.record_outcome(life, at_ms + 2 * HOUR_MS, draft.record.hex(), code)
    return code, draft.record.hex()


def _slot(at_ms: int) -> dict[str, int]:
    return {"starts_at": at_ms, "ends_at": at_ms + MEETING_MINUTES * MINUTE_MS}
