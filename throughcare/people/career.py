"""A whole synthetic career: one sentence after another, from remand to the end of supervision."""

from typing import Final

import msgspec

from casework.rules.rows import DAY_MS, HOUR_MS, MINUTE_MS
from throughcare.people import (
    courts,
    custody,
    enforcement,
    homes,
    identity,
    interventions,
    leaving,
    licences,
    notes,
    oversight,
    plans,
    releasing,
    responsibility,
    safety,
    supervision,
    victims,
)
from throughcare.people.courts import Sentenced
from throughcare.people.life import DAYS_PER_MONTH, DAYS_PER_YEAR, Habit, Life
from throughcare.people.note_texts import Side
from throughcare.people.offices import Member, Purpose, Site
from throughcare.people.supervision import Ended, Supervised

MONTHS: Final = (4, 8, 12, 18, 24, 36, 48, 72, 120)
MONTHS_SHARES: Final[dict[Habit, tuple[int, ...]]] = {
    "usual": (12, 12, 14, 14, 14, 14, 10, 6, 4),
    "yo-yo": (60, 40, 0, 0, 0, 0, 0, 0, 0),
    "order": (30, 30, 40, 0, 0, 0, 0, 0, 0),
}
GAP_DAYS: Final[dict[Habit, tuple[int, int]]] = {
    "usual": (40, 300),
    "yo-yo": (3, 30),
    "order": (60, 400),
}
SERVED_SHARE: Final = 0.5
"""Of a sentence, before release on licence."""

REMAND_SHARE: Final = 0.55
REMAND_DAYS: Final = (21, 150)
CURFEW_SHARE: Final = 0.12
DUPLICATE_SHARE: Final = 0.03
ORDER_MONTHS: Final = (12, 24)
FIXED_TERM_DAYS: Final = (14, 28, 56)
STANDARD_DAYS: Final = (60, 240)
STANDARD_SHARE: Final = 0.35
AT_LARGE_DAYS: Final = (1, 12)
LICENCE_DAYS_MIN: Final = 90
ASSESSED_MONTHS: Final = 8
LONG_MONTHS: Final = 48
VICTIM_SHARE: Final = 0.15
RESETTLED_DAYS: Final = 50
LIMITED_SHARE: Final = 0.015
DEATHS_PER_YEAR: Final = 0.005


class Term(msgspec.Struct, frozen=True):
    """When a sentence began, was passed, lets the person out and ends; its length in months."""

    begins_ms: int
    sentenced_ms: int
    release_ms: int
    ends_ms: int
    months: int


class Served(msgspec.Struct, frozen=True):
    """A time served: the last prison, since when, until when, and whether nothing is left."""

    prison: Site
    since_ms: int
    until_ms: int
    is_last: bool = False


def live(life: Life, begins_ms: int, ops_min: int) -> None:
    """Everything that offices write of one person until the pen's time is over.

    One whose career has few ops is one of whom more notes were written.
    """
    dies_ms = begins_ms + int(life.chance.expovariate(DEATHS_PER_YEAR) * DAYS_PER_YEAR) * DAY_MS
    ends_ms = life.pen.until_ms
    # Whoever dies is written of no more, but for the death itself.
    life.pen.until_ms = min(ends_ms, life.at_day(dies_ms))
    at_ms = begins_ms
    _meet_first(life, at_ms)
    while at_ms < life.pen.until_ms:
        at_ms = _order(life, at_ms) if life.habit == "order" else _sentence(life, at_ms)
        at_ms = life.at_day(at_ms + life.days(*GAP_DAYS[life.habit]))
    _write_more(life, ops_min)
    if life.pen.until_ms < ends_ms:
        _die(life, life.pen.until_ms, ends_ms)


def _meet_first(life: Life, at_ms: int) -> None:
    if life.habit == "order":
        by, source = life.com, "PROBATION"
    else:
        by, source = life.chance.choice(_local(life).members), "PRISON"
    identity.first_met(life, at_ms, by, source)
    if source == "PRISON":
        identity.number_of(life, at_ms, by, "NOMS")
    homes.move_in(life, at_ms + MINUTE_MS, by, source)
    homes.give_number(life, at_ms + 2 * MINUTE_MS, by, source)
    identity.number_of(life, at_ms + HOUR_MS, life.com, "CRN")
    if life.happens(LIMITED_SHARE):
        barred = life.chance.choice(life.unit.members)
        safety.limit_access(life, at_ms + HOUR_MS, life.com, barred)


def _sentence(life: Life, begins_ms: int) -> int:
    """One custodial sentence with all its releases and recalls; returns when it is over."""
    months = life.chance.choices(MONTHS, MONTHS_SHARES[life.habit])[0]
    local = _local(life)
    if life.spells and life.happens(DUPLICATE_SHARE):
        identity.received_as_another(life, begins_ms, life.chance.choice(local.members))
    received_ms = begins_ms + HOUR_MS
    sentenced_ms = _remand(life, received_ms, local)
    term_ms = int(months * DAYS_PER_MONTH) * DAY_MS
    served_ms = max(begins_ms + int(term_ms * SERVED_SHARE), sentenced_ms + 14 * DAY_MS)
    release_ms = releasing.on_a_working_day(life, served_ms)
    ends_ms = max(life.at_day(begins_ms + term_ms), release_ms + LICENCE_DAYS_MIN * DAY_MS)
    staff = life.chance.sample(local.members, 2)
    sentence = courts.pass_sentence(life, sentenced_ms + HOUR_MS, staff[0], staff[1], months)
    if sentenced_ms > received_ms:
        courts.credit_remand(life, received_ms, sentenced_ms, staff[0], sentence)
    term = Term(begins_ms, sentenced_ms, release_ms, ends_ms, months)
    _begin(life, term, sentence, (staff[0], staff[1]))
    responsibility.plan_handover(life, sentenced_ms, release_ms, months)
    last = custody.serve(life, sentenced_ms, release_ms, local)
    responsibility.hand_over(life)
    _prepare(life, term, last)
    served = Served(last, sentenced_ms, release_ms)
    over_ms = _on_licence(life, served, release_ms, ends_ms, sentence)
    courts.end_sentence(life, over_ms + 3 * HOUR_MS, life.com, sentence, "Served.")
    return over_ms + 3 * HOUR_MS


def _begin(life: Life, term: Term, sentence: Sentenced, staff: tuple[Member, Member]) -> None:
    """The first weeks of a sentence: dates, papers, an assessment and a plan."""
    at_ms, by = term.sentenced_ms + 4 * HOUR_MS, staff[0]
    dates = {
        "sentence_start": term.begins_ms,
        "conditional_release": term.release_ms,
        "licence_expiry": term.ends_ms,
        "sentence_expiry": term.ends_ms,
    }
    courts.calculate(life, at_ms, staff, "NEW", **dates)
    homes.file_paper(life, at_ms + HOUR_MS, by, sentence.record, at=0)
    plan_ms = life.at_day(term.sentenced_ms + 6 * DAY_MS)
    if term.months >= ASSESSED_MONTHS:
        plans.assess(life, plan_ms, by)
        plans.plan(life, plan_ms + 4 * HOUR_MS, term.ends_ms, by, sentence.record)
    plans.predict(life, plan_ms + 5 * HOUR_MS, life.com)
    plans.register(life, plan_ms + 6 * HOUR_MS, by)
    oversight.decide_otherwise(life, plan_ms, by)
    if term.months >= LONG_MONTHS:
        oversight.long_sentence(life, plan_ms + DAY_MS, term.release_ms, by)
    if life.happens(VICTIM_SHARE):
        victims.protect(life, plan_ms + DAY_MS, term.ends_ms)


def _prepare(life: Life, term: Term, last: Site) -> None:
    """What the last prison does for resettlement in the weeks before release."""
    releasing.get_ready(life, term.sentenced_ms, term.release_ms, last)
    at_ms = life.at_day(term.release_ms - RESETTLED_DAYS * DAY_MS)
    if life.prison_at(at_ms) is last:
        interventions.settle_out(life, at_ms, life.chance.choice(last.members))


def _remand(life: Life, at_ms: int, local: Site) -> int:
    """Before the sentence, where the court keeps the person in; returns when it is passed."""
    if not life.happens(REMAND_SHARE):
        custody.receive(life, at_ms, local, "I")
        return at_ms
    custody.receive(life, at_ms, local, "N")
    hearing_ms = at_ms + life.days(*REMAND_DAYS)
    custody.stay(life, at_ms, hearing_ms - hearing_ms % DAY_MS, local)
    return custody.go_to_court(life, hearing_ms, local, "SENT", "I")


def _on_licence(
    life: Life, served: Served, release_ms: int, ends_ms: int, sentence: Sentenced
) -> int:
    """Release, supervision, and after each recall prison and release again, to the end."""
    kind, reason = ("HDC", "HR") if life.happens(CURFEW_SHARE) else ("CRD", "CR")
    while True:
        prison = served.prison
        made = licences.Making(sentence.record, kind, life.chance.choice(prison.members))
        licence = licences.prepare(life, served.since_ms, release_ms, ends_ms, made)
        by = custody.release(life, release_ms, prison, reason)
        licence = licences.activate(life, licence, release_ms + HOUR_MS, by)
        responsibility.released(life, release_ms + HOUR_MS, by)
        number = licence.draft.record.hex() if licence is not None else None
        going_to = homes.move_in(life, release_ms + 2 * HOUR_MS, life.com, "PROBATION")
        about = {"sentence": sentence.record, "licence": number, "going_to": going_to}
        out = leaving.record_release(life, release_ms, by, reason, **about)
        under = Supervised("licence", sentence.record, number)
        ended = supervision.supervise(life, release_ms + 3 * HOUR_MS, ends_ms, under)
        if not ended.is_breach:
            licences.end(life, licence, ended.at_ms, life.com, "EXPIRED")
            return ended.at_ms
        licences.end(life, licence, ended.at_ms + 4 * HOUR_MS, life.com, "RECALLED")
        served = _recall(life, ended, sentence, ends_ms, out)
        release_ms = served.until_ms
        if served.is_last:
            by = custody.release(life, release_ms, served.prison, "SC")
            leaving.record_release(life, release_ms, by, "SC", sentence=sentence.record)
            return release_ms
        kind, reason = "PRRD", "PD"


def _recall(
    life: Life, ended: Ended, sentence: Sentenced, ends_ms: int, out: leaving.Out
) -> Served:
    """Breach, recall and the time served for it."""
    life.marks.add("recalled")
    breach = enforcement.begin_breach(life, ended.at_ms, sentence.record)
    enforcement.end_breach(life, ended.at_ms + DAY_MS, breach, "ERCL")
    is_standard = life.happens(STANDARD_SHARE)
    days = life.chance.choice(FIXED_TERM_DAYS)
    leaving.recall(life, ended.at_ms + HOUR_MS, out, "LR" if is_standard else f"FTR_{days}")
    local = _local(life)
    oversight.seen_in_town(life, ended.at_ms + DAY_MS)
    back_ms = life.at_day(ended.at_ms + life.days(*AT_LARGE_DAYS) + DAY_MS)
    homes.leave(life, back_ms + HOUR_MS, life.com)
    custody.receive(life, back_ms, local, "B" if life.happens(0.1) else "L")
    span_ms = life.days(*STANDARD_DAYS) if is_standard else days * DAY_MS
    until_ms = releasing.on_a_working_day(life, back_ms + span_ms)
    if is_last := until_ms >= ends_ms:
        until_ms = max(ends_ms, life.at_day(back_ms + DAY_MS, 9, 4))
    one, other = life.chance.sample(local.members, 2)
    courts.calculate(
        life, back_ms + 3 * HOUR_MS, (one, other), "LR",
        post_recall_release=until_ms, sentence_expiry=max(ends_ms, until_ms),
    )  # fmt: skip
    last = custody.serve(life, back_ms, until_ms, local, came_as="L")
    releasing.get_ready(life, back_ms, until_ms, last)
    return Served(last, back_ms, until_ms, is_last=is_last)


def _order(life: Life, begins_ms: int) -> int:
    """A community order, to its end or to the court that revokes it."""
    ends_ms = begins_ms + int(life.chance.choice(ORDER_MONTHS) * DAYS_PER_MONTH) * DAY_MS
    sentence = courts.pass_order(life, begins_ms + HOUR_MS, ends_ms)
    responsibility.assign(life, begins_ms + 2 * HOUR_MS, life.com, lead=life.com, supporting=None)
    safety.assess(life, begins_ms + 3 * HOUR_MS, life.com, prison=None)
    plans.register(life, begins_ms + 4 * HOUR_MS, life.com)
    plans.plan(life, begins_ms + 7 * DAY_MS, ends_ms, life.com, sentence.record)
    rar = sentence.requirements.get("RAR")
    under = Supervised("community", sentence.record, activity=rar)
    at_ms = begins_ms
    while True:
        ended = supervision.supervise(life, at_ms + 4 * HOUR_MS, ends_ms, under)
        if not ended.is_breach:
            courts.end_sentence(life, ended.at_ms, life.com, sentence, "Order completed.")
            return ended.at_ms
        breach = enforcement.begin_breach(life, ended.at_ms, sentence.record)
        court_ms = life.at_day(ended.at_ms + life.days(14, 40))
        is_revoked = life.happens(0.3) and bool(life.offices.by_purpose[_local_purpose(life)])
        enforcement.end_breach(life, court_ms, breach, "ABPP" if is_revoked else "ABPC")
        if is_revoked:
            courts.end_sentence(life, court_ms + 2 * HOUR_MS, life.com, sentence, "Revoked.")
            life.habit = "usual"
            return court_ms
        at_ms = court_ms


def _local(life: Life) -> Site:
    return life.chance.choice(life.offices.by_purpose[_local_purpose(life)])


def _local_purpose(life: Life) -> Purpose:
    return "women" if life.is_female else "local"


def _write_more(life: Life, ops_min: int) -> None:
    """Notes over the times that somebody had the person, until there are as many as wanted."""
    missing = ops_min - life.pen.count
    spells = [one for one in life.spells if one.ends_ms - one.begins_ms > DAY_MS]
    for number in range(missing if spells else 0):
        spell = spells[number % len(spells)]
        span = spell.ends_ms - spell.begins_ms - 2 * HOUR_MS
        at_ms = spell.begins_ms + int(life.chance.random() * span)
        side: Side = "prison" if spell.where == "custody" else "community"
        notes.write_note(life, at_ms, spell.site, side)


def _die(life: Life, at_ms: int, ends_ms: int) -> None:
    """The death, by whoever had the person; a prison lets nobody else go this way."""
    life.marks.add("died")
    life.pen.until_ms = ends_ms
    last = max(life.spells, key=lambda one: one.ends_ms, default=None)
    if last is not None and last.where == "custody" and last.ends_ms >= at_ms:
        custody.release(life, at_ms, last.site, "DEC")
