"""What a synthetic person does to change: programmes inside, services outside, and resettlement.

A move interrupts both: what was begun in one place is taken up again in the next, or is not.
"""

from typing import Any, Final

import msgspec

from casework.reference import in_use
from casework.rules.rows import DAY_MS, HOUR_MS
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member
from throughcare.people.pen import WrittenDraft

PROGRAMMES: Final = ("BCM-2", "BCH-2", "BCM-1")
SESSIONS: Final = 12
SESSION_DAYS: Final = 7
SESSION_MINUTES: Final = 90
SERVICES: Final = (
    ("ACC", "Harbour Homes"),
    ("ETE", "Lantern Training"),
    ("DNR", "Willow Recovery"),
)
PATHWAYS: Final = (
    "ACCOMMODATION",
    "ATTITUDES_THINKING_AND_BEHAVIOUR",
    "CHILDREN_FAMILIES_AND_COMMUNITY",
    "DRUGS_AND_ALCOHOL",
    "EDUCATION_SKILLS_AND_WORK",
    "FINANCE_AND_ID",
    "HEALTH",
)
WITHDRAWN_SHARE: Final = 0.15


class Begun(msgspec.Struct, frozen=True):
    """An intervention that is on its way, the officer of the place, and how many were held."""

    draft: WrittenDraft
    state: str
    held: int


def start_programme(life: Life, at_ms: int, by: Member) -> Begun | None:
    """A prison refers the person to a programme and assesses them, within some weeks."""
    values = {
        "programme": life.chance.choice(PROGRAMMES),
        "referred_by": by.named(),
        "provider": "Programme team",
        "delivered_at": by.office,
        "sessions_planned": SESSIONS,
        "status": _step(None, "REFERRAL_STARTED"),
    }
    draft = life.pen.new("programme", at_ms, values)
    if not life.pen.act(at_ms, by, draft):
        return None
    states = (
        "REFERRAL_SUBMITTED",
        "AWAITING_ASSESSMENT",
        "ASSESSMENT_STARTED",
        "ASSESSED_SUITABLE",
        "ON_PROGRAMME",
    )
    before = "REFERRAL_STARTED"
    for number, after in enumerate(states, 1):
        moment = at_ms + number * 3 * DAY_MS
        life.pen.act(moment, by, life.pen.more(draft, {"status": _step(before, after)}))
        before = after
    life.marks.add("programme")
    return Begun(draft, before, 0)


def attend_programme(
    life: Life, begun: Begun, begins_ms: int, ends_ms: int, by: Member
) -> Begun | None:
    """Sessions at one place until the move or the end; None once it is complete."""
    pen = life.pen
    if begun.draft.values["delivered_at"] != by.office and begun.held:
        moved = {"delivered_at": by.office}
        pen.act(begins_ms, by, pen.more(begun.draft, moved))
        life.marks.add("resumed")
    held, moment = begun.held, begins_ms + DAY_MS
    while moment < ends_ms - DAY_MS and held < SESSIONS:
        _session(life, life.at_day(moment), begun.draft.record.hex(), by)
        held += 1
        moment += SESSION_DAYS * DAY_MS
    if held < SESSIONS:
        return Begun(begun.draft, begun.state, held)
    done = {"status": _step(begun.state, "PROGRAMME_COMPLETE")}
    pen.act(moment + HOUR_MS, by, pen.more(begun.draft, done))
    return None


def refer(life: Life, at_ms: int, ends_ms: int) -> None:
    """The community officer refers to a service; plan, sessions and the report of the end."""
    contract, provider = life.chance.choice(SERVICES)
    category = in_use.service_categories(contract)[0]
    outcome = life.chance.choice(in_use.desired_outcomes(category))
    levels = in_use.complexity_levels(category)
    com, pen = life.com, life.pen
    values = {
        "contract_type": contract,
        "services": [
            {"service_category": category, "complexity_level": levels[len(levels) // 2],
             "desired_outcomes": [outcome]}
        ],
        "provider": provider,
        "reference": f"{contract}{life.number:06d}",
        "referred_by": com.named(),
        "delivered_at": life.unit.code,
        "needs": com.signed("Needs somebody who goes along to the first meetings.", at_ms),
        "status": _step(None, "sent"),
        "conclusion": None,
    }  # fmt: skip
    draft = pen.new("referral", at_ms, values)
    if not pen.act(at_ms, com, draft):
        return
    planned = _plan(life, at_ms, draft, outcome)
    life.marks.add("referral")
    sessions: list[str] = []
    moment = planned + 3 * DAY_MS
    is_withdrawn = life.happens(WITHDRAWN_SHARE)
    wanted = life.chance.randint(3, 6)
    while len(sessions) < (1 if is_withdrawn else wanted) and moment < ends_ms - DAY_MS:
        sessions.append(_session(life, life.at_day(moment), draft.record.hex(), com))
        if len(sessions) == 1:
            pen.act(moment + 12 * HOUR_MS, com,
                    pen.more(draft, {"status": _step("plan_approved", "sessions")}))  # fmt: skip
        moment += SESSION_DAYS * DAY_MS
    if sessions:
        _end_service(life, moment, draft, (outcome, sessions), is_withdrawn=is_withdrawn)


def settle_out(life: Life, at_ms: int, by: Member) -> None:
    """What resettlement needs, pathway by pathway, some weeks before release."""
    for pathway in life.chance.sample(PATHWAYS, 3):
        need = life.chance.choice(("SUPPORT_REQUIRED", "IN_PROGRESS", "SUPPORT_NOT_REQUIRED"))
        values = {"pathway": pathway, "need": need}
        draft = life.pen.new("resettlement_pathway", at_ms, values)
        life.pen.act(at_ms, by, draft)
        if need != "SUPPORT_NOT_REQUIRED" and life.happens(0.6):
            done_ms = life.at_day(at_ms + 14 * DAY_MS)
            life.pen.act(done_ms, by, life.pen.more(draft, {"need": "DONE"}))


def _plan(life: Life, at_ms: int, draft: WrittenDraft, outcome: str) -> int:
    """Assignment, assessment and an approved plan; returns when it was approved."""
    com, pen = life.com, life.pen
    assigned = {
        "caseworkers": {
            "staff_id": com.staff_hex, "staff_name": com.name, "assigned_on": day_of(at_ms)
        },
        "status": _step("sent", "assigned"),
    }  # fmt: skip
    pen.act(at_ms + DAY_MS, com, pen.more(draft, assigned))
    pen.act(at_ms + 3 * DAY_MS, com, pen.more(draft, {"status": _step("assigned", "assessed")}))
    submitted_ms = at_ms + 5 * DAY_MS
    content = {
        "activities": [{"desired_outcome": outcome, "description": "Weekly meetings, then less."}],
        "sessions_planned": 6,
        "submitted_on": day_of(submitted_ms),
    }
    values: dict[str, Any] = {
        "referral": draft.record.hex(),
        "version": {"approved": False, "content": content},
        "pending": "open",
    }
    plan = pen.new("action_plan", submitted_ms, values)
    pen.act(submitted_ms, com, plan)
    pen.act(
        submitted_ms + HOUR_MS, com,
        pen.more(draft, {"status": _step("assessed", "plan_submitted")}),
    )  # fmt: skip
    approved_ms = submitted_ms + DAY_MS
    approved = {"version": {"approved": True, "content": content}, "pending": "closed"}
    pen.act(approved_ms, com, pen.more(plan, approved))
    pen.act(
        approved_ms + HOUR_MS, com,
        pen.more(draft, {"status": _step("plan_submitted", "plan_approved")}),
    )  # fmt: skip
    return approved_ms


def _session(life: Life, at_ms: int, of: str, by: Member) -> str:
    is_inside = by.office != life.unit.code
    values = {
        "intervention": of,
        "appointment_type": "SERVICE_DELIVERY",
        "session_type": "GROUP" if is_inside else "ONE_TO_ONE",
        "delivery": "IN_PERSON_MEETING_OTHER"
        if is_inside
        else "IN_PERSON_MEETING_PROBATION_OFFICE",
        "delivered_at": by.office,
        "planned_at": at_ms,
        "minutes": SESSION_MINUTES,
        "instead_of": None,
        "status": "open",
    }
    draft = life.pen.new("intervention_session", at_ms - 6 * HOUR_MS, values)
    life.pen.act(at_ms - 6 * HOUR_MS, by, draft)
    came = life.chance.choices(("YES", "LATE", "NO"), weights=(85, 8, 7))[0]
    attendance = {
        "attended": came,
        "took_place": came != "NO",
        "no_session_reason": "POP_ACCEPTABLE" if came == "NO" else None,
        "author": by.name,
        "written_on": at_ms + 2 * HOUR_MS,
    }
    life.pen.act(at_ms + 2 * HOUR_MS, by, life.pen.more(draft, {"attendance": attendance}))
    return draft.record.hex()


def _end_service(
    life: Life, at_ms: int, draft: WrittenDraft, came: tuple[str, list[str]], *, is_withdrawn: bool
) -> None:
    outcome, sessions = came
    com, pen = life.com, life.pen
    achievement = (
        "NOT_ACHIEVED" if is_withdrawn else life.chance.choice(("ACHIEVED", "PARTIALLY_ACHIEVED"))
    )
    report = {
        "referral": draft.record.hex(),
        "occurred_at": at_ms,
        "reached": [{"desired_outcome": outcome, "achievement": achievement}],
    }
    pen.act(at_ms, com, pen.new("end_of_service", at_ms, report))
    pen.act(at_ms + HOUR_MS, com, pen.more(draft, {"status": _step("sessions", "end_of_service")}))
    concluded = {
        "status": _step("end_of_service", "concluded"),
        "conclusion": {
            "kind": "PREMATURELY_ENDED" if is_withdrawn else "COMPLETED",
            "reason": "withdrawal/MOV" if is_withdrawn else None,
            "concluded_on": day_of(at_ms),
            "sessions_seen": sessions,
        },
    }
    pen.act(at_ms + 2 * HOUR_MS, com, pen.more(draft, concluded))


def _step(before: str | None, after: str) -> dict[str, str | None]:
    return {"from": before, "to": after}
