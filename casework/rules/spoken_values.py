"""Values of a field as staff say them, where the field's declaration or its rule says how.

A code is described by the list that its field names; a whole version by what matters of it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from casework.records import REGISTRY
from casework.records.declared import listed_of
from casework.records.shapes import Shape, field_shape
from casework.reference.in_use import offered, short_place_name
from casework.reference.reader import codes
from casework.rules.addresses import place_words
from casework.rules.appointments import slot_words
from casework.rules.compliance import end_words
from casework.rules.handover import TICK_WORDS
from casework.rules.key_dates import calculation_words
from casework.rules.licences import version_words
from casework.rules.sentences import sentence_words
from casework.rules.spoken import day_words
from casework.rules.spoken_courses import (
    ending_words,
    need_words,
    plan_words,
    programme_step_words,
    services_words,
    step_words,
)
from casework.rules.spoken_custody import approval_words, stage_words
from sync_protocol.policy import ForwardMost

LEADS: Final[Mapping[str, str]] = {
    "CustodyOnly": "the prison",
    "CustodyWithCom": "the prison with the community's support",
    "Community": "the community",
}
CATEGORY_LETTERS_MAX: Final = 2
CLAIMS: Final[Mapping[str, str]] = {
    "same_as": "one person",
    "not_same": "two people",
}
SPOKEN: Final[Mapping[tuple[str, str], Callable[[Any], str]]] = {
    ("action_plan", "version"): plan_words,
    ("address", "place"): place_words,
    ("address", "from_day"): day_words,
    ("appointment", "slot"): slot_words,
    ("breach", "end"): end_words,
    ("handover", "handed_over_on"): day_words,
    ("handover", "meeting_on"): day_words,
    ("key_dates", "version"): calculation_words,
    ("licence", "version"): version_words,
    ("parole", "custody_report_due_on"): day_words,
    ("parole", "outcome_received_on"): day_words,
    ("parole", "target_hearing_on"): day_words,
    ("responsibility_override", "responsibility"): lambda value: LEADS.get(str(value), str(value)),
    ("person_link", "claim"): lambda value: CLAIMS.get(str(value), str(value)),
    ("programme", "delivered_at"): short_place_name,
    ("programme", "status"): programme_step_words,
    ("recall", "stage"): stage_words,
    ("referral", "conclusion"): ending_words,
    ("referral", "delivered_at"): short_place_name,
    ("referral", "services"): services_words,
    ("referral", "status"): step_words,
    ("resettlement_pathway", "need"): need_words,
    ("sentence", "version"): sentence_words,
    ("task", "due_on"): day_words,
    ("temporary_absence", "approval"): approval_words,
}
CALLED: Final[Mapping[tuple[str, str], str]] = {
    ("action_plan", "version"): "the action plan",
    ("key_dates", "version"): "the key dates",
    ("person_link", "claim"): "the two records",
    ("resettlement_pathway", "need"): "what is needed",
    ("licence", "status"): "the licence",
    ("licence", "version"): "the licence",
    ("recall", "stage"): "how far the recall has come",
    ("recall", "type"): "the type of recall",
    ("sentence", "version"): "the sentence",
}
MEANWHILE: Final[Mapping[tuple[str, str], str]] = {
    ("key_dates", "version"): (
        "Until somebody settles it, the later release date plans the release and the earlier one "
        "plans handover and licence."
    ),
    ("responsibility_override", "responsibility"): (
        "Neither decision counts: what the rules say does, until somebody settles it."
    ),
    **{("handover", field): "It stays ticked until somebody settles it." for field in TICK_WORDS},
    ("programme", "status"): (
        "A hold is shown before progress, and what is open before what is closed, until somebody "
        "settles it."
    ),
    ("person_link", "claim"): "The two are shown apart until somebody settles it.",
    ("recall", "stage"): "A recall outranks no recall until somebody settles it.",
    ("recall", "type"): (
        "A standard recall counts before any other, and a longer term before a shorter."
    ),
    ("temporary_absence", "approval"): (
        "Nobody leaves on it unless it is shown as approved; whoever is out is called back."
    ),
    ("referral", "status"): "The furthest step that is open is shown until somebody settles it.",
    ("appointment", "status"): (
        "It stands until somebody settles it: a cancellation cancels only the time that it saw."
    ),
    ("licence", "status"): (
        "Until somebody settles it, all conditions that might bind are shown, and marked."
    ),
    ("licence", "version"): (
        "Until somebody settles it, the conditions of both are shown, and what differs is marked."
    ),
}
"""What is done while a field asks a person, where more is done than showing one side."""

TICKED: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("handover", field): (f"ticked “{words}”", f"unticked “{words}”")
    for field, words in TICK_WORDS.items()
}
"""What was done to a tick that is a field of its own: set, and taken off."""


def said_as(kind: str, field: str, value: Any) -> str | None:
    """The words for a value of a field; None where nothing says how it is spoken."""
    spoken = SPOKEN.get((kind, field))
    if spoken is not None and value is not None:
        return spoken(value)
    known = REGISTRY.kinds.get(kind)
    spec = known.fields.get(field) if known is not None else None
    if spec is None or not isinstance(value, str):
        return None
    listed = listed_of(spec.type)
    if listed is None:
        is_step = isinstance(spec.rule.policy, ForwardMost)
        return _plain_words(field_shape(spec), value, is_step=is_step)
    code = offered(listed.list, listed.group).get(value) or codes(listed.list).get(value)
    return code.description if code is not None else value


def _plain_words(shape: Shape, text: str, *, is_step: bool) -> str | None:
    """A day as read out, and a choice that is a word in capitals as one: “every 2 hours”."""
    if shape.sort == "day":
        return day_words(text)
    # A category is a letter, and stays one.
    is_chosen = is_step or text in shape.choices
    is_word = text.isupper() and len(text) > CATEGORY_LETTERS_MAX and is_chosen
    return text.replace("_", " ").lower() if is_word else None
