"""What came of appointments of a synthetic person, and what was done about failures to comply."""

from typing import Any, Final

from casework.reference.reader import codes
from casework.rules.rows import DAY_MS, HOUR_MS
from throughcare.people.life import Life, day_of
from throughcare.people.pen import WrittenDraft

RESPONSE_DAYS: Final = 7
DANGER_SHARE: Final = 0.01
DANGERS: Final = (
    "threatened_staff",
    "weapon_seen",
    "dangerous_animal",
    "unknown_others_present",
    "under_the_influence",
)
LETTERS: Final = ("EA02", "EA03", "IBR")
"""A first and a second warning letter, then breach."""

WITHDRAWN_SHARE: Final = 0.1
ANSWERED_SHARE: Final = 0.93
EXCUSES: Final = (
    "Says that the day was forgotten; told what comes next.",
    "Gave no reason, and agreed to come to the next appointment.",
    "Says that there was no money for the bus; shown how to ask for a warrant.",
)
ANSWERS: Final = (
    "Hospital letter shown; the absence was accepted.",
    "Shift changed at short notice; employer confirmed by telephone.",
)


def record_outcome(life: Life, at_ms: int, appointment: str, code: str) -> None:
    """What the officer says came of an appointment, by the code's own meaning."""
    columns = codes("contact_outcomes")[code].columns
    values: dict[str, Any] = {
        "appointment": appointment,
        "assertion": {
            "code": code,
            "author": life.com.name,
            "written_on": at_ms,
            "attended": _says(columns["attended"]),
            "complied": _says(columns["complied"]),
            "enforceable": _says(columns["enforceable"]),
            "minutes_credited": None,
        },
        "status": "open",
    }
    if life.happens(DANGER_SHARE):
        values[life.chance.choice(DANGERS)] = True
    life.pen.act(at_ms, life.com, life.pen.new("outcome", at_ms, values))


def act_on(life: Life, failed_ms: int, appointment: str, sentence: str, count: int) -> None:
    """The step that this failure calls for; some letters are withdrawn on a good answer."""
    pen, at_ms = life.pen, life.at_day(failed_ms + DAY_MS)
    values = {
        "appointment": appointment,
        "sentence": sentence,
        "action": LETTERS[min(count, len(LETTERS)) - 1],
        "taken_on": day_of(at_ms),
        "respond_by": day_of(at_ms + RESPONSE_DAYS * DAY_MS),
        "officer": life.com.named(),
        "status": "open",
    }
    draft = pen.new("enforcement", at_ms, values)
    pen.act(at_ms, life.com, draft)
    answered_ms = life.at_day(at_ms + 4 * DAY_MS)
    if count < len(LETTERS) and life.happens(WITHDRAWN_SHARE):
        answer = life.com.signed(life.chance.choice(ANSWERS), answered_ms)
        pen.act(answered_ms, life.com, pen.more(draft, {"status": "closed", "response": answer}))
    elif life.happens(ANSWERED_SHARE):
        answer = life.com.signed(life.chance.choice(EXCUSES), answered_ms)
        pen.act(answered_ms, life.com, pen.more(draft, {"response": answer}))


def begin_breach(life: Life, at_ms: int, sentence: str) -> WrittenDraft:
    """Breach proceedings begin."""
    values = {
        "sentence": sentence,
        "begun_by": "AIBR",
        "begun_on": day_of(at_ms),
        "status": "open",
    }
    draft = life.pen.new("breach", at_ms, values)
    life.pen.act(at_ms, life.com, draft)
    return draft


def end_breach(life: Life, at_ms: int, breach: WrittenDraft, code: str) -> None:
    """The court, or recall, ended them."""
    end = {"code": code, "ended_on": day_of(at_ms)}
    life.pen.act(at_ms + HOUR_MS, life.com, life.pen.more(breach, {"end": end}))


def _says(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text)
