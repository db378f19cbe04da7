"""How grave an open conflict is, and what to tell staff about it in one plain sentence.

S1 is public protection or liberty, S2 operational, S3 tidy. A field declares its severity; what
it depends on beyond the field is here: an alert's type, how near release is, and how many sides
stand. The sentence names who recorded what, where and when, and who had not seen it. It never
says who is right: two people each did their work, and the line between them was down.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from casework.records import REGISTRY
from casework.reference.in_use import short_place_name
from casework.reference.reader import describe
from casework.rules.alerts import alert_severity
from casework.rules.key_dates import dispute_severity, read_calculation
from casework.rules.responsible import contested_severity, has_begun, read_officer
from casework.rules.rows import Side
from casework.rules.spoken_values import CALLED, MEANWHILE, TICKED, said_as
from sync_protocol.clock import Hlc, hlc_ms
from sync_protocol.ids import NodeId
from sync_protocol.merge import RecordKey
from sync_protocol.policy import CLOSED, Severity

SIDES_MAX: Final = 64
"""More standing values than this in one field, and something writes in a loop."""

FIELD_WORDS: Final[Mapping[str, str]] = {
    "active_from": "the start",
    "active_to": "the end",
    "agreement": "whether the person agreed",
    "approval": "the authorisation",
    "area_of_need": "the area of need",
    "asks_for_contact": "whether the person asks for contact",
    "assignee": "who is to do it",
    "assignment": "the responsible officer",
    "authorised_by": "who authorised it",
    "begun_by": "what began the breach",
    "begun_on": "when the breach began",
    "case_lead": "the case manager",
    "children_community": "risk to children in the community",
    "children_custody": "risk to children in custody",
    "claim": "whether two records are of one person",
    "co_working": "the co-working officer",
    "community_decision": "the community's decision",
    "conclusion": "how it ended",
    "countersigning": "the countersignature",
    "csra": "cell-sharing risk",
    "custody_report_due_on": "when the prison's report is due",
    "dangerous_animal": "a dangerous animal",
    "delivered_at": "where it is delivered",
    "description": "the description",
    "despite_recall": "why the release is made despite recall",
    "doer": "who is to do it",
    "due_on": "the day it is due",
    "end": "how the breach ended",
    "ended_for": "why the licence ended",
    "ends_on": "the end",
    "face_match": "whether the face matched",
    "frequency": "how often the person is looked after",
    "from_day": "the first day",
    "from_place": "the prison",
    "going_to": "where the person is going",
    "handed_over_on": "the day of handover",
    "has_opted_in": "whether the victim is to be told",
    "is_emergency": "whether the recall is an emergency",
    "known_adult_community": "risk to a known adult in the community",
    "known_adult_custody": "risk to a known adult in custody",
    "level": "the level",
    "liaison_officer": "the victim liaison officer",
    "licence_kind": "the kind of licence",
    "licence_type": "the type of licence",
    "mappa_level": "the MAPPA level",
    "meeting_on": "the day of the handover meeting",
    "officer": "the officer",
    "outcome_received_on": "the day the decision came",
    "place": "the place",
    "prisoners_community": "risk to prisoners in the community",
    "prisoners_custody": "risk to prisoners in custody",
    "progress": "the progress",
    "public_community": "risk to the public in the community",
    "public_custody": "risk to the public in custody",
    "resourcing": "how the case is resourced",
    "respond_by": "the day to answer by",
    "responsibility": "who is responsible by decision",
    "restriction": "how far two people are kept apart",
    "review_status": "the review",
    "security_category": "the security category",
    "self_harm": "risk of self-harm",
    "sensitive": "whether the note is sensitive",
    "services": "the services",
    "sessions_planned": "how many sessions are planned",
    "slot": "the time",
    "staff_community": "risk to staff in the community",
    "staff_custody": "risk to staff in custody",
    "starts_on": "the start",
    "status": "the status",
    "supporting": "the supporting officer",
    "taken_on": "the day of the action",
    "target_hearing_on": "the target hearing date",
    "target_on": "the target day",
    "threatened_staff": "a threat to staff",
    "title": "the title",
    "to_day": "the last day",
    "under_the_influence": "drink or drugs",
    "unknown_others_present": "unknown others present",
    "version": "the version",
    "visiting": "how staff may visit",
    "weapon_seen": "a weapon",
}
KIND_WORDS: Final[Mapping[str, str]] = {
    "action_plan": "the action plan",
    "address": "the address",
    "adjudication": "the adjudication",
    "alert": "the alert",
    "appointment": "the appointment",
    "assessment": "the assessment",
    "breach": "the breach",
    "break_glass": "the break-glass record",
    "case_note": "the case note",
    "check_in": "the check-in",
    "complexity": "the complexity of need",
    "consultation": "the consultation",
    "contact_detail": "the contact detail",
    "court_appearance": "the court appearance",
    "document": "the document",
    "early_allocation": "the early allocation",
    "end_of_service": "the end-of-service report",
    "enforcement": "the enforcement",
    "exclusion_zone": "the exclusion zone",
    "handover": "the handover",
    "identifier": "the identifier",
    "incident": "the incident",
    "intervention_session": "the session",
    "keep_out_area": "the area to keep out of",
    "key_worker": "the key worker",
    "licence": "the licence",
    "movement": "the movement",
    "no_contact": "the no-contact record",
    "non_association": "the non-association",
    "outcome": "the outcome",
    "parole": "the parole review",
    "person_link": "the link",
    "plan_goal": "the goal",
    "plan_step": "the step",
    "predictors": "the reoffending predictors",
    "programme": "the programme",
    "recall": "the recall",
    "referral": "the referral",
    "registration": "the registration",
    "release": "the release",
    "requirement": "the requirement",
    "responsibility_override": "the decision on who is responsible",
    "resettlement_pathway": "the pathway",
    "restriction": "the restriction",
    "seen_in_community": "the sighting",
    "self_harm_monitoring": "the self-harm monitoring",
    "sentence": "the sentence",
    "sentence_adjustment": "the adjustment",
    "sentence_plan": "the sentence plan",
    "task": "the task",
    "temporary_absence": "the temporary absence",
    "victim_contact": "the victim contact",
}
LISTED: Final[Mapping[str, str]] = {
    "code": "alert_codes",
    "security_category": "security_category_codes",
    "type": "alert_types",
}
_CLOSED_AS: Final[Mapping[str, str]] = {
    "appointment": "cancelled",
    "breach": "struck out",
    "enforcement": "revoked",
    "outcome": "struck out",
}
"""What closing a record of a kind is called, where it is not closing."""

NO_VALUE: Final[Mapping[str, str]] = {
    "active_to": "no end",
    "co_working": "nobody",
    "end": "no end",
    "ends_on": "no end",
    "handed_over_on": "not yet handed over",
    "location": "no cell",
    "meeting_on": "no day",
    "responsibility": "what the rules say",
    "supporting": "nobody",
    "target_hearing_on": "no day",
    "target_on": "no target day",
    "to_day": "no last day",
}
AFTER: Final[Mapping[str, str]] = {
    "levels_differ": "{shown} is shown, as the more cautious, until somebody settles it.",
    "close_missed_something": "It stays open until somebody settles it.",
    "two_values": "{shown}, recorded first, is shown until somebody settles it.",
    "two_approvals": "The later one is shown until somebody settles it.",
    "illegal_transition": "{shown} is shown until somebody settles it.",
    "diverged": "{shown}, the furthest, is shown until somebody settles it.",
}


class Conflict(Protocol):
    """An open conflict, as the store lists it."""

    @property
    def key(self) -> RecordKey:
        """The record."""
        ...

    @property
    def field(self) -> str:
        """The field in conflict."""
        ...

    @property
    def why(self) -> str:
        """What the policy asks."""
        ...

    @property
    def sides(self) -> Sequence[Side]:
        """Every standing value."""
        ...


class Speech(msgspec.Struct, frozen=True):
    """How to say where and when: a node's place, and a moment (UTC ms) as a clock time."""

    place_of: Callable[[NodeId], str]
    time_of: Callable[[int], str]
    day: str = ""
    """The day on which it is said; empty where nothing said is of a day to come."""


def severity_of(
    kind: str,
    field: str,
    values: Mapping[str, Any],
    *,
    day: str = "",
    liberty_day: str | None = None,
    sides: int = 2,
    standing: Sequence[Any] = (),
) -> Severity:
    """How grave a conflict is in a field of a record that shows `values`.

    `liberty_day` is the day of release or recall, where one is known; `standing` are the values
    of all sides, for a field whose severity depends on them.
    """
    if (kind, field) == ("offender_manager", "assignment"):
        return contested_severity(day, liberty_day)
    declared = _declared(kind, field)
    if (kind, field) == ("key_dates", "version"):
        told = [values.get(field), *standing]
        read = [one for value in told if (one := read_calculation(value)) is not None]
        return min(declared, dispute_severity(read, day=day))
    if kind == "alert" and field in {"status", "active_to"}:
        return min(declared, alert_severity(values))
    return min(declared, "S2") if sides > SIDES_MAX else declared


def sentence(conflict: Conflict, shown: Any, speech: Speech) -> str:
    """What happened and what is shown meanwhile, for staff.

    `shown` is the value that the field shows. The same whatever order the sides come in.
    """
    ordered = sorted(conflict.sides, key=lambda side: (side.hlc, side.op_id))
    said = [_said(conflict, side, speech, is_last=side is ordered[-1]) for side in ordered]
    return f"{_told(said)} {_meanwhile(conflict, shown, speech.day)}".strip()


def value_words(field: str, value: Any, kind: str = "") -> str:
    """A value as staff say it; one this release cannot read as it came."""
    if (said := said_as(kind, field, value)) is not None:
        return said
    if value is None:
        return NO_VALUE.get(field, "nothing")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _mapping_words(value)
    text = str(value)
    if field in LISTED:
        return describe(LISTED[field], text)
    return text.replace("_", " ") if text.islower() else text


def field_words(field: str, kind: str = "") -> str:
    """A field as staff say it."""
    return CALLED.get((kind, field)) or FIELD_WORDS.get(field, field.replace("_", " "))


def _declared(kind: str, field: str) -> Severity:
    known = REGISTRY.kinds.get(kind)
    spec = known.fields.get(field) if known is not None else None
    return spec.rule.severity if spec is not None else "S2"


def _said(conflict: Conflict, side: Side, speech: Speech, *, is_last: bool) -> str:
    place, time = speech.place_of(side.node), speech.time_of(hlc_ms(Hlc(side.hlc)))
    had = "" if is_last else "had "
    kind = conflict.key.kind
    if (kind, conflict.field) in TICKED:
        did = TICKED[kind, conflict.field][side.value == CLOSED]
        return f"{place} {had}{did} at {time}"
    if conflict.why == "close_missed_something":
        record = KIND_WORDS.get(conflict.key.kind, "the record")
        did = _CLOSED_AS.get(conflict.key.kind, "closed") if side.value == CLOSED else "changed"
        return f"{place} {had}{did} {record} at {time}"
    field = field_words(conflict.field, kind)
    value = value_words(conflict.field, side.value, kind)
    about = f"{field} as " if is_last else ""
    return f"{place} {had}recorded {about}{value} at {time}"


def _told(said: Sequence[str]) -> str:
    """The latest first, since it is the one that had not seen the others."""
    *earlier, last = said
    if not earlier:
        return f"{last}."
    return f"{last}, not knowing that {' and '.join(earlier)}."


def _meanwhile(conflict: Conflict, shown: Any, day: str) -> str:
    if conflict.field == "assignment" and isinstance(shown, Mapping) and "staff_name" in shown:
        officers = [read_officer(side.value) for side in conflict.sides]
        if day and not all(has_begun(one, day) for one in officers):
            return "Each is responsible from the first day given, until somebody settles it."
        return f"Both stay responsible, and {shown['staff_name']} leads, until somebody settles it."
    kind = conflict.key.kind
    if (kind, conflict.field) in MEANWHILE:
        return MEANWHILE[kind, conflict.field]
    template = AFTER.get(conflict.why, "{shown} is shown until somebody settles it.")
    return _opening(template.format(shown=value_words(conflict.field, shown, kind)))


def _mapping_words(value: Mapping[str, Any]) -> str:
    if "staff_name" in value:
        return f"{value['staff_name']} ({short_place_name(str(value.get('team', '')))})"
    if "to" in value:
        return str(value["to"]).replace("_", " ").lower()
    return ", ".join(str(part) for part in value.values() if part is not None)


def _opening(text: str) -> str:
    return text[:1].upper() + text[1:]
