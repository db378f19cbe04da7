"""What interventions hold, as staff say it: steps, plans, endings, services and pathways."""

from collections.abc import Mapping
from typing import Any, Final

from casework.records.programme import STATUSES
from casework.records.referral import CONCLUDED
from casework.reference.in_use import offered
from casework.reference.reader import describe
from casework.rules.spoken import listed_words

STATE_WORDS: Final[Mapping[str, str]] = {
    "sent": "sent",
    "assigned": "assigned to a caseworker",
    "assessed": "assessed",
    "plan_submitted": "waiting for its plan to be approved",
    "plan_approved": "ready for its sessions",
    "sessions": "in its sessions",
    "end_of_service": "at the end of its service",
    CONCLUDED: "concluded",
}
ENDING_WORDS: Final[Mapping[str, str]] = {
    "CANCELLED": "cancelled",
    "PREMATURELY_ENDED": "ended early",
    "COMPLETED": "completed",
}


def step_words(value: Any) -> str:
    """The step of a referral that was reached."""
    reached = _reached(value)
    return STATE_WORDS.get(reached, reached)


def programme_step_words(value: Any) -> str:
    """The status of a programme that was reached."""
    return describe(STATUSES, _reached(value))


def need_words(value: Any) -> str:
    """What is needed on a pathway to resettlement."""
    known = offered("resettlement_reference", "status").get(str(value))
    return known.description if known is not None else str(value)


def plan_words(value: Any) -> str:
    """A version of an action plan by how many sessions it has."""
    content = value.get("content") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(content, Mapping):
        return str(value)
    state = "approved" if value.get("approved") is True else "a draft"
    return f"{state}, {content.get('sessions_planned')} sessions"


def ending_words(value: Any) -> str:
    """How a referral ended, and why where a reason is given."""
    if not isinstance(value, Mapping):
        return "not ended" if value is None else str(value)
    kind = ENDING_WORDS.get(str(value.get("kind")), str(value.get("kind")))
    reason = value.get("reason")
    return f"{kind} ({describe('intervention_end_reasons', str(reason))})" if reason else kind


def services_words(value: Any) -> str:
    """The categories of service that somebody is referred to."""
    told = value if isinstance(value, list | tuple) else ()
    names = [str(one.get("service_category")) for one in told if isinstance(one, Mapping)]
    return listed_words(names) if names else str(value)


def _reached(value: Any) -> str:
    return str(value.get("to") if isinstance(value, Mapping) else value)
