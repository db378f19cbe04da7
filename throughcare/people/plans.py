"""What is found out about a synthetic person and planned with them: assessment, plan, registers."""

from typing import Any, Final

from casework.rules.rows import DAY_MS, HOUR_MS
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member
from throughcare.people.pen import WrittenDraft

AREAS: Final = (
    "ACCOMMODATION",
    "EDUCATION_TRAINING_AND_EMPLOYABILITY",
    "RELATIONSHIPS",
    "DRUG_MISUSE",
    "ALCOHOL_MISUSE",
    "THINKING_AND_BEHAVIOUR",
)
GOALS: Final = {
    "ACCOMMODATION": ("Have a place of my own to go to", "Fill in the housing form"),
    "EDUCATION_TRAINING_AND_EMPLOYABILITY": ("Get a trade", "Ask for the bricklaying course"),
    "RELATIONSHIPS": ("Be in my daughter's life again", "Write to her mother once a month"),
    "DRUG_MISUSE": ("Stay clean", "See the recovery worker every week"),
    "ALCOHOL_MISUSE": ("Drink less than I did", "Keep the diary for four weeks"),
    "THINKING_AND_BEHAVIOUR": ("Stop before I hit out", "Finish the thinking skills course"),
}
REGISTERS: Final = ("ADVP", "RCHD", "RVLN", "ALSH", "STRG", "IIOM")
REGISTER_SHARE: Final = 0.3
MAPPA_SHARE: Final = 0.12
REVIEW_DAYS: Final = 84
LATE_SHARE: Final = 0.1
LATE_DAYS: Final = 10
GROUNDS: Final = "From the papers of the case and the interview; police asked."


def assess(life: Life, at_ms: int, by: Member) -> None:
    """A completed assessment, countersigned by a senior."""
    sections = [
        {
            "area": area,
            "answers": [
                {"question": f"{number}.{part}", "score": life.chance.randint(0, 2)}
                for part in (1, 2, 3)
            ],
            "is_linked_to_offending": life.happens(0.4),
        }
        for number, area in enumerate(AREAS, 1)
    ]
    content = {
        "completed_on": day_of(at_ms),
        "assessor": by.named(),
        "sections": sections,
        "analysis": GROUNDS,
    }
    values = {"tool": "OASYS_LAYER_3", "version": {"approved": False, "content": content}}
    draft = life.pen.new("assessment", at_ms, values)
    life.pen.act(at_ms, by, draft)
    signed = {"version": {"approved": True, "content": content}, "countersigned_by": by.name}
    life.pen.act(at_ms + 2 * HOUR_MS, by, life.pen.more(draft, signed))


def plan(life: Life, at_ms: int, ends_ms: int, by: Member, sentence: str) -> None:
    """A sentence plan with goals and steps that are reached, or not, before the end."""
    values = {
        "sentence": sentence,
        "begun_on": day_of(at_ms),
        "agreement": {"answer": "AGREED", "asked_on": day_of(at_ms), "reason": None},
        "countersigning": _step(None, "UNSIGNED"),
        "status": "open",
    }
    draft = life.pen.new("sentence_plan", at_ms, values)
    life.pen.act(at_ms, by, draft)
    signed = {"countersigning": _step("UNSIGNED", "SELF_SIGNED")}
    life.pen.act(at_ms + HOUR_MS, by, life.pen.more(draft, signed))
    for area in life.chance.sample(AREAS, life.chance.choice((1, 2, 2, 3))):
        _goal(life, at_ms + 2 * HOUR_MS, ends_ms, by, (draft.record.hex(), area))


def predict(life: Life, at_ms: int, by: Member) -> None:
    """The predictors, calculated from the record and the interview."""
    scores = {
        "all_reoffending": life.chance.randint(500, 8_500),
        "all_reoffending_basis": "dynamic",
        "serious_reoffending": life.chance.randint(5, 600),
        "serious_reoffending_basis": "static",
    }
    values = {
        "calculated_on": day_of(at_ms),
        "scores": scores,
        "ever_sexual_offence": life.happens(0.08),
        "status": "open",
    }
    life.pen.act(at_ms, by, life.pen.new("predictors", at_ms, values))


def register(life: Life, at_ms: int, by: Member) -> None:
    """Entries on registers, and MAPPA, each with its next review."""
    if life.happens(REGISTER_SHARE):
        _register(life, at_ms, by, {"register": life.chance.choice(REGISTERS)})
    if life.happens(MAPPA_SHARE):
        category = life.chance.choice(("M1", "M2", "M2", "M3"))
        levels = ("M2", "M3") if category == "M3" else ("M1", "M1", "M2")
        level = life.chance.choice(levels)
        mappa = {"register": "MAPP", "mappa_level": level, "mappa_categories": category}
        _register(life, at_ms + HOUR_MS, by, mappa)


def _register(life: Life, at_ms: int, by: Member, what: dict[str, Any]) -> None:
    if str(what["register"]) in life.registers:
        return
    life.registers.add(str(what["register"]))
    values = {
        **what,
        "registered_on": day_of(at_ms),
        "reviews": {**_review(by, at_ms), "held_on": None},
        "grounds": by.signed(GROUNDS, at_ms),
        "status": "open",
    }
    draft = life.pen.new("registration", at_ms, values)
    life.pen.act(at_ms, by, draft)
    held_ms = life.at_day(at_ms + REVIEW_DAYS * DAY_MS)
    while held_ms < life.pen.until_ms:
        held = {"reviews": {**_review(by, held_ms), "held_on": day_of(held_ms)}}
        life.pen.act(held_ms, by, life.pen.more(draft, held))
        late_days = LATE_DAYS if life.happens(LATE_SHARE) else 0
        held_ms = life.at_day(held_ms + (REVIEW_DAYS + late_days) * DAY_MS)


def _goal(life: Life, at_ms: int, ends_ms: int, by: Member, of: tuple[str, str]) -> None:
    sentence_plan, area = of
    title, step = GOALS[area]
    values = {
        "sentence_plan": sentence_plan,
        "title": title,
        "area_of_need": area,
        "target_on": day_of(ends_ms),
        "status": _step(None, "ACTIVE"),
    }
    goal = life.pen.new("plan_goal", at_ms, values)
    life.pen.act(at_ms, by, goal)
    doing = {
        "plan_goal": goal.record.hex(),
        "description": step,
        "doer": "PERSON_ON_PROBATION",
        "status": _step(None, "NOT_STARTED"),
    }
    first = life.pen.new("plan_step", at_ms + HOUR_MS, doing)
    life.pen.act(at_ms + HOUR_MS, by, first)
    _reach(life, at_ms + HOUR_MS, ends_ms, by, (goal, first))


def _reach(
    life: Life, at_ms: int, ends_ms: int, by: Member, made: tuple[WrittenDraft, WrittenDraft]
) -> None:
    goal, step = made
    begun_ms = at_ms + (ends_ms - at_ms) // 3
    done_ms = at_ms + 2 * (ends_ms - at_ms) // 3
    is_begun = begun_ms > at_ms and life.happens(0.7)
    is_done = is_begun and life.happens(0.6)
    if is_begun:
        begun = {"status": _step("NOT_STARTED", "IN_PROGRESS")}
        life.pen.act(begun_ms, by, life.pen.more(step, begun))
    if is_done:
        done = {"status": _step("IN_PROGRESS", "COMPLETED")}
        life.pen.act(done_ms, by, life.pen.more(step, done))
    ended_ms = done_ms + HOUR_MS if is_done else max(at_ms + HOUR_MS, ends_ms - DAY_MS)
    ended = {"status": _step("ACTIVE", "ACHIEVED" if is_done else "REMOVED")}
    life.pen.act(ended_ms, by, life.pen.more(goal, ended))


def _review(by: Member, at_ms: int) -> dict[str, Any]:
    return {
        "due_on": day_of(at_ms + REVIEW_DAYS * DAY_MS),
        "author": by.name,
        "written_on": at_ms,
    }


def _step(before: str | None, after: str) -> dict[str, str | None]:
    return {"from": before, "to": after}
