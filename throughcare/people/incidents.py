"""What goes wrong for a synthetic person in prison: incidents, charges, care after self-harm."""

from typing import Any, Final

from casework.rules.rows import DAY_MS, HOUR_MS
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member, Site
from throughcare.people.pen import WrittenDraft

CHARGES_PER_DAY: Final = 0.0086
"""752 adjudication outcomes a day among 87,000 people."""

INCIDENTS_PER_DAY: Final = 0.002
CARE_PER_DAY: Final = 0.0012
FAMILIES: Final = ("ASSAULT", "DAMAGE", "DISORDER", "DRUGS", "BARRICADE")
ROLES: Final = ("ACTIVE_INVOLVEMENT", "ASSAILANT", "FIGHTER", "PRESENT_AT_SCENE", "VICTIM")
INCIDENT_TEXTS: Final = (
    "Two men fought at the servery; staff parted them within a minute.",
    "Sink broken in the cell; the person said it was an accident.",
    "Package found at the cell door during the evening check.",
)
CHARGES: Final = ("51:1", "51:4", "51:17", "51:22")
CHARGE_TEXT: Final = "Seen by the reporting officer and on camera; charged within two days."
AWARDS: Final = ("PRIVILEGE", "EARNINGS", "CONFINEMENT")
CARE_TEXTS: Final = (
    "Said on the wing that there was nothing left to wait for.",
    "Cuts on the forearm, dressed by healthcare; talked for half an hour.",
)
LOOKED_TEXTS: Final = (
    "Awake and reading; answered when spoken to.",
    "Came out for the meal and sat with two others.",
    "Telephoned home; quieter afterwards, asked to be left for an hour.",
)
CARE_DAYS: Final = (4, 14)
LOOK_HOURS: Final = (6, 11)
FIRST_REVIEW_MS: Final = 20 * HOUR_MS
AFTER_CLOSE_DAYS: Final = 7
REVIEWED_DAYS: Final = 84


def go_wrong(life: Life, begins_ms: int, ends_ms: int, site: Site) -> None:
    """Incidents, charges and times of care through a time in one prison."""
    for at_ms in life.moments(begins_ms, ends_ms, INCIDENTS_PER_DAY):
        _incident(life, at_ms, site)
    for at_ms in life.moments(begins_ms, ends_ms, CHARGES_PER_DAY):
        _charge(life, at_ms, site)
    for at_ms in life.moments(begins_ms, ends_ms, CARE_PER_DAY):
        take_care(life, at_ms, site, ends_ms)


def _incident(life: Life, at_ms: int, site: Site) -> None:
    by, senior = life.chance.sample(site.members, 2)
    told_ms = at_ms + HOUR_MS
    values = {
        "family": life.chance.choice(FAMILIES),
        "occurred_at": at_ms,
        "prison": site.code,
        "description": by.signed(life.chance.choice(INCIDENT_TEXTS), told_ms),
        "people": {
            "person": life.pen.subject.hex(),
            "role": life.chance.choice(ROLES),
            "outcome": None,
        },
        "staff": {**_named(by), "role": "ACTIVELY_INVOLVED"},
        "progress": _step(None, "AWAITING_REVIEW"),
        "status": "open",
    }
    draft = life.pen.new("incident", told_ms, values)
    life.pen.act(told_ms, by, draft)
    closed_ms = life.at_day(told_ms + life.days(2, 10))
    closed = {"progress": _step("AWAITING_REVIEW", "CLOSED"), "status": "closed"}
    life.pen.act(closed_ms, senior, life.pen.more(draft, closed))


def _charge(life: Life, at_ms: int, site: Site) -> None:
    by, adjudicator = life.chance.sample(site.members, 2)
    laid_ms = at_ms + HOUR_MS
    values = {
        "charge": life.chance.choice(CHARGES),
        "occurred_at": at_ms,
        "prison": site.code,
        "incident": None,
        "statements": by.signed(CHARGE_TEXT, laid_ms),
        "progress": _step(None, "AWAITING_REVIEW"),
    }
    draft = life.pen.new("adjudication", laid_ms, values)
    life.pen.act(laid_ms, by, draft)
    moment = laid_ms
    for before, after in (("AWAITING_REVIEW", "UNSCHEDULED"), ("UNSCHEDULED", "SCHEDULED")):
        moment += 2 * HOUR_MS
        life.pen.act(moment, adjudicator, life.pen.more(draft, {"progress": _step(before, after)}))
    _hear(life, life.at_day(moment + DAY_MS), adjudicator, draft)


def _hear(life: Life, at_ms: int, adjudicator: Member, draft: WrittenDraft) -> None:
    is_proved = life.happens(0.8)
    hearing = {
        "held_at": at_ms,
        "adjudicator": adjudicator.name,
        "outcome": "COMPLETE",
        "plea": life.chance.choice(("GUILTY", "NOT_GUILTY")),
        "finding": "PROVED" if is_proved else "DISMISSED",
        "text": None,
    }
    heard: dict[str, Any] = {
        "hearings": hearing,
        "progress": _step("SCHEDULED", "CHARGE_PROVED" if is_proved else "DISMISSED"),
    }
    if is_proved:
        heard["awards"] = {
            "punishment": life.chance.choice(AWARDS),
            "days": life.chance.choice((3, 7, 14, 21)),
            "starts_on": day_of(at_ms),
        }
    life.pen.act(at_ms, adjudicator, life.pen.more(draft, heard))


def take_care(life: Life, at_ms: int, site: Site, ends_ms: int) -> None:
    """Care is opened, somebody looks twice a day, and it is closed by a review and seen to once
    more.
    """
    lead = life.chance.choice(site.members)
    reviewed_ms = at_ms + FIRST_REVIEW_MS
    life.marks.add("in care")
    values = {
        "occurred_at": at_ms,
        "prison": site.code,
        "concern": lead.signed(life.chance.choice(CARE_TEXTS), at_ms),
        "frequency": "TWICE_A_DAY",
        "case_lead": lead.named(),
        "reviews": _review(lead, at_ms, reviewed_ms, held=False),
        "status": "open",
    }
    draft = life.pen.new("self_harm_monitoring", at_ms, values)
    life.pen.act(at_ms, lead, draft)
    closes_ms = min(life.at_day(at_ms + life.days(*CARE_DAYS)), ends_ms - HOUR_MS)
    _look(life, draft, site, (at_ms, closes_ms))
    if reviewed_ms < closes_ms:
        held = _review(lead, reviewed_ms, max(closes_ms, reviewed_ms + DAY_MS), held=True)
        life.pen.act(reviewed_ms, lead, life.pen.more(draft, {"reviews": held}))
    if closes_ms > at_ms:
        after_ms = closes_ms + AFTER_CLOSE_DAYS * DAY_MS
        closed = {
            "reviews": _review(lead, closes_ms, after_ms, held=True),
            "closed_reason": lead.signed(
                "Safer; reviewed with the person and the wing.", closes_ms
            ),
            "status": "closed",
        }
        life.pen.act(closes_ms, lead, life.pen.more(draft, closed))
        while after_ms < life.pen.until_ms:
            # Each review sets the day of another: a care plan is looked at long after its close.
            seen = _review(lead, after_ms, after_ms + REVIEWED_DAYS * DAY_MS, held=True)
            life.pen.act(after_ms, lead, life.pen.more(draft, {"reviews": seen}))
            after_ms += REVIEWED_DAYS * DAY_MS


def _look(life: Life, draft: WrittenDraft, site: Site, span: tuple[int, int]) -> None:
    """An assessment first, and then a look within every twelve hours until the care ends."""
    moment, contact = span[0] + LOOK_HOURS[0] * HOUR_MS, "ASSESSMENT"
    while moment < span[1] - HOUR_MS:
        by = life.chance.choice(site.members)
        seen = {"contact": contact, "seen_at": moment}
        text = by.signed(life.chance.choice(LOOKED_TEXTS), moment)
        life.pen.act(moment, by, life.pen.more(draft, {"observations": {**seen, **text}}))
        moment += life.chance.randint(*LOOK_HOURS) * HOUR_MS
        contact = "OBSERVATION"


def _review(by: Member, at_ms: int, due_ms: int, *, held: bool) -> dict[str, Any]:
    return {
        "due_on": day_of(due_ms),
        "author": by.name,
        "written_on": at_ms,
        "held_on": day_of(at_ms) if held else None,
    }


def _named(by: Member) -> dict[str, str]:
    return {"staff_id": by.staff_hex, "staff_name": by.name}


def _step(before: str | None, after: str) -> dict[str, str | None]:
    return {"from": before, "to": after}
