"""The values that the records of a story about a whole sentence hold. All people are synthetic."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sync_protocol.author import Draft
from sync_protocol.ids import derived_id

HOUR_MS: Final = 3_600_000
COURT: Final = {"court": "Leeds Crown Court", "court_type": "CC"}
WRITER: Final = "A. Story"
MOVES: Final[Mapping[str, tuple[str, str, str]]] = {
    "from court": ("ADM", "I", "IN"),
    "from another prison": ("ADM", "INT", "IN"),
    "on recall": ("ADM", "L", "IN"),
    "sends": ("TRN", "NOTR", "OUT"),
    "lets out": ("TAP", "20", "OUT"),
    "has back": ("TAP", "20", "IN"),
    "released on licence": ("REL", "CR", "OUT"),
    "released at the end of the sentence": ("REL", "SC", "OUT"),
}
PROGRAMME_STEPS: Final = (
    ("REFERRAL_STARTED", "REFERRAL_SUBMITTED"),
    ("REFERRAL_SUBMITTED", "AWAITING_ASSESSMENT"),
    ("AWAITING_ASSESSMENT", "ASSESSMENT_STARTED"),
    ("ASSESSMENT_STARTED", "ASSESSED_SUITABLE"),
    ("ASSESSED_SUITABLE", "ON_PROGRAMME"),
)
RECALL_STEPS: Final = (("RECALL_DECIDED", "SENT_TO_PPCS"),)
LICENCE_STEPS: Final = {
    "SUBMITTED": "IN_PROGRESS",
    "APPROVED": "SUBMITTED",
    "ACTIVE": "APPROVED",
    "RECALLED": "ACTIVE",
}


def staff_id(name: str) -> str:
    """The id by which a story knows a member of staff."""
    return derived_id(name.encode()).hex()


def member(name: str, team: str) -> dict[str, str]:
    """A member of staff as records name them."""
    return {"staff_id": staff_id(name), "staff_name": name, "team": team}


def signed(text: str, at_ms: int) -> dict[str, Any]:
    """A text with its author."""
    return {"text": text, "author": WRITER, "written_on": at_ms}


def hearing(day: str, at_ms: int) -> dict[str, Any]:
    """The hearing at which the sentence was passed."""
    result = {"outcome": "1002", "author": WRITER, "written_on": at_ms}
    return {
        **COURT, "hearing_on": day, "case_reference": None, "result": result, "status": "open"
    }  # fmt: skip


def sentence(day: str, months: int) -> dict[str, Any]:
    """A determinate sentence, read by two people."""
    terms = {
        **COURT,
        "sentenced_on": day,
        "type": "2020/ADIMP",
        "offence": "Burglary of a dwelling",
        "terms": [{"type": "IMP", "months": months}],
    }
    return {"version": {"approved": True, "content": terms}, "status": "open"}


def key_dates(day: str, days: tuple[str, str, str], version: int = 1) -> dict[str, Any]:
    """The dates of a sentence, calculated and checked; the second time after recall."""
    start, release, ends = days
    content: dict[str, Any] = {
        "calculation_version": version,
        "reason": "NEW" if version == 1 else "LR",
        "calculated_on": day,
        "calculated_by": WRITER,
        "checked_by": "B. Story",
        "sentence_start": start,
        "conditional_release": release,
        "licence_expiry": ends,
        "sentence_expiry": ends,
    }
    if version > 1:
        content["post_recall_release"] = content.pop("conditional_release")
    return {"version": {"approved": True, "content": content}}


def assignment(officer: str, team: str, day: str, other: str | None) -> dict[str, Any]:
    """Who is responsible, and who supports."""
    supporting = {"staff_id": staff_id(other), "staff_name": other} if other else None
    return {
        **member(officer, team),
        "side": "community" if team.startswith("N") else "prison",
        "effective_from": day,
        "supporting": supporting,
    }


def movement(what: str, code: str, to: str | None, at_ms: int) -> dict[str, Any]:
    """A movement by the word that the story has for it."""
    sort, reason, direction = MOVES[what]
    places = (None, code) if direction == "IN" else (code, to)
    return {
        "type": sort,
        "reason": reason,
        "direction": direction,
        "from_place": places[0],
        "to_place": places[1],
        "escort": None,
        "occurred_at": at_ms,
    }


def release(
    code: str, at_ms: int, about: Mapping[str, str | None], seen: Sequence[str]
) -> dict[str, Any]:
    """A release, with the recalls that its author was shown."""
    return {
        "occurred_at": at_ms,
        "from_place": code,
        "reason": "CR" if about["licence"] else "SC",
        "authorised_by": WRITER,
        **about,
        "movement": None,
        "going_to": "12 Heron Walk, Leeds",
        "recalls_seen": list(seen),
        "despite_recall": None,
        "status": "open",
    }


def absence(code: str, days: tuple[str, str], at_ms: int) -> dict[str, Any]:
    """An authorisation of days out, with the first outing today."""
    outing = {"number": "1", "out_at": at_ms, "back_at": at_ms + 9 * HOUR_MS, "going_to": None}
    return {
        "prison": code,
        "type": "SR",
        "sub_type": "RDR",
        "reason_category": "PW",
        "reason": "R15",
        "valid_from": days[0],
        "valid_to": days[1],
        "going_to": "A warehouse in the town",
        "accompanied_by": None,
        "transport": None,
        "approval": {"from": None, "to": "APPROVED"},
        "occurrence": outing,
        "status": "open",
    }


def programme(code: str) -> dict[str, Any]:
    """A referral to a programme."""
    return {
        "programme": "BCM-2",
        "referred_by": member("Priya", code),
        "provider": "Programme team",
        "delivered_at": code,
        "sessions_planned": 4,
        "status": {"from": None, "to": "REFERRAL_STARTED"},
    }


def session(code: str, of: str | None, at_ms: int) -> dict[str, Any]:
    """A session that was held."""
    attendance = {
        "attended": "YES",
        "took_place": True,
        "no_session_reason": None,
        "author": WRITER,
        "written_on": at_ms,
    }
    return {
        "intervention": of,
        "appointment_type": "SERVICE_DELIVERY",
        "session_type": "GROUP",
        "delivery": "IN_PERSON_MEETING_OTHER",
        "delivered_at": code,
        "planned_at": at_ms,
        "minutes": 90,
        "instead_of": None,
        "attendance": attendance,
        "status": "open",
    }


def handover(day: str) -> dict[str, Any]:
    """A handover with all that it needs."""
    return {
        "status": "closed",
        "resourcing": "enhanced",
        "reviewed_oasys": "open",
        "contacted_com": "open",
        "sent_handover_report": "open",
        "attended_handover_meeting": "open",
        "meeting_on": day,
        "handed_over_on": day,
    }


def licence(day: str, of: str | None) -> dict[str, Any]:
    """A licence as the community officer writes it."""
    content = {
        "number": 1,
        "policy_version": "4.0",
        "starts_on": day,
        "ends_on": None,
        "standard": ["GOOD_BEHAVIOUR", "NO_OFFENCE", "KEEP_IN_TOUCH"],
        "additional": [],
        "bespoke": [],
    }
    return {
        "licence_kind": "CRD",
        "licence_type": "AP",
        "licence": None,
        "sentence": of,
        "version": {"approved": False, "content": content},
        "status": {"from": None, "to": "IN_PROGRESS"},
    }


def licence_step(made: Mapping[str, Draft], state: str) -> dict[str, Any]:
    """The next step of a licence; approval binds the version that was written."""
    step: dict[str, Any] = {"status": {"from": LICENCE_STEPS[state], "to": state}}
    if state == "APPROVED":
        version = made["licence"].values["version"]
        step["version"] = {**version, "approved": True}
    if state == "RECALLED":
        step["ended_for"] = "STANDARD_RECALL"
    return step


def appointment(code: str, at_ms: int, of: str | None) -> dict[str, Any]:
    """A home visit."""
    return {
        "type": "CHVS",
        "slot": {"starts_at": at_ms - HOUR_MS, "ends_at": at_ms - HOUR_MS // 2},
        "place": "12 Heron Walk, Leeds",
        "officer": member("Morgan", code),
        "sentence": of,
        "requirement": None,
        "licence": None,
        "status": "open",
    }


def outcome(of: str | None, code: str, at_ms: int) -> dict[str, Any]:
    """What came of it, with a danger that was seen at the door."""
    complied = code == "ATTC"
    asserted = {
        "code": code,
        "author": WRITER,
        "written_on": at_ms,
        "attended": complied,
        "complied": complied,
        "enforceable": not complied,
    }
    return {"appointment": of, "assertion": asserted, "dangerous_animal": True, "status": "open"}


def enforcement(action: str, day: str, about: tuple[str | None, str | None]) -> dict[str, Any]:
    """A step of enforcement, answered within the week."""
    return {
        "appointment": about[0],
        "sentence": about[1],
        "action": action,
        "taken_on": day,
        "respond_by": day,
        "officer": member("Morgan", "N55LEE"),
        "status": "open",
    }


def breach(day: str, of: str | None) -> dict[str, Any]:
    """Breach proceedings."""
    return {"sentence": of, "begun_by": "AIBR", "begun_on": day, "status": "open"}


def recall(of: str | None, at_ms: int) -> dict[str, Any]:
    """A standard recall, decided at once."""
    about = {"release": of} if of is not None else {}
    return {
        **about,
        "type": "LR",
        "grounds": signed("Contact has stopped; nobody at the address.", at_ms),
        "decision": {
            "verdict": "RECALL",
            "decided_at": at_ms,
            "decided_by": "C. Story",
            "reason": "Risk cannot be managed in the community.",
        },
        "is_emergency": True,
        "stage": {"from": None, "to": "RECALL_DECIDED"},
        "status": "open",
    }


def signature(grade: str, at_ms: int) -> dict[str, Any]:
    """A senior signs the decision."""
    return {
        "verdict": "RECALL",
        "grade": grade,
        "staff_id": staff_id(grade),
        "staff_name": f"{grade} Story",
        "signed_at": at_ms,
    }
