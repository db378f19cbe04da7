"""Who read a synthetic person's record out of turn, saw them, or decided against the rules."""

from typing import Final

from casework.rules.rows import DAY_MS, HOUR_MS
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member, Site

READ_SHARE: Final = 0.08
GLASS_SHARE: Final = 0.04
SEEN_SHARE: Final = 0.3
CHECK_INS_PER_DAY: Final = 1 / 90
OVERRIDE_SHARE: Final = 0.03


def read_out_of_turn(life: Life, begins_ms: int, ends_ms: int, site: Site) -> None:
    """Somebody reads with a reason; some break the glass, and somebody else looks at why."""
    by, reviewer = life.chance.sample(site.members, 2)
    at_ms = life.at_day(begins_ms + (ends_ms - begins_ms) // 2)
    if life.happens(READ_SHARE):
        values = {
            "staff": by.named(),
            "occurred_at": at_ms,
            "reason": "Asked by the duty governor for the parole dossier.",
        }
        life.pen.act(at_ms, by, life.pen.new("consultation", at_ms, values))
    if life.happens(GLASS_SHARE):
        values = {
            "staff": by.named(),
            "occurred_at": at_ms,
            "reason": "A cousin rang the duty line afraid for the person's life.",
            "minutes": 30,
        }
        draft = life.pen.new("break_glass", at_ms, values)
        life.pen.act(at_ms, by, draft)
        looked_ms = at_ms + DAY_MS
        looked = {
            "is_justified": True,
            "text": "Right to look.",
            "staff_id": reviewer.staff_hex,
            "author": reviewer.name,
            "written_on": looked_ms,
        }
        life.pen.act(looked_ms, reviewer, life.pen.more(draft, {"reviews": looked}))


def check_in(life: Life, begins_ms: int, ends_ms: int) -> None:
    """Online check-ins between appointments; most are answered and looked at."""
    com, pen = life.com, life.pen
    for at_ms in life.moments(begins_ms, ends_ms, CHECK_INS_PER_DAY):
        values = {
            "due_on": day_of(at_ms + 3 * DAY_MS),
            "officer": com.named(),
            "status": {"from": None, "to": "CREATED"},
        }
        draft = pen.new("check_in", at_ms, values)
        pen.act(at_ms, com, draft)
        answered_ms = at_ms + DAY_MS
        if not life.happens(0.85):
            late = {"status": {"from": "CREATED", "to": "EXPIRED"}}
            pen.act(at_ms + 4 * DAY_MS, com, pen.more(draft, late))
            continue
        answered = {
            "submitted_at": answered_ms,
            "face_match": "match",
            "status": {"from": "CREATED", "to": "SUBMITTED"},
        }
        pen.act(answered_ms, com, pen.more(draft, answered))
        reviewed = {
            "review": com.signed("Read; all well.", answered_ms + 4 * HOUR_MS),
            "status": {"from": "SUBMITTED", "to": "REVIEWED"},
        }
        pen.act(answered_ms + 4 * HOUR_MS, com, pen.more(draft, reviewed))


def seen_in_town(life: Life, at_ms: int) -> None:
    """While nobody has the person, an officer hears where they are."""
    if not life.happens(SEEN_SHARE):
        return
    values = {
        "occurred_at": at_ms,
        "where": "By the market in the town",
        "how": "told",
        "seen_by": "A neighbour",
        "status": "open",
    }
    life.pen.act(at_ms + HOUR_MS, life.com, life.pen.new("seen_in_community", at_ms, values))


def decide_otherwise(life: Life, at_ms: int, by: Member) -> None:
    """A senior decides that the community leads already, against the rules."""
    if not life.happens(OVERRIDE_SHARE):
        return
    reasons = {"code": "community_team_to_work_with_offender"}
    text = by.signed("Known to the team for years.", at_ms)
    values = {"responsibility": "CustodyWithCom", "reasons": {**reasons, **text}}
    life.pen.act(at_ms, by, life.pen.single("responsibility_override", values))
    back = {"responsibility": None}
    life.pen.act(at_ms + 60 * DAY_MS, by, life.pen.single("responsibility_override", back))


def long_sentence(life: Life, at_ms: int, release_ms: int, by: Member) -> None:
    """A long sentence: assessed for early allocation, and reviewed for parole before release."""
    assessed = {
        "assessed_on": day_of(at_ms),
        "prison": by.office,
        "automatic_reasons": [],
        "discretionary_reasons": ["high_risk_of_serious_harm"],
        "explanation": "Two earlier convictions for violence.",
        "status": "open",
    }
    early = life.pen.new("early_allocation", at_ms, assessed)
    life.pen.act(at_ms, by, early)
    decided_ms = life.at_day(at_ms + 20 * DAY_MS)
    decided = {
        "community_decision": "ineligible",
        "decided_on": day_of(decided_ms),
        "grounds": life.com.signed("The usual handover is early enough.", decided_ms),
    }
    life.pen.act(decided_ms, life.com, life.pen.more(early, decided))
    review_ms = life.at_day(release_ms - 150 * DAY_MS)
    if review_ms <= decided_ms:
        return
    parole = life.pen.new(
        "parole",
        review_ms,
        {
            "review_status": {"from": None, "to": "active"},
            "target_hearing_on": day_of(release_ms - 60 * DAY_MS),
            "custody_report_due_on": day_of(release_ms - 90 * DAY_MS),
            "outcome": None,
            "outcome_received_on": None,
        },
    )
    life.pen.act(review_ms, by, parole)
