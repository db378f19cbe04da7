"""What is checked when somebody writes of the responsible officer, the handover or complexity.

Each check says what to do; what came by sync is never refused, since `casework.rules` shows it.
"""

from collections.abc import Mapping
from typing import Any

from casework.desk.desk import Desk
from sync_protocol.errors import InvalidValue

Values = dict[str, Any]


def check_officers(_desk: Desk, values: Values) -> Values:
    """Nobody works alongside themselves."""
    lead = _member(values, "assignment", "staff_id")
    for field in ("supporting", "co_working"):
        if lead is not None and _member(values, field, "staff_id") == lead:
            raise InvalidValue(
                f"offender_manager: {field.replace('_', '-')} names the responsible officer; "
                "choose somebody else or leave it empty"
            )
    return values


def check_override(_desk: Desk, values: Values) -> Values:
    """The rules are set aside only with a reason."""
    if values.get("responsibility") is not None and "reasons" not in values:
        raise InvalidValue("responsibility_override: say why the rules are set aside (reasons)")
    return values


def check_complexity(_desk: Desk, values: Values) -> Values:
    """No level is set without a reason."""
    if "level" in values and "reasons" not in values:
        raise InvalidValue("complexity: say why the level is set (reasons)")
    return values


def check_key_work(_desk: Desk, values: Values) -> Values:
    """An allocation that has ended says when and why, and not before it began."""
    began = _member(values, "allocation", "effective_from")
    ended = _member(values, "allocation", "ended_on")
    reason = _member(values, "allocation", "deallocation_reason")
    if (ended is None) != (reason is None):
        raise InvalidValue("key_worker: an end needs both its day and its deallocation reason")
    if ended is not None and began is not None and ended < began:
        raise InvalidValue("key_worker: ended_on is before effective_from")
    return values


def check_early_allocation(_desk: Desk, values: Values) -> Values:
    """A discretionary assessment explains itself, and a decision says when and why."""
    is_discretionary = values.get("discretionary_reasons") and not values.get("automatic_reasons")
    if is_discretionary and not values.get("explanation"):
        raise InvalidValue("early_allocation: explain the discretionary reasons (explanation)")
    if "community_decision" in values and not values.get("decided_on"):
        raise InvalidValue("early_allocation: give the day of the decision (decided_on)")
    return values


def check_parole(_desk: Desk, values: Values) -> Values:
    """An outcome says when it came."""
    if values.get("outcome") is not None and not values.get("outcome_received_on"):
        raise InvalidValue("parole: give the day the decision came (outcome_received_on)")
    return values


def _member(values: Mapping[str, Any], field: str, member: str) -> Any:
    value = values.get(field)
    return value.get(member) if isinstance(value, Mapping) else None
