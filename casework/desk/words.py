"""Kinds, fields and values in the words staff use, made from codes; it reads no store."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from casework.reference.in_use import place_name
from casework.reference.reader import describe
from casework.rules.spoken import day_words, moment_words

KIND_NAMES: Final[Mapping[str, str]] = {
    "person": "Personal details",
    "identifier": "Identifier",
    "movement": "Movement",
    "cell": "Cell",
    "offender_manager": "Responsible officer",
    "risk": "Risk",
    "alert": "Alert",
    "non_association": "Non-association",
    "person_link": "Link between records",
    "restriction": "Restriction",
    "case_note": "Case note",
    "settlement": "Conflict settled",
    "address": "Address",
    "contact_detail": "Contact detail",
    "court_appearance": "Court appearance",
    "document": "Document",
    "key_dates": "Key dates",
    "requirement": "Requirement",
    "sentence": "Sentence",
    "sentence_adjustment": "Sentence adjustment",
    "task": "Task",
    "complexity": "Complexity of need",
    "early_allocation": "Early allocation",
    "handover": "Handover",
    "key_worker": "Key worker",
    "parole": "Parole review",
    "predictors": "Reoffending predictors",
    "recall": "Recall",
    "release": "Release",
    "check_in": "Online check-in",
    "self_harm_monitoring": "Self-harm monitoring",
    "seen_in_community": "Seen in the community",
    "temporary_absence": "Temporary absence",
    "responsibility_override": "Decision on who is responsible",
}

_GROUPS: Final = {
    "children": "children",
    "public": "the public",
    "known_adult": "a known adult",
    "staff": "staff",
    "prisoners": "prisoners",
}
_SETTINGS: Final = {"custody": "in custody", "community": "in the community"}
RISK_NAMES: Final[Mapping[str, str]] = {
    **{
        f"{group}_{setting}": f"Risk to {group_words}, {setting_words}"
        for group, group_words in _GROUPS.items()
        for setting, setting_words in _SETTINGS.items()
    },
    "self_harm": "Risk of self-harm",
    "csra": "Cell-sharing risk",
    "security_category": "Security category",
    "grounds": "Grounds",
}
LEVEL_NAMES: Final[Mapping[str, str]] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "very_high": "very high",
    "standard": "standard",
}
FIELD_NAMES: Final[Mapping[str, str]] = {
    "names": "name",
    "date_of_birth": "date of birth",
    "active_from": "start",
    "active_to": "end",
    "authorised_by": "authorised by",
    "closed_reason": "reason for closing",
    "assignment": "responsible officer",
    "status": "open or closed",
    "occurred_at": "when it happened",
    "from_place": "from",
    "to_place": "to",
    "first_seen": "first seen",
}


def kind_name(kind: str) -> str:
    """The kind as staff call it; its own name where this release does not know it."""
    return KIND_NAMES.get(kind, kind.replace("_", " "))


def field_name(kind: str, field: str) -> str:
    """The field as staff call it."""
    if kind == "risk":
        return RISK_NAMES.get(field, field)
    return FIELD_NAMES.get(field, field.replace("_", " "))


def value_words(kind: str, field: str, value: Any) -> str:
    """A value in words, on one line."""
    if value is None:
        return "none"
    written = _WORDS.get((kind, field)) or _WORDS.get(("", field))
    if written is not None:
        return written(value)
    if kind == "risk":
        return LEVEL_NAMES.get(str(value), str(value))
    if isinstance(value, list):
        return "; ".join(value_words(kind, field, one) for one in value)
    if isinstance(value, dict) and "value" in value:
        return str(value["value"])
    if isinstance(value, dict):
        return ", ".join(str(one) for one in value.values() if one is not None)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def officer_words(value: Any) -> str:
    """An assignment on one line."""
    if not isinstance(value, dict):
        return str(value)
    team = place_name(str(value.get("team", "")))
    since = day_words(value.get("effective_from", ""))
    return f"{value.get('staff_name', '')} ({team}), from {since}"


def person_name_words(value: Any) -> str:
    """A name assertion on one line."""
    if not isinstance(value, dict):
        return str(value)
    parts = (value.get("first"), value.get("middle"), value.get("last"))
    name = " ".join(str(part) for part in parts if part)
    return f"{name} (alias)" if value.get("kind") == "alias" else name


def _assertion_words(value: Any) -> str:
    told = value.get("value") if isinstance(value, dict) else value
    return day_words(told)


def _code_words(list_name: str) -> Callable[[Any], str]:
    def words(value: Any) -> str:
        return describe(list_name, str(value["value"] if isinstance(value, dict) else value))

    return words


def _text_words(value: Any) -> str:
    return str(value.get("text", "")) if isinstance(value, dict) else str(value)


def _listed(one: Callable[[Any], str]) -> Callable[[Any], str]:
    def words(value: Any) -> str:
        return "; ".join(one(each) for each in value) if isinstance(value, list) else one(value)

    return words


_WORDS: Final[Mapping[tuple[str, str], Callable[[Any], str]]] = {
    ("person", "names"): _listed(person_name_words),
    ("", "date_of_birth"): _listed(_assertion_words),
    ("person", "sex"): _listed(_code_words("nomis_sex_codes")),
    ("person", "ethnicity"): _listed(_code_words("ethnicity_codes")),
    ("", "assignment"): officer_words,
    ("", "active_from"): day_words,
    ("", "active_to"): day_words,
    ("", "start"): day_words,
    ("", "end"): day_words,
    ("", "occurred_at"): moment_words,
    ("", "from_place"): lambda value: place_name(str(value)),
    ("", "to_place"): lambda value: place_name(str(value)),
    ("alert", "code"): lambda value: describe("alert_codes", str(value)),
    ("alert", "type"): lambda value: describe("alert_types", str(value)),
    ("identifier", "type"): lambda value: describe("person_identifiers", str(value)),
    ("case_note", "type"): lambda value: describe("case_note_types", str(value)),
    ("case_note", "text"): _listed(_text_words),
    ("risk", "grounds"): _listed(_text_words),
}
