"""What is checked and completed when something of a person's risk or safety is entered.

Only what is typed here is refused, with what to do; what came by sync is kept and shown with a
finding of `casework.rules.safety`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from casework.desk.desk import Desk
from casework.rules.incidents import FINISHED
from casework.rules.registrations import MAPPA
from casework.rules.rows import MINUTE_MS, day_of
from casework.rules.spoken import day_words
from sync_protocol.errors import InvalidValue
from sync_protocol.policy import CLOSED, OPEN

Values = dict[str, Any]

AHEAD_MS_MAX: Final = 5 * MINUTE_MS
"""As in `casework.desk.entry`: how far a clock on the wall may be ahead of the node's."""

NEW_INFORMATION: Final = ("description", "evidence", "people", "staff")


def check_registration(desk: Desk, values: Values) -> Values:
    """A level and a category are of MAPPA alone; a review is told once it was held."""
    register = values.get("register", MAPPA)
    of_mappa = [name for name in ("mappa_level", "mappa_categories") if values.get(name)]
    if of_mappa and register != MAPPA:
        raise InvalidValue(f"registration: {', '.join(of_mappa)} is for MAPPA ({MAPPA}) alone")
    return _check_review(desk, "registration", values)


def check_monitoring(desk: Desk, values: Values) -> Values:
    """Nobody has been seen at a moment still to come; a review is told once it was held."""
    seen = values.get("observations")
    moment = seen.get("seen_at") if isinstance(seen, Mapping) else None
    if isinstance(moment, int) and moment > desk.now_ms() + AHEAD_MS_MAX:
        raise InvalidValue("self_harm_monitoring: observations: seen_at is still to come")
    check_review_since(values, values.get("occurred_at"))
    return _check_review(desk, "self_harm_monitoring", values)


def check_review_since(values: Values, opened_ms: Any) -> None:
    """No review of a monitoring was held before the day on which it was opened."""
    review = values.get("reviews")
    held = review.get("held_on") if isinstance(review, Mapping) else None
    if held is None or not isinstance(opened_ms, int) or str(held) >= day_of(opened_ms):
        return
    raise InvalidValue(
        "self_harm_monitoring: reviews: held_on is before the monitoring was opened, on "
        f"{day_words(day_of(opened_ms))}: enter the day on which this review was held, or record "
        "it in the monitoring that was open then"
    )


def complete_incident(_desk: Desk, values: Values) -> Values:
    """Whether a report is closed follows from its progress; new information opens it again."""
    progress = values.get("progress")
    if isinstance(progress, Mapping):
        return {**values, "status": CLOSED if progress.get("to") in FINISHED else OPEN}
    if any(name in values for name in NEW_INFORMATION):
        return {**values, "status": OPEN}
    return values


def check_assessment(desk: Desk, values: Values) -> Values:
    """Nobody signs an assessment as completed on a day to come."""
    version = values.get("version")
    if not isinstance(version, Mapping) or version.get("approved") is not True:
        return values
    content = version.get("content")
    day = content.get("completed_on") if isinstance(content, Mapping) else None
    if day is not None and str(day) > day_of(desk.now_ms()):
        raise InvalidValue("assessment: completed_on is still to come: sign it once it is done")
    return values


def check_days(_desk: Desk, values: Values) -> Values:
    """Protection ends after it begins."""
    starts, ends = values.get("starts_on"), values.get("ends_on")
    if starts is not None and ends is not None and str(ends) < str(starts):
        raise InvalidValue("ends_on is before starts_on")
    return values


def _check_review(desk: Desk, kind: str, values: Values) -> Values:
    review = values.get("reviews")
    held, due = (
        (review.get("held_on"), review.get("due_on"))
        if isinstance(review, Mapping)
        else (None, None)
    )
    if held is not None and str(held) > day_of(desk.now_ms()):
        raise InvalidValue(f"{kind}: reviews: held_on is still to come")
    if held is not None and due is not None and str(due) <= str(held):
        raise InvalidValue(f"{kind}: reviews: due_on must be after held_on")
    return values


CHECKS: Final[Mapping[str, Callable[[Desk, Values], Values]]] = {
    "assessment": check_assessment,
    "exclusion_zone": check_days,
    "incident": complete_incident,
    "keep_out_area": check_days,
    "no_contact": check_days,
    "registration": check_registration,
    "self_harm_monitoring": check_monitoring,
}
