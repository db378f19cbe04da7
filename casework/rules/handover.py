"""The handover from prison to community: its checklist, its reminders, and what brings it forward.

The checklist and the days of its reminders are those of the public repository
offender-management-allocation-manager (`HandoverProgressChecklist`, `HandoverEmailBatchRun`,
`EarlyAllocation`, `MpcOffender`). A tick is set once it stands open; an untick removes only the
ticks that its author had seen.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final, Literal

import msgspec

from casework.rules.due import Due
from casework.rules.months import months_before
from casework.rules.responsibility import Ruling
from casework.rules.rows import Row, is_closed, read_day
from sync_protocol.policy import OPEN

STANDARD_TICKS: Final = ("contacted_com", "sent_handover_report")
ENHANCED_TICKS: Final = ("reviewed_oasys", "contacted_com", "attended_handover_meeting")
EVERY_TICK: Final = (
    "reviewed_oasys",
    "contacted_com",
    "sent_handover_report",
    "attended_handover_meeting",
)
TICK_WORDS: Final[Mapping[str, str]] = {
    "reviewed_oasys": "Reviewed OASys",
    "contacted_com": "Contacted the community offender manager",
    "sent_handover_report": "Sent the handover report",
    "attended_handover_meeting": "Attended the handover meeting",
}

BEFORE_DAYS: Final = 56
OVERDUE_DAYS: Final = 14
EARLY_WINDOW_MONTHS: Final = 18

Assessed = Literal["eligible", "discretionary", "ineligible"]


class Tick(msgspec.Struct, frozen=True):
    """One line of the checklist."""

    field: str
    words: str
    is_done: bool
    is_wanted: bool
    """Whether this case's checklist asks for it."""
    is_asking: bool = False
    """Whether it was taken off by somebody who had not seen every tick."""


def checklist(row: Row | None) -> tuple[Tick, ...]:
    """The ticks that the case asks for, and any other that was set; a standard case's at first."""
    values: Mapping[str, Any] = row.values if row is not None else {}
    asks = row.asks if row is not None else {}
    wanted = ENHANCED_TICKS if values.get("resourcing") == "enhanced" else STANDARD_TICKS
    ticks = (
        Tick(name, TICK_WORDS[name], values.get(name) == OPEN, name in wanted, name in asks)
        for name in EVERY_TICK
    )
    return tuple(one for one in ticks if one.is_wanted or one.is_done)


def unfinished(row: Row | None) -> tuple[Tick, ...]:
    """What the checklist asks for and nobody has ticked."""
    return tuple(one for one in checklist(row) if one.is_wanted and not one.is_done)


class Reminded(msgspec.Struct, frozen=True, kw_only=True):
    """What the reminders of a handover depend on, besides its day."""

    row: Row | None
    """The person's record of it, None where none is begun."""
    has_community_officer: bool
    owner_staff_id: str | None
    day: date


def reminders(ruling: Ruling, known: Reminded) -> tuple[Due, ...]:
    """What is due of a handover as of a day: nothing before eight weeks ahead of it.

    From 56 days before: prepare. On the day: the community takes over. 14 days after: name the
    community officer, where nobody has. Nothing once it is recorded that they took over.
    """
    handover = ruling.handover_on
    values: Mapping[str, Any] = known.row.values if known.row is not None else {}
    is_over = values.get("handed_over_on") is not None or (
        known.row is not None and is_closed(known.row)
    )
    if handover is None or is_over or known.day < handover - timedelta(days=BEFORE_DAYS):
        return ()
    found = [*_checklist_due(handover, known), _handover_due(handover, known)]
    late = handover + timedelta(days=OVERDUE_DAYS)
    if not known.has_community_officer and known.day >= late:
        words = (
            "No community offender manager is named, 14 days after the handover date. "
            "Ask the delivery unit's senior probation officer to name one."
        )
        found.append(_due("community_officer_overdue", words, late, "S1", known))
    return tuple(found)


def early_outcome(row: Row) -> Assessed:
    """What an assessment for early allocation comes to before the community decides."""
    automatic = row.values.get("automatic_reasons") or ()
    discretionary = set(row.values.get("discretionary_reasons") or ())
    if automatic:
        return "eligible"
    if "due_for_release_in_less_than_24_months" not in discretionary:
        discretionary.discard("extremism_separation")
    discretionary.discard("due_for_release_in_less_than_24_months")
    return "discretionary" if discretionary else "ineligible"


def early_allocation(
    rows: Iterable[Row], *, release_days: Iterable[date | None], sentenced_on: date | None
) -> Row | None:
    """The assessment that brings the handover forward; None where none does.

    The last of this sentence counts, and only where it was made within eighteen months of the
    earliest release; a discretionary one needs the community's decision.
    """
    known = [day for day in release_days if day is not None]
    opens = months_before(min(known), EARLY_WINDOW_MONTHS) if known else None
    dated = [
        (assessed, row.key.record, row)
        for row in rows
        if not is_closed(row)
        and (assessed := read_day(str(row.values.get("assessed_on", "")))) is not None
        and (sentenced_on is None or assessed >= sentenced_on)
        and opens is not None
        and assessed >= opens
    ]
    if not dated:
        return None
    row = max(dated, key=lambda one: one[:2])[2]
    outcome = early_outcome(row)
    is_agreed = row.values.get("community_decision") == "eligible"
    return row if outcome == "eligible" or (outcome == "discretionary" and is_agreed) else None


def current_review(rows: Iterable[Row]) -> Row | None:
    """The parole review that goes on: the one heard next, or the last begun; None: none."""
    going = [one for one in rows if _state(one) not in {"concluded", "cancelled"}]
    return max(going, key=_review_order, default=None)


def is_parole_refused(rows: Iterable[Row]) -> bool:
    """Whether the last review that was decided ended without release."""
    decided = [
        one
        for one in rows
        if _state(one) != "cancelled" and one.values.get("outcome") not in (None, "no_decision")
    ]
    last = max(
        decided,
        key=lambda one: (str(one.values.get("outcome_received_on") or ""), _review_order(one)),
        default=None,
    )
    return last is not None and last.values["outcome"] != "release"


def _state(row: Row) -> str:
    return str(row.values.get("review_status"))


def _review_order(row: Row) -> tuple[str, bytes]:
    return (str(row.values.get("target_hearing_on") or ""), row.key.record)


def _checklist_due(handover: date, known: Reminded) -> Iterable[Due]:
    for tick in unfinished(known.row):
        words = f"Handover checklist: “{tick.words}” is not ticked yet."
        severity: Literal["S2", "S3"] = "S2" if known.day >= handover else "S3"
        yield _due(f"handover_{tick.field}", words, handover, severity, known)


def _handover_due(handover: date, known: Reminded) -> Due:
    if known.day >= handover:
        words = "The community is responsible from the handover date on: record that it took over."
        return _due("handover_day", words, handover, "S2", known)
    words = "The handover to the community is within eight weeks: prepare it."
    return _due("handover_window", words, handover, "S3", known)


def _due(
    code: str, words: str, on: date, severity: Literal["S1", "S2", "S3"], known: Reminded
) -> Due:
    record = known.row.key.record.hex() if known.row is not None else ""
    return Due(code, words, on.isoformat(), known.owner_staff_id, severity, "handover", record)
