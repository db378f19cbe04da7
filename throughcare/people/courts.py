"""A synthetic person at court: hearings, the sentence or order, its requirements and its dates."""

from typing import Any, Final

import msgspec

from casework.rules.rows import DAY_MS, HOUR_MS
from throughcare.people.life import Life, day_of
from throughcare.people.offices import Member
from throughcare.people.pen import WrittenDraft

COURTS: Final = (
    ("Leeds Crown Court", "CC"),
    ("Sheffield Crown Court", "CC"),
    ("Leeds Magistrates Court", "MC"),
    ("Wakefield Magistrates Court", "MC"),
)
OFFENCES: Final = (
    ("Theft from a shop", "TH68010"),
    ("Burglary of a dwelling", "TH68036"),
    ("Assault occasioning actual bodily harm", "OF61102"),
    ("Robbery", "TH68023"),
    ("Possession of a controlled drug with intent to supply", "MD71231"),
    ("Driving while disqualified", "RT88334"),
    ("Harassment in breach of a restraining order", "PH97012"),
)
CUSTODY_TYPE: Final = "2020/ADIMP"
ORDER_TYPE: Final = "2020/COMMUNITY"
SENTENCED_OUTCOME: Final = "1002"
ORDERED_OUTCOME: Final = "1116"
REQUIREMENTS: Final = (("RAR", (10, 30)), ("UPW", (40, 200)), ("DRR", (6, 12)), ("ATR", (6, 12)))
PROTECTED_TEXT: Final = "As the order says; times to be agreed with the officer."
CURFEW_DAYS_BEFORE: Final = 180


class Sentenced(msgspec.Struct, frozen=True):
    """A sentence as it was recorded, and its requirements by type."""

    draft: WrittenDraft
    requirements: dict[str, str]

    @property
    def record(self) -> str:
        """Its record, as others name it."""
        return self.draft.record.hex()


def pass_sentence(life: Life, at_ms: int, by: Member, checker: Member, months: int) -> Sentenced:
    """A custodial sentence: the hearing, the warrant, and a second reading of it."""
    term = {"type": "IMP", "months": months}
    terms = _terms(life, at_ms, CUSTODY_TYPE, term)
    draft = _record(life, at_ms, by, terms, SENTENCED_OUTCOME)
    version = {"version": {"approved": True, "content": terms}}
    life.pen.act(at_ms + 3 * HOUR_MS, checker, life.pen.more(draft, version))
    return Sentenced(draft, {})


def pass_order(life: Life, at_ms: int, ends_ms: int) -> Sentenced:
    """A community order with its requirements."""
    months = round((ends_ms - at_ms) / (30 * DAY_MS))
    terms = _terms(life, at_ms, ORDER_TYPE, {"type": "SUP", "months": months})
    draft = _record(life, at_ms, life.com, terms, ORDERED_OUTCOME)
    made: dict[str, str] = {}
    for kind, (least, most) in life.chance.sample(REQUIREMENTS, life.chance.choice((1, 1, 2))):
        values = {
            "sentence": draft.record.hex(),
            "type": kind,
            "length": life.chance.randint(least, most),
            "from_day": day_of(at_ms),
            "to_day": day_of(ends_ms),
            "detail": life.com.signed(PROTECTED_TEXT, at_ms),
            "status": "open",
        }
        requirement = life.pen.new("requirement", at_ms, values)
        life.pen.act(at_ms + HOUR_MS, life.com, requirement)
        made[kind] = requirement.record.hex()
    return Sentenced(draft, made)


def end_sentence(life: Life, at_ms: int, by: Member, sentence: Sentenced, why: str) -> None:
    """The sentence has been served, or a court has revoked the order."""
    ended = {"status": "closed", "ended_reason": by.signed(why, at_ms)}
    life.pen.act(at_ms, by, life.pen.more(sentence.draft, ended))


def credit_remand(life: Life, from_ms: int, to_ms: int, by: Member, sentence: Sentenced) -> None:
    """The days on remand count towards the sentence."""
    values = {
        "type": "REMAND",
        "sentence": sentence.record,
        "from_day": day_of(from_ms),
        "to_day": day_of(to_ms),
        "days": max(1, (to_ms - from_ms) // DAY_MS),
        "status": "open",
    }
    at_ms = to_ms + 4 * HOUR_MS
    life.pen.act(at_ms, by, life.pen.new("sentence_adjustment", at_ms, values))


def calculate(
    life: Life, at_ms: int, staff: tuple[Member, Member], reason: str, **moments: int
) -> None:
    """A calculation of the key dates by one member of staff, checked by another."""
    by, checker = staff
    life.calculations += 1
    content: dict[str, Any] = {
        "calculation_version": life.calculations,
        "reason": reason,
        "calculated_on": day_of(at_ms),
        "calculated_by": by.name,
        "checked_by": None,
        "is_indeterminate": False,
        **{name: day_of(moment) for name, moment in moments.items()},
    }
    draft = life.pen.single("key_dates", {"version": {"approved": False, "content": content}})
    life.pen.act(at_ms, by, draft)
    checked = {"version": {"approved": True, "content": {**content, "checked_by": checker.name}}}
    life.pen.act(at_ms + 2 * HOUR_MS, checker, life.pen.single("key_dates", checked))


def _terms(life: Life, at_ms: int, sort: str, term: dict[str, Any]) -> dict[str, Any]:
    court, court_type = life.chance.choice(COURTS)
    offence, code = life.chance.choice(OFFENCES)
    return {
        "court": court,
        "court_type": court_type,
        "sentenced_on": day_of(at_ms),
        "type": sort,
        "offence": offence,
        "offence_code": code,
        "terms": [term],
        "is_suspended": False,
    }


def _record(
    life: Life, at_ms: int, by: Member, terms: dict[str, Any], outcome: str
) -> WrittenDraft:
    hearing = {
        "court": terms["court"],
        "court_type": terms["court_type"],
        "hearing_on": day_of(at_ms),
        "case_reference": None,
        "result": {"outcome": outcome, "author": by.name, "written_on": at_ms},
        "status": "open",
    }
    life.pen.act(at_ms, by, life.pen.new("court_appearance", at_ms, hearing))
    values = {"version": {"approved": False, "content": terms}, "status": "open"}
    draft = life.pen.new("sentence", at_ms, values)
    life.pen.act(at_ms, by, draft)
    return draft
